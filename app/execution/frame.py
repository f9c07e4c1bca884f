"""One run of a plan: what its parts have in common, and the errors that it gathers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import Shown
from resolvers.context import RequestContext

Place = list[tuple[str | int, int]]
"""Where a value stands in the answer: each step of its path, with the step's position among its siblings."""


@dataclass(frozen=True, slots=True)
class RawInfo:
    """
    What a plan knows of a field, by graphql-core's names: enough for a resolver that looks what is selected.

    `selected` has what such a resolver has seen, by name (`schema.search.selects`).
    """

    field_nodes: Sequence[Any]
    fragments: dict[str, Any]
    selected: dict[str, bool] = field(default_factory=dict)


class Info:
    """What a resolver is told, by strawberry's names. What is not here, a plan does not know (AttributeError)."""

    __slots__ = ("_raw_info", "context")

    def __init__(self, context: RequestContext, raw: RawInfo | None) -> None:
        self.context = context
        self._raw_info = raw


@dataclass(frozen=True, slots=True)
class Failure:
    """An error at a place of the answer; `locations` of its field in the document, as the response shows them."""

    error: Exception
    place: Place
    locations: Sequence[Shown]

    @property
    def path(self) -> list[str | int]:
        """The path of the place."""
        return [step for step, _ in self.place]

    @property
    def order(self) -> list[int]:
        """What errors are sorted by: where their fields stand in the answer, which has one error at a place."""
        return [at for _, at in self.place]


@dataclass(slots=True)
class Frame:
    """
    One run: its request, the bound arguments by slot, a key of the variables' values for each set of variables.

    `info` is what resolvers are told that look at nothing but the request.
    """

    context: RequestContext
    arguments: Sequence[dict[str, Any]]
    values_keys: dict[tuple[str, ...], str]
    languages: tuple[str, ...]
    info: Info
    failures: list[Failure] = field(default_factory=list)


Places = Callable[[int], Place]


class Trail:
    """Where the values of a column stand, worked out only for an error: `step` is the field's key and position."""

    __slots__ = ("_above", "_step")

    def __init__(self, above: Places, key: str, position: int) -> None:
        self._above = above
        self._step = (key, position)

    def __call__(self, index: int) -> Place:
        """Return the place of the value at this index of the column."""
        return [*self._above(index), self._step]


class Entries:
    """Where the entries of a column of lists stand, all lists in one."""

    __slots__ = ("_above", "_lists", "_places")

    def __init__(self, above: Places, lists: Sequence[Any]) -> None:
        self._above = above
        self._lists = lists
        self._places: list[tuple[int, int]] | None = None

    def __call__(self, index: int) -> Place:
        """Return the place of the entry at this index of all entries."""
        if self._places is None:
            self._places = list(self._walk())
        owner, entry = self._places[index]
        return [*self._above(owner), (entry, entry)]

    def _walk(self) -> Iterator[tuple[int, int]]:
        for owner, entries in enumerate(self._lists):
            if isinstance(entries, list | tuple):
                yield from ((owner, entry) for entry in range(len(entries)))


class Some:
    """Where some of a column's values stand: those at these indexes."""

    __slots__ = ("_above", "_indexes")

    def __init__(self, above: Places, indexes: Sequence[int]) -> None:
        self._above = above
        self._indexes = indexes

    def __call__(self, index: int) -> Place:
        """Return the place of the value at this index of the chosen."""
        return self._above(self._indexes[index])


class Fixed:
    """Where the only value of a column stands, when no list stands above it."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        self._place = place

    def __call__(self, _index: int) -> Place:
        """Return the place."""
        return self._place
