"""What this process remembers: a bounded number of values, each for as long as it is fresh."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import TLRUCache

from datasources.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ABSENT_FOR_S = 10.0


class Memory(Generic[K, V]):
    """Values by key for `fresh_for_s`; None (the system does not know the key) is remembered for 10 s at most."""

    def __init__(self, *, fresh_for_s: float, most_entries: int, clock: Clock) -> None:
        absent_for_s = min(ABSENT_FOR_S, fresh_for_s)

        def expiry(_key: K, value: V | None, now: float) -> float:
            return now + (absent_for_s if value is None else fresh_for_s)

        self._entries: TLRUCache[K, V | None] = TLRUCache(most_entries, ttu=expiry, timer=clock.monotonic)

    def __len__(self) -> int:
        """Return how many keys are remembered now, those known to be absent among them."""
        return len(self._entries)

    def get(self, key: K, default: object) -> object:
        """Return the value, None for a key known to be absent, or the default for one not remembered."""
        return self._entries.get(key, default)

    def put(self, key: K, value: V | None) -> None:
        """Remember a value, or (None) that there is none."""
        self._entries[key] = value
