"""Fetching: from the shared store, else from the system; among replicas, by one of them for all."""

import asyncio
import logging
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from datasources import said, tracing
from datasources.cache.entry import Entry, Verdict
from datasources.deadline import calls_end_at
from datasources.errors import SourceError
from datasources.flights import Flight, Flights, Fly
from datasources.model.common import Sourced
from datasources.sources.ask import Ask, Call
from datasources.sources.keep import Keeper
from datasources.sources.kind import Kind
from datasources.sources.kit import SourceKit
from datasources.sources.tally import Tally

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sourced)

log = logging.getLogger("kanava.sources")

MOST_KEYS_A_CALL = 1000
STORED_AFTER_TURNS = 4
"""Of the event loop: those who wait for the values go on first, and ask for what they want next."""
LOOK_AGAIN_AFTER_S = 0.02
"""How often it is looked whether another replica has fetched what it is fetching."""


class Found(msgspec.Struct, Generic[V], frozen=True):
    """
    What came of fetching a key: its entry, or why there is none, then with the old one that the store had.

    There is one for every key fetched, hence a struct: it is made in a sixth of the time.
    """

    entry: Entry[V] | None
    failure: SourceError | None
    calls: Sequence[Call]


class Fetcher(Generic[K, V]):
    """Fetches one kind of value. `cost_s` is what a call of late has taken."""

    def __init__(
        self, load: Fly[K, V], *, kit: SourceKit, kind: Kind[K, V], keeper: Keeper[K, V], tally: Tally
    ) -> None:
        self.cost_s = 0.0
        self._load = load
        self._kit = kit
        self._kind = kind
        self._keeper = keeper
        self._tally = tally
        self._calls: Flights[K, Found[V]] = Flights(self._call, gate=kit.gate, most_keys=MOST_KEYS_A_CALL)
        self._fetches: Flights[K, Found[V]] = Flights(self._fetch, most_keys=MOST_KEYS_A_CALL)
        self._behind: set[asyncio.Task[Any]] = set()

    def board(self, keys: Collection[K], ask: Ask) -> dict[Flight[K, Found[V]], list[K]]:
        """
        Return the flights that fetch these keys, each with its own, none given twice; a request that wants younger
        values goes past the store.
        """
        flights = self._calls if ask.is_tight or not self._keeper.stores else self._fetches
        boarded = flights.by_flight(keys, ask.deadline)
        tracing.wait_for(flight.task for flight in boarded)
        return boarded

    def refresh(self, keys: Iterable[K]) -> None:
        """Fetch these keys in the background."""
        self._board_behind(self._fetches, keys)

    def probe(self, keys: Iterable[K]) -> None:
        """Ask the system for these keys in the background, whatever the store has: it is to be seen if it answers."""
        self._board_behind(self._calls, keys)

    def part_from(self, changed: Callable[[K], bool]) -> None:
        """Have who asks from now on for keys that have changed wait for none of the fetches under way."""
        self._fetches.part_from(changed)
        self._calls.part_from(changed)

    def _board_behind(self, flights: Flights[K, Found[V]], keys: Iterable[K]) -> None:
        ends_at = self._kit.clock.monotonic() + self._kit.call_within_s
        for flight in flights.by_flight(dict.fromkeys(keys), ends_at):
            if flight.task is not None and flight.task not in self._behind:
                self._behind.add(flight.task)
                flight.task.add_done_callback(partial(self._refreshed, flight))

    def _refreshed(self, flight: Flight[K, Found[V]], task: asyncio.Task[None]) -> None:
        self._behind.discard(task)
        if isinstance(flight.failure, Exception):
            log.error("a refresh of %s broke", self._kind.name, exc_info=flight.failure)

    async def _fetch(self, keys: Sequence[K]) -> Mapping[K, Found[V]]:
        with tracing.part("fetch", system=self._kit.system.value, kind=self._kind.name, keys=len(keys)):
            return await self._fetch_lacking(keys)

    async def _fetch_lacking(self, keys: Sequence[K]) -> Mapping[K, Found[V]]:
        stored = await self._keeper.stored(keys)
        fresh = self._fresh(stored)
        self._tally.stored += len(fresh)
        lacking = [key for key in keys if key not in fresh]
        if not lacking:
            return fresh
        asked = await (self._share(lacking) if self._kit.replicas.several else self._ask(lacking))
        return fresh | {key: _with_old(found, stored.get(key)) for key, found in asked.items()}

    async def _share(self, keys: Sequence[K]) -> Mapping[K, Found[V]]:
        """Ask for the keys that no other replica is asking for, and wait for it with the others."""
        names = {self._keeper.name(key): key for key in keys}
        locked = await self._kit.replicas.lock(names.keys(), self._kit.call_within_s)
        ours = [key for name, key in names.items() if name in locked]
        theirs = {name: key for name, key in names.items() if name not in locked}
        own, others = await asyncio.gather(self._ask_locked(ours), self._await_others(theirs))
        return {**own, **others}

    async def _ask_locked(self, keys: Sequence[K]) -> Mapping[K, Found[V]]:
        """Ask for keys that are locked for this replica, but for those that came into the store just before that."""
        fresh = self._fresh(await self._keeper.stored(keys)) if keys else {}
        lacking = [key for key in keys if key not in fresh]
        asked = await self._ask(lacking) if lacking else {}
        # what was fetched is unlocked when it is in the store, where the others look for it
        done = [self._keeper.name(key) for key in keys if key in fresh or asked[key].failure is not None]
        await self._kit.replicas.unlock(done)
        return {**fresh, **asked}

    async def _await_others(self, names: dict[str, K]) -> Mapping[K, Found[V]]:
        """Wait until other replicas have fetched the keys, or have given up; past the time for a call, ask anyway."""
        results: dict[K, Found[V]] = {}
        until = min(calls_end_at.get(), self._kit.clock.monotonic() + self._kit.call_within_s)
        while names and self._kit.clock.monotonic() < until:
            await asyncio.sleep(LOOK_AGAIN_AFTER_S)
            results |= self._fresh(await self._keeper.stored(list(names.values())))
            names = {name: key for name, key in names.items() if key not in results}
            if locked := await self._kit.replicas.lock(names.keys(), self._kit.call_within_s):
                results |= await self._ask_locked([names.pop(name) for name in locked])
        return {**results, **(await self._ask(list(names.values())) if names else {})}

    async def _ask(self, keys: Sequence[K]) -> Mapping[K, Found[V]]:
        flights = self._calls.by_flight(keys, calls_end_at.get())
        tracing.wait_for(flight.task for flight in flights)
        await asyncio.wait({flight.task for flight in flights if flight.task is not None})
        return {
            key: found
            for flight, some in flights.items()
            for key, found in zip(some, outcomes(flight, some), strict=True)
        }

    async def _call(self, keys: Sequence[K]) -> Mapping[K, Found[V]]:
        clock, mark = self._kit.clock, self._keeper.mark()
        said.shelves.set(self._kit.shelves)
        self._tally.calls += 1
        self._tally.keys += len(keys)
        self._tally.batches.note(len(keys))
        began = clock.monotonic()
        try:
            with tracing.part("batch", system=self._kit.system.value, kind=self._kind.name, keys=len(keys)):
                values = await self._load(keys)
        except SourceError as failure:
            call = self._note(keys, began, failure)
            return dict.fromkeys(keys, Found(None, failure.with_traceback(None), (call,)))
        calls = (self._note(keys, began, None),)
        self._tally.received_at = clock.now()
        entries = self._keeper.keep(keys, values, mark)
        self.store(entries)
        return {key: Found(entry, None, calls) for key, entry in entries.items()}

    def _note(self, keys: Sequence[K], began: float, failure: SourceError | None) -> Call:
        took_s = self._kit.clock.monotonic() - began
        if failure is None:
            self.cost_s += (took_s - self.cost_s) / (4 if self.cost_s else 1)
        return Call(self._kit.system, self._kind.name, len(keys), took_s, failure)

    def store(self, entries: Mapping[K, Entry[V]]) -> None:
        """Have entries written to the shared store."""
        if self._keeper.stores:
            task = asyncio.get_running_loop().create_task(self._store(entries))
            self._behind.add(task)
            task.add_done_callback(self._behind.discard)

    async def _store(self, entries: Mapping[K, Entry[V]]) -> None:
        for _ in range(STORED_AFTER_TURNS):
            await asyncio.sleep(0)
        await self._keeper.store(entries)
        if self._kit.replicas.several:
            await self._kit.replicas.unlock([self._keeper.name(key) for key in entries])

    def _fresh(self, stored: Mapping[K, Entry[V]]) -> dict[K, Found[V]]:
        now = self._kit.clock.timestamp()
        return {key: Found(e, None, ()) for key, e in stored.items() if e.verdict(now) is Verdict.FRESH}


def outcomes(flight: Flight[K, Found[V]], keys: Sequence[K]) -> Sequence[Found[V]]:
    """
    Return what came of keys that were fetched by a flight, which is over.

    Raises:
        BaseException: a bug in the fetch; it must never look like an absent value, nor like an outage.
    """
    try:
        return flight.outcomes(keys)
    except SourceError as failure:
        return [Found(None, failure.with_traceback(None), ())] * len(keys)


def _with_old(found: Found[V], old: Entry[V] | None) -> Found[V]:
    return found if found.failure is None else Found(old, found.failure, found.calls)
