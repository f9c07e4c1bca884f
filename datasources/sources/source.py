"""
A source: one kind of value of one system, remembered, and fetched many keys at a time.

A look into it ends without suspending when everything is fresh in memory. What is not is looked up in the shared store,
then asked of the system, each in flights of many keys. When the system fails, what is remembered is served, and why.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import inf, log
from typing import Any, TypeVar

from datasources import tracing
from datasources.cache.entry import Use
from datasources.cache.store import Drop
from datasources.errors import CircuitOpen, PerhapsSent, SourceError
from datasources.flights import Flight, Fly
from datasources.model.common import Sourced, StaleReason
from datasources.sources.ask import Ask, Call, Looked, Reading
from datasources.sources.companions import Companions
from datasources.sources.fetch import Found, outcomes
from datasources.sources.kind import Kind
from datasources.sources.kit import SourceKit
from datasources.sources.look import MISSING, Look
from datasources.sources.ready import Ready

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sourced)

REFUSED_FOR_S = 1.0
"""How long it is remembered that a key could not be had: looking for it in the shared store takes its time, too."""
MOST_REFUSED = 10_000


class Source(Ready[K, V]):
    """Values by key; `load` is a method of a connector, or one that also keeps what came along."""

    def __init__(self, load: Fly[K, V], *, kit: SourceKit, kind: Kind[K, V]) -> None:
        super().__init__(load, kit=kit, kind=kind)
        self._refused: dict[K, float] = {}
        self._companions: Companions[Found[V]] = Companions()

    def mark(self) -> int:
        """Return a mark of now, for `remember`."""
        return self._keeper.mark()

    def remember(self, values: Mapping[K, V], mark: int) -> None:
        """Keep values that came along with another answer of the same system, which was asked for at `mark`."""
        if values:
            self.tally.received_at = self._kit.clock.now()
            self._fetcher.store(self._keeper.keep(values, values, mark))

    def drop(self, drop: Drop) -> None:
        """
        Forget in this process what is not true any more.

        What is being fetched of it is served to those who wait for it, not remembered, and joined by nobody else.
        """
        self._keeper.drop(drop)
        self._companions.part()
        self._fetcher.part_from(lambda key: drop.concerns(self.kind.tags(key, None), self.kind.scope(key)))

    async def get_many(self, keys: Sequence[K], ask: Ask, use: Use = Use.BROWSE) -> list[V | SourceError | None]:
        """
        Return for each key its value, None when the system does not know it, or why it could not be had.

        Does not suspend when everything is fresh, nor for what is remembered of a system that is left alone. What is
        not there by the ask's deadline is a SourceError of reason TIMEOUT for this asker, while the fetch goes on for
        others.

        Keys that are no list but something hashable, which nobody can change, are known when they come again: the
        values are a cohort then (`datasources.cache.groups`). Nobody may change what is returned.
        """
        if len(keys) == 1 and (entry := self.served(keys[0], ask)) is not None:
            return [entry.value]
        now = self._kit.clock.timestamp()
        at_once = self._at_once(keys, ask, now)
        if at_once is not None:
            return at_once
        flight = self._companions.find(keys, ask, use)
        if flight is not None and self._kit.circuit.closed:
            return await self._wait_with(flight, keys, ask, use)
        return await self._look(keys, Look(now, ask, use))

    def begin(self, key: K, ask: Ask) -> None:
        """
        Begin to fetch the value of a key that will be asked for in a moment, unless it is at hand or its system fails.

        Whoever looks for it then waits for the same call, or finds it here; nobody has to.
        """
        if self._kit.circuit.closed and self.at_hand(key, self._kit.clock.timestamp(), ask.not_before) is None:
            self._fetcher.board((key,), ask)

    async def get(self, key: K, ask: Ask, use: Use = Use.BROWSE) -> V | None:
        """
        Return the value of one key, None when the system does not know it.

        Raises:
            SourceError: it could not be had.
        """
        entry = self.served(key, ask)
        if entry is not None:
            return entry.value
        value = (await self._look((key,), Look(self._kit.clock.timestamp(), ask, use)))[0]
        if isinstance(value, SourceError):
            raise value.with_traceback(None)
        return value

    async def _look(self, keys: Sequence[K], look: Look[K, V]) -> list[V | SourceError | None]:
        """Return what `get_many` does, after a close look at each key."""
        found = look.over(keys, self._shelf.get, self._early_s())
        if look.ahead:
            self.tally.ahead += len(look.ahead)
            self._fetcher.refresh(look.ahead)
        if look.missing:
            if not self._kit.circuit.closed:
                self._leave_alone(look)
            if len(look.settled) < len(look.missing):
                await self._fetch(keys, look)
        return self._told(keys, look, found)

    async def _wait_with(
        self, flight: Flight[K, Found[V]], keys: Sequence[K], ask: Ask, use: Use
    ) -> list[V | SourceError | None]:
        """Return what `get_many` does for who would miss all keys, and wait for this flight, as another does."""
        tracing.wait_for((flight.task,))
        await flight.wait(ask.deadline - self._kit.clock.monotonic())
        now = self._kit.clock.timestamp()
        if flight.is_over and ask.trace is None and (at_once := self._at_once(keys, ask, now)) is not None:
            ask.calls_waited_for += len(_calls_of(outcomes(flight, keys)))
            self.tally.missed += len(keys)
            return at_once
        look: Look[K, V] = Look(now, ask, use, missing={key: self._shelf.get(key) for key in keys})
        self._settle({flight: list(look.missing)}, look)
        return self._told(keys, look, [MISSING] * len(keys))

    def _told(self, keys: Sequence[K], look: Look[K, V], found: list[Any]) -> list[V | SourceError | None]:
        """Return what came of a look, with all that is to be said of it said."""
        self._account_for(len(keys), look)
        results = look.results(keys, found)
        if look.ask.looks is not None:
            look.ask.looks.append(Looked(self, keys, results))
        return results

    def _early_s(self) -> float:
        """
        Return how much earlier than due this look refreshes: seldom more than a few times what a fetch takes.

        The more looks there are, the likelier one of them refreshes a value before it is due, so that what many ask for
        is not missed by all of them at once (XFetch; Vattani, Chierichetti and Lowenstein, VLDB 2015).
        """
        return -self._fetcher.cost_s * log(1 - self._kit.random())

    def _leave_alone(self, look: Look[K, V]) -> None:
        """Serve what is remembered of a system that is left alone; if it may be probed, nobody waits for that here."""
        failure = CircuitOpen(self.system, "it failed lately")
        for key, entry in look.missing.items():
            if (entry is not None and look.ask.serve_stale) or self._refused.get(key, 0.0) > look.now:
                look.make_do(key, failure, None)
        if look.settled and self._kit.circuit.probe_due:
            self._fetcher.probe(look.settled)

    async def _fetch(self, keys: Sequence[K], look: Look[K, V]) -> None:
        missing, settled = look.missing, look.settled
        flights = self._fetcher.board([key for key in missing if key not in settled] if settled else missing, look.ask)
        first = next(iter(flights))
        if len(flights) == 1 and len(flights[first]) == len(keys):
            self._companions.begin(keys, first, look.ask, look.use)
        try:
            for flight in flights:
                await flight.wait(look.ask.deadline - self._kit.clock.monotonic())
        finally:
            self._companions.end(keys, first)
        self._settle(flights, look)

    def _settle(self, flights: Mapping[Flight[K, Found[V]], Sequence[K]], look: Look[K, V]) -> None:
        """Serve what came of keys by flights that were waited for, else what there is."""
        calls: dict[int, Call] = {}
        for flight, keys in flights.items():
            if flight.is_over:
                fetched = outcomes(flight, keys)
                calls.update(_calls_of(fetched))
                self._take(fetched, keys, look)
            else:
                self._make_do(keys, look)
        look.ask.calls_waited_for += len(calls)
        if look.ask.trace is not None:
            look.ask.trace.calls.update(calls)

    def _take(self, fetched: Sequence[Found[V]], keys: Sequence[K], look: Look[K, V]) -> None:
        entries = [one.entry for one in fetched if one.failure is None and one.entry is not None]
        if len(entries) == len(keys):
            look.serve_all(keys, entries)
        else:
            self._take_each(fetched, keys, look)

    def _take_each(self, fetched: Sequence[Found[V]], keys: Sequence[K], look: Look[K, V]) -> None:
        for key, one in zip(keys, fetched, strict=True):
            if one.failure is not None:
                look.make_do(key, one.failure, one.entry)
                self._note_refusal(key, one.failure, look)
            elif one.entry is not None:
                look.serve(key, one.entry)

    def _make_do(self, keys: Sequence[K], look: Look[K, V]) -> None:
        """Serve what there is of keys that did not come by the ask's deadline."""
        for key in keys:
            late = PerhapsSent(self.system, "no answer before the request's deadline", reason=StaleReason.TIMEOUT)
            look.make_do(key, late, None)

    def _note_refusal(self, key: K, failure: SourceError, look: Look[K, V]) -> None:
        """Note that a key is neither remembered anywhere nor can be asked for: for a moment nobody tries again."""
        if isinstance(failure, CircuitOpen) and look.settled[key] is failure:
            if len(self._refused) >= MOST_REFUSED:
                self._refused.clear()
            self._refused[key] = look.now + REFUSED_FOR_S

    def _account_for(self, asked: int, look: Look[K, V]) -> None:
        """Say what was served: to the request, and to who counts."""
        ask, tally = look.ask, self.tally
        self._note(ask, look.now, asked, look.fresh_until, look.as_of)
        tally.missed += len(look.missing)
        tally.stale += len(look.stale)
        tally.failed += look.failed
        ask.failed = ask.failed or look.failed > 0
        if ask.trace is not None:
            ask.trace.readings.append(self._reading(asked, look))

    def _reading(self, asked: int, look: Look[K, V]) -> Reading:
        fetched = len(look.missing) - len(look.stale) - look.failed
        return Reading(
            system=self.system,
            kind=self.kind.name,
            remembered=asked - len(look.missing),
            fetched=fetched,
            stale=len(look.stale),
            failed=look.failed,
            oldest_s=max(0.0, look.now - look.as_of) if look.as_of < inf else 0.0,
        )


def _calls_of(fetched: Sequence[Found[Any]]) -> dict[int, Call]:
    """Return the calls that keys came by; what came with one call is told by one list."""
    return {id(call): call for calls in {id(one.calls): one.calls for one in fetched}.values() for call in calls}
