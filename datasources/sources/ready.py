"""
What a source has ready: values that are fresh in memory, served without a closer look.

It does what the closer look (`datasources.sources.source`) does with such values, in a tenth of the time: a listing
that is warm consists of little else.
"""

from collections.abc import Hashable, Sequence
from math import inf
from typing import Any, Generic, TypeVar

from datasources.cache.entry import CLOCKS_APART_S, Entry
from datasources.cache.groups import FEWEST, Group, Groups
from datasources.errors import SourceError
from datasources.flights import Fly
from datasources.model.common import Sourced, System
from datasources.sources.ask import Ask, Looked, Reading
from datasources.sources.fetch import Fetcher
from datasources.sources.keep import Keeper
from datasources.sources.kind import Kind
from datasources.sources.kit import SourceKit
from datasources.sources.tally import Tally

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sourced)

NEVER_AS_EARLY = 25.0
"""So many times what a fetch takes before a value is due, one look in 10^11 refreshes it: none has to draw for that."""
MOSTLY_WITHIN = 4.6
"""How many times what a fetch takes a look refreshes earlier than due, but for one look in a hundred: -ln 0.01."""


class Ready(Generic[K, V]):
    """Values by key, as far as they are in memory; `load` is what fetches them."""

    def __init__(self, load: Fly[K, V], *, kit: SourceKit, kind: Kind[K, V]) -> None:
        self.kind = kind
        self.tally = Tally()
        self._kit = kit
        self._keeper: Keeper[K, V] = Keeper(kit=kit, kind=kind)
        self._shelf = self._keeper.shelf
        self._groups: Groups[V] = Groups()
        self._fetcher: Fetcher[K, V] = Fetcher(load, kit=kit, kind=kind, keeper=self._keeper, tally=self.tally)

    @property
    def system(self) -> System:
        """The system that the values come from."""
        return self._kit.system

    def __len__(self) -> int:
        """Return how many keys are remembered in this process, those known to be absent among them."""
        return len(self._shelf)

    @property
    def lead_s(self) -> float:
        """How much earlier than due a look refreshes a value, but for one look in a hundred."""
        return MOSTLY_WITHIN * self._fetcher.cost_s

    def entry(self, key: K) -> Entry[V] | None:
        """Return what is remembered of a key, however old, None for nothing."""
        return self._shelf.get(key)

    def at_hand(self, key: K, now: float, not_before: float = -inf) -> Entry[V] | None:
        """
        Return the entry of a key if a look at `now` would just serve it, None when it would do more than that.

        `not_before`: the look wants a value that was true then, or later; both in seconds since 1970.
        """
        entry = self._shelf.get(key)
        if entry is None or not self._is_plain(entry, now, not_before):
            return None
        if not entry.used:
            entry.used = True
        return entry

    def served(self, key: K, ask: Ask) -> Entry[V] | None:
        """Serve the value of one key at once if it is at hand: return its entry; None when `get` has to look closer."""
        now = self._kit.clock.timestamp()
        entry = self.at_hand(key, now, ask.not_before)
        if entry is not None:
            self._note(ask, now, 1, entry.fresh_until, entry.as_of)
            if ask.trace is not None or ask.looks is not None:
                self._tell(ask, now, (key,), [entry.value], entry.as_of)
        return entry

    def _is_plain(self, of: Entry[V] | Group[V], now: float, not_before: float) -> bool:
        """Return whether values are fresh, whatever they are for, and for longer than a look refreshes them early."""
        return (
            now + self._fetcher.cost_s * NEVER_AS_EARLY < of.fresh_until
            and not_before <= of.as_of <= now + CLOCKS_APART_S
        )

    def _at_once(self, keys: Sequence[K], ask: Ask, now: float) -> list[V | SourceError | None] | None:
        """
        Return the values if every one is fresh, whatever it is used for, and will be for longer than a look refreshes
        it early; None when a closer look is needed.
        """
        return self._each(keys, ask, now) if len(keys) < FEWEST else self._together(keys, ask, now)

    def _together(self, keys: Sequence[K], ask: Ask, now: float) -> list[V | SourceError | None] | None:
        """Return what `_at_once` does, at one glance where these keys are looked up together often."""
        if isinstance(keys, list):
            return self._each(keys, ask, now)
        group = self._groups.get(keys)
        if group is None or not self._is_plain(group, now, ask.not_before) or group.latest_as_of > now + CLOCKS_APART_S:
            at_once = self._each(keys, ask, now)
            if group is None and at_once is not None:
                self._groups.sight(keys, self._shelf.get)
            return at_once
        group.use()
        self._note(ask, now, len(group.values), group.fresh_until, group.as_of)
        if ask.trace is not None or ask.looks is not None:
            self._tell(ask, now, keys, group.values, group.as_of)
        return group.values

    def _each(self, keys: Sequence[K], ask: Ask, now: float) -> list[V | SourceError | None] | None:
        """Return what `_at_once` does, of one after the other."""
        found: list[V | SourceError | None] = []
        fresh_until, as_of, last = inf, inf, None
        for entry in map(self._shelf.get, keys):
            if entry is None:
                return None
            # what came together is fresh equally long: it is looked at once
            if entry.fresh_until != last:
                if not self._is_plain(entry, now, ask.not_before):
                    return None
                last = entry.fresh_until
                fresh_until, as_of = min(fresh_until, last), min(as_of, entry.as_of)
            if not entry.used:
                entry.used = True
            found.append(entry.value)
        self._note(ask, now, len(found), fresh_until, as_of)
        if ask.trace is not None or ask.looks is not None:
            self._tell(ask, now, keys, found, as_of)
        return found

    def _note(self, ask: Ask, now: float, values: int, fresh_until: float, as_of: float) -> None:
        """Say of values that were served how old they are (`as_of`: the oldest): to the request, and to who counts."""
        tally = self.tally
        tally.values += values
        if as_of < inf:
            tally.ages_s.note(now - as_of if as_of < now else 0.0)
        if fresh_until < ask.fresh_until:
            ask.fresh_until = fresh_until
        if as_of < ask.as_of:
            ask.as_of = as_of
        if self.kind.private:
            ask.private = True

    def _tell(self, ask: Ask, now: float, keys: Sequence[K], found: Sequence[Any], as_of: float) -> None:
        """Tell of values that were served from memory who wants to know all looks."""
        if ask.trace is not None:
            oldest_s = max(0.0, now - as_of) if as_of < inf else 0.0
            ask.trace.readings.append(Reading(self.system, self.kind.name, len(found), 0, 0, 0, oldest_s))
        if ask.looks is not None:
            ask.looks.append(Looked(self, keys, found))
