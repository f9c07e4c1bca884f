"""What this process remembers: entries of every kind of value, under one ceiling in bytes."""

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from cachetools import FIFOCache

from datasources.cache.entry import Entry
from datasources.cache.kept import Tab
from datasources.cache.store import Drop
from datasources.cache.tagged import Tagged

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OVERHEAD_BYTES = 900
"""What an entry costs beside its value: its key, its places in the dictionaries, its tags."""
MOST_CHANCES = 8


class Memory(FIFOCache[tuple[str, Any], Entry[Any]]):
    """
    Entries by kind and key. Over `max_bytes` the oldest go, but what was used since it came is passed over once.

    A read is one look into a dictionary (`shelf`), unlike with LRU; a bound on how many are passed over keeps every
    eviction short. Weights are estimates: the entry's own `weight_bytes`, and what the memory needs for it. What is
    kept with the values (`datasources.cache.kept`) counts as well: `kept_bytes`.
    """

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes, getsizeof=_weight)
        self.evicted = 0
        self.kept_bytes = 0
        self._shelves: dict[str, dict[Any, Entry[Any]]] = {}
        self._tagged: Tagged[tuple[str, Any]] = Tagged()

    def shelf(self, kind: str) -> dict[Any, Entry[Any]]:
        """Return the entries of one kind by key: to look into, never to change."""
        return self._shelves.setdefault(kind, {})

    def charge(self, tab: Tab, size_bytes: int) -> None:
        """Count what is kept with an entry, and make room for it: that may take the entry itself."""
        tab.bytes += size_bytes
        self.kept_bytes += size_bytes
        self._make_room(0)

    def _make_room(self, size_bytes: int) -> None:
        while self and self.currsize + self.kept_bytes + size_bytes > self.maxsize:
            self.popitem()

    def popitem(self) -> tuple[tuple[str, Any], Entry[Any]]:
        """Make room by one entry."""
        for _ in range(MOST_CHANCES):
            key, entry = super().popitem()
            if not entry.used:
                break
            entry.used = False
            self._put(key, entry)
        else:
            key, entry = super().popitem()
        self.evicted += 1
        return key, entry

    def __setitem__(self, key: tuple[str, Any], entry: Entry[Any]) -> None:
        if key in self:
            del self[key]
        self._make_room(_weight(entry) + entry.tab.bytes)
        self._put(key, entry)

    def _put(self, key: tuple[str, Any], entry: Entry[Any]) -> None:
        super().__setitem__(key, entry)
        entry.tab.ledger = self
        self.kept_bytes += entry.tab.bytes
        self.shelf(key[0])[key[1]] = entry
        for tag in entry.tags:
            self._tagged.add((key[0], tag), entry.scope, key)

    def __delitem__(self, key: tuple[str, Any]) -> None:
        entry = self[key]
        super().__delitem__(key)
        entry.tab.ledger = None
        self.kept_bytes -= entry.tab.bytes
        del self._shelves[key[0]][key[1]]
        for tag in entry.tags:
            self._tagged.discard((key[0], tag), entry.scope, key)
        if entry.dependents:
            entry.end_dependents()

    def drop(self, drop: Drop) -> int:
        """Forget what is not true any more; return how much that was."""
        if drop.tags is None:
            shelf = self.shelf(drop.kind)
            gone = [(drop.kind, key) for key, entry in shelf.items() if drop.scope is None or entry.scope == drop.scope]
        else:
            gone = list({key for tag in drop.tags for key in self._tagged.find((drop.kind, tag), drop.scope)})
        for key in gone:
            del self[key]
        return len(gone)


class Shelf(Generic[K, V]):
    """The entries of one kind of value."""

    def __init__(self, memory: Memory, kind: str) -> None:
        self._memory = memory
        self._kind = kind
        self._entries: dict[K, Entry[V]] = memory.shelf(kind)
        self.get = self._entries.get
        """Returns the entry of a key, None when there is none."""

    def __len__(self) -> int:
        """Return how many keys are remembered, those known to be absent and those grown old among them."""
        return len(self._entries)

    def put(self, key: K, entry: Entry[V]) -> None:
        """Remember the entry, unless one that is newer is there, or it alone is more than all may weigh."""
        there = self.get(key)
        if (there is None or there.received_at <= entry.received_at) and _weight(entry) <= self._memory.maxsize:
            self._memory[self._kind, key] = entry


def _weight(entry: Entry[Any]) -> int:
    return entry.weight_bytes + OVERHEAD_BYTES
