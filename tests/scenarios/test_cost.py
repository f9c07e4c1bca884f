"""What an operation is said to cost is no less than the keys that systems are asked for when nothing is remembered."""

import json
from typing import Any

import pytest

from tests.scenarios.test_examples import EXAMPLES

CATALOGUE = """{
  products(first: 30) { nodes {
    categories { products(first: 2) { nodes { price { net } } } }
    replacements { price { net } availability { status } }
    related(kind: ACCESSORY, first: 3) { customerPartNumber priceStatus price { net } availability { status } }
    price(quantity: 7) { contract { id } }
  } }
}"""
CATEGORIES = "{ categories { children { children { parent { id } products(first: 1) { totalCount } } } } }"
ACCOUNTS = """{
  viewer { accounts(first: 20) { nodes {
    parent { parent { id } } addresses { city } salesRep { name } credit { status } terms { paymentTerm }
    children(first: 5) { nodes { credit { status } terms { paymentTerm } } }
  } } }
}"""


async def cost_and_keys(api: Any, query: str, variables: Any, person: str) -> tuple[int, int]:
    answer = await api.ask(query, variables, person=person, headers={"kanava-trace": "1"})
    upstream = answer["extensions"]["upstream"]

    assert "errors" not in answer
    return upstream["cost"], upstream["total"]["keys"]


@pytest.mark.parametrize("person", ["anna", "mikko", "sari", "omar"])
@pytest.mark.parametrize("name", EXAMPLES)
async def test_examples(api: Any, name: str, person: str) -> None:
    """The examples that GraphiQL opens, for those with many accounts, one or none."""
    example = EXAMPLES[name]
    cost, keys = await cost_and_keys(api, example.query, json.loads(example.variables or "null"), person)

    assert cost >= keys


@pytest.mark.parametrize("query", [CATALOGUE, CATEGORIES, ACCOUNTS])
async def test_what_leads_on(api: Any, query: str) -> None:
    """Operations that go from one thing to the next, where a field is dear that would be cheap alone."""
    cost, keys = await cost_and_keys(api, query, None, "mikko")

    assert cost >= keys > 0
