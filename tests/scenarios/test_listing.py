"""A product listing: one call per system, whatever its size; none when warm."""

import asyncio
from typing import Any

import pytest

LISTING = """
query Listing($first: Int!) {
  viewer { user { name } account { number name parent { number name parent { number name } } } }
  products(first: $first) {
    totalCount
    nodes {
      id sku gtin name(locale: "en") description(locale: "en") lifecycle
      unit { code name }
      categories { name parent { name } }
      images { url(width: 400) alt }
      attributes { code name values unit }
      packagings { id unit { code } contains { value unit { code } } }
      documents { kind title url }
      quantityRule { minimum increment }
      freshness { system status }
      priceStatus
      price {
        unitPrice { amount currency } per { value unit { code } } origin
        breaks { minimumQuantity unitPrice { amount } }
        freshness { system status ageSeconds binding }
      }
      availability {
        status quantity { value } freshness { system status }
        byWarehouse { warehouse { code name } quantity { value unit { code } } freshness { system } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
ONE_EACH = {"erp": {"prices": 1}, "crm": {"contexts": 1}, "pim": {"search": 1}, "wms": {"stock": 1}}


@pytest.mark.parametrize("first", [1, 24, 200])
async def test_one_call_per_system(api: Any, first: int) -> None:
    """A listing of any size costs one call to each system; the same listing again costs none."""
    data = await api.data(LISTING, {"first": first}, person="anna")

    assert first == len(data["products"]["nodes"])
    assert api.sandbox.calls() == ONE_EACH

    api.sandbox.forget_calls()
    again = await api.data(LISTING, {"first": first}, person="anna")

    assert api.sandbox.calls() == {}
    assert {"LIVE"} == {node["freshness"]["status"] for node in data["products"]["nodes"]}
    assert {"CACHED"} == {node["freshness"]["status"] for node in again["products"]["nodes"]}
    assert without_freshness(data) == without_freshness(again)


async def test_everything_is_there(api: Any) -> None:
    """Each value of a listing comes from the system that owns it, and says so."""
    data = await api.data(LISTING, {"first": 24}, person="anna")

    account = data["viewer"]["account"]

    assert (account["number"], account["name"]) == ("C-1002", "Saimaa Rakennus Lappeenranta")
    assert [account["parent"]["number"], account["parent"]["parent"]["number"]] == ["C-1001", "C-1000"]
    priced = [node for node in data["products"]["nodes"] if node["priceStatus"] == "PRICED"]
    stocked = [node for node in data["products"]["nodes"] if node["availability"]]
    for node in priced:
        assert node["price"]["freshness"] == {"system": "ERP", "status": "LIVE", "ageSeconds": 0, "binding": True}
        assert node["price"]["unitPrice"]["currency"] == "EUR"
    for node in stocked:
        assert node["availability"]["freshness"] == {"system": "WMS", "status": "LIVE"}
        assert all(place["freshness"] == {"system": "WMS"} for place in node["availability"]["byWarehouse"])
    assert len(priced) > 20
    assert len(stocked) > 20
    assert any(len(node["price"]["breaks"]) > 1 for node in priced)
    assert {"PIM"} == {node["freshness"]["system"] for node in data["products"]["nodes"]}


async def test_prices_and_stock_are_asked_at_the_same_time(api: Any) -> None:
    """While the ERP still thinks, the WMS has been asked too."""
    api.sandbox.fault("erp", "slow", delay_ms=700)
    listing = asyncio.ensure_future(api.data(LISTING, {"first": 24}, person="anna"))
    while not api.sandbox.calls("wms"):
        assert not listing.done(), "the listing was over before the WMS was asked"
        await asyncio.sleep(0)
    in_flight = not listing.done()
    data = await listing

    assert in_flight
    assert any(node["price"] for node in data["products"]["nodes"])
    assert api.sandbox.calls() == ONE_EACH


async def test_a_search_begins_while_the_crm_is_asked(api: Any) -> None:
    """Who was here before waits for two round trips, not three: the PIM searches while the CRM still thinks."""
    await api.data(LISTING, {"first": 24}, person="anna")
    api.sandbox.forget_calls()
    api.sandbox.fault("crm", "slow", delay_ms=700)
    anew = api.data(LISTING, {"first": 24}, person="anna", headers={"kanava-max-age": "0"})
    listing = asyncio.ensure_future(anew)
    while not api.sandbox.calls("pim"):
        assert not listing.done(), "the listing was over before the PIM was asked"
        await asyncio.sleep(0)
    others = api.sandbox.calls("erp", "wms")
    await listing

    assert {} == others
    assert ONE_EACH == api.sandbox.calls()


async def test_two_requests_in_one_turn_share_the_calls(api: Any) -> None:
    """Ten listings at the same time, for two customers, cost one call to each system for content and stock."""
    who = [("anna", "C-1002"), ("elena", "C-2001")]
    await asyncio.gather(
        *(api.data(LISTING, {"first": 24}, person=person, account=account) for person, account in who * 5)
    )
    calls = api.sandbox.calls()

    assert calls["wms"] == {"stock": 1}
    assert calls["erp"] == {"prices": 1}
    assert calls["crm"] == {"contexts": 1}
    assert calls["pim"]["search"] == 1


ASKED_TWICE = """
query Twice($sku: String!, $id: ID!) {
  a: product(sku: $sku) { price { ...amount } availability { status } customerPartNumber }
  b: product(sku: $sku) { price(quantity: "1") { ...amount } ten: price(quantity: "10.0") { ...amount } }
  c: node(id: $id) { ... on Product { price(quantity: 10) { ...amount } availability(quantity: 5) { status } } }
  d: nodes(ids: [$id]) { ... on Product { name price { ...amount } customerPartNumber } }
}
fragment amount on Price { unitPrice { amount } }
"""


async def test_what_is_asked_twice_is_asked_once(api: Any) -> None:
    """Aliases, one product by several ways and prices at two quantities ask each key once, each system once."""
    sku = "KV-000001"
    product = (await api.data("query ($sku: String!) { product(sku: $sku) { id } }", {"sku": sku}))["product"]
    await api.data("{ viewer { account { number } } }", person="anna")
    api.sandbox.forget_calls()
    data = await api.data(ASKED_TWICE, {"sku": sku, "id": product["id"]}, person="anna")

    assert data["b"]["ten"] == data["c"]["price"]
    assert data["a"]["price"] == data["b"]["price"] == data["d"][0]["price"]
    assert api.sandbox.calls() == {"erp": {"prices": 1, "part_numbers": 1}, "wms": {"stock": 1}}
    assert api.sandbox.keys("erp") == 3
    assert api.sandbox.keys("wms") == 1


def without_freshness(value: Any) -> Any:
    """Return an answer without what says how old its values are."""
    if isinstance(value, dict):
        return {name: without_freshness(of) for name, of in value.items() if name != "freshness"}
    return [without_freshness(of) for of in value] if isinstance(value, list) else value
