"""Relay connections: pages, their cursors, and the bounds on `first`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Generic, NewType, TypeVar, overload

import strawberry

from datasources.cache.kept import Remembered
from datasources.model.catalog import Facet
from resolvers.errors import BadInput, LimitExceeded
from resolvers.ids import MOST_ID_CHARACTERS, shown

T = TypeVar("T")

Cursor = NewType("Cursor", str)
"""A place in a list, opaque to clients."""
After = Annotated[
    Cursor | None, strawberry.argument(description="`endCursor` of the page before; null: from the start.")
]
"""The argument by which a list goes on."""


@dataclass(frozen=True, slots=True)
class PageInfo(Remembered):
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: Cursor | None
    end_cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    """An entry of a page and its cursor."""

    cursor: Cursor
    node: T


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a connection: entries, and the cursor of each; `total_count` counts all pages."""

    nodes: Sequence[T]
    cursors: Sequence[Cursor]
    page_info: PageInfo
    total_count: int
    facets: Sequence[Facet] = field(default=())

    @property
    def edges(self) -> Sequence[Edge[T]]:
        """The entries with their cursors."""
        return [Edge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]


def page_of(
    nodes: Sequence[T],
    cursors: Sequence[Cursor],
    *,
    total: int,
    after: Cursor | None,
    has_next: bool,
    facets: Sequence[Facet] = (),
) -> Page[T]:
    """Return a forward page; it has a previous one when it was asked for after a cursor."""
    return Page(nodes, cursors, info_of(cursors, after=after, has_next=has_next), total, facets)


def info_of(cursors: Sequence[Cursor], *, after: str | None, has_next: bool) -> PageInfo:
    """Return where the page with these cursors stands that was asked for after a place in its list (None: none)."""
    start, end = (cursors[0], cursors[-1]) if cursors else (None, None)
    return PageInfo(has_next, after is not None, start, end)


def bounded_first(first: int | None, most: int, *, default: int = 20) -> int:
    """
    Return the page size, the default for none given.

    Raises:
        BadInput: it is negative. LimitExceeded: it is over the limit.
    """
    if first is None:
        return default
    if first < 0:
        raise BadInput(f"first must not be negative; it is {first}.")
    if first > most:
        raise LimitExceeded(f"first may be at most {most} here; it is {first}.")
    return first


class Cursors:
    """
    Cursors of one list. They carry a position and a mark of the list, so that one of another list is refused.

    `of` is everything that makes the list what it is, and nothing of the page; `mark` is short for it.
    """

    def __init__(self, *of: object) -> None:
        self.mark = _mark(of)

    def wrap(self, position: str) -> Cursor:
        """Return the cursor of a position."""
        return _wrapped(self.mark, position)

    def wrap_all(self, positions: Sequence[str]) -> Sequence[Cursor]:
        """Return the cursors of positions, each made when it is looked at: most answers show the last one alone."""
        return _Wrapped(self, positions)

    def unwrap(self, cursor: Cursor | None) -> str | None:
        """
        Return the position of a cursor, None for none.

        Raises:
            BadInput: it is not a cursor of this list.
        """
        if cursor is None:
            return None
        try:
            if len(cursor) > MOST_ID_CHARACTERS:
                raise ValueError("no cursor is as long")
            said = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        except ValueError:
            said = ""
        mark, _, position = said.partition(":")
        if mark != self.mark or not position:
            raise self.foreign(cursor)
        return position

    @staticmethod
    def foreign(cursor: Cursor | None) -> BadInput:
        """Return the error for a cursor that is not of this list."""
        return BadInput(f"{shown(cursor or '')} is not a cursor of this list: use one that it gave, unchanged.")


@lru_cache(5_000)
def _wrapped(mark: str, position: str) -> Cursor:
    return Cursor(urlsafe_b64encode(f"{mark}:{position}".encode()).decode().rstrip("="))


class _Wrapped(Sequence[Cursor]):
    def __init__(self, cursors: Cursors, positions: Sequence[str]) -> None:
        self._cursors = cursors
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> Cursor: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Cursor]: ...
    def __getitem__(self, index: int | slice) -> Cursor | Sequence[Cursor]:
        if isinstance(index, slice):
            return _Wrapped(self._cursors, self._positions[index])
        return self._cursors.wrap(self._positions[index])


@lru_cache(1000)
def _mark(of: tuple[object, ...]) -> str:
    return blake2b(repr(of).encode(), digest_size=6).hexdigest()


def page_of_keyed(
    entries: Sequence[T], keys: Sequence[str], cursors: Cursors, *, first: int, after: Cursor | None
) -> Page[T]:
    """
    Return a page of a list that is all here; `keys` name its entries, in their order.

    Raises:
        BadInput: `after` is not a cursor of this list, or its entry is not in it any more.
    """
    position = cursors.unwrap(after)
    if position is not None and position not in keys:
        raise cursors.foreign(after)
    start = 0 if position is None else keys.index(position) + 1
    end = start + first
    marks = cursors.wrap_all(keys[start:end])
    return page_of(entries[start:end], marks, total=len(keys), after=after, has_next=end < len(keys))
