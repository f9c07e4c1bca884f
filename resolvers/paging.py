"""Relay connections: pages, their cursors, and the bounds on `first`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Annotated, Generic, NewType, TypeVar

import strawberry

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
class PageInfo:
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
    """A page of a connection; `total_count` counts all pages."""

    edges: Sequence[Edge[T]]
    page_info: PageInfo
    total_count: int
    facets: Sequence[Facet] = field(default=())

    @property
    def nodes(self) -> Sequence[T]:
        """The entries without their cursors."""
        return [edge.node for edge in self.edges]


def page_of(edges: Sequence[Edge[T]], *, total: int, after: Cursor | None, has_next: bool) -> Page[T]:
    """Return a forward page; it has a previous one when it was asked for after a cursor."""
    start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
    return Page(edges, PageInfo(has_next, after is not None, start, end), total)


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

    `of` is everything that makes the list what it is, and nothing of the page.
    """

    def __init__(self, *of: object) -> None:
        self._mark = blake2b(repr(of).encode(), digest_size=6).hexdigest()

    def wrap(self, position: str) -> Cursor:
        """Return the cursor of a position."""
        return Cursor(urlsafe_b64encode(f"{self._mark}:{position}".encode()).decode().rstrip("="))

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
        if mark != self._mark or not position:
            raise self.foreign(cursor)
        return position

    @staticmethod
    def foreign(cursor: Cursor | None) -> BadInput:
        """Return the error for a cursor that is not of this list."""
        return BadInput(f"{shown(cursor or '')} is not a cursor of this list: use one that it gave, unchanged.")


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
    edges = [Edge(cursors.wrap(key), entry) for key, entry in zip(keys[start:end], entries[start:end], strict=True)]
    return page_of(edges, total=len(keys), after=after, has_next=end < len(keys))
