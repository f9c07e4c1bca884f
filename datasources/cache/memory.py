"""
What this process remembers: entries of every kind of value, under one ceiling in bytes, which other caches share.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from datasources.cache.entry import Entry
from datasources.cache.kept import Tab
from datasources.cache.store import Drop
from datasources.cache.tagged import Tagged

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Place = tuple[str, Any]
"""Where an entry is: its kind and its key."""

OVERHEAD_BYTES = 900
"""What an entry costs beside its value: its key, its places in the dictionaries, its tags."""
MOST_CHANCES = 8


class Memory:
    """
    Entries by kind and key. Over `maxsize` bytes the oldest go, but what was used since it came is passed over once.

    A read is one look into a dictionary (`shelf`), unlike with LRU; a bound on how many are passed over keeps every
    eviction short. Weights are estimates (`currsize` is their sum): the entry's own `weight_bytes`, and what the memory
    needs for it. What is kept with the values (`datasources.cache.kept`) counts as well: `kept_bytes`; and so do other
    caches that have a `share`: `shared_bytes`.
    """

    def __init__(self, max_bytes: int) -> None:
        self.maxsize = max_bytes
        self.currsize = 0
        self.evicted = 0
        self.kept_bytes = 0
        self.shared_bytes = 0
        self._places: OrderedDict[Entry[Any], Place] = OrderedDict()  # by the entry: its hash costs less than the key's
        self._shelves: dict[str, dict[Any, Entry[Any]]] = {}
        self._tagged: Tagged[Place] = Tagged()

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._places)

    @property
    def bytes(self) -> int:
        """What all that is under the ceiling weighs: entries, what is kept with them, and the other caches."""
        return self.currsize + self.kept_bytes + self.shared_bytes

    @property
    def room_bytes(self) -> int:
        """What the other caches leave to the values."""
        return self.maxsize - self.shared_bytes

    def share(self, part: float) -> "Share":
        """Return this part of the ceiling, for another cache: what that takes is taken from the values."""
        return Share(int(self.maxsize * part), self)

    def shelf(self, kind: str) -> dict[Any, Entry[Any]]:
        """Return the entries of one kind by key: to look into, never to change."""
        return self._shelves.setdefault(kind, {})

    def put(self, kind: str, key: Hashable, entry: Entry[Any]) -> None:
        """Remember an entry in the place of an older one."""
        there = self.shelf(kind).get(key)
        if there is not None:
            self.renew(there, entry)
        else:
            self._put((kind, key), entry)

    def renew(self, there: Entry[Any], entry: Entry[Any]) -> None:
        """Remember an entry in the place of an older one that is remembered."""
        if self._can_follow(there, entry):
            self._follow(there, entry)
        else:
            place = self._places[there]
            self._forget(there)
            self._put(place, entry)

    def charge(self, tab: Tab, size_bytes: int) -> None:
        """Count what is kept with an entry, and make room for it: that may take the entry itself."""
        tab.bytes += size_bytes
        self.kept_bytes += size_bytes
        self._make_room(0)

    def take(self, size_bytes: int) -> None:
        """Count what another cache takes more (less when below nought), and make room for it."""
        self.shared_bytes += size_bytes
        if size_bytes > 0:  # who gives back may do so because a value goes: no other goes meanwhile
            self._make_room(0)

    def popitem(self) -> None:
        """Make room by one entry."""
        for _ in range(MOST_CHANCES):
            entry = next(iter(self._places))
            if not entry.used:
                break
            entry.used = False
            self._places.move_to_end(entry)
        self._forget(next(iter(self._places)))
        self.evicted += 1

    def drop(self, drop: Drop) -> int:
        """Forget what is not true any more; return how much that was."""
        shelf = self.shelf(drop.kind)
        if drop.tags is None:
            gone = [entry for entry in shelf.values() if drop.scope is None or entry.scope == drop.scope]
        else:
            places = {place for tag in drop.tags for place in self._tagged.find((drop.kind, tag), drop.scope)}
            gone = [shelf[key] for _, key in places]
        for entry in gone:
            self._forget(entry)
        return len(gone)

    def _make_room(self, size_bytes: int) -> None:
        while self._places and self.bytes + size_bytes > self.maxsize:
            self.popitem()

    def _can_follow(self, there: Entry[Any], entry: Entry[Any]) -> bool:
        """Return whether an entry is found as the older one is, and needs no room made."""
        more_bytes = entry.weight_bytes - there.weight_bytes + entry.tab.bytes
        return there.tags == entry.tags and there.scope == entry.scope and self.bytes + more_bytes <= self.maxsize

    def _follow(self, there: Entry[Any], entry: Entry[Any]) -> None:
        """Put an entry where the older one is: most of what is fetched was remembered before."""
        place = self._places.pop(there)
        self._places[entry] = place
        self._shelves[place[0]][place[1]] = entry
        self.currsize += entry.weight_bytes - there.weight_bytes
        if entry.tab is not there.tab:
            self._close(there.tab)
            self._open(entry.tab)
        if there.dependents:
            there.end_dependents()

    def _put(self, place: Place, entry: Entry[Any]) -> None:
        self._make_room(_weight(entry) + entry.tab.bytes)
        self._add(place, entry)

    def _add(self, place: Place, entry: Entry[Any]) -> None:
        self._places[entry] = place
        self.shelf(place[0])[place[1]] = entry
        self.currsize += _weight(entry)
        self._open(entry.tab)
        for tag in entry.tags:
            self._tagged.add((place[0], tag), entry.scope, place)

    def _forget(self, entry: Entry[Any]) -> None:
        place = self._places.pop(entry)
        del self._shelves[place[0]][place[1]]
        self.currsize -= _weight(entry)
        self._close(entry.tab)
        for tag in entry.tags:
            self._tagged.discard((place[0], tag), entry.scope, place)
        if entry.dependents:
            entry.end_dependents()

    def _open(self, tab: Tab) -> None:
        tab.ledger = self
        self.kept_bytes += tab.bytes

    def _close(self, tab: Tab) -> None:
        tab.ledger = None
        self.kept_bytes -= tab.bytes


class Share:
    """
    What a cache beside the values may take at most (`most_bytes`), and what it takes now (`bytes`).

    It is counted in `memory`, unless that is None.
    """

    __slots__ = ("_memory", "bytes", "most_bytes")

    def __init__(self, most_bytes: int, memory: Memory | None = None) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._memory = memory

    def takes(self, size_bytes: int) -> None:
        """Note what the cache takes now: values may go for it, and with them what was made of them."""
        more_bytes, self.bytes = size_bytes - self.bytes, size_bytes
        if self._memory is not None:
            self._memory.take(more_bytes)


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
        if _weight(entry) > self._memory.room_bytes:
            return
        if there is None:
            self._memory.put(self._kind, key, entry)
        elif there.received_at <= entry.received_at:
            self._memory.renew(there, entry)


def _weight(entry: Entry[Any]) -> int:
    return entry.weight_bytes + OVERHEAD_BYTES
