"""The example operations that GraphiQL opens: they run as they stand, for everybody."""

import json
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from app.graphiql import PEOPLE, Example, examples


def name_of(example: Example) -> str:
    first = parse(example.query).definitions[0]
    assert isinstance(first, OperationDefinitionNode)
    assert first.name
    return first.name.value


EXAMPLES = {name_of(example): example for example in examples()}


async def run(api: Any, name: str, person: str | None) -> Any:
    example = EXAMPLES[name]
    return await api.data(example.query, json.loads(example.variables or "null"), person=person)


@pytest.mark.parametrize("person", [person.id for person in PEOPLE] + [None])
@pytest.mark.parametrize("name", EXAMPLES)
async def test_every_example_runs(api: Any, name: str, person: str | None) -> None:
    """No example has an error, whoever runs it."""
    data = await run(api, name, person)

    assert data


async def test_the_listing_shows_what_it_says(api: Any) -> None:
    """Prices, stock and their freshness: live at first, remembered when it is run again."""
    first, again = [(await run(api, "Listing", "anna"))["products"]["nodes"] for _ in range(2)]

    assert [12, 12] == [len(first), len(again)]
    for nodes, status in ((first, "LIVE"), (again, "CACHED")):
        assert {("ERP", status)} == {
            (n["price"]["freshness"]["system"], n["price"]["freshness"]["status"]) for n in nodes if n["price"]
        }
        assert {("WMS", status)} == {
            (n["availability"]["freshness"]["system"], n["availability"]["freshness"]["status"])
            for n in nodes
            if n["availability"]
        }


async def test_the_quick_order_has_every_kind_of_code(api: Any) -> None:
    """Each of its codes is understood in another way."""
    matches = (await run(api, "QuickOrder", "anna"))["productsByCode"]

    kinds = ["SKU", "GTIN", "GTIN", "CUSTOMER_PART_NUMBER", "AMBIGUOUS", "SUPERSEDED", "NOT_FOUND"]

    assert kinds == [match["kind"] for match in matches]
    assert [0, 0, 0, 0, 2, 0, 0] == [len(match["candidates"]) for match in matches]
    assert [4, 6] == [index for index, match in enumerate(matches) if match["product"] is None]


async def test_the_hierarchy_goes_up_and_down(api: Any) -> None:
    """Anna sees what is above her site; Mikko sees his group, with its credit and terms."""
    anna = (await run(api, "Hierarchy", "anna"))["viewer"]["account"]
    mikko = (await run(api, "Hierarchy", "mikko"))["viewer"]["account"]

    assert ("C-1001", "C-1000") == (anna["parent"]["number"], anna["parent"]["parent"]["number"])
    assert ["C-1001"] == [child["number"] for child in mikko["children"]["nodes"]]
    assert mikko["credit"]
    assert mikko["terms"]


async def test_the_product_is_rich(api: Any) -> None:
    """The product in depth has something to show in every part."""
    product = (await run(api, "Product", "anna"))["product"]
    parts = ("attributes", "images", "documents", "packagings", "accessories")

    assert all(product[part] for part in parts)
    assert product["price"]["contract"]
    assert product["price"]["unitPrice"] != product["forAHundred"]["unitPrice"]
    assert product["availability"]["inbound"]
