"""Documents written out, over the real schema, and how each is visited: warm and cold, in time and in an outage."""

from collections.abc import Iterator
from typing import Any

from app.documents import Wish
from app.door import Visitor
from app.protocol.reading import Sent
from datasources.model.common import System
from resolvers.context import Caller
from resolvers.ids import to_id
from tests.app.execution.goods import SKUS
from tests.app.execution.tours import Stop
from tests.app.execution.words import Words
from tests.app.execution.worlds import ALL_METHODS, World

ANNA = Visitor(Caller("anna", None), None, ("fi", "en"), "192.0.2.1", Wish(None, True))
MIKKO = Visitor(Caller("mikko", "C-1002"), None, ("en", "sv"), "192.0.2.1", Wish(None, True))
P = [to_id("Product", sku) for sku in SKUS]
DOCUMENTS: dict[str, str] = {
    "nothing at the root": "{ product(sku: 1) @skip(if: true) { id } }".replace("1", '"KV-1"'),
    "nothing in an object": "query ($no: Boolean = false) { products { nodes { id @include(if: $no) } } }",
    "nothing in a batch": '{ product(sku: "KV-1") { price { net @skip(if: true) } sku } }',
    "nothing in a type": "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Contract { number } } }",
    "only a typename": "{ a: __typename __typename b: __typename }",
    "typenames everywhere": "{ products { __typename nodes { __typename freshness { __typename } ... on Node { t: __typename } } } }",
    "null for a condition": "query ($x: Boolean = true) { viewer { user { id @include(if: $x) } } }",
    "null for a condition on a fragment": "query ($x: Boolean = true) { ...F @skip(if: $x) } fragment F on Query { __typename }",
    "both conditions": "query ($x: Boolean!) { products { totalCount @skip(if: $x) @include(if: $x) nodes { id @include(if: $x) @skip(if: false) } } }",
    "merged objects": "{ products(first: 3) { nodes { sku unit { code } } } products(first: 3) { nodes { unit { name } gtin } totalCount } }",
    "merged under conditions": "query ($x: Boolean!) { products { nodes { sku @include(if: $x) } } products { nodes { sku } pageInfo { endCursor } } }",
    "merged batches": '{ product(sku: "KV-1") { price { net } ... on Product { price { unitPrice { amount } } } price { unitPrice { currency } } } }',
    "one field of many kinds": "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { x: name } ... on Category { x: name } ... on Account { x: name } ... on Sourced { freshness { system } } } }",
    "batches of many kinds": "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { categories { id } } ... on Category { parent { id } children { id } } ... on Account { parent { id } } } }",
    "an interface twice": "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Node { id ... on Sourced { freshness { asOf } ... on Node { id } } } } }",
    "the same twice in a list": "query ($ids: [ID!]!) { a: nodes(ids: $ids) { ...F } b: nodes(ids: $ids) { ...F } } fragment F on Product { sku price { net } }",
    "Python's own words": '{ None: product(sku: "KV-1") { class: sku, self: gtin, __class__: name, f: unit { v: code, lambda: decimals } } }',
    "an alias for a sibling": '{ product(sku: "KV-1") { sku: gtin, gtin: sku, name: lifecycle, lifecycle: name } }',
    "aliases with other arguments": '{ product(sku: "KV-1") { a: price(quantity: 1) { net } b: price(quantity: "10") { net } c: price(quantity: 1.0) { net } d: name(locale: "en") e: name } }',
    "wrong in one of many": '{ products { nodes { sku name(locale: "xx") } totalCount } }',
    "wrong in a batch": '{ products { nodes { sku price(quantity: -1) { net } availability(warehouseIds: ["!"]) { status } } } }',
    "wrong where nothing may be null": "{ categories { name products(first: -1) { totalCount } } __typename }",
    "a page after another": "{ products(first: 2) { edges { cursor node { sku } } pageInfo { hasNextPage endCursor startCursor hasPreviousPage } } }",
    "a cart": "{ viewer { cart { id lines { nodes { sku product { sku } price { net } lineTotal { amount } packaging { id } quantity { value } issues { code } } } issues { __typename code ... on StockIssue { substitutes { sku } } } totals { net { amount } freshness { status } } deliveries { id method { code } } } } }",
    "orders": "{ viewer { account { orders(first: 5) { nodes { number capture { state order { number } } account { number } lines { nodes { name product { sku } } } totals { gross { amount } } } complete } } } }",
    "facets, told by what is selected": "{ a: products { totalCount } b: products { ...F } } fragment F on ProductConnection { ... { facets { code values { count } } } }",
    "what is true only now": "{ channelStatus { mode systems { system circuit since } capabilities { capability state } } }",
    "a look into the schema": '{ __schema { queryType { name } } __type(name: "Money") { fields { name } } product(sku: "KV-1") { sku } }',
    "two operations": "{A} query Other { __typename }".replace("{A}", 'query Q { product(sku: "KV-1") { sku } }'),
    "an argument that is an object": '{ productsByCode(codes: [{code: "KV-1", key: "%s"}, {code: "gone"}, {code: " KV-2 "}]) { key code kind product { sku } candidates { sku } } }',
    "a filter": 'query ($c: ID) { products(filter: {categoryId: $c, attributes: [{code: "a", values: ["b", "c"]}]}, sort: NAME) { nodes { id } } }',
    "an id that is a number": "{ product(id: 12) { id } node(id: 12) { id } }",
    "wrong, and asked for twice": '{ product(id: "x") { id } product(id: "x") { sku } node(id: "!") { id } ... { node(id: "!") { ... on Product { sku } } } }',
    "variables in what is kept": "query ($n: Int, $l: String, $k: [DocumentKind!]) { products { nodes { images(first: $n) { url(width: $n) } name(locale: $l) documents(kinds: $k) { title } } } }",
    "variables in literals": 'query ($l: String!, $c: ID) { productsByCode(codes: [{code: $l}, {code: "KV-1", key: $l}]) { key code kind } products(filter: {categoryId: $c, attributes: [{code: $l, values: [$l]}]}) { totalCount } }',
    "freshness of what is kept": "{ products { nodes { sku freshness { status asOf ageSeconds staleReason binding } price { freshness { ageSeconds } } categories { name freshness { ageSeconds status } } } } }",
    "several fail in each of many": "{ products { nodes { price { net } availability { status } customerPartNumber sku } } }",
    "some fail among other kinds": "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Category { name parent { name } } ... on Product { price { net } availability { status } } ... on Account { credit { status } name } } }",
}
VARIABLES: dict[str, Any] = {
    "ids": [*P[:4], to_id("Category", "c"), to_id("Account", "C-1002"), to_id("Contract", "K-1"), "x", P[0]],
    "x": True,
    "c": to_id("Category", "c/1"),
    "n": 1,
    "l": "fi",
    "k": ["MANUAL"],
}
OTHERS = {**VARIABLES, "x": False, "n": 2, "l": "en", "k": None}
NULLS: dict[str, Any] = {"ids": [], "x": None, "c": None, "n": None, "k": [], "l": "%"}
DOWN = [(system, name) for system, name in ALL_METHODS if system is not System.PIM or name == "search"]
VISITS: tuple[tuple[str, dict[str, Any], Visitor, float, bool], ...] = (
    ("nothing remembered", VARIABLES, ANNA, 0, False),
    ("all remembered", VARIABLES, ANNA, 0, False),
    ("other variables", OTHERS, ANNA, 0, False),
    ("no values", NULLS, ANNA, 0, False),
    ("other languages", VARIABLES, MIKKO, 0, False),
    ("later", VARIABLES, ANNA, 10, False),
    ("the last known", VARIABLES, ANNA, 100, True),
    ("in an outage", OTHERS, MIKKO, 10_000, True),
    ("after it", VARIABLES, ANNA, 5, False),
)


def visits(world: World, what: str) -> Iterator[Stop]:
    """Yield every visit of one document; the world is as it should be for it when it is yielded."""
    text, words = DOCUMENTS[what], Words()
    world.put_back({})
    for state, variables, visitor, after_s, down in VISITS:
        world.clock.advance(after_s)
        world.weather.faults = dict.fromkeys(DOWN, "has an error") if down else {}
        given = {name: value for name, value in variables.items() if f"${name}" in text}
        sent = Sent(query=text, variables=given, operation_name="Q" if "query Q" in text else None)
        yield Stop(f"{what}: {state}", sent, visitor, late=False, words=words)
