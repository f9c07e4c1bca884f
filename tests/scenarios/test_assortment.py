"""A product that exists for some accounts only exists for nobody else, by any way."""

from typing import Any

import pytest

ALL = "{ products(first: 1000, sort: SKU) { totalCount nodes { id sku gtin } } }"


async def skus(api: Any, person: str | None) -> dict[str, dict[str, Any]]:
    products = (await api.data(ALL, person=person))["products"]

    assert products["totalCount"] == len(products["nodes"])
    return {node["sku"]: node for node in products["nodes"]}


@pytest.fixture
async def secret(api: Any) -> dict[str, Any]:
    """A product that anna may see and elena may not."""
    annas, elenas = await skus(api, "anna"), await skus(api, "elena")
    only_annas = [annas[sku] for sku in annas if sku not in elenas]

    assert only_annas
    assert [sku for sku in elenas if sku not in annas]
    return next((product for product in only_annas if product["gtin"]), only_annas[0])


@pytest.mark.parametrize("person", ["elena", None])
async def test_it_does_not_exist_for_others(api: Any, secret: dict[str, Any], person: str | None) -> None:
    """By SKU, id, node, code and search it looks just like one that was never there."""
    query = """query ($sku: String!, $id: ID!, $codes: [CodeLineInput!]!) {
        product(sku: $sku) { sku }
        byId: product(id: $id) { sku }
        node(id: $id) { id }
        nodes(ids: [$id]) { id }
        products(query: $sku) { totalCount nodes { sku } facets { code values { value count } } }
        productsByCode(codes: $codes) { kind product { sku } candidates { sku } }
    }"""
    codes = [{"code": code} for code in (secret["sku"], secret["gtin"]) if code]
    answer = await api.ask(query, {"sku": secret["sku"], "id": secret["id"], "codes": codes}, person=person)
    data = answer["data"]

    assert (data["product"], data["byId"], data["node"], data["nodes"]) == (None, None, None, [None])
    assert data["products"] == {"totalCount": 0, "nodes": [], "facets": []}
    assert {("NOT_FOUND", None)} == {(match["kind"], match["product"]) for match in data["productsByCode"]}
    assert [(error["path"][0], error["extensions"]["code"]) for error in answer["errors"]] == [
        ("byId", "NOT_FOUND"),
        ("node", "NOT_FOUND"),
        ("nodes", "NOT_FOUND"),
    ]


@pytest.mark.parametrize("person", ["anna", "elena", None])
async def test_codes_tell_nothing_of_what_is_hidden(api: Any, person: str | None) -> None:
    """Every SKU that a viewer cannot list means nothing to them, also of an article that has successors."""
    codes = [f"KV-{number:06}" for number in range(1, 501)]
    visible = await skus(api, person)
    hidden = [code for code in codes if code not in visible]
    query = "query ($codes: [CodeLineInput!]!) { productsByCode(codes: $codes) { code kind product { sku } } }"
    matches = (await api.data(query, {"codes": [{"code": code} for code in hidden]}, person=person))["productsByCode"]

    assert len(hidden) > 10
    assert [{"code": code, "kind": "NOT_FOUND", "product": None} for code in hidden] == matches


async def test_it_exists_for_its_own(api: Any, secret: dict[str, Any]) -> None:
    """For an account of its assortment it is a product like any other."""
    query = "query ($sku: String!, $id: ID!) { product(sku: $sku) { sku } node(id: $id) { ... on Product { sku } } }"
    data = await api.data(query, {"sku": secret["sku"], "id": secret["id"]}, person="anna")

    assert {"product": {"sku": secret["sku"]}, "node": {"sku": secret["sku"]}} == data


async def test_related_and_replacements_leave_it_out(api: Any) -> None:
    """Nothing points to a product that is not there for the viewer."""
    visible = await skus(api, "elena")
    pointed = set()
    for field in ("replacements", *(f"related(kind: {kind})" for kind in ("ACCESSORY", "SUBSTITUTE", "SPARE_PART"))):
        query = f"{{ products(first: 250) {{ nodes {{ to: {field} {{ sku }} }} }} }}"
        nodes = (await api.data(query, person="elena"))["products"]["nodes"]
        pointed |= {product["sku"] for node in nodes for product in node["to"]}

    assert len(pointed) > 50
    assert pointed <= visible.keys()


async def test_facets_count_what_is_there(api: Any) -> None:
    """Counts by category add up to what the viewer can list, for each viewer their own."""
    query = "{ products(first: 0) { totalCount facets { code values { count } } } }"
    totals = {}
    for person in ("anna", "elena", None):
        products = (await api.data(query, person=person))["products"]
        (categories,) = [facet for facet in products["facets"] if facet["code"] == "category"]
        totals[person] = products["totalCount"]

        assert max(value["count"] for value in categories["values"]) <= products["totalCount"]
        assert products["totalCount"] == len(await skus(api, person))
    assert len(set(totals.values())) > 1
