"""The cart: one for each account, filled by codes, and what is wrong with it before anybody clicks."""

import asyncio
from typing import Any

import pytest

LINE = "key sku quantity { value unit { code decimals } } seenPrice { amount } note requestedDate"
CART = f"id revision poNumber reference lines(first: 500) {{ totalCount nodes {{ {LINE} }} }}"
ERRORS = "userErrors { code message path lineKey retryable system }"
PAYLOAD = f"cart {{ {CART} }} results {{ key accepted match {{ kind product {{ sku }} }} {ERRORS} }} {ERRORS}"
VIEW = f"{{ viewer {{ cart {{ {CART} }} }} }}"
ADD = f"mutation ($input: CartAddLinesInput!) {{ cartAddLines(input: $input) {{ {PAYLOAD} }} }}"
UPDATE = f"mutation ($input: CartUpdateLinesInput!) {{ cartUpdateLines(input: $input) {{ {PAYLOAD} }} }}"
DELIVER = f"""
mutation ($input: CartSetDeliveriesInput!) {{
  cartSetDeliveries(input: $input) {{
    cart {{ revision deliveries {{
      id address {{ city }} requestedDate splitPolicy method {{ code name }} services {{ code }} lineKeys
    }} }}
    {ERRORS}
  }}
}}
"""
REFER = f"mutation ($input: CartSetReferenceInput!) {{ cartSetReference(input: $input) {{ {PAYLOAD} }} }}"
REPRICE = f"mutation ($input: CartRepriceInput!) {{ cartReprice(input: $input) {{ {PAYLOAD} }} }}"
ISSUES = """
issues {
  severity code lineKey message
  ... on PriceChangedIssue { previous { amount } current { amount } }
  ... on PriceStaleIssue { freshness { status } }
  ... on QuantityIssue { suggested { value unit { code } } }
  ... on StockIssue { available { value } restockAt }
  ... on CreditIssue { credit { status } }
}
"""
TOTALS = "totals { net { amount currency } tax { amount } freight { amount } gross { amount } complete freshness { system status } }"
WHOLE = f"{{ viewer {{ cart {{ revision {ISSUES} {TOTALS} lines(first: 500) {{ nodes {{ key product {{ name }} price {{ unitPrice {{ amount }} }} lineTotal {{ amount }} issues {{ code }} }} }} }} }} }}"


@pytest.fixture
def settings() -> dict[str, str]:
    """Time enough for 500 lines on a machine that has much else to do: what is counted here are calls."""
    patience = {f"KANAVA_{system}_TIMEOUT_S": "20" for system in ("ERP", "CRM", "PIM", "WMS")}
    return {"KANAVA_DEADLINE_S": "60", **patience}


async def add(api: Any, *lines: dict[str, Any], person: str = "anna", **more: Any) -> Any:
    """Add lines, and return the payload."""
    data = await api.data(ADD, {"input": {"lines": list(lines), **more}}, person=person)
    return data["cartAddLines"]


async def cart_of(api: Any, person: str = "anna", query: str = VIEW) -> Any:
    return (await api.data(query, person=person))["viewer"]["cart"]


def gist(payload: Any) -> list[tuple[bool, str, list[str]]]:
    """Return of each result whether it was accepted, what its code meant, and the codes of its errors."""
    return [
        (r["accepted"], r["match"]["kind"], [error["code"] for error in r["userErrors"]]) for r in payload["results"]
    ]


async def products(api: Any, *fields: str) -> list[dict[str, Any]]:
    query = f"{{ products(first: 1000, sort: SKU) {{ nodes {{ sku {' '.join(fields)} }} }} }}"
    nodes: list[dict[str, Any]] = (await api.data(query, person="anna"))["products"]["nodes"]
    return nodes


async def test_the_cart_is_there_before_anybody_used_it(api: Any) -> None:
    """It is empty, at revision 0, and keeps its id when it is written."""
    before = await cart_of(api)
    payload = await add(api, {"code": "KV-000001", "quantity": "60"})

    assert (0, 0, []) == (before["revision"], before["lines"]["totalCount"], before["lines"]["nodes"])
    assert (before["id"], 1) == (payload["cart"]["id"], payload["cart"]["revision"])
    assert payload["cart"] == await cart_of(api)


async def test_nobody_keeps_an_answer_about_a_cart(api: Any) -> None:
    """A cart may change at any time: no cache on the way keeps it, not even the buyer's own."""
    headers = {"authorization": f"Bearer {api.sandbox.token('anna')}"}
    response = await api.client.get("/graphql", params={"query": "{ viewer { cart { revision } } }"}, headers=headers)

    assert {"data": {"viewer": {"cart": {"revision": 0}}}} == response.json()
    assert "no-store" in response.headers["cache-control"]


async def test_a_visitor_has_none(api: Any) -> None:
    """A person without an account has no cart, and a visitor cannot make one."""
    omar = await cart_of(api, "omar")
    visitor = (await api.data(ADD, {"input": {"lines": []}}))["cartAddLines"]

    assert omar is None
    assert (None, ["FORBIDDEN"]) == (visitor["cart"], [error["code"] for error in visitor["userErrors"]])


async def test_a_bad_line_never_keeps_the_others_out(api: Any) -> None:
    """One result per line in order; lines that mean nothing, or cannot be meant, are told why."""
    payload = await add(
        api,
        {"code": "KV-000001", "quantity": "60"},
        {"code": "no such thing", "quantity": "1"},
        {"code": "KV-000002", "quantity": "0"},
        {"code": "KV-000003", "quantity": "-1", "key": "mine"},
        {"code": "KV-000004", "unit": "LIGHTYEAR"},
        {"code": "KV-000005", "note": "x" * 501},
        {"code": "KV-000006", "key": "mine too"},
        {"code": "KV-000006", "key": "x" * 51},
        {"code": "KV-000007", "note": "a\0b"},
        {"code": "KV-000008", "quantity": "1000000001"},
    )

    assert gist(payload) == [
        (True, "SKU", []),
        (False, "NOT_FOUND", ["NOT_FOUND"]),
        (False, "SKU", ["INVALID"]),
        (False, "SKU", ["INVALID"]),
        (False, "SKU", ["INVALID"]),
        (False, "SKU", ["LIMIT_EXCEEDED"]),
        (True, "SKU", []),
        (False, "SKU", ["INVALID"]),
        (False, "SKU", ["INVALID"]),
        (False, "SKU", ["INVALID"]),
    ]
    assert ["1-0", "1", "2", "mine", "4", "5", "mine too"] == [result["key"] for result in payload["results"][:7]]
    assert ["input", "lines", "3", "quantity"] == payload["results"][3]["userErrors"][0]["path"]
    assert [("1-0", "KV-000001"), ("mine too", "KV-000006")] == [
        (line["key"], line["sku"]) for line in payload["cart"]["lines"]["nodes"]
    ]
    assert [] == payload["userErrors"]


async def test_all_or_nothing(api: Any) -> None:
    """With `allOrNothing` one bad line keeps all out, and the cart is as it was."""
    payload = await add(api, {"code": "KV-000001"}, {"code": "nothing"}, allOrNothing=True)

    assert [(False, "SKU", []), (False, "NOT_FOUND", ["NOT_FOUND"])] == gist(payload)
    assert (0, ["INVALID"]) == (payload["cart"]["revision"], [error["code"] for error in payload["userErrors"]])


async def test_like_lines_become_one(api: Any) -> None:
    """The same product, unit, day and note are one line; a key of its own, or another day, makes another."""
    await add(api, {"code": "KV-000001", "quantity": "10"}, {"code": "KV-000001", "quantity": "5"})
    payload = await add(
        api,
        {"code": "KV-000001", "quantity": "2.5"},
        {"code": "KV-000001", "quantity": "3", "requestedDate": "2036-01-01"},
        {"code": "KV-000001", "quantity": "4", "key": "apart"},
    )
    again = await add(api, {"code": "KV-000001", "quantity": "4", "key": "apart"})

    assert [("1-0", "17.5"), ("2-0", "3"), ("apart", "4")] == [
        (line["key"], line["quantity"]["value"]) for line in payload["cart"]["lines"]["nodes"]
    ]
    assert [(False, "SKU", ["INVALID"])] == gist(again)
    assert payload["cart"]["revision"] == again["cart"]["revision"]


async def test_packagings_and_defaults(api: Any) -> None:
    """A packaging is named by its id or its unit; without a quantity the least is ordered that can be."""
    found = await products(
        api, "unit { code }", "packagings { id unit { code } contains { value } }", "quantityRule { minimum }"
    )
    packed = next(p for p in found if any(k["unit"]["code"] != p["unit"]["code"] for k in p["packagings"]))
    packaging = next(k for k in packed["packagings"] if k["unit"]["code"] != packed["unit"]["code"])
    least = next(p for p in found if p["quantityRule"] and p["quantityRule"]["minimum"] != "1")
    payload = await add(
        api,
        {"code": packed["sku"], "quantity": "2", "packagingId": packaging["id"]},
        {"code": packed["sku"], "quantity": "1", "unit": packaging["unit"]["code"]},
        {"code": least["sku"]},
    )

    lines = payload["cart"]["lines"]["nodes"]
    assert [True, True, True] == [result["accepted"] for result in payload["results"]]
    assert ("3", packaging["unit"]["code"]) == (lines[0]["quantity"]["value"], lines[0]["quantity"]["unit"]["code"])
    assert (least["quantityRule"]["minimum"], least["unit"]["code"]) == (
        lines[1]["quantity"]["value"],
        lines[1]["quantity"]["unit"]["code"],
    )


async def test_lines_are_changed_and_taken_out(api: Any) -> None:
    """What is left out of a change stays; an unknown line is told, and the others are changed."""
    cart = (await add(api, {"code": "KV-000001", "quantity": "60", "note": "site 4"}, {"code": "KV-000002"}))["cart"]
    changes = [
        {"key": "1-0", "quantity": "70"},
        {"key": "1-1", "remove": True},
        {"key": "gone", "quantity": "1"},
        {"key": "1-0", "quantity": "-1"},
    ]
    payload = (await api.data(UPDATE, {"input": {"cartId": cart["id"], "lines": changes}}, person="anna"))[
        "cartUpdateLines"
    ]
    cleared = (
        await api.data(
            UPDATE, {"input": {"cartId": cart["id"], "lines": [{"key": "1-0", "note": None}]}}, person="anna"
        )
    )["cartUpdateLines"]

    assert [(True, []), (True, []), (False, ["NOT_FOUND"]), (False, ["INVALID"])] == [
        (r["accepted"], [error["code"] for error in r["userErrors"]]) for r in payload["results"]
    ]
    assert [("1-0", "70", "site 4")] == [
        (line["key"], line["quantity"]["value"], line["note"]) for line in payload["cart"]["lines"]["nodes"]
    ]
    assert [None] == [line["note"] for line in cleared["cart"]["lines"]["nodes"]]


async def test_somebody_elses_cart_does_not_exist(api: Any) -> None:
    """By id and by node it is not there for others, nor for who acts for another account; a colleague sees it."""
    cart = (await add(api, {"code": "KV-000001"}))["cart"]
    wanted = {"input": {"cartId": cart["id"], "lines": [{"code": "KV-000001"}]}}
    node = "query ($id: ID!) { node(id: $id) { id ... on Cart { revision } } }"
    elena = (await api.data(ADD, wanted, person="elena"))["cartAddLines"]
    errors = await api.errors(node, {"id": cart["id"]}, person="elena")
    mikko = await api.errors(node, {"id": cart["id"]}, person="mikko")
    acting = await api.data(node, {"id": cart["id"]}, person="mikko", account="C-1002")

    assert (None, ["NOT_FOUND"]) == (elena["cart"], [error["code"] for error in elena["userErrors"]])
    assert [["NOT_FOUND"], ["NOT_FOUND"]] == [[code for _, code, _ in errors], [code for _, code, _ in mikko]]
    assert {"node": {"id": cart["id"], "revision": 1}} == acting


async def test_lines_are_nodes(api: Any) -> None:
    """A line is found again by its id, while it is in the cart."""
    await add(api, {"code": "KV-000001", "key": "a/b:c"})
    cart = await cart_of(api, query="{ viewer { cart { lines { nodes { id } } } } }")
    ids = {"id": cart["lines"]["nodes"][0]["id"]}
    node = await api.data("query ($id: ID!) { node(id: $id) { ... on CartLine { key sku } } }", ids, person="anna")

    assert {"node": {"key": "a/b:c", "sku": "KV-000001"}} == node


async def test_two_devices_edit_one_cart(api: Any) -> None:
    """Twenty changes at once are all in it; one that names an old revision is refused, and sees the new one."""
    payloads = await asyncio.gather(*(add(api, {"code": f"KV-{n:06}", "key": str(n)}) for n in range(1, 21)))
    late = await add(api, {"code": "KV-000021"}, ifRevision=19)
    in_time = await add(api, {"code": "KV-000021"}, ifRevision=20)

    assert sorted(range(1, 21)) == sorted(payload["cart"]["revision"] for payload in payloads)
    assert (20, 20, ["STALE_REVISION"], ["input", "ifRevision"]) == (
        late["cart"]["revision"],
        late["cart"]["lines"]["totalCount"],
        [error["code"] for error in late["userErrors"]],
        late["userErrors"][0]["path"],
    )
    assert (21, []) == (in_time["cart"]["revision"], in_time["userErrors"])


async def test_references(api: Any) -> None:
    """What is left out stays, null takes it away, and a change to the same is none."""
    cart = await cart_of(api)

    async def refer(**said: str | None) -> Any:
        data = await api.data(REFER, {"input": {"cartId": cart["id"], **said}}, person="anna")
        payload = data["cartSetReference"]
        shown = payload["cart"]
        return shown["revision"], shown["poNumber"], shown["reference"], [e["code"] for e in payload["userErrors"]]

    assert [
        (1, "PO-1", "Site 4", []),
        (2, "PO-1", None, []),
        (2, "PO-1", None, []),
        (2, "PO-1", None, ["LIMIT_EXCEEDED"]),
    ] == [
        await refer(poNumber=" PO-1 ", reference="Site 4"),
        await refer(reference=None),
        await refer(poNumber="PO-1"),
        await refer(poNumber="x" * 51, reference="y"),
    ]


async def test_deliveries_are_the_accounts_own(api: Any) -> None:
    """Addresses, methods, services and lines that are not the account's are refused, and nothing is changed."""
    await add(api, {"code": "KV-000001", "key": "a"}, {"code": "KV-000002", "key": "b"})
    account = (
        "account { addresses(use: SHIPPING) { id city } terms { deliveryMethods { code name } services { code } } }"
    )
    found = (await api.data(f"{{ viewer {{ {account} cart {{ id }} }} }}", person="anna"))["viewer"]
    address, terms = found["account"]["addresses"][0], found["account"]["terms"]
    method, service = terms["deliveryMethods"][0], terms["services"][0]
    good = {
        "addressId": address["id"],
        "lineKeys": ["a"],
        "methodCode": method["code"],
        "serviceCodes": [service["code"]],
        "requestedDate": "2036-01-02",
    }
    rest = {"addressId": address["id"], "lineKeys": [], "splitPolicy": "COMPLETE_ONLY"}
    bad = [
        {"addressId": "QWRkcmVzczpub25l", "lineKeys": ["a"], "methodCode": "ROCKET", "serviceCodes": ["MAGIC"]},
        {"addressId": found["cart"]["id"], "lineKeys": ["a", "zzz"], "requestedDate": "2020-01-01"},
        rest,
        rest,
    ]

    async def deliver(*deliveries: dict[str, Any]) -> Any:
        sent = {"input": {"cartId": found["cart"]["id"], "deliveries": list(deliveries)}}
        return (await api.data(DELIVER, sent, person="anna"))["cartSetDeliveries"]

    refused, taken = await deliver(*bad), await deliver(good, rest)
    assert [
        ("NOT_FOUND", "0", "addressId"),
        ("INVALID", "0", "methodCode"),
        ("INVALID", "0", "serviceCodes"),
        ("INVALID", "0", "lineKeys"),
        ("INVALID", "1", "addressId"),
        ("INVALID", "1", "requestedDate"),
        ("INVALID", "1", "lineKeys"),
        ("NOT_FOUND", "1", "lineKeys"),
        ("INVALID", "3", "lineKeys"),
    ] == [(error["code"], *error["path"][2:]) for error in refused["userErrors"]]
    assert (1, [], []) == (refused["cart"]["revision"], refused["cart"]["deliveries"], taken["userErrors"])
    assert [
        (["a"], method["name"], [service["code"]], "2036-01-02", "ALLOW_SPLIT"),
        ([], None, [], None, "COMPLETE_ONLY"),
    ] == [
        (
            d["lineKeys"],
            d["method"] and d["method"]["name"],
            [s["code"] for s in d["services"]],
            d["requestedDate"],
            d["splitPolicy"],
        )
        for d in taken["cart"]["deliveries"]
    ]


async def test_a_delivery_goes_with_its_last_line(api: Any) -> None:
    """One whose lines are all taken out is not one for all the others then."""
    await add(api, {"code": "KV-000001", "key": "a"}, {"code": "KV-000002", "key": "b"})
    found = (await api.data("{ viewer { account { addresses(use: SHIPPING) { id } } cart { id } } }", person="anna"))[
        "viewer"
    ]
    address = found["account"]["addresses"][0]["id"]
    wanted = [{"addressId": address, "lineKeys": ["a"]}, {"addressId": address, "lineKeys": []}]
    await api.data(DELIVER, {"input": {"cartId": found["cart"]["id"], "deliveries": wanted}}, person="anna")
    out = {"input": {"cartId": found["cart"]["id"], "lines": [{"key": "a", "remove": True}]}}
    await api.data(UPDATE, out, person="anna")
    cart = await cart_of(api, query="{ viewer { cart { deliveries { lineKeys } } } }")

    assert {"deliveries": [{"lineKeys": []}]} == cart


async def test_five_hundred_lines_cost_one_call_per_system(api: Any) -> None:
    """500 lines are added by one PIM call; all of the cart is shown by one simulation, one price and one WMS call."""
    lines = [{"code": f"KV-{n:06}", "quantity": "20"} for n in range(1, 501)]
    added = await add(api, *lines)
    adding = api.sandbox.calls()
    api.sandbox.forget_calls()
    cart = await cart_of(api, query=WHOLE)
    accepted = [result for result in added["results"] if result["accepted"]]
    superseded = [result for result in accepted if result["match"]["kind"] == "SUPERSEDED"]

    assert len(added["results"]) == 500
    assert len(accepted) - len(superseded) == added["cart"]["lines"]["totalCount"] == len(cart["lines"]["nodes"])
    assert adding == {
        "erp": {"part_numbers_resolve": 1, "prices": 1},
        "crm": {"contexts": 1},
        "pim": {"lookup": 1},
    }
    assert {"erp": {"simulate": 1, "credit": 1, "terms": 1}, "wms": {"stock": 1}} == api.sandbox.calls()


async def test_a_cold_cart_of_five_hundred_lines(api: Any) -> None:
    """With nothing remembered, showing 500 lines with all that is wrong costs one call of each kind."""
    await add(api, *({"code": f"KV-{n:06}", "quantity": "20"} for n in range(1, 501)))
    api.sandbox.forget_calls()
    await cart_of(api, query=WHOLE.replace("{ viewer", "query @freshness(maxAgeSeconds: 0) { viewer", 1))

    assert {
        "erp": {"simulate": 1, "prices": 1, "credit": 1, "terms": 1},
        "crm": {"contexts": 1},
        "pim": {"products": 1},
        "wms": {"stock": 1},
    } == api.sandbox.calls()


async def test_totals_are_the_erps(api: Any) -> None:
    """Net, tax, freight and gross come from one simulation; when it cannot be had, the net of the known prices does."""
    await add(api, {"code": "KV-000001", "quantity": "60"}, {"code": "KV-000002", "quantity": "5"})
    cart = await cart_of(api, query=WHOLE)
    known, api_totals = [line["lineTotal"]["amount"] for line in cart["lines"]["nodes"]], cart["totals"]
    api.sandbox.fault("erp", "down")
    await add(api, {"code": "KV-000001", "quantity": "60", "key": "again"})
    answer = await api.ask(WHOLE, person="anna")
    down = answer["data"]["viewer"]["cart"]["totals"]

    assert f"{sum(float(total) for total in known):.2f}" == api_totals["net"]["amount"]
    assert (True, "EUR", "ERP") == (
        api_totals["complete"],
        api_totals["net"]["currency"],
        api_totals["freshness"]["system"],
    )
    assert None not in (api_totals["tax"], api_totals["freight"], api_totals["gross"])
    assert (False, None, None, None) == (down["complete"], down["tax"], down["freight"], down["gross"])
    assert float(down["net"]["amount"]) == pytest.approx(float(api_totals["net"]["amount"]) + float(known[0]))


async def test_a_price_that_moved_is_an_issue_until_it_is_seen(api: Any) -> None:
    """The issue names the price seen and the one now; repricing takes note of it."""
    cart = (await add(api, {"code": "KV-000001", "quantity": "60", "key": "a"}))["cart"]
    seen = cart["lines"]["nodes"][0]["seenPrice"]["amount"]
    api.sandbox.set_price("C-1002", "KV-000001", "99.00")
    query = WHOLE.replace("{ viewer", "query @freshness(maxAgeSeconds: 0) { viewer", 1)
    moved = (await cart_of(api, query=query))["issues"]
    repriced = (await api.data(REPRICE, {"input": {"cartId": cart["id"]}}, person="anna"))["cartReprice"]
    after = (await cart_of(api, query=WHOLE))["issues"]

    assert [("WARNING", "a", {"amount": seen}, {"amount": "99.0000"})] == [
        (i["severity"], i["lineKey"], i["previous"], i["current"]) for i in moved if i["code"] == "PRICE_CHANGED"
    ]
    assert (2, ["99.0000"]) == (
        repriced["cart"]["revision"],
        [line["seenPrice"]["amount"] for line in repriced["cart"]["lines"]["nodes"]],
    )
    assert [] == [issue for issue in after if issue["code"] == "PRICE_CHANGED"]


async def test_issues_come_in_order(api: Any) -> None:
    """The worst first, then by line; a breach of the quantity rule names the nearest quantity that can be ordered."""
    found = await products(api, "quantityRule { minimum increment }")
    ruled = next(p for p in found if p["quantityRule"] and float(p["quantityRule"]["minimum"]) > 1)
    await add(
        api,
        {"code": "KV-000001", "quantity": "100000000", "key": "much"},
        {"code": ruled["sku"], "quantity": "0.5", "key": "little"},
        {"code": "KV-000003", "quantity": "1000", "requestedDate": "2020-01-01", "key": "late"},
    )
    issues = (await cart_of(api, query=WHOLE))["issues"]
    severities = [issue["severity"] for issue in issues]
    little = next(issue for issue in issues if issue["lineKey"] == "little" and issue["code"] == "QUANTITY_RULE")
    short = next(issue for issue in issues if issue["lineKey"] == "much" and issue["code"] == "STOCK_SHORT")

    assert sorted(severities, key=["BLOCKING", "WARNING", "INFO"].index) == severities
    assert ["CREDIT_LIMIT", "QUANTITY_RULE", "DATE_PAST"] == [i["code"] for i in issues if i["severity"] == "BLOCKING"]
    assert ruled["quantityRule"]["minimum"] == little["suggested"]["value"]
    assert float(short["available"]["value"]) < 100_000_000


async def test_substitutes_of_what_is_short(api: Any) -> None:
    """What replaces an article that is short, or can stand in for it, comes with the issue."""
    replacing = {p["sku"]: p["replacements"] for p in await products(api, "replacements { sku }")}
    standing_in = {p["sku"]: p["related"] for p in await products(api, "related(kind: SUBSTITUTE) { sku }")}
    expected = {sku: [o["sku"] for o in (*replacing[sku], *others)] for sku, others in standing_in.items() if others}
    sku = next(sku for sku, others in expected.items() if others)
    await add(api, {"code": sku, "quantity": "1000000"})
    issues = "issues { code ... on StockIssue { substitutes { sku } } }"
    cart = await cart_of(api, query=f"{{ viewer {{ cart {{ {issues} }} }} }}")
    short = next(issue for issue in cart["issues"] if issue["code"] == "STOCK_SHORT")

    assert list(dict.fromkeys(expected[sku])) == [other["sku"] for other in short["substitutes"]]


async def test_an_account_on_hold_is_blocked(api: Any) -> None:
    """The hold is told once, with the credit."""
    data = await api.data(
        f"mutation ($input: CartAddLinesInput!) {{ cartAddLines(input: $input) {{ cart {{ {ISSUES} }} }} }}",
        {"input": {"lines": [{"code": "KV-000001", "quantity": "60"}]}},
        person="sari",
        account="C-3001",
    )

    assert [("BLOCKING", "CREDIT_HOLD", {"status": "ON_HOLD"})] == [
        (issue["severity"], issue["code"], issue["credit"])
        for issue in data["cartAddLines"]["cart"]["issues"]
        if issue["severity"] == "BLOCKING"
    ]


async def test_outages_are_issues(api: Any) -> None:
    """Without ERP and WMS the cart is filled and shown; what is not known is said, and nothing of it blocks."""
    await api.data(VIEW, person="anna")
    api.sandbox.fault("erp", "down")
    api.sandbox.fault("wms", "down")
    payload = await add(api, {"code": "KV-000001", "quantity": "60", "key": "a"})
    cart = await cart_of(api, query=f"{{ viewer {{ cart {{ {ISSUES} {TOTALS} }} }} }}")

    assert [(True, "SKU", [])] == gist(payload)
    assert [None] == [line["seenPrice"] for line in payload["cart"]["lines"]["nodes"]]
    assert [
        ("WARNING", "CREDIT_UNKNOWN", None),
        ("WARNING", "PRICE_UNKNOWN", "a"),
        ("INFO", "NO_TERMS_INFO", None),
        ("INFO", "NO_STOCK_INFO", None),
        ("INFO", "NOT_CHECKED", None),
    ] == [(issue["severity"], issue["code"], issue["lineKey"]) for issue in cart["issues"]]
    assert cart["totals"] is None


async def test_stale_prices_are_told(api: Any) -> None:
    """With the ERP gone after prices were seen, they are the last known ones, and the totals are not complete."""
    await add(api, {"code": "KV-000001", "quantity": "60", "key": "a"})
    api.sandbox.fault("erp", "down")
    query = WHOLE.replace("{ viewer", "query @freshness(maxAgeSeconds: 0) { viewer", 1)
    cart = await cart_of(api, query=query)

    assert [("WARNING", {"status": "STALE"})] == [
        (issue["severity"], issue["freshness"]) for issue in cart["issues"] if issue["code"] == "PRICE_STALE"
    ]
    assert (False, "STALE", [cart["lines"]["nodes"][0]["lineTotal"]["amount"]]) == (
        cart["totals"]["complete"],
        cart["totals"]["freshness"]["status"],
        [cart["totals"]["net"]["amount"]],
    )


async def test_ordering_again(api: Any) -> None:
    """The lines of an earlier order are added, all or some; another's order is not there."""
    orders = "{ viewer { account { orders(first: 1) { nodes { id lines { nodes { id sku ordered { value } } } } } } } }"
    order = (await api.data(orders, person="mikko", account="C-1002"))["viewer"]["account"]["orders"]["nodes"][0]
    again = f"mutation ($input: CartAddFromOrderInput!) {{ cartAddFromOrder(input: $input) {{ {PAYLOAD} }} }}"
    lines = order["lines"]["nodes"]

    async def reorder(person: str, **sent: Any) -> Any:
        account = "C-1002" if person == "mikko" else None
        data = await api.data(again, {"input": {"orderId": order["id"], **sent}}, person=person, account=account)
        return data["cartAddFromOrder"]

    one, everything = await reorder("mikko", lineIds=[lines[0]["id"]]), await reorder("mikko")
    other, wrong = await reorder("elena"), await reorder("mikko", lineIds=["T3JkZXJMaW5lOm5vbmU"])

    assert [True] == [result["accepted"] for result in one["results"]]
    assert len(lines) == len(everything["results"])
    assert [["NOT_FOUND"], ["NOT_FOUND"]] == [[e["code"] for e in p["userErrors"]] for p in (other, wrong)]
    assert (None, ["input", "lineIds", "0"]) == (other["cart"], wrong["userErrors"][0]["path"])


async def test_limits(api: Any) -> None:
    """More than 500 lines or 100 deliveries at once, and more than 1,000 in a cart, are refused and change nothing."""
    cart = await cart_of(api)
    too_many = await add(api, *({"code": "KV-000001"} for _ in range(501)))
    for start in (0, 500):
        await add(api, *({"code": "KV-000001", "key": f"k{n}"} for n in range(start, start + 500)))
    full = await add(api, {"code": "KV-000002"}, {"code": "KV-000001", "key": "one more"})
    deliveries = [{"addressId": "x", "lineKeys": []}] * 101
    delivered = await api.data(DELIVER, {"input": {"cartId": cart["id"], "deliveries": deliveries}}, person="anna")

    assert (None, ["LIMIT_EXCEEDED"]) == (too_many["cart"], [error["code"] for error in too_many["userErrors"]])
    assert [["LIMIT_EXCEEDED"], ["LIMIT_EXCEEDED"]] == [[e["code"] for e in r["userErrors"]] for r in full["results"]]
    assert ["LIMIT_EXCEEDED"] == [error["code"] for error in delivered["cartSetDeliveries"]["userErrors"]]
