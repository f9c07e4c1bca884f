"""What a plan is said to do: in which order it waits, for how many keys, and what it keeps as bytes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import parse
from graphql.execution.values import get_variable_values

from app.documents import Wish
from app.door import Visitor
from app.execution.compiler import Compiler
from app.execution.explain import Explained, Explainer, Step
from app.execution.plans import operation_of
from app.limits.measure import measure
from app.protocol.reading import Sent
from datasources.cache.kept import kept_of
from resolvers.context import Caller
from schema.schema import Schema
from tests.app.execution.comparison import by_plan, told
from tests.app.execution.worlds import World, random_world

LISTING = """
query ($first: Int = 24, $locale: String) {
  viewer { user { name } account { number parent { name } } }
  products(first: $first) {
    totalCount
    nodes { sku name price { net origin } english: name(locale: $locale) availability { status freshness { asOf } } }
  }
}
"""
PRINTED = """\
level  field                        keys  asks
1      viewer                       1     CRM      one call
       products                     24    CRM PIM  one call
2      viewer.account.parent        1     CRM      one call
       products.nodes.price         24    CRM ERP  one call for all
       products.nodes.availability  24    WMS      one call for all

kept as bytes
  User          name
  Account       number
  Account       name
  Product       sku name (for each language)
  Price         net origin
  Product       english (for each language, $locale)
  Availability  status

written anew for each answer
  ProductConnection  totalCount
  Freshness          asOf"""
MANY_TYPES = """
{
  viewer { user { name } account { number } }
  products { nodes { sku price { net contract { number freshness { asOf } } } availability { status } categories { id } } }
}
"""
WORLDS = 9
DOCUMENTS = {
    "a page": LISTING,
    "lists in lists": "{ categories { children { products(first: 3) { nodes { related(kind: ACCESSORY) { price { net } } } } } } }",
    "any things": '{ nodes(ids: ["a", "b"]) { ... on Product { price { net } } ... on Account { credit { status } } } }',
    "codes": "query ($codes: [CodeLineInput!]!) { productsByCode(codes: $codes) { product { availability { status } } } }",
    "aliases": "{ a: products(first: 2) { nodes { price { net } } } b: products { edges { node { priceStatus } } } }",
    "no list": "{ viewer { cart { totals { net { amount } } } } }",
    "a list of none": "{ products(first: 0) { nodes { price { net } } } }",
}


def explained(schema: Schema, text: str, **variables: Any) -> Explained:
    document = parse(text)
    operation = operation_of(document, None)
    values = get_variable_values(schema._schema, operation.variable_definitions or (), variables)
    assert not isinstance(values, list)
    return Explainer(schema._schema, values).explain(Compiler(schema, document, operation, values).plan())


def test_it_is_printed_level_by_level(schema: Schema) -> None:
    """Fields that wait, those that wait at the same time together; then what is kept as bytes, and what is not."""
    assert PRINTED == "\n".join(explained(schema, LISTING).lines())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_keys_of_all_fields_are_the_cost(name: str, schema: Schema) -> None:
    """What the door counts is what the fields are said to ask for, taken together."""
    variables = {"first": 7} if name == "a page" else {"codes": [{"code": "x"}] * 5} if name == "codes" else {}
    document = parse(DOCUMENTS[name])
    measured = measure(document, operation_of(document, None), schema._schema, variables)

    assert measured.cost == sum(step.keys for step in explained(schema, DOCUMENTS[name], **variables).steps)


def test_a_type_is_named_where_there_may_be_several(schema: Schema) -> None:
    """What is asked of one kind of thing alone stands at a path that names it; a resolver of one thing is called for each."""
    steps = explained(schema, DOCUMENTS["any things"].replace("credit { status }", "orders { totalCount }")).steps

    assert [
        Step(1, "nodes", 2, ["CRM", "ERP", "PIM", "WMS", "journal"], "one call"),
        Step(2, "nodes<Product>.price", 2, ["CRM", "ERP"], "one call for all"),
        Step(2, "nodes<Account>.orders", 80, ["CRM", "ERP", "journal"], "a call for each"),
    ] == steps


def test_what_is_left_out_is_not_waited_for(schema: Schema) -> None:
    """What `@include` leaves out is not in the plan; nothing is waited for where there is nothing else."""
    text = "query ($prices: Boolean!) { __typename products @include(if: $prices) { totalCount } }"

    assert ["products"] == [step.path for step in explained(schema, text, prices=True).steps]
    assert ["nothing to wait for", "", "written anew for each answer", "  Query  __typename"] == list(
        explained(schema, text, prices=False).lines()
    )


async def test_what_is_said_to_be_kept_is_kept(schema: Schema, tmp_path: Path) -> None:
    """After answers in some worlds there are bytes with values of just the types that are named."""
    visitor = Visitor(Caller("anna", None), None, ("fi", "en"), "192.0.2.1", Wish(None, True))
    found: set[str] = set()
    for seed in range(WORLDS):
        world = random_world(seed, schema, tmp_path, broken=False)
        await told(world, by_plan(world), Sent(query=MANY_TYPES), visitor)
        found |= set(kept_in(world))
    written = explained(schema, MANY_TYPES).written

    assert {one.type_name for one in written if one.kept} == found
    assert {"Contract", "Freshness"} == {one.type_name for one in written if not one.kept}


def kept_in(world: World) -> Iterator[str]:
    """Yield the types of the remembered values that bytes are kept with."""
    for source in world.services.sources.all():
        for entry in world.services.memory.shelf(source.kind.name).values():
            yield from _kept_with(source.kind.parts(entry.value) if entry.value is not None else ())


def _kept_with(values: Any) -> Iterator[str]:
    for value in values:
        for thing in (kept_of(value) or {}).values():
            if isinstance(thing, bytes):
                yield type(value).__name__
            else:
                yield from _kept_with([thing])
