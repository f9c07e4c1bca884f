"""
The store that outlives this process, and that replicas share: what it must do, whichever it is.

It keeps bytes: `datasources.cache.codec` makes them. Keys are made there too, unlike for every kind of value, system
address and version of the code, so that nobody ever reads bytes of another making.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """
    One remembered value; a tuple, for one is made of every value that is fetched.

    `kind` is the kind of value, `scope` whose it is (a price scope; None: everybody's), `tags` what it is about (an
    SKU, an account): by these three it is found again when a system says that it has changed.
    """

    key: str
    kind: str
    scope: str | None
    tags: tuple[str, ...]
    value: bytes
    keep_for_s: float


@dataclass(frozen=True, slots=True)
class Drop:
    """What is not true any more: values of a kind with any of these tags (None: all), of this scope (None: any)."""

    kind: str
    tags: frozenset[str] | None
    scope: str | None

    def concerns(self, tags: tuple[str, ...], scope: str | None) -> bool:
        """Return whether it is about a value of its kind with these tags and this scope."""
        return (self.tags is None or not self.tags.isdisjoint(tags)) and self.scope in (None, scope)


class SharedStore(Protocol):
    """
    A store of records, and of notes: small texts by name, for what processes tell each other.

    Every method may raise `StoreError`, whatever goes wrong; `Guarded` makes of that an absence.
    """

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Return the values there are; what is past its `keep_for_s` is not."""

    async def put_many(self, records: Sequence[Record]) -> None:
        """Keep the records, each in the place of an older one."""

    async def drop(self, drop: Drop) -> None:
        """Forget what is not true any more."""

    async def note(self, name: str, text: str, keep_for_s: float) -> None:
        """Keep a note for so long, in the place of an older one."""

    async def notes(self, start: str) -> Mapping[str, str]:
        """Return the notes whose names start so."""

    async def remove_note(self, name: str) -> None:
        """Forget a note, if it is there."""

    async def close(self) -> None:
        """Write what waits, and let go."""


class StoreError(Exception):
    """A store does not work: unreachable, slow, full or broken."""
