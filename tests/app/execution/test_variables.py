"""Variables that are wrong, missing or null (GraphQL, section 6.1.2): what is said of them is the same in both ways."""

from pathlib import Path
from typing import Any

import pytest

from app.documents import Wish
from app.door import Visitor
from app.protocol.reading import Sent
from resolvers.ids import to_id
from schema.schema import Schema
from tests.app.execution.comparison import both, by_plan
from tests.app.execution.worlds import World, random_world

ANYBODY = Visitor(None, None, ("fi", "en"), "192.0.2.1", Wish(None, True))
SOMETHING = to_id("Product", "KV-1")
QUERIES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "Int": (
        "query ($v: Int) { products(first: $v) { totalCount } }",
        (1, 2**31, -(2**31) - 1, True, 1.0, 1.5, "1", [1]),
    ),
    "Int!": ("query ($v: Int!) { products(first: $v) { totalCount } }", (3, 0, -1, 1001, "x", {}, [])),
    "Int = 2": ("query ($v: Int = 2) { products(first: $v) { nodes { sku } } }", (1, "x", 1e2)),
    "String": ("query ($v: String) { product(sku: $v) { sku } }", ("KV-1", "", 1, True, ["KV-1"], "x" * 200)),
    "ID": ("query ($v: ID) { product(id: $v) { sku } }", (SOMETHING, 1, 1.0, True, 2**70, "")),
    "ID!": ("query ($v: ID!) { node(id: $v) { id } }", (SOMETHING, 7, None, [SOMETHING])),
    "[ID!]!": (
        "query ($v: [ID!]!) { nodes(ids: $v) { id } }",
        ([], [SOMETHING], SOMETHING, [None], [[SOMETHING]], [SOMETHING, 1], ["x"] * 101),
    ),
    "[ID!]": (
        'query ($v: [ID!]) { product(sku: "KV-1") { availability(warehouseIds: $v) { status } } }',
        ([], [to_id("Warehouse", "W1")], to_id("Warehouse", "W1"), [None], SOMETHING),
    ),
    "ID! in a list": ("query ($v: ID!) { nodes(ids: [$v, $v]) { id } }", (SOMETHING, 1, [])),
    "Boolean": ("query ($v: Boolean! = true) { products { totalCount @skip(if: $v) } }", (True, False, 1, "true")),
    "Boolean = true": ("query ($v: Boolean = true) { products { totalCount @include(if: $v) } }", (True, False, 0)),
    "Decimal": (
        'query ($v: Decimal) { product(sku: "KV-1") { price(quantity: $v) { per { value } } } }',
        ("1", 1, 1.0, 1.10, "1.10", "1e2", "NaN", "-1", 0, True, "0.0000001", "x", 10**20),
    ),
    "Date": (
        'query ($v: Date) { product(sku: "KV-1") { price(deliveryDate: $v) { net } } }',
        ("2026-11-22", "2026-02-30", "20261122", 5, ""),
    ),
    "enum": ("query ($v: ProductSort) { products(sort: $v) { nodes { sku } } }", ("NAME", "SKU", "name", 1, True, "X")),
    "enum!": (
        'query ($v: RelationKind!) { product(sku: "KV-1") { related(kind: $v) { sku } } }',
        ("ACCESSORY", "accessory", None, ["ACCESSORY"]),
    ),
    "enums": (
        'query ($v: [DocumentKind!] = [MANUAL]) { product(sku: "KV-1") { documents(kinds: $v) { kind } } }',
        ([], ["MANUAL"], "DRAWING", ["X"], [None]),
    ),
    "input object": (
        "query ($v: ProductFilter) { products(filter: $v) { totalCount } }",
        (
            {},
            {"categoryId": None},
            {"no": 1},
            {"attributes": {"code": "a", "values": "b"}},
            {"attributes": [{}]},
            [],
            1,
        ),
    ),
    "input object inside": (
        "query ($v: String!) { productsByCode(codes: [{code: $v, key: $v}]) { key kind } }",
        ("KV-1", "%s", "{}", 1, None),
    ),
    "input objects": (
        'query ($v: [CodeLineInput!]! = [{code: "KV-1"}]) { productsByCode(codes: $v) { key kind code } }',
        ([], [{"code": "KV-2", "quantity": 1.5}], {"code": "KV-2"}, [{"code": None}], [{"code": "a", "x": 1}], [[]]),
    ),
    "Cursor": ("query ($v: Cursor) { products(after: $v) { totalCount } }", ("", "x", 1, None)),
    "two wrong": (
        "query ($v: Int!, $w: Int!) { products(first: $v) { totalCount } b: products(first: $w) { totalCount } }",
        ("x", 1),
    ),
}


@pytest.fixture
def world(schema: Schema, tmp_path: Path) -> World:
    return random_world(4, schema, tmp_path, broken=False)


@pytest.mark.parametrize("what", QUERIES)
async def test_variables(what: str, world: World) -> None:
    """Every value that is one or is none, null, and none at all; each twice, so that what was kept is used."""
    text, values = QUERIES[what]
    for variables in (
        None,
        {},
        {"v": None},
        *({"v": value} for value in values),
        {"more": 1},
        {"v": values[0], "w": 1},
    ):
        for _ in range(2):
            expected, found = await both(world, by_plan(world), Sent(query=text, variables=variables), ANYBODY)

            assert (variables, expected.data, expected.errors) == (variables, found.data, found.errors)


async def test_values_that_are_alike_are_told_apart(world: World) -> None:
    """1, true and "1" are equal or look alike, and mean other things: what was kept for one is not used for another."""
    text = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
    for value in (1, "1", 1.0, True, [1], ["1"], [True], 1, "1", [True]):
        sent = Sent(query=text, variables={"v": value})
        expected, found = await both(world, by_plan(world), sent, ANYBODY)

        assert (value, expected.data, expected.errors) == (value, found.data, found.errors)
