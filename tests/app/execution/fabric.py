"""Values of the domain, made up at random from their types: with odd texts, decimals of every form, gaps and enums."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from datasources.model.common import Provenance, System
from tests.datasources.fakes import START

ODD_TEXTS = (
    *("", " ", "Putki 22 mm", 'say "hi"', "back\\slash \\n \\u0041", "tab\tline\nreturn\r", "\x00\x01\x1f\x7f"),
    *(
        "100 %",
        "%s %(a)s %%",
        "{} {0} {name} {{}}",
        "\u2028\u2029",
        "</script>&amp;",
        "ä ö å é",
        "日本",
        "\u0085\ufeff",
    ),
    *("😀 👩\u200d🚒", "null", "x" * 300, "' or 1=1 --", "$a ${b} `c`"),
)
DECIMALS = (
    *("0", "1", "1.10", "12.50", "1E+3", "-0", "-0.00", "0.000001", "1E-7", "0E+2", "99999999999999.999999"),
    *("12345678901234567890.123456789", "-12.5", "3", "100", "2.5"),
)
LANGUAGES = ("fi", "en", "sv", "und", "zh-Hans")
DAYS = (-400, -1, 0, 1, 30)
IN_A_LIST = (0, 1, 1, 2, 3)
GAPS = 0.3

Making = Callable[["Fabric"], Any]


class Fabric:
    """
    Makes values of a type; `special` makes those of some members, each by `Type.member`.

    With `broken`, now and then a value is none of its type: what connectors never give and GraphQL must catch.
    """

    def __init__(self, seed: str, special: Mapping[str, Making], *, broken: float = 0.0) -> None:
        self.dice = random.Random(seed)
        self._special = special
        self._broken = broken

    def make(self, kind: Any, /, **members: Any) -> Any:
        """Return a value of a dataclass, these members as they are given."""
        rest = [(name, of) for name, of in hints_of(kind) if name not in members]
        return kind(**members, **{name: self._member(kind.__name__, name, of) for name, of in rest})

    def text(self) -> str:
        """Return an odd text, or an ordinary one."""
        return self.dice.choice(ODD_TEXTS) if self.dice.random() < 0.5 else f"word {self.dice.randrange(1000)}"

    def _member(self, owner: str, name: str, of: Any) -> Any:
        making = self._special.get(f"{owner}.{name}")
        if making is not None:
            return making(self)
        if self._broken and name in BREAKABLE and self.dice.random() < self._broken:
            return self.dice.choice(BROKEN)
        return self._value(of)

    def _value(self, of: Any) -> Any:
        origin, parts = get_origin(of), get_args(of)
        if origin in (Union, UnionType):
            chosen = [part for part in parts if part is not type(None)]
            return None if self.dice.random() < GAPS else self._value(self.dice.choice(chosen))
        if origin is not None and issubclass(origin, Mapping):
            return {language: self.text() for language in self.dice.sample(LANGUAGES, self.dice.choice((0, 1, 2, 3)))}
        if origin is not None:
            made = [self._value(parts[0]) for _ in range(self.dice.choice(IN_A_LIST))]
            return made if issubclass(origin, list | Sequence) and origin is not tuple else origin(made)
        return self._single(of)

    def _single(self, of: Any) -> Any:
        if is_dataclass(of):
            return ORIGIN if of is Provenance else self.make(of)
        if issubclass(of, Enum):
            return self.dice.choice(list(of))
        return MADE[of](self)


def _moment(fabric: Fabric) -> datetime:
    return START + timedelta(days=fabric.dice.choice(DAYS), microseconds=fabric.dice.choice((0, 1, 999_999)))


MADE: Mapping[type, Making] = {
    str: Fabric.text,
    bool: lambda fabric: fabric.dice.random() < 0.5,
    int: lambda fabric: fabric.dice.choice((0, 1, 2, 3, 2**31 - 1)),
    float: lambda fabric: fabric.dice.choice((0.0, 0.1, 1e21)),
    Decimal: lambda fabric: Decimal(fabric.dice.choice(DECIMALS)),
    datetime: _moment,
    date: lambda fabric: _moment(fabric).date(),
}
ORIGIN = Provenance(System.CHANNEL, datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC))
"""Stands for where a value comes from until it is served: see `stamped`."""


class Alien(Enum):
    """An enum that no schema knows."""

    ALIEN = "ALIEN"


BROKEN: tuple[Any, ...] = (
    *(None, 2**31, -(2**31) - 1, True, 1.5, float("nan"), float("inf"), 7, "", "text", Alien.ALIEN, [], [None]),
    *(Decimal("NaN"), Decimal("Infinity"), datetime(2026, 1, 1), {}),  # noqa: DTZ001 - without an offset: that is the point
)


BREAKABLE = frozenset(
    (
        *(
            "name",
            "description",
            "gtin",
            "mime_type",
            "language",
            "title",
            "url",
            "alt",
            "weight_kg",
            "net",
        ),
        *("tax_rate", "origin", "valid_from", "valid_to", "amount", "currency", "email", "phone", "city", "lines"),
        *("pickup", "is_default", "confirmed", "payment_term", "lifecycle", "maximum", "attributes", "documents"),
        *("images", "count", "limit", "cut_off", "country", "incoterm", "delivery_note", "validity"),
    )
)
"""Members whose values nothing is worked out from: a wrong one is for GraphQL to find."""


@cache
def hints_of(kind: Any) -> Sequence[tuple[str, Any]]:
    """Return the members of a dataclass with their types."""
    hints = get_type_hints(kind)
    return [(one.name, hints[one.name]) for one in fields(kind)]


@cache
def _carrying(kind: Any) -> Sequence[str]:
    """Return which members of a dataclass have, somewhere inside, where they come from."""
    return [name for name, of in hints_of(kind) if any(_carries(one) for one in _classes(of))]


def _carries(kind: Any) -> bool:
    return kind is Provenance or (is_dataclass(kind) and bool(_carrying(kind)))


def _classes(of: Any) -> Iterator[Any]:
    parts = get_args(of)
    for part in parts:
        yield from _classes(part)
    if not parts:
        yield of


def stamped(value: Any, origin: Provenance) -> Any:
    """Return the value as it is served by this answer of its system."""
    if isinstance(value, Provenance):
        return origin
    if isinstance(value, list):
        return [stamped(one, origin) for one in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    kind: Any = type(value)
    changed = {name: stamped(getattr(value, name), origin) for name in _carrying(kind)}
    return replace(value, **changed) if changed else value
