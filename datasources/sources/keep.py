"""Keeping: entries of one kind in memory and in the shared store, and forgetting what a system says has changed."""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from datasources.cache.codec import Codec
from datasources.cache.entry import Entry, Verdict
from datasources.cache.kept import Kept, Remembered, Tab, attach
from datasources.cache.memory import Shelf
from datasources.cache.store import Drop, Record
from datasources.model.common import Provenance, Sourced
from datasources.sources.kind import Kind
from datasources.sources.kit import SourceKit

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sourced)

WORTH_STORING_S = 2.0
"""How long a value must be good for to be written down: Kanava takes about so long to stop and start."""
DROPS_REMEMBERED = 1000
"""Of so many of the latest changes it is known what they were about, for what was under way meanwhile."""
CODED_AT_ONCE = 50
"""How many values are made bytes, or made of bytes, before others have their turn: a value takes 10 to 80 us."""
STORED_AGAIN_AFTER = 0.1
"""For what share of the time a value is fresh the store's copy may lag behind; who reads it takes it for older."""
BYTES_A_CODED_BYTE = 6
"""How much memory a value takes for each byte of its coded form; measured: 1.4 to 5.3."""


class Keeper(Generic[K, V]):
    """The entries of one kind."""

    def __init__(self, *, kit: SourceKit, kind: Kind[K, V]) -> None:
        self.shelf: Shelf[K, V] = Shelf(kit.memory, kind.name)
        kit.shelves[kind.value_type] = self.shelf.get
        self._kit = kit
        self._kind = kind
        self._codec: Codec[K, V] = Codec(kind.name, kind.value_type, kind.policy, origin=kit.origin)
        self._average_bytes = 0.0
        self._changes = 0
        self._drops: deque[Drop] = deque(maxlen=DROPS_REMEMBERED)

    @property
    def stores(self) -> bool:
        """
        Whether the values go into the shared store.

        Not those that are of no use to a process that starts anew, unless replicas look for them there.
        """
        policy, several = self._kind.policy, self._kit.replicas.several
        lasts_s = max(policy.fresh_for_s, policy.refresh_ahead_s, policy.stale_for_s)
        return self._kit.store is not None and (several or lasts_s >= WORTH_STORING_S)

    def name(self, key: K) -> str:
        """Return what the store calls a key."""
        return self._codec.key(key)

    def mark(self) -> int:
        """Return a mark of now: of what was asked for before, nobody knows whether a later change is in it."""
        return self._changes

    def drop(self, drop: Drop) -> None:
        """Forget in memory what is not true any more."""
        self._changes += 1
        self._drops.append(drop)
        self._kit.memory.drop(drop)

    def keep(self, keys: Iterable[K], values: Mapping[K, V], mark: int) -> dict[K, Entry[V]]:
        """
        Remember what was asked for at `mark`, a key without a value as unknown to the system, but nothing that has
        changed since; return all entries.
        """
        entries = self._entries(keys, values)
        self._shelve(entries, mark)
        return entries

    async def store(self, entries: Mapping[K, Entry[V]]) -> None:
        """
        Write to the store those entries that are remembered still: one that is not was dropped since.

        A value that a system has said again is not written again before what the store has of it has aged a little.
        """
        if self._kit.store is None:
            return
        now, later_s = self._kit.clock.timestamp(), self._kind.policy.fresh_for_s * STORED_AGAIN_AFTER
        pairs = [(k, e) for k, e in entries.items() if e.value is not None and e.as_of - e.stored_as_of >= later_s]
        for start in range(0, len(pairs), CODED_AT_ONCE):
            some = [(key, entry) for key, entry in pairs[start : start + CODED_AT_ONCE] if self.shelf.get(key) is entry]
            await self._kit.store.put_many([self._record(key, entry, now) for key, entry in some])
            for _, entry in some:
                entry.stored_as_of = entry.as_of
            await asyncio.sleep(0)

    async def stored(self, keys: Sequence[K]) -> dict[K, Entry[V]]:
        """Return what the store has of these keys and may be served, and remember it."""
        if self._kit.store is None or not self.stores:
            return {}
        mark = self.mark()
        names = {key: self.name(key) for key in keys}
        contents = await self._kit.store.get_many(list(names.values()))
        entries: dict[K, Entry[V]] = {}
        for count, (key, name) in enumerate(names.items()):
            entry = self._codec.decode(key, contents[name]) if name in contents else None
            if entry is not None and entry.verdict(self._kit.clock.timestamp()) is not Verdict.EXPIRED:
                self._describe(key, entry)
                entry.weight_bytes = len(contents[name]) * BYTES_A_CODED_BYTE
                entries[key] = entry
            if count % CODED_AT_ONCE == CODED_AT_ONCE - 1:
                await asyncio.sleep(0)
        self._shelve(entries, mark)
        return entries

    def _entries(self, keys: Iterable[K], values: Mapping[K, V]) -> dict[K, Entry[V]]:
        recall, value_of = self.shelf.get, values.get
        entries: dict[K, Entry[V]] = {}
        absent, origin, like = None, None, None
        for key in keys:
            value = value_of(key)
            if value is None:
                absent = absent or self._first(None, self._unknown(), 0)
                entries[key] = absent.sibling(None, self._kind.tags(key, None), self._kind.scope(key), Tab())
                continue
            if like is None or value.provenance is not origin:  # what came with one answer has one origin
                origin = value.provenance
                like = self._first(value, origin, self._weight_bytes(key, value))
            entries[key] = self._entry(key, value, like, recall(key))
        return entries

    def _first(self, value: V | None, origin: Provenance, weight_bytes: int) -> Entry[V]:
        """Return an entry that those of an answer are siblings of."""
        as_of, received_at = origin.as_of.timestamp(), origin.received_at.timestamp()
        policy = self._kind.policy
        return Entry(value, as_of=as_of, received_at=received_at, policy=policy, weight_bytes=weight_bytes)

    def _unknown(self) -> Provenance:
        now = self._kit.clock.now()
        return Provenance(self._kit.system, now, now)

    def _entry(self, key: K, value: V, like: Entry[V], old: Entry[V] | None) -> Entry[V]:
        """Return the entry of a value; what is kept with the old one stays, where the connector has handed it on."""
        kind = self._kind
        tab: Tab | None = None
        for part in kind.parts(value):
            kept = getattr(part, "kept_with_it", None)
            if kept is not None and old is not None and kept.tab is old.tab:
                tab = old.tab
            elif isinstance(part, Remembered):
                tab = tab or Tab()
                attach(part, Kept(tab))
        entry = like.sibling(value, kind.tags(key, value), kind.scope(key), tab or Tab())
        if old is not None and tab is old.tab:
            entry.stored_as_of = old.stored_as_of
        return entry

    def _describe(self, key: K, entry: Entry[V]) -> None:
        """Complete an entry that was read from the store."""
        entry.tags = self._kind.tags(key, entry.value)
        entry.scope = self._kind.scope(key)
        for part in () if entry.value is None else self._kind.parts(entry.value):
            if isinstance(part, Remembered):
                attach(part, Kept(entry.tab))

    def _weight_bytes(self, key: K, value: V) -> int:
        """Estimate what a value weighs: one of them is weighed for all, and for some that come later."""
        weight = self._codec.size_bytes(key, value) * BYTES_A_CODED_BYTE
        self._average_bytes += (weight - self._average_bytes) / (8 if self._average_bytes else 1)
        return int(self._average_bytes)

    def _shelve(self, entries: Mapping[K, Entry[V]], mark: int) -> None:
        put = self.shelf.put
        for key, entry in entries.items():
            if self._changes == mark or not self._has_changed(entry, mark):
                put(key, entry)

    def _has_changed(self, entry: Entry[V], mark: int) -> bool:
        since = self._changes - mark
        if since > len(self._drops):
            return True
        return any(drop.concerns(entry.tags, entry.scope) for drop in list(self._drops)[-since:])

    def _record(self, key: K, entry: Entry[V], now: float) -> Record:
        content = self._codec.encode(key, entry)
        return Record(self.name(key), self._kind.name, entry.scope, entry.tags, content, entry.stale_until - now)
