"""
How entries become bytes for the shared store, and back.

Keys differ by kind of value, by where it comes from (connector and address of the system) and by the shape of the
value's type: a deploy that changes the shape never reads bytes of the other.
"""

from collections.abc import Hashable
from functools import cache
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import msgspec

from datasources.cache.entry import Entry, Policy

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LAYOUT = 1
"""Counts changes of what surrounds a value: of the list that `encode` writes."""


class Codec(Generic[K, V]):
    """Of one kind of value."""

    def __init__(self, kind: str, value_type: type[V], policy: Policy, *, origin: str) -> None:
        making = f"{LAYOUT} {origin} ".encode() + shape(value_type)  # type: ignore[arg-type]
        self._start = f"{kind}.{_digest(making, 8)}."
        self._policy = policy
        self._decoder = msgspec.msgpack.Decoder(tuple[msgspec.Raw, float, float, value_type | None])  # type: ignore[valid-type]

    def key(self, key: K) -> str:
        """Return the store's key."""
        return self._start + _digest(msgspec.msgpack.encode(key), 16)

    def encode(self, key: K, entry: Entry[V]) -> bytes:
        """Return the entry with its key."""
        return msgspec.msgpack.encode((key, entry.as_of, entry.received_at, entry.value))

    def size_bytes(self, key: K, value: V) -> int:
        """Return how long an entry of this value is when it is bytes."""
        return len(msgspec.msgpack.encode((key, 0.0, 0.0, value)))

    def decode(self, key: K, content: bytes) -> Entry[V] | None:
        """Return the entry, None when the bytes are not those of this key: they are worth nothing then."""
        try:
            said, as_of, received_at, value = self._decoder.decode(content)
        except (msgspec.MsgspecError, ValueError):
            return None
        if bytes(said) != msgspec.msgpack.encode(key):
            return None
        return Entry(value, as_of=as_of, received_at=received_at, policy=self._policy)


@cache
def shape(of: Any) -> bytes:
    """Return bytes that differ whenever what a type holds does: names, types and choices, all the way down."""
    return msgspec.json.encode(msgspec.json.schema(of), order="deterministic")


def _digest(content: bytes, size_bytes: int) -> str:
    return blake2b(content, digest_size=size_bytes).hexdigest()
