"""The schema explains itself."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    is_specified_scalar_type,
)

from schema.schema import build_schema

TYPES = [
    kind
    for name, kind in build_schema()._schema.type_map.items()
    if not name.startswith("__") and not is_specified_scalar_type(kind)
]


def members() -> Iterator[tuple[str, Any]]:
    for kind in TYPES:
        yield kind.name, kind
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field
                yield from ((f"{kind.name}.{name}({argument})", of) for argument, of in field.args.items())
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items())
        elif isinstance(kind, GraphQLEnumType):
            yield from ((f"{kind.name}.{name}", value) for name, value in kind.values.items())


def test_everything_is_described() -> None:
    """Every type, field, argument, input field, enum and enum value has a description."""
    described = dict(members())

    assert {"Product", "Product.price", "Product.price(quantity)", "ProductFilter.attributes", "System.ERP"} < set(
        described
    )
    assert [] == [name for name, of in described.items() if not (of.description or "").strip()]


def test_descriptions_are_sentences() -> None:
    """A description ends with a full stop, or with the example after a colon."""
    assert [] == [name for name, of in members() if not of.description.strip().endswith((".", "`", '"'))]


def test_every_nullable_field_says_what_null_means() -> None:
    """The description of each output field that may be null says when it is."""
    silent = [
        f"{kind.name}.{name}"
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if not isinstance(field.type, GraphQLNonNull) and "Null" not in field.description
    ]

    assert [] == silent


def test_lists_hold_no_nulls_but_nodes() -> None:
    """Lists and what is in them are never null, but for things asked by id, and where null says what empty does not."""
    holed = [
        f"{kind.name}.{name}"
        for kind in TYPES
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if "[" in str(field.type) and not str(field.type).endswith("!]!")
    ]

    assert {"Query.nodes", "Query.categories", "StockIssue.substitutes", "UserError.path"} == set(holed)
