"""Ordering from end to end, over real systems: cart, receipt, the ERP's order, history."""

import asyncio
from typing import Any
from uuid import uuid4

ADD = """mutation ($lines: [CodeLineInput!]!) { cartAddLines(input: {lines: $lines}) {
  cart { id revision lines { nodes { key sku seenPrice { amount } } } }
  results { accepted userErrors { code message } } userErrors { code message } } }"""
PLACE = """mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  capture { id receiptNumber state priceBasis lastError differences { lineKey field captured erp } }
  order { id number status poNumber totals { net { amount currency } gross { amount } complete freshness { status } }
    lines { nodes { sku name ordered { value unit { code } } unitPrice { amount } } } }
  issues { severity code lineKey } userErrors { code message path lineKey retryable system } } }"""
CAPTURE = """query ($id: ID!) { orderCapture(id: $id) { state attempts lastError differences { lineKey field captured erp }
  order { number status } } }"""
HISTORY = """query ($first: Int!, $after: Cursor, $filter: OrderFilter) { viewer { account { orders(first: $first, after: $after, filter: $filter) {
  totalCount complete pageInfo { hasNextPage endCursor } nodes { id number status origin capture { id state } placedAt } } } } }"""


async def fill(api: Any, *lines: dict[str, Any], person: str = "anna", account: str | None = None) -> tuple[str, int]:
    """Put lines into the cart; return its id and revision."""
    payload = (await api.data(ADD, {"lines": list(lines)}, person=person, account=account))["cartAddLines"]

    assert [] == payload["userErrors"]
    assert all(result["accepted"] for result in payload["results"]), payload["results"]
    return payload["cart"]["id"], payload["cart"]["revision"]


async def place(
    api: Any, cart: tuple[str, int], *, person: str = "anna", account: str | None = None, **more: Any
) -> dict[str, Any]:
    asked = {"cartId": cart[0], "ifRevision": cart[1], "idempotencyKey": uuid4().hex, **more}
    payload: dict[str, Any] = (await api.data(PLACE, {"input": asked}, person=person, account=account))["orderPlace"]
    return payload


async def until_settled(api: Any, capture: str, person: str = "anna") -> dict[str, Any]:
    """Return the capture once it is neither waiting nor on its way."""
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await api.data(CAPTURE, {"id": capture}, person=person))["orderCapture"]
            if found["state"] not in ("JOURNALED", "FORWARDING"):
                return found
            await asyncio.sleep(0.05)


def in_erp(api: Any) -> list[dict[str, Any]]:
    """Return the orders that the ERP has taken."""
    orders: list[dict[str, Any]] = api.sandbox._control.get(api.sandbox.url("erp", "orders")).json()["orders"]
    return orders


LINE = {"code": "KV-000001", "quantity": "50"}


async def test_an_order_reaches_the_erp(api: Any) -> None:
    """The receipt is there with the order's number, the cart is empty, and the ERP has the order once."""
    cart = await fill(api, LINE, {"code": "KV-000002", "quantity": "2"})
    placed = await place(api, cart, poNumber="PO-1")
    (order,) = in_erp(api)
    left = await api.data("{ viewer { cart { revision lines { totalCount } } } }", person="anna")

    assert [] == placed["userErrors"]
    assert ("ACCEPTED", []) == (placed["capture"]["state"], placed["capture"]["differences"])
    assert (order["number"], "CONFIRMED", "PO-1") == (
        placed["order"]["number"],
        placed["order"]["status"],
        placed["order"]["poNumber"],
    )
    assert ("C-1002", ["KV-000001", "KV-000002"]) == (order["account"], [line["sku"] for line in order["lines"]])
    assert {"revision": cart[1] + 1, "lines": {"totalCount": 0}} == left["viewer"]["cart"]


async def test_the_same_order_twenty_times_at_once(api: Any) -> None:
    """One key sent twenty times at the same time is one order, and twenty equal receipts."""
    cart = await fill(api, LINE)
    key = {"idempotencyKey": "the only one"}
    receipts = await asyncio.gather(*(place(api, cart, **key) for _ in range(20)))
    again = await place(api, cart, **key)
    other = await place(api, cart, poNumber="another", **key)

    assert 1 == len(in_erp(api))
    assert 1 == len({one["capture"]["receiptNumber"] for one in [*receipts, again]})
    assert ["IDEMPOTENCY_CONFLICT"] == [error["code"] for error in other["userErrors"]]


async def test_an_outage(api: Any) -> None:
    """Without the ERP the order is kept, stands in the history at once, and reaches the ERP once when it is back."""
    await api.data("{ viewer { account { credit { status } } } }", person="anna")
    cart = await fill(api, LINE)
    api.sandbox.fault("erp", "down")
    placed = await place(api, cart)
    history = (await api.data(HISTORY, {"first": 5}, person="anna"))["viewer"]["account"]["orders"]
    status = (await api.data("{ channelStatus { capturedOrdersPending } }"))["channelStatus"]
    before = in_erp(api)
    api.sandbox.fault("erp", "ok")
    settled = await until_settled(api, placed["capture"]["id"])

    assert [] == placed["userErrors"]
    assert ("JOURNALED", None, "CAPTURED") == (
        placed["capture"]["state"],
        placed["order"]["number"],
        placed["order"]["status"],
    )
    assert (placed["order"]["id"], "CAPTURED") == (history["nodes"][0]["id"], history["nodes"][0]["status"])
    assert ({"capturedOrdersPending": 1}, []) == (status, before)
    assert ("ACCEPTED", "CONFIRMED") == (settled["state"], settled["order"]["status"])
    assert [settled["order"]["number"]] == [order["number"] for order in in_erp(api)]
    after = (await api.data(HISTORY, {"first": 5}, person="anna"))["viewer"]["account"]["orders"]
    assert (placed["order"]["id"], settled["order"]["number"]) == (
        after["nodes"][0]["id"],
        after["nodes"][0]["number"],
    )
    assert placed["capture"]["id"] == after["nodes"][0]["capture"]["id"]


async def test_history_in_pages(api: Any) -> None:
    """Pages of captured and other orders together have each order once, the newest first."""
    api.sandbox.fault("erp", "ok")
    whole = (await api.data(HISTORY, {"first": 100}, person="anna"))["viewer"]["account"]["orders"]
    for _ in range(3):
        await place(api, await fill(api, LINE))
    found: list[Any] = []
    after = None
    while True:
        page = (await api.data(HISTORY, {"first": 4, "after": after}, person="anna"))["viewer"]["account"]["orders"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert whole["totalCount"] + 3 == len(found) == page["totalCount"]
    assert len({order["id"] for order in found}) == len(found)
    assert sorted(found, key=lambda order: order["placedAt"], reverse=True) == found
    assert [order["id"] for order in whole["nodes"]] == [order["id"] for order in found[3:]]


async def test_the_erp_refuses(api: Any) -> None:
    """An account on hold cannot order, and is told before anything is kept."""
    cart = await fill(api, LINE, person="sari", account="C-3001")
    placed = await place(api, cart, person="sari", account="C-3001")

    assert ["CREDIT_BLOCKED"] == [error["code"] for error in placed["userErrors"]]
    assert (None, []) == (placed["capture"], in_erp(api))


async def test_a_price_that_rose(api: Any) -> None:
    """Above the tolerance nothing is ordered, within it the order is placed and the difference told."""
    cart = await fill(api, LINE)
    api.sandbox.set_price("C-1002", "KV-000001", "7.7")
    refused = await place(api, cart)
    accepted = await place(api, cart, priceTolerance={"percent": "100"})

    assert ["PRICE_CHANGED"] == [error["code"] for error in refused["userErrors"]]
    assert "ACCEPTED" == accepted["capture"]["state"]
    assert "7.7000 EUR" in [difference["erp"] for difference in accepted["capture"]["differences"]]


async def test_a_price_that_rose_in_an_outage(api: Any) -> None:
    """The order kept meanwhile waits for its buyer, who sees the difference and says what to do."""
    cart = await fill(api, LINE)
    api.sandbox.fault("erp", "down")
    placed = await place(api, cart)
    api.sandbox.set_price("C-1002", "KV-000001", "9.5")
    api.sandbox.fault("erp", "ok")
    waiting = await until_settled(api, placed["capture"]["id"])
    confirm = """mutation ($id: ID!, $key: String!) {
      orderCaptureConfirm(input: {captureId: $id, idempotencyKey: $key, accept: true}) {
        capture { state } order { number } userErrors { code message } } }"""
    variables = {"id": placed["capture"]["id"], "key": "yes"}
    decided = (await api.data(confirm, variables, person="anna"))["orderCaptureConfirm"]

    assert "NEEDS_CONFIRMATION" == waiting["state"]
    assert [("unitPrice", "9.5000 EUR")] == [
        (difference["field"], difference["erp"]) for difference in waiting["differences"]
    ]
    assert ("ACCEPTED", []) == (decided["capture"]["state"], decided["userErrors"])
    assert 1 == len(in_erp(api))


async def test_what_is_not_yours_is_not_there(api: Any) -> None:
    """Another customer finds neither cart, receipt nor order: by id, number and node."""
    cart = await fill(api, LINE)
    placed = await place(api, cart)
    order, capture = placed["order"], placed["capture"]
    query = """query ($order: ID!, $capture: ID!, $cart: ID!, $number: String!) {
      order(id: $order) { id } byNumber: order(number: $number) { id } orderCapture(id: $capture) { id }
      nodes(ids: [$order, $capture, $cart]) { id } }"""
    variables = {"order": order["id"], "capture": capture["id"], "cart": cart[0], "number": order["number"]}
    answer = await api.ask(query, variables, person="elena")
    own = await api.data(query, variables, person="anna")
    taken = await place(api, cart, person="elena")

    assert {"order": None, "byNumber": None, "orderCapture": None, "nodes": [None] * 3} == answer["data"]
    assert {"NOT_FOUND"} == {error["extensions"]["code"] for error in answer["errors"]}
    assert order["id"] == own["order"]["id"] == own["byNumber"]["id"] == own["nodes"][0]["id"]
    assert ["NOT_FOUND"] == [error["code"] for error in taken["userErrors"]]
