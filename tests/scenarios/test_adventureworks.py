"""The main job on a real wholesaler's data, compared value by value with its files."""

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared/data/adventureworks"
DAY = "2024-06-10"
STORES = ("AW00000001", "AW00000340", "AW00000701")

LISTING = """
query Listing($first: Int!, $after: Cursor, $day: Date!) {
  viewer { account { number name parent { number name parent { number name kind } } } }
  products(first: $first, after: $after, sort: SKU) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      sku name description(locale: "fr") attributes { code values unit } categories { name parent { name } }
      priceStatus
      price(deliveryDate: $day) {
        unitPrice { amount currency } listPrice { amount }
        breaks { minimumQuantity unitPrice { amount currency } }
        freshness { system status }
      }
      availability { quantity { value } byWarehouse { warehouse { name } quantity { value unit { code } } } }
    }
  }
}
"""


def rows(name: str) -> Iterator[dict[str, Any]]:
    for line in (DATA / f"{name}.ndjson").read_text("utf-8").splitlines():
        yield json.loads(line)


class Files:
    """The files, and the pricing rule of their README worked out from scratch."""

    def __init__(self) -> None:
        self.products = {row["sku"]: row for row in rows("products")}
        self.accounts = {row["number"]: row for row in rows("accounts")}
        self.stock: dict[str, dict[str, str]] = defaultdict(dict)
        for row in rows("stock"):
            self.stock[row["sku"]][row["location"]] = str(row["quantity"])
        self.offers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows("price_breaks"):
            if row["audience"] == "Reseller" and row["validFrom"] <= DAY <= row["validTo"]:
                self.offers[row["sku"]].append(row)

    def price(self, sku: str, quantity: int) -> str:
        discounts = [
            Decimal(offer["discount"])
            for offer in self.offers[sku]
            if offer["minimumQuantity"] <= quantity <= (offer["maximumQuantity"] or quantity)
        ]
        amount = Decimal(self.products[sku]["listPrice"]) * (1 - max(discounts, default=Decimal(0)))
        return format(amount.quantize(Decimal("0.0001"), ROUND_HALF_EVEN), "f")

    def breaks(self, sku: str) -> list[dict[str, Any]]:
        prices = [(quantity, self.price(sku, quantity)) for quantity in range(1, 200)]
        return [
            {"minimumQuantity": str(quantity), "unitPrice": {"amount": price, "currency": "USD"}}
            for (_, before), (quantity, price) in pairwise(prices)
            if price != before
        ]

    def account(self, number: str) -> dict[str, Any]:
        store = self.accounts[number]
        territory = self.accounts[store["parent"]]
        group = self.accounts[territory["parent"]]
        above = {"number": group["number"], "name": group["name"], "kind": "GROUP"}
        return {
            "number": number,
            "name": store["name"],
            "parent": {"number": territory["number"], "name": territory["name"], "parent": above},
        }

    def listed(self, sku: str) -> dict[str, Any]:
        row = self.products[sku]
        return {
            "sku": sku,
            "name": row["name"],
            "description": (row["description"] or {}).get("fr"),
            "categories": [row["category"]],
            "priceStatus": "PRICED",
            "price": {
                "unitPrice": {"amount": self.price(sku, 1), "currency": "USD"},
                "listPrice": {"amount": row["listPrice"]},
                "breaks": self.breaks(sku),
                "freshness": {"system": "ERP", "status": "LIVE"},
            },
            "stock": self.stock.get(sku, {}),
        }


@pytest.fixture(scope="module")
def files() -> Files:
    return Files()


def shown(node: dict[str, Any]) -> dict[str, Any]:
    """Return a product of the answer in the form in which the files are compared."""
    places = (node["availability"] or {"byWarehouse": []})["byWarehouse"]

    assert {"EA"} >= {place["quantity"]["unit"]["code"] for place in places}
    return {
        **{name: node[name] for name in ("sku", "name", "description", "priceStatus", "price")},
        "categories": [[category["parent"]["name"], category["name"]] for category in node["categories"]],
        "stock": {place["warehouse"]["name"]: place["quantity"]["value"] for place in places},
    }


@pytest.mark.parametrize("store", STORES)
async def test_a_store_lists_its_prices(wholesaler: Any, files: Files, store: str) -> None:
    """24 products with French content, reseller prices and breaks of that day, stock by location, group two levels up."""
    data = await wholesaler.data(LISTING, {"first": 24, "day": DAY}, person=f"buyer-{store}")

    assert files.account(store) == data["viewer"]["account"]
    assert sorted(files.products)[:24] == [node["sku"] for node in data["products"]["nodes"]]
    assert [files.listed(sku) for sku in sorted(files.products)[:24]] == [shown(n) for n in data["products"]["nodes"]]
    assert {
        "erp": {"prices": 1},
        "crm": {"contexts": 1},
        "pim": {"search": 1},
        "wms": {"stock": 1},
    } == wholesaler.sandbox.calls()


async def test_every_product_of_every_page(wholesaler: Any, files: Files) -> None:
    """All 295 products, page by page, are just what the files say."""
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await wholesaler.data(LISTING, {"first": 50, "after": after, "day": DAY}, person="AW00000701"))[
            "products"
        ]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert 295 == len(nodes) == page["totalCount"]
    assert [files.listed(sku) for sku in sorted(files.products)] == [shown(node) for node in nodes]
    assert sum(len(files.breaks(sku)) for sku in files.products) > 200
    assert sum(node["price"]["unitPrice"] != node["price"]["listPrice"] for node in nodes) > 20


async def test_two_offers_at_once_give_the_larger_discount(wholesaler: Any, files: Files) -> None:
    """Eleven SKUs have two offers on that day; at quantity 12 each has the larger one."""
    twice = [sku for sku, offers in files.offers.items() if len([o for o in offers if files_include(o, 12)]) > 1]
    query = "query ($sku: String!, $day: Date!) { product(sku: $sku) { price(quantity: 12, deliveryDate: $day) { unitPrice { amount } } } }"

    assert len(twice) == 11
    for sku in twice:
        data = await wholesaler.data(query, {"sku": sku, "day": DAY}, person="AW00000701")

        assert files.price(sku, 12) == data["product"]["price"]["unitPrice"]["amount"]


def files_include(offer: dict[str, Any], quantity: int) -> bool:
    included: bool = offer["minimumQuantity"] <= quantity <= (offer["maximumQuantity"] or quantity)
    return included


@pytest.mark.parametrize("locale", ["ar", "he", "th", "zh-Hans", "fr", "en"])
async def test_every_language_comes_through_whole(wholesaler: Any, files: Files, locale: str) -> None:
    """Arabic, Hebrew, Thai, Chinese and the others come through character by character, asked for in either way."""
    query = "query ($l: String) { products(first: 1000) { nodes { sku description(locale: $l) } } }"
    asked = await wholesaler.data(query, {"l": locale})
    accepted = await wholesaler.data(query, headers={"accept-language": f"{locale}, en;q=0.5"})

    assert {sku: row["description"].get(locale) for sku, row in files.products.items()} == {
        node["sku"]: node["description"] for node in asked["products"]["nodes"]
    }
    assert asked == accepted


async def test_an_unknown_language_names_those_there_are(wholesaler: Any) -> None:
    """A language that the wholesaler does not keep is refused with the list of those it does."""
    errors = await wholesaler.errors('{ product(sku: "HL-U509") { name description(locale: "sw") } }')

    assert [
        (["product", "description"], "BAD_USER_INPUT", '"sw" is not a language kept here: ar, en, fr, he, th, zh-Hans.')
    ] == errors


async def test_a_sales_representative_acts_for_their_stores(wholesaler: Any, files: Files) -> None:
    """A representative's accounts are those the file gives them, over as many pages as it takes."""
    query = """query ($after: Cursor) { viewer { accounts(first: 100, after: $after) {
        totalCount nodes { number } pageInfo { hasNextPage endCursor } } } }"""
    theirs = sorted(number for number, row in files.accounts.items() if row.get("salesRep") == "279")
    found: list[str] = []
    after = None
    while True:
        accounts = (await wholesaler.data(query, {"after": after}, person="rep-279"))["viewer"]["accounts"]
        found += [node["number"] for node in accounts["nodes"]]
        after = accounts["pageInfo"]["endCursor"]
        if not accounts["pageInfo"]["hasNextPage"]:
            break

    assert theirs == found
    assert len(theirs) == accounts["totalCount"]
