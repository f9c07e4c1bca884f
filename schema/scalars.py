"""Scalars: how values look on the wire, and which input is one."""

import re
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import NewType

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from resolvers.paging import Cursor

URL = NewType("URL", str)
CurrencyCode = NewType("CurrencyCode", str)

MOST_INTEGER_DIGITS = 15
MOST_DECIMALS = 6
_NUMBER = re.compile(r"(?=.{1,40}$)-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_FINEST = Decimal(1).scaleb(-MOST_DECIMALS)
_EXACT = Context(prec=MOST_INTEGER_DIGITS + MOST_DECIMALS)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_decimal(value: object) -> Decimal:
    """
    Return a decimal that counts something: finite, bounded, and alike for `1`, `1.0` and `"1.00"`.

    Raises:
        GraphQLError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise GraphQLError(f"Decimal cannot represent {value!r}.")
    text = str(value)
    number = Decimal(text) if _NUMBER.fullmatch(text) else None
    if number is None or number.adjusted() >= MOST_INTEGER_DIGITS:
        raise GraphQLError(f'Decimal cannot represent "{text[:40]}": write a number such as "12.50".')
    rounded = number.quantize(_FINEST, context=_EXACT)
    if rounded != number:
        raise GraphQLError(f'Decimal "{text}" has more than {MOST_DECIMALS} decimals.')
    return Decimal(format(rounded.normalize(_EXACT), "f"))


def _parse_decimal_literal(node: ValueNode, _variables: object = None) -> Decimal:
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return parse_decimal(node.value)
    raise GraphQLError('Decimal cannot represent this: write a number such as "12.50".')


def _format_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse_date(value: object) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass  # a day that no calendar has
    raise GraphQLError(f'Date cannot represent "{str(value)[:40]}": write it as "2026-11-22".')


def _parse_time(value: object) -> datetime:
    try:
        time = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise GraphQLError(f'DateTime cannot represent "{str(value)[:40]}".') from error
    if time.tzinfo is None:
        raise GraphQLError(f'DateTime "{value}" needs an offset, such as Z.')
    return time


def _parse_text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"A string was expected, not {value!r}.")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string, as its system gave it: `"12.50"`. Takes strings and numbers.',
        serialize=lambda value: format(value, "f"),
        parse_value=parse_decimal,
        parse_literal=_parse_decimal_literal,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC: `2026-11-22T08:30:00.000Z`.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_format_time,
        parse_value=_parse_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day: `2026-11-22`.",
        serialize=date.isoformat,
        parse_value=_parse_date,
    ),
    URL: strawberry.scalar(name="URL", description="An absolute address.", serialize=str, parse_value=_parse_text),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode", description="ISO 4217: `EUR`.", serialize=str, parse_value=_parse_text
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in a list. Opaque: pass it back unchanged, to the same list.",
        serialize=str,
        parse_value=_parse_text,
    ),
}
