"""
Groups: entries whose values are looked up together again and again, and are one thing then.

A listing shows the same prices, levels and texts to many. From the second time on that exactly these are looked up, all
fresh, they are a group: how fresh all of them are is known at a glance, and their values are a cohort, with which is
kept what is made of all of them. A group ends with the first of its entries that is renewed, dropped or makes room, and
what is kept with it counts towards what the memory may hold, with its first entry.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from datasources.cache.entry import Entry
from datasources.cache.kept import Cohort

V = TypeVar("V")

FEWEST = 4
"""Fewer entries are no group: it would save next to nothing."""
OWN_BYTES, BYTES_A_VALUE = 1_000, 400
"""What a group takes, and for each value: its key, its place, and that its entry knows of the group."""
MOST_SIGHTED = 10_000
"""How many looks are remembered, each by a number, to know them when they come again."""


class Group(Generic[V]):
    """
    Entries that are looked up together, by the `keys` they are looked up by: `values` are theirs.

    `fresh_until` is when the first is fresh no more, `as_of` when the oldest was true, `latest_as_of` the youngest; in
    seconds since 1970.
    """

    __slots__ = ("_bytes", "_entries", "_groups", "_keys", "as_of", "fresh_until", "latest_as_of", "values")

    def __init__(self, keys: Hashable, entries: Sequence[Entry[V]], groups: "dict[Hashable, Group[V]]") -> None:
        self.values: Cohort[Any] = Cohort([entry.value for entry in entries], self)
        self.fresh_until = min(entry.fresh_until for entry in entries)
        self.as_of = min(entry.as_of for entry in entries)
        self.latest_as_of = max(entry.as_of for entry in entries)
        self._keys = keys
        self._entries = entries
        self._groups = groups
        self._bytes = 0
        for entry in entries:
            entry.add_dependent(self)

    def use(self) -> None:
        """Mark all as used, as a look at each does. The memory takes marks away one by one: the first tells of it."""
        if not self._entries[0].used:
            for entry in self._entries:
                entry.used = True

    def charge(self, size_bytes: int) -> bool:
        """Count so many bytes more (fewer when below nought); return whether it is there still when there is room."""
        if self._entries:
            self._bytes += size_bytes
            self._entries[0].tab.charge(size_bytes)
        return bool(self._entries)

    def end(self) -> None:
        """Be told that one of the entries is remembered no more."""
        entries, self._entries = self._entries, ()
        del self._groups[self._keys]
        for entry in entries:
            entry.remove_dependent(self)
        entries[0].tab.charge(-self._bytes)
        del self.values  # it knows of this: what refers to itself would have to be looked for to be freed


class Groups(Generic[V]):
    """The groups of one source by the keys that their entries are looked up by."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, Group[V]] = {}
        self._sighted: set[int] = set()
        self.get = self._groups.get
        """Returns the group of these keys, None when there is none."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._groups)

    def sight(self, keys: Sequence[Any], get: Callable[[Any], Entry[V] | None]) -> None:
        """Note that all were served from the memory, which has them by `get`: the second time they are a group."""
        sight = hash(keys)
        if sight not in self._sighted:
            if len(self._sighted) >= MOST_SIGHTED:
                self._sighted.clear()
            self._sighted.add(sight)
            return
        group = self._groups[keys] = Group(keys, [entry for entry in map(get, keys) if entry is not None], self._groups)
        group.charge(OWN_BYTES + BYTES_A_VALUE * len(keys))
