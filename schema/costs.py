"""
What a field costs, declared where it is declared and printed with it: the cost directives that IBM proposed
(GraphQL Cost Directives Specification), so that a client can work out what an operation will cost.

A unit is a key that a system is asked for when nothing is remembered. A field costs its weight and what is selected in
it, once for every entry it may have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLField
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="How many keys systems are asked for on account of an entry of this field, when nothing is remembered. "
    "Fields without it cost nothing themselves.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many entries this field counts as: what the first of `slicingArguments` says, a number or the "
    "length of a list; else that argument's default; else `assumedSize`. In a page they are in `sizedFields`.",
)
class ListSize:
    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET


def asks(keys: int = 1) -> Cost:
    """Declare that systems are asked for so many keys for every entry of a field."""
    return Cost(weight=str(keys))


def page() -> ListSize:
    """Declare a connection whose `first` says how many entries it has."""
    return ListSize(slicing_arguments=["first"], sized_fields=["edges", "nodes"])


def entries(assumed: int) -> ListSize:
    """Declare a list of which nobody knows beforehand how long it is."""
    return ListSize(assumed_size=assumed)


def entries_by(argument: str, assumed: int | None = None) -> ListSize:
    """Declare a list that an argument bounds, itself a number or a list; `assumed` is for when it may be left out."""
    return ListSize(slicing_arguments=[argument], assumed_size=strawberry.UNSET if assumed is None else assumed)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a field declares: how many entries it has, unless the argument `sliced_by` (None: there is none) says."""

    weight: int
    entries: int
    sliced_by: str | None


FREE = Declared(weight=0, entries=1, sliced_by=None)


def declared(field: GraphQLField) -> Declared:
    """Return what a field of the schema declares; one without a declaration is one entry that costs nothing."""
    definition = (field.extensions or {}).get("strawberry-definition")
    directives: Sequence[Any] = definition.directives if definition else ()
    if not directives:
        return FREE
    weight = next((int(d.weight) for d in directives if isinstance(d, Cost)), 0)
    size = next((d for d in directives if isinstance(d, ListSize)), None)
    if size is None:
        return Declared(weight, FREE.entries, None)
    sliced_by = size.slicing_arguments[0] if size.slicing_arguments else None
    return Declared(weight, _entries(field, size, sliced_by), sliced_by)


def _entries(field: GraphQLField, size: ListSize, sliced_by: str | None) -> int:
    default = field.args[sliced_by].default_value if sliced_by else None
    if isinstance(default, int):
        return default
    return size.assumed_size or FREE.entries
