"""Which type an object is shown by (GraphQL, section 6.4.3): what a resolver gives decides, or nothing fits."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import strawberry

from schema.schema import Schema
from schema.views import View
from tests.app.execution.small import TIMES, outcome


@strawberry.interface
class Shape:
    """Told apart by the class of the value, as in the real schema."""

    name: str

    @classmethod
    def resolve_type(cls, value: object, info: Any, type_: object) -> str:
        """Return the name of the type that shows the value."""
        return type(value).__name__


@strawberry.type
class Circle(View, Shape):
    name: str
    radius: int


@strawberry.type
class Square(View, Shape):
    name: str
    side: int


@strawberry.type
class Corner:
    """Behind no interface: whatever it is given is one."""

    name: str


def of(*names: str) -> Any:
    """Return a class of values by each of these names."""
    return [dataclass(type(name, (), {"__annotations__": {"name": str, "radius": int, "side": int}})) for name in names]


CIRCLE, SQUARE, CORNER, TRIANGLE, QUERY = (
    made("n", 1, 2) for made in of("Circle", "Square", "Corner", "Triangle", "Query")
)
VALUES = (CIRCLE, SQUARE, CORNER, TRIANGLE, QUERY, None, "Circle", 7, Circle, ValueError("meant"))


async def given(info: strawberry.Info[Any]) -> Any:
    """Return what the request has."""
    return info.context.value


async def many(info: strawberry.Info[Any]) -> Any:
    """Return it among others."""
    return [CIRCLE, info.context.value, SQUARE, CIRCLE]


@strawberry.type
class Query:
    shape: Annotated[Shape | None, strawberry.field(resolver=given)]
    circle: Annotated[Circle | None, strawberry.field(resolver=given)]
    corner: Annotated[Corner | None, strawberry.field(resolver=given)]
    shapes: Annotated[list[Shape | None] | None, strawberry.field(resolver=many)]
    sure: Annotated[list[Shape] | None, strawberry.field(resolver=many)]
    circles: Annotated[list[Circle | None] | None, strawberry.field(resolver=many)]


SCHEMA = Schema(Query, types=[Circle, Square])
EITHER = (
    "{ __typename name ... on Circle { radius t: __typename } ... on Square { side n: name } ... on Shape { name } }"
)
QUERIES = (
    f"{{ shape {EITHER} }}",
    "{ circle { __typename name radius } }",
    "{ corner { __typename name } }",
    f"{{ shapes {EITHER} }}",
    f"{{ sure {EITHER} circles {{ name radius }} }}",
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_types(value: Any) -> None:
    """Objects of the type, of another, of none, and what is no object, alone and among others."""
    for query in QUERIES:
        result = await outcome(SCHEMA, query, value=value)

        assert (query, [result.expected] * TIMES) == (query, result.found)


async def test_objects_of_several_types_need_no_reference() -> None:
    """A list of an interface is shown by the plan itself."""
    result = await outcome(SCHEMA, f"{{ shapes {EITHER} }}", value=SQUARE)

    assert TIMES == result.by_plan
    assert [] == result.expected[1]
