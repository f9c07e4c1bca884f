"""Every way to spoil a member of an answer, one at a time."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.connectors.documents import Contract, Schema

GONE = object()
WRONG_TYPES: tuple[object, ...] = (7, 0.5, True, "no such thing", None, [], [7], {}, {"no": 7})
MOST_THAT_FIT = 4
"""How many of WRONG_TYPES a member may take: text or null takes a word, `{}` and null."""

Mutants = Iterator[tuple[str, object]]
Likeness = tuple[str, str, bool, bool, tuple[object, ...]]


@dataclass(frozen=True)
class Place:
    """A member of an object or an item of a list, in a real answer."""

    path: str
    holder: Any
    key: str | int
    fits: Callable[[object], bool]
    required: bool
    optional: bool
    schemas: tuple[Schema, ...]

    def spoil(self, value: object) -> None:
        """Put a value in the place, or take the member away (GONE)."""
        if value is GONE:
            del self.holder[self.key]
        else:
            self.holder[self.key] = value

    @property
    def likeness(self) -> Likeness:
        """What it has in common with places that are spoilt in the same ways: path, schemas, and the value's shape."""
        own = self.holder[self.key]
        shape = (type(own), frozenset(own)) if isinstance(own, dict) else (type(own), own == [])
        return unnumbered(self.path), repr(self.schemas), self.required, self.optional, shape

    @property
    def is_decimal(self) -> bool:
        return any(schema.get("pattern", "").startswith("^-?") for schema in self.schemas)

    @property
    def is_time(self) -> bool:
        return any(schema.get("format") == "date-time" for schema in self.schemas)


def places(contract: Contract, schema: Schema, value: Any, path: str = "$") -> Iterator[Place]:
    """Yield every place of an answer that its schema speaks of."""
    for branch in contract.branches(schema, value):
        if isinstance(value, dict):
            required, texts = branch.get("required", ()), branch.get("additionalProperties")
            members = {**dict.fromkeys(value if texts else (), texts), **branch.get("properties", {})}
            for name in [name for name in members if name in value]:
                state = (name in required, name in branch.get("properties", {}) and name not in required)
                yield from _place(contract, members[name], value, name, f"{path}.{name}", state)
        elif isinstance(value, list):
            for number in range(len(value)):
                yield from _place(contract, branch["items"], value, number, f"{path}[{number}]", (False, False))


def _place(
    contract: Contract, schema: Schema, holder: Any, key: str | int, path: str, state: tuple[bool, bool]
) -> Iterator[Place]:
    schemas = tuple(contract.alternatives(schema))
    yield Place(path, holder, key, contract.validator_of(schema).is_valid, *state, schemas)
    yield from places(contract, schema, holder[key], path)


def one_of_each(places: Iterable[Place]) -> list[Place]:
    """Return the first of all places that are alike."""
    return list({place.likeness: place for place in reversed(list(places))}.values())[::-1]


def bad(place: Place) -> Mutants:
    """Yield what must never pass: a required member gone, a value of a type that the member does not have."""
    if place.required:
        yield "gone", GONE
    wrong = [value for value in WRONG_TYPES if not place.fits(value)]

    assert len(wrong) >= len(WRONG_TYPES) - MOST_THAT_FIT, place.path
    for value in wrong:
        if not (place.is_decimal and type(value) in (int, float)):  # see `numbers`
            yield f"is {value!r}", value


def good(place: Place) -> Mutants:
    """Yield what must pass: an optional member gone, null where null is one of its values, a member more."""
    if place.optional:
        yield "gone", GONE
        if place.fits(None):
            yield "is null", None
    own = place.holder[place.key]
    if isinstance(own, dict) and any("properties" in schema for schema in place.schemas):
        yield "has more", {**own, "more": {"than": ["asked"]}}


def numbers(place: Place) -> Mutants:
    """Yield decimals that are JSON numbers."""
    if place.is_decimal:
        yield from ((f"is {value!r}", value) for value in (7, 0.5))


def no_numbers(place: Place) -> Mutants:
    """Yield decimals that are none, or not written as agreed."""
    if place.is_decimal:
        yield from ((f"is {v!r}", v) for v in ("NaN", "sNaN", "Infinity", "-Infinity", "1E+9", "1_0", " 1", "+1", ".5"))


def bare_times(place: Place) -> Mutants:
    """Yield times without an offset."""
    if place.is_time:
        yield "has no offset", "2026-11-22T08:00:00"


def required_paths(contract: Contract, schema: Schema, path: str = "$") -> Iterator[str]:
    """Yield where a schema requires something, list items without their number."""
    schema = contract.resolved(schema)
    for alternative in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        yield from required_paths(contract, alternative, path)
    for name, said in schema.get("properties", {}).items():
        if name in schema.get("required", ()):
            yield f"{path}.{name}"
        yield from required_paths(contract, said, f"{path}.{name}")
    if "items" in schema:
        yield from required_paths(contract, schema["items"], f"{path}[]")


def unnumbered(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)
