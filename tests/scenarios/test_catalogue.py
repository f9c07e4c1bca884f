"""Browsing: search, facets, filters, sort, paging, categories, nodes, languages, one product in depth."""

from typing import Any

import pytest

PAGE = """query ($first: Int!, $after: Cursor, $query: String, $filter: ProductFilter, $sort: ProductSort!) {
  products(first: $first, after: $after, query: $query, filter: $filter, sort: $sort) {
    totalCount edges { cursor node { sku } }
    nodes { sku name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }"""


async def every_page(api: Any, first: int, **asked: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await api.data(PAGE, {"first": first, "after": after, "sort": "RELEVANCE"} | asked))["products"]

        assert (after is not None) is page["pageInfo"]["hasPreviousPage"]
        assert page["nodes"] == [] or page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
        nodes += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(nodes) == page["totalCount"]
            return nodes


@pytest.mark.parametrize("sort", ["RELEVANCE", "NAME", "SKU", "NEWEST"])
async def test_pages_join_without_gap_or_overlap(api: Any, sort: str) -> None:
    """Whatever the order and page size, the pages together hold each product once, in the same order."""
    whole = await every_page(api, 1000, sort=sort)
    parts = await every_page(api, 37, sort=sort)

    assert whole == parts
    assert len(whole) == len({node["sku"] for node in whole}) > 400
    if sort == "SKU":
        assert sorted(node["sku"] for node in whole) == [node["sku"] for node in whole]


async def test_search_finds_words_in_any_language(api: Any) -> None:
    """A word finds products in Finnish and English alike."""
    finnish = await every_page(api, 100, query="kupariputki")
    english = await every_page(api, 100, query="copper pipe")

    assert 0 < len(finnish)
    assert {node["sku"] for node in finnish} <= {node["sku"] for node in english}


async def test_facets_narrow_down(api: Any) -> None:
    """Filtering by a facet's value, category or attribute, finds as many as the facet said."""
    query = """query ($filter: ProductFilter) { products(first: 3, filter: $filter) { totalCount
        nodes { categories { id } attributes { code } } facets { code name values { value label count } } } }"""
    facets = {facet["code"]: facet for facet in (await api.data(query))["products"]["facets"]}
    category = facets["category"]["values"][0]
    in_category = (await api.data(query, {"filter": {"categoryId": category["value"]}}))["products"]
    material = facets["material"]["values"][0]
    of_material = {"attributes": [{"code": "material", "values": [material["value"]]}]}
    with_material = (await api.data(query, {"filter": of_material}))["products"]

    assert category["count"] == in_category["totalCount"]
    assert material["count"] == with_material["totalCount"]
    assert all("material" in {a["code"] for a in node["attributes"]} for node in with_material["nodes"])
    assert {"pim": {"search": 3}} == api.sandbox.calls()


async def test_the_category_tree(api: Any) -> None:
    """From the top of the tree down to products, and back up, in one PIM call a level."""
    query = """{ categories { id name parent { id } freshness { system }
        children { id name parent { id } products(first: 2) { totalCount nodes { sku categories { id parent { id } } } } } } }"""
    tops = (await api.data(query))["categories"]
    calls = api.sandbox.calls()["pim"]
    found = (await api.data("query ($id: ID!) { category(id: $id) { id name } }", {"id": tops[0]["id"]}))["category"]

    assert len(tops) >= 6
    assert {None} == {top["parent"] for top in tops}
    assert (tops[0]["id"], tops[0]["name"]) == (found["id"], found["name"])
    for top in tops:
        assert {top["id"]} == {child["parent"]["id"] for child in top["children"]}
        for child in top["children"]:
            for node in child["products"]["nodes"]:
                (category,) = node["categories"]

                assert child["id"] in (category["id"], category["parent"]["id"])
    assert {"categories": 2, "search": 1} == calls


async def test_one_product_in_depth(api: Any) -> None:
    """One product with everything the systems know of it."""
    query = """{ product(sku: "KV-000001") {
      id sku gtin customerPartNumber name fi: name(locale: "fi") en: name(locale: "en") description unit { code name decimals }
      attributes { code name values unit } material: attributes(codes: ["material", "no-such"]) { code }
      images(first: 5) { url(width: 120, format: "webp") alt } plain: images { url }
      documents { id kind title language mimeType url } sheets: documents(kinds: [SAFETY_DATA_SHEET]) { kind }
      packagings { id unit { code name } contains { value unit { code } } gtin isDefault weightKg }
      quantityRule { minimum maximum increment } lifecycle
      related(kind: ACCESSORY, first: 2) { sku } replacements { sku }
      price(quantity: 100) { unitPrice { amount currency } per { value unit { code } } listPrice { amount } net taxRate origin
        contract { id number name validTo freshness { system } } breaks { minimumQuantity unitPrice { amount } } validFrom validTo }
      availability(quantity: 5) { status quantity { value unit { code } } promise { earliest latest source { kind warehouse { code } } }
        inbound { quantity { value } expectedAt confirmed warehouse { code } }
        byWarehouse { warehouse { id code name pickup address { id city country lines postalCode } } quantity { value } cutOff } }
    } }"""
    product = (await api.data(query, person="anna"))["product"]
    price, availability = product["price"], product["availability"]

    assert "Copper pipe 15x1.0 mm soft 3 m" == product["en"]
    assert product["fi"] == product["name"] != product["en"]
    assert [{"code": "material"}] == product["material"]
    assert "https://media.example/KV-000001/120.webp" == product["images"][0]["url"]
    assert "https://media.example/KV-000001/800.jpg" == product["plain"][0]["url"]
    assert all(sheet["kind"] == "SAFETY_DATA_SHEET" for sheet in product["sheets"])
    assert len({p["id"] for p in product["packagings"]}) == len(product["packagings"]) >= 2
    assert ("CONTRACT", True, "0.255", "EUR") == (
        price["origin"],
        price["net"],
        price["taxRate"],
        price["unitPrice"]["currency"],
    )
    assert "ERP" == price["contract"]["freshness"]["system"]
    assert {"value": "1", "unit": {"code": "M"}} == price["per"]
    assert "IN_STOCK" == availability["status"]
    assert "WAREHOUSE" == availability["promise"]["source"]["kind"]
    assert availability["promise"]["earliest"] <= availability["promise"]["latest"]
    assert sum(int(p["quantity"]["value"]) for p in availability["byWarehouse"]) == int(
        availability["quantity"]["value"]
    )


async def test_nodes_lead_back_to_what_they_name(api: Any) -> None:
    """Every id that an answer gives finds the same thing again by `node`."""
    query = """{ viewer { user { id } account { id parent { id } } } product(sku: "KV-000001") { id categories { id }
        price { contract { id } } availability { byWarehouse { warehouse { id } } } } }"""
    data = await api.data(query, person="anna")
    product = data["product"]
    ids = {
        "User": data["viewer"]["user"]["id"],
        "Account": data["viewer"]["account"]["parent"]["id"],
        "Product": product["id"],
        "Category": product["categories"][0]["id"],
        "Contract": product["price"]["contract"]["id"],
        "Warehouse": product["availability"]["byWarehouse"][0]["warehouse"]["id"],
    }
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Sourced { freshness { system } } } }"
    nodes = (await api.data(query, {"ids": list(ids.values())}, person="anna"))["nodes"]

    assert ids == {node["__typename"]: node["id"] for node in nodes}
    others = (await api.ask(query, {"ids": list(ids.values())}, person="elena"))["data"]["nodes"]

    assert [None, None, "Product", "Category", None, "Warehouse"] == [node and node["__typename"] for node in others]


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "Kupariputki"),
        ("en-GB,en;q=0.9", "Copper"),
        ("de, en;q=0.5, fi;q=0.1", "Copper"),
        ("de", "Kupariputki"),
        ("*;q=0.1, !!", "Kupariputki"),
    ],
)
async def test_the_request_chooses_the_language(api: Any, accept: str, name: str) -> None:
    """Accept-Language decides, with Finnish and then English behind it."""
    data = await api.data('{ product(sku: "KV-000001") { name } }', headers={"accept-language": accept})

    assert data["product"]["name"].startswith(name)
