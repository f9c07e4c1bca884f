"""What this process remembers: entries of every kind of value, under one ceiling in bytes."""

from collections import Counter
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from cachetools import FIFOCache

from datasources.cache.entry import Entry
from datasources.cache.store import Drop

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OVERHEAD_BYTES = 900
"""What an entry costs beside its value: its key, its places in the dictionaries, its tags."""
MOST_CHANCES = 8


class Memory(FIFOCache[tuple[str, Any], Entry[Any]]):
    """
    Entries by kind and key. Over `max_bytes` the oldest go, but what was used since it came is passed over once.

    A read is one look into a dictionary, unlike with LRU; a bound on how many are passed over keeps every eviction
    short. Weights are estimates: the entry's own `weight_bytes`, and what the memory needs for it.
    """

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes, getsizeof=_weight)
        self.evicted = 0
        self.counts: Counter[str] = Counter()
        self._tagged: dict[tuple[str, str], set[tuple[str, Any]]] = {}

    def popitem(self) -> tuple[tuple[str, Any], Entry[Any]]:
        """Make room by one entry."""
        for _ in range(MOST_CHANCES):
            key, entry = super().popitem()
            if not entry.used:
                break
            entry.used = False
            self[key] = entry
        else:
            key, entry = super().popitem()
        self.evicted += 1
        return key, entry

    def __setitem__(self, key: tuple[str, Any], entry: Entry[Any]) -> None:
        if key in self:
            del self[key]
        super().__setitem__(key, entry)
        self.counts[key[0]] += 1
        for tag in entry.tags:
            self._tagged.setdefault((key[0], tag), set()).add(key)

    def __delitem__(self, key: tuple[str, Any]) -> None:
        entry = self[key]
        super().__delitem__(key)
        self.counts[key[0]] -= 1
        for tag in entry.tags:
            tagged = self._tagged[key[0], tag]
            tagged.discard(key)
            if not tagged:
                del self._tagged[key[0], tag]

    def drop(self, drop: Drop) -> int:
        """Forget what is not true any more; return how much that was."""
        if drop.tags is None:
            about = [key for key in self if key[0] == drop.kind]
        else:
            about = list({key for tag in drop.tags for key in self._tagged.get((drop.kind, tag), ())})
        gone = [key for key in about if drop.scope is None or self[key].scope == drop.scope]
        for key in gone:
            del self[key]
        return len(gone)


class Shelf(Generic[K, V]):
    """The entries of one kind of value."""

    def __init__(self, memory: Memory, kind: str) -> None:
        self._memory = memory
        self._kind = kind

    def __len__(self) -> int:
        """Return how many keys are remembered, those known to be absent and those grown old among them."""
        return self._memory.counts[self._kind]

    def get(self, key: K) -> Entry[V] | None:
        """Return the entry, None when there is none."""
        try:
            return self._memory[self._kind, key]
        except KeyError:
            return None

    def put(self, key: K, entry: Entry[V]) -> None:
        """Remember the entry, unless one that is newer is there, or it alone is more than all may weigh."""
        there = self.get(key)
        if (there is None or there.received_at <= entry.received_at) and _weight(entry) <= self._memory.maxsize:
            self._memory[self._kind, key] = entry


def _weight(entry: Entry[Any]) -> int:
    return entry.weight_bytes + OVERHEAD_BYTES
