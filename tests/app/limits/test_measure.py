"""The figures of operations."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.limits.lists import MOST
from app.limits.measure import measure
from app.limits.survey import survey
from resolvers.errors import BadInput
from tests.app.limits.documents import (
    SCHEMA,
    Plain,
    definitions_of,
    documents,
    doublings,
    measured,
    nodes_in,
    operations_of,
)

AS_SLOW_AS_IT_IS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
LISTING = "query ($n: Int = 7) { products(first: $n) { nodes { sku price { net } availability { status } } } }"


@pytest.mark.parametrize(
    ("variables", "cost"),
    [({"n": 24}, 72), ({"n": 24.0}, 72), ({}, 21), ({"n": None}, 60), ({"n": 0}, 0), ({"n": -5}, 0), ({"n": "x"}, 3)],
)
def test_a_page_costs_by_its_size(variables: dict[str, Any], cost: int) -> None:
    """Products cost one each, and so do their prices and their stock; a page is as the variable or a default says."""
    assert cost == measured(LISTING, **variables).cost


@pytest.mark.parametrize(
    ("selection", "cost"),
    [
        ("products { edges { node { price { net } } } }", 40),
        ("products(first: 3) { edges { node { sku } } nodes { related(kind: UPSELL) { price { net } } } }", 63),
        ('nodes(ids: ["a", "b"]) { ... on Product { price { net } } }', 4),
        ('nodes(ids: "a") { id }', 1),
        ('productsByCode(codes: [{code: "a"}, {code: "b"}]) { product { price { net } } candidates { sku } }', 8),
        ("viewer { account { terms { incoterm } children(first: 10) { nodes { credit { status } } } } }", 33),
        ("channelStatus { mode systems { circuit } }", 0),
        ("a: product(sku: 1) { sku } b: product(sku: 1) { sku }", 2),
        ("product(sku: 1) { price @skip(if: true) { net } }", 2),
        ("product(sku: 1) { sku unknown { price { net } } ... on Nothing { price { net } } }", 1),
        ("__schema { types { fields { name } } } __type(name: 1) { name } __typename", 110),
        (f"products(first: {'9' * 5000}) {{ nodes {{ sku }} }}", MOST),
    ],
)
def test_what_fields_cost(selection: str, cost: int) -> None:
    """Each asks systems for its keys, in every entry of the lists it stands in; what nobody is asked for is free."""
    assert cost == measured(f"{{ {selection} }}").cost


def test_lists_count_by_what_is_asked_of_them() -> None:
    """A filter's length bounds the list that it filters; a list of unknown length counts as assumed."""
    filtered = "{ product(sku: 1) { attributes(codes: [1, 2]) { code } } }"
    whole = "{ product(sku: 1) { attributes { code } packagings { gtin } } }"

    assert (1 + 2 + 2, 1 + 20 + 6) == (measured(filtered).values, measured(whole).values)


def test_figures_count_what_spreads_stand_for() -> None:
    """Every spread counts as the fields, aliases and directives of its fragment; lists are found in all values."""
    text = """
    query Q($a: [Int] = [1, 2, 3] @v) @q {
      ...F x: viewer @d { ...G } ...F
    }
    fragment F on Query @f { y: viewer { user { name } } product(id: [[1, 2, 3, 4]], sku: {a: [1]}) @e(b: [1]) { sku } }
    fragment G on Viewer { can }
    """
    figures = measured(text, a={"b": [[1], {"c": [1, 2, 3, 4, 5]}]})

    assert (3, 5, 12, 3, 7, 5) == (
        figures.depth,
        figures.root_fields,
        figures.fields,
        figures.aliases,
        figures.directives,
        figures.list_items,
    )


def test_of_several_operations_the_one_that_is_meant_counts() -> None:
    """Another operation of the document does not count, nor a fragment that this one does not spread."""
    document = parse(
        "query A { ...F } query B { viewer { ...G } } fragment F on Query { a: __typename } fragment G on Viewer { can }"
    )
    first, second = (measure(document, operation, SCHEMA, {}) for operation in operations_of(document))

    assert ((1, 1, 0), (2, 0, 1)) == (
        (first.fields, first.aliases, first.cost),
        (second.fields, second.aliases, second.cost),
    )


def test_what_the_schema_has_not_is_measured() -> None:
    """A mutation that the schema has not counts its fields, which cost nothing."""
    figures = measured("mutation { a: orderForget { b } }")

    assert (2, 2, 1, 0) == (figures.depth, figures.fields, figures.aliases, figures.cost)


def test_introspection_has_room() -> None:
    """The query by which tools look into the schema is 15 levels deep, and costs the same whatever it selects."""
    figures = measured(get_introspection_query(input_value_deprecation=True))

    assert (15, 100) == (figures.depth, figures.cost)


@pytest.mark.parametrize(
    "leaf", ["__typename", "a: viewer @a { user { name } }", "products { nodes { price { net } } }"]
)
def test_a_fragment_bomb_takes_linear_work(leaf: str) -> None:
    """Thirty doublings are looked at once each, and end where counting ends."""
    document = parse(doublings(30, leaf))
    figures, surveyed = measured(doublings(30, leaf)), survey(document)

    assert (MOST, MOST, MOST) == (figures.fields, figures.values, surveyed.overlaps)
    assert figures.steps < 2 * nodes_in(document)
    assert surveyed.steps < 2 * nodes_in(document)


def test_a_bomb_of_656_bytes_is_measured() -> None:
    """The smallest document that occupies strawberry's own limiters for minutes takes as much work as it has nodes."""
    text = doublings(14, "__typename")[:-2].ljust(654) + " }"
    figures = measured(text)

    assert (656, 2**14) == (len(text), figures.fields)
    assert figures.steps < 2 * nodes_in(parse(text))


def test_many_fragments_at_many_depths_take_linear_work() -> None:
    """However deep fragments stand and however often, each is looked at a bounded number of times."""
    text = "{ ...F0 } " + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} a {{ ...F{i + 1} }} }}" for i in range(400))
    document = parse(text)

    assert measured(text).steps < 2 * nodes_in(document)
    assert survey(document).steps < 25 * nodes_in(document)


def test_a_circle_of_fragments_is_refused() -> None:
    """Fragments that spread each other are refused, wherever they stand; unknown ones are left to validation."""
    circle = "fragment A on Query { ...B } fragment B on Query { viewer { ... { ...A } } }"

    with pytest.raises(BadInput, match=r'The fragment "A" spreads itself, through "B"\.'):
        measured(f"{{ ...A }} {circle}")
    with pytest.raises(BadInput, match=r'The fragment "A" spreads itself, through "B"\.'):
        survey(parse(f"{{ __typename }} {circle}"))
    with pytest.raises(BadInput, match=r'The fragment "A" spreads itself, through "A"\.'):
        measured("{ ...A } fragment A on Query { ...A }")
    assert 0 == measured("{ ...Unknown }").fields


def test_two_fragments_of_one_name_are_refused() -> None:
    """Nobody can tell which is meant."""
    with pytest.raises(BadInput, match=r'There can be only one fragment of the name "A"\.'):
        measured("{ ...A } fragment A on Query { a } fragment A on Query { b }")


@AS_SLOW_AS_IT_IS
@given(documents(), st.integers(0, 50), st.lists(st.integers(), max_size=5))
def test_figures_are_those_of_the_document_written_out(text: str, n: int, some: list[int]) -> None:
    """Measuring each fragment once gives the figures of writing out every spread."""
    variables: dict[str, Any] = {"n": n, "list": some}
    document = parse(text)
    operation = operations_of(document)[0]
    figures = measure(document, operation, SCHEMA, variables)
    plain = Plain(document, variables).look_at(operation, SCHEMA.query_type)

    for name in ("depth", "root_fields", "fields", "aliases", "directives", "cost", "values"):
        assert (name, getattr(plain, name)) == (name, getattr(figures, name))
    assert figures.steps < 3 * nodes_in(document)


@AS_SLOW_AS_IT_IS
@given(documents())
def test_overlaps_are_those_of_the_document_written_out(text: str) -> None:
    """Names are counted at their depths, over the operations and the fragments for themselves."""
    document = parse(text)
    plain = Plain(document, {})
    for definition in definitions_of(document):
        plain.look_at(definition, None)

    assert sum(count * count for count in plain.names.values()) == survey(document).overlaps
