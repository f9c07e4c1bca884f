"""
What a system says again: where it answers for a key with the bytes of last time, they are not decoded again.

The value remembered for the key is made anew with the origin of the new answer, and shares all its parts with the old.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from datasources.cache.entry import Entry
from datasources.cache.kept import Remembered

V = TypeVar("V", bound="Said")

Recall = Callable[[Any], Entry[Any] | None]

shelves: ContextVar[Mapping[type, Recall] | None] = ContextVar("shelves", default=None)
"""Where the values of a type are remembered. Set by a flight, for whatever its connector calls; read by connectors."""


class Said(Remembered):
    """
    A value that knows the bytes it was made of, by a fingerprint of 64 bits (`said`).

    `said` is no field: it is neither compared, shown, copied nor stored, and not there for values of other makings.
    """

    __slots__ = ("said",)
    said: int


note: Callable[[Said, int], None] = Said.said.__set__  # type: ignore[attr-defined,misc]  # a frozen value has no setter
"""Notes what a value was made of."""


def before(kind: type[V]) -> Callable[[Any, int], V | None]:
    """Return what finds the remembered value of a key, if it was made of bytes with this fingerprint."""
    recall = (shelves.get() or {}).get(kind)

    def find(key: Any, said: int) -> V | None:
        entry = recall(key) if recall is not None else None
        value: V | None = None if entry is None else entry.value
        return value if value is not None and getattr(value, "said", None) == said else None

    return find
