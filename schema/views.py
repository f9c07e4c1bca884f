"""
What the views share. A view is a GraphQL type that shows a domain value of the same name.

Plain fields are its attributes; decided fields name a resolver. `test_views` compares each with its dataclass.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import strawberry
from graphql import GraphQLResolveInfo

from datasources.model import common as model
from resolvers import status
from resolvers.context import RequestContext
from resolvers.ids import to_id
from resolvers.locales import by_language
from resolvers.paging import Cursor
from schema.scalars import CurrencyCode

Info = strawberry.Info[RequestContext]
field = strawberry.field


class View:
    """A view of a kind that stands behind an interface: told apart by the name of the domain value's class."""

    @classmethod
    def is_type_of(cls, value: object, info: GraphQLResolveInfo[Any]) -> bool:
        """Return whether this view shows the value."""
        return type(value).__name__ == cls.__name__


def describe_enum(enum: type[Enum], description: str, values: Mapping[str, str], *, name: str | None = None) -> None:
    """Make a domain enum one of the schema, by its own name unless another is given, and describe every value."""
    strawberry.enum(enum, name=name, description=description)
    definition: Any = enum.__dict__["__strawberry_definition__"]
    for value in definition.values:
        value.description = values[value.name]


def text(attribute: str) -> Callable[..., str]:
    """Return a resolver that shows a text in the language that suits the request."""

    @by_language
    def in_language(root: strawberry.Parent[Any], info: Info) -> str:
        return info.context.text(getattr(root, attribute))

    return in_language


def optional_text(attribute: str) -> Callable[..., str | None]:
    """Return a resolver that shows a text, null when there is none in any language."""

    @by_language
    def in_language(root: strawberry.Parent[Any], info: Info) -> str | None:
        return info.context.optional_text(getattr(root, attribute))

    return in_language


def id_of(kind: str, attribute: str) -> Callable[..., strawberry.ID]:
    """Return a resolver that shows the globally unique id of a kind of thing with this key."""

    def as_id(root: strawberry.Parent[Any]) -> strawberry.ID:
        return strawberry.ID(to_id(kind, getattr(root, attribute)))

    return as_id


ID_DESCRIPTION = "Globally unique and stable; opaque."
FRESHNESS_DESCRIPTION = "Where the value comes from, how old it is, and whether it may be relied on."

describe_enum(
    model.System,
    "A system that Kanava federates, or Kanava itself.",
    {
        "ERP": "Enterprise resource planning: prices, contracts, credit, orders.",
        "CRM": "Customer relationship management: accounts, people, who may act for whom.",
        "PIM": "Product information management: content and categories.",
        "WMS": "Warehouse management: stock and deliveries.",
        "IAM": "Identity provider: who somebody is.",
        "CHANNEL": "Kanava.",
    },
)
describe_enum(
    model.FreshnessStatus,
    "How a value relates to its system now.",
    {
        "LIVE": "Asked of the system for this request.",
        "CACHED": "Remembered from an earlier answer, within the age that its kind of value allows.",
        "STALE": "Older than that: the last known value, since its system gives no newer one. See `staleReason`.",
    },
)
describe_enum(
    model.StaleReason,
    "Why a system gave no newer value.",
    {
        "CIRCUIT_OPEN": "It failed lately, and is left alone for a while.",
        "TIMEOUT": "It did not answer in time.",
        "CONNECTION_FAILED": "It could not be reached, or the connection broke.",
        "UPSTREAM_ERROR": "It reported an error of its own.",
        "INVALID_RESPONSE": "Its answer was not what was agreed.",
        "RATE_LIMITED": "It asked Kanava to slow down.",
        "OVERLOADED": "Too many calls were waiting for it already.",
    },
)


@strawberry.type(description="Where a value comes from, how old it is, and whether it may be relied on.")
class Freshness:
    system: Annotated[model.System, field(description="The system that owns the value.")]
    status: Annotated[
        model.FreshnessStatus, field(description="Whether it was asked just now, or remembered, or is out of date.")
    ]
    as_of: Annotated[
        datetime | None, field(description="When the value was true in its system. Null when that is not known.")
    ]
    age_seconds: Annotated[int | None, field(description="Seconds since `asOf`. Null when that is not known.")]
    stale_reason: Annotated[
        model.StaleReason | None, field(description="Why there is no newer value. Null unless the status is `STALE`.")
    ]
    binding: Annotated[
        bool, field(description="True when a write that relies on this value is honoured without asking again.")
    ]


@strawberry.interface(description="Anything that another system supplied: it says where it comes from.")
class Sourced:
    freshness: Annotated[Freshness, field(description=FRESHNESS_DESCRIPTION)]

    @classmethod
    def resolve_type(cls, value: object, info: GraphQLResolveInfo[Any], type_: object) -> str:
        """Return the name of the type that shows the value."""
        return type(value).__name__


@strawberry.interface(description="A thing with an id by which `node` finds it again.")
class Node:
    id: Annotated[strawberry.ID, field(description=ID_DESCRIPTION)]

    @classmethod
    def resolve_type(cls, value: object, info: GraphQLResolveInfo[Any], type_: object) -> str:
        """Return the name of the type that shows the value."""
        return type(value).__name__


FreshnessField = Annotated[Freshness, field(resolver=status.freshness, description=FRESHNESS_DESCRIPTION)]


@strawberry.type(description="An amount of money.")
class Money:
    amount: Annotated[Decimal, field(description="The amount, with the decimals its system gave.")]
    currency: Annotated[CurrencyCode, field(description="ISO 4217 code.")]


@strawberry.type(description="A unit of measure or packaging.")
class Unit:
    code: Annotated[str, field(description="The systems' code: `PCE`, `M`. What `unit` arguments take.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    decimals: Annotated[int, field(description="How many decimals a quantity of it may have.")]


@strawberry.type(description="How much of a unit.")
class Quantity:
    value: Annotated[Decimal, field(description="How much.")]
    unit: Annotated[Unit, field(description="Of what unit.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: Annotated[bool, field(description="Whether more follows: ask with `after: endCursor`.")]
    has_previous_page: Annotated[bool, field(description="Whether something came before.")]
    start_cursor: Annotated[Cursor | None, field(description="Cursor of the first entry. Null on an empty page.")]
    end_cursor: Annotated[Cursor | None, field(description="Cursor of the last entry. Null on an empty page.")]
