"""Quick order: hundreds of codes of any kind at once."""

from typing import Any

import pytest

BY_CODE = """
query ByCode($codes: [CodeLineInput!]!) {
  productsByCode(codes: $codes) {
    key code kind
    product { sku name price { unitPrice { amount } } availability { status } }
    candidates { sku }
  }
}
"""
CONTENT = """
{ products(first: 1000, sort: SKU) { nodes {
  sku gtin lifecycle customerPartNumber packagings { gtin } replacements { sku }
} } }
"""


def lines(*codes: str) -> dict[str, Any]:
    return {"codes": [{"code": code} for code in codes]}


async def catalogue(api: Any, person: str = "anna") -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await api.data(CONTENT, person=person))["products"]["nodes"]
    return nodes


async def test_five_hundred_codes_cost_one_call_per_system(api: Any) -> None:
    """500 codes cost one PIM, one WMS and one CRM call, and two ERP calls: part numbers and prices."""
    codes = [f"KV-{number:06}" for number in range(1, 501)]
    data = await api.data(BY_CODE, lines(*codes), person="anna")
    results = data["productsByCode"]

    assert codes == [result["code"] for result in results]
    assert [str(index) for index in range(500)] == [result["key"] for result in results]
    assert api.sandbox.calls() == {
        "erp": {"part_numbers_resolve": 1, "prices": 1},
        "crm": {"contexts": 1},
        "pim": {"lookup": 1},
        "wms": {"stock": 1},
    }


async def test_every_kind_of_code_finds_its_product(api: Any) -> None:
    """SKU, GTIN, a packaging's GTIN, the customer's own number and a superseded code all find the product, in order."""
    products = await catalogue(api)
    sold = [p for p in products if p["lifecycle"] != "DISCONTINUED"]
    gtin = next(p for p in sold if p["gtin"])
    own = next(p for p in sold if p["customerPartNumber"])
    packed = next((p, k["gtin"]) for p in sold for k in p["packagings"] if k["gtin"] and k["gtin"] != p["gtin"])
    gone = next(p for p in products if p["lifecycle"] == "DISCONTINUED" and p["replacements"])
    codes = [gone["sku"], gtin["gtin"], "no-such-code", own["customerPartNumber"], packed[1], sold[0]["sku"], "  "]
    data = await api.data(BY_CODE, lines(*codes), person="anna")

    assert [
        ("SUPERSEDED", gone["replacements"][0]["sku"]),
        ("GTIN", gtin["sku"]),
        ("NOT_FOUND", None),
        ("CUSTOMER_PART_NUMBER", own["sku"]),
        ("GTIN", packed[0]["sku"]),
        ("SKU", sold[0]["sku"]),
        ("NOT_FOUND", None),
    ] == [(r["kind"], r["product"] and r["product"]["sku"]) for r in data["productsByCode"]]


async def test_part_numbers_are_the_customers_own(api: Any) -> None:
    """What one customer calls a product means nothing for another, nor for a visitor."""
    own = next(p for p in await catalogue(api) if p["customerPartNumber"] and p["lifecycle"] == "ACTIVE")
    code = lines(own["customerPartNumber"])
    kinds = [
        (await api.data(BY_CODE.replace("price { unitPrice { amount } }", ""), code, person=who))["productsByCode"][0][
            "kind"
        ]
        for who in ("anna", "elena", None)
    ]

    assert kinds == ["CUSTOMER_PART_NUMBER", "NOT_FOUND", "NOT_FOUND"]


async def test_a_line_too_long_is_a_line(api: Any) -> None:
    """A code that is longer than any means nothing; the other lines are answered."""
    data = await api.data(
        "query ($codes: [CodeLineInput!]!) { productsByCode(codes: $codes) { kind } }", lines("KV-000001", "9" * 101)
    )

    assert [{"kind": "SKU"}, {"kind": "NOT_FOUND"}] == data["productsByCode"]


async def test_keys_come_back(api: Any) -> None:
    """A line keeps the key that the client gave it, twice the same code included."""
    given = {"codes": [{"code": "KV-000001", "key": "a"}, {"code": " KV-000001 ", "key": "b"}]}
    data = await api.data(
        "query ($codes: [CodeLineInput!]!) { productsByCode(codes: $codes) { key code kind } }", given
    )

    assert data["productsByCode"] == [
        {"key": "a", "code": "KV-000001", "kind": "SKU"},
        {"key": "b", "code": " KV-000001 ", "kind": "SKU"},
    ]


@pytest.mark.parametrize("count", [501, 1000])
async def test_too_many_codes_are_refused_before_any_call(api: Any, count: int) -> None:
    """More than 500 codes: the refusal names limit and figure, and no system is asked."""
    errors = await api.errors(BY_CODE, lines(*(str(n) for n in range(count))))

    assert [
        (["productsByCode"], "LIMIT_EXCEEDED", f"productsByCode takes at most 500 codes; there are {count}.")
    ] == errors
    assert api.sandbox.calls() == {}


async def test_an_outage_is_told_line_by_line(api: Any) -> None:
    """Without the ERP, codes that the PIM knows are found; the others say that they could not be looked up."""
    api.sandbox.fault("erp", "down")
    query = "query ($codes: [CodeLineInput!]!) { productsByCode(codes: $codes) { kind product { sku } } }"
    answer = await api.ask(query, lines("KV-000001", "SR-1"), person="anna")

    assert answer["data"]["productsByCode"] == [
        {"kind": "SKU", "product": {"sku": "KV-000001"}},
        {"kind": "NOT_FOUND", "product": None},
    ]
    assert [(e["path"], e["extensions"]["code"], e["extensions"]["system"]) for e in answer["errors"]] == [
        (["productsByCode", 1, "product"], "SOURCE_UNAVAILABLE", "ERP")
    ]
