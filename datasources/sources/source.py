"""
A source: one kind of value of one system, remembered, and fetched many keys at a time.

A look into it ends without suspending when everything is fresh in memory. What is not is looked up in the shared store,
then asked of the system, each in flights of many keys. When the system fails, what is remembered is served, and why.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import inf, log
from typing import Any, TypeVar

from datasources.cache.entry import CLOCKS_APART_S, Use
from datasources.cache.store import Drop
from datasources.errors import CircuitOpen, PerhapsSent, SourceError
from datasources.flights import Fly
from datasources.model.common import Sourced, StaleReason
from datasources.sources.ask import Ask, Call, Looked, Reading
from datasources.sources.fetch import outcome
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

    def mark(self) -> int:
        """Return a mark of now, for `remember`."""
        return self._keeper.mark()

    def remember(self, values: Mapping[K, V], mark: int) -> None:
        """Keep values that came along with another answer of the same system, which was asked for at `mark`."""
        if values:
            self.tally.received_at = self._kit.clock.now()
            self._fetcher.store(self._keeper.keep(values, mark))

    def drop(self, drop: Drop) -> None:
        """
        Forget in this process what is not true any more.

        What is being fetched of it is served to those who wait for it, not remembered, and joined by nobody else.
        """
        self._keeper.drop(drop)
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
        early_s = self._early_s()
        look: Look[K, V] = Look(now, ask, use)
        found = self._look_up(keys, look, early_s)
        if look.ahead:
            self.tally.ahead += len(look.ahead)
            self._fetcher.refresh(look.ahead)
        if look.missing:
            if not self._kit.circuit.closed:
                self._leave_alone(look)
            if len(look.settled) < len(look.missing):
                await self._fetch(look)
        self._account_for(len(keys), look)
        results = look.results(keys, found)
        if ask.looks is not None:
            ask.looks.append(Looked(self, keys, results))
        return results

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
        value = (await self.get_many((key,), ask, use))[0]
        if isinstance(value, SourceError):
            raise value.with_traceback(None)
        return value

    def _look_up(self, keys: Sequence[K], look: Look[K, V], early_s: float) -> list[Any]:
        """Return the values that can be served as they are; the look knows the others."""
        found: list[Any] = []
        get, judge, not_before = self._shelf.get, look.judge, look.ask.not_before
        soon, latest = look.now + early_s, look.now + CLOCKS_APART_S
        fresh_until = as_of = inf
        for key in keys:
            entry = get(key)
            if entry is None or soon >= entry.fresh_until or not not_before <= entry.as_of <= latest:
                entry = judge(key, entry)
                if entry is None:
                    found.append(MISSING)
                    continue
            entry.used = True
            found.append(entry.value)
            if entry.fresh_until < fresh_until:
                fresh_until = entry.fresh_until
            if entry.as_of < as_of:
                as_of = entry.as_of
        look.fresh_until, look.as_of = fresh_until, as_of
        return found

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

    async def _fetch(self, look: Look[K, V]) -> None:
        keys = [key for key in look.missing if key not in look.settled]
        flights = self._fetcher.board(keys, look.ask)
        for flight in dict.fromkeys(flights.values()):
            await flight.wait(look.ask.deadline - self._kit.clock.monotonic())
        calls: dict[int, Call] = {}
        latest: Sequence[Call] = ()
        for key, flight in flights.items():
            if not flight.is_over:
                look.make_do(key, self._too_late(), None)
                continue
            fetched = outcome(flight, key)
            if fetched.calls is not latest:  # what came with one call is told by one list
                latest = fetched.calls
                calls.update((id(call), call) for call in latest)
            if fetched.failure is not None:
                look.make_do(key, fetched.failure, fetched.entry)
                self._note_refusal(key, fetched.failure, look)
            elif fetched.entry is not None:
                look.serve(key, fetched.entry)
        look.ask.calls_waited_for += len(calls)
        if look.ask.trace is not None:
            look.ask.trace.calls.update(calls)

    def _note_refusal(self, key: K, failure: SourceError, look: Look[K, V]) -> None:
        """Note that a key is neither remembered anywhere nor can be asked for: for a moment nobody tries again."""
        if isinstance(failure, CircuitOpen) and look.settled[key] is failure:
            if len(self._refused) >= MOST_REFUSED:
                self._refused.clear()
            self._refused[key] = look.now + REFUSED_FOR_S

    def _too_late(self) -> SourceError:
        return PerhapsSent(self.system, "no answer before the request's deadline", reason=StaleReason.TIMEOUT)

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
