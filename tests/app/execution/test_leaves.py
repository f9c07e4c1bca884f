"""Leaf coercion (GraphQL, section 3.5 and 6.4.3): whatever a resolver gives, a plan shows what the reference shows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, NewType

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from resolvers.batching import batched
from schema.scalars import SCALARS
from schema.schema import Schema
from tests.app.execution.fabric import ODD_TEXTS
from tests.app.execution.small import TIMES, outcome

Anything = NewType("Anything", object)


class Colour(Enum):
    """By other values than their names."""

    RED = "r"
    GREEN = 2


class Size(IntEnum):
    """Equal to numbers."""

    SMALL = 1


class Text(str):
    """A kind of text."""


strawberry.enum(Colour)
strawberry.enum(Size)


@batched
async def in_a_batch(holders: Any, context: Any) -> Any:
    """Give each its own."""
    return [holder.value for holder in holders]


async def later(root: strawberry.Parent[Any]) -> Any:
    """Give it, after a while."""
    return root.value


def holder_of(kind: Any, name: str) -> Any:
    """Return a type that shows its value as this kind: as it is, in lists, resolved at once and later."""

    @dataclass
    class Holder:
        value: kind
        plain: kind | None
        entries: list[kind] | None
        gaps: list[kind | None] | None
        batch: Annotated[kind | None, strawberry.field(resolver=in_a_batch)]
        awaited: Annotated[kind | None, strawberry.field(resolver=later)]

    Holder.__name__ = name
    return strawberry.type(Holder)


@dataclass
class Held:
    """What resolvers give."""

    value: Any

    @property
    def plain(self) -> Any:
        return self.value

    @property
    def entries(self) -> list[Any]:
        return [self.value, self.value]

    gaps = entries


KINDS: dict[str, Any] = {
    "Int": int,
    "Float": float,
    "String": str,
    "Boolean": bool,
    "ID": strawberry.ID,
    "Colour": Colour,
    "Size": Size,
    "Decimal": Decimal,
    "Date": date,
    "DateTime": datetime,
    "Anything": Anything,
}
FIELDS = ("value", "plain", "entries", "gaps", "batch", "awaited")
MOMENT = datetime(2026, 11, 22, 8, 30, 0, 999_999, UTC)
VALUES: dict[str, list[Any]] = {
    "Int": [2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 0, True, 1.0, 1.5, "1", "x", "", Size.SMALL, Decimal(3)],
    "Float": [1.0, 1, 0.1, -0.0, 1e21, 1e-7, 1e400, float("nan"), True, "1.5", "x", 2**53 + 1, 10**400, Decimal("1.5")],
    "String": ["a", *ODD_TEXTS, 1, 1.0, 1.5, True, Text("t"), b"bytes", Decimal("1.0"), Colour.RED],
    "Boolean": [True, False, 1, 0, 1.0, 2, float("nan"), "true", "", None, Size.SMALL],
    "ID": ["a", "", 1, 2**70, 1.0, 1.5, True, Text("t"), b"x"],
    "Colour": [Colour.RED, Colour.GREEN, "r", "RED", 2, 3, Size.SMALL, True],
    "Size": [Size.SMALL, 1, True, 1.0, "SMALL", 2],
    "Decimal": [
        *map(Decimal, ("1.10", "1E+3", "-0", "1E-7", "NaN", "Infinity", "12345678901234567890.1")),
        1,
        1.5,
        "1",
    ],
    "Date": [date(2026, 11, 22), MOMENT, date(1, 1, 1), "2026-11-22", 5],
    "DateTime": [
        *(MOMENT, MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45))), datetime(1, 1, 1, tzinfo=UTC)),
        *(date(2026, 11, 22), "2026-11-22", datetime(9999, 12, 31, tzinfo=UTC)),
    ],
    "Anything": [1, "a", 2**60, 1.5, float("nan"), float("inf"), True, {"b": [1, None]}, [], (1,), None],
}
ANY_KIND: list[Any] = [None, [], {}, (), {"a": 1}, ValueError("meant")]


async def holder(info: strawberry.Info[Any]) -> Any:
    """Return what the request has."""
    return Held(info.context.value)


def schema_of(name: str) -> Schema:
    kind: Any = holder_of(KINDS[name], f"{name}Holder")

    @strawberry.type
    class Query:
        holder: Annotated[kind | None, strawberry.field(resolver=holder)]

    anything = strawberry.scalar(name="Anything", serialize=lambda value: value)
    return Schema(Query, config=StrawberryConfig(scalar_map={**SCALARS, Anything: anything}))


@pytest.mark.parametrize("name", KINDS)
async def test_leaves(name: str) -> None:
    """Values of the type, values that pass for one, and such as do not: in a field of its own, in lists, by resolvers."""
    schema = schema_of(name)
    for value in (*VALUES[name], *ANY_KIND):
        for field in FIELDS:
            result = await outcome(schema, f"{{ holder {{ {field} }} }}", value=value)

            assert (value, field, [result.expected] * TIMES) == (value, field, result.found)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "Anything"])
async def test_ordinary_leaves_need_no_reference(name: str) -> None:
    """A value of the type is shown by the plan itself."""
    result = await outcome(schema_of(name), f"{{ holder {{ {' '.join(FIELDS)} }} }}", value=VALUES[name][0])

    assert TIMES == result.by_plan
    assert [] == result.expected[1]
