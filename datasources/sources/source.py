"""A source: one kind of value of one system, remembered, and fetched many keys at a time."""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar, cast

from datasources.cache.memory import Memory
from datasources.clock import Clock
from datasources.errors import PerhapsSent, SourceError
from datasources.flights import Flights, Fly
from datasources.model.common import StaleReason, System

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEYS_A_CALL = 1000
_MISSING = object()


@dataclass(slots=True)
class Tally:
    """What was asked of a source since the start, and what it asked of its system. Counted by batch, not by key."""

    values: int = 0
    missed: int = 0
    calls: int = 0
    keys: int = 0
    received_at: datetime | None = None

    @property
    def hit_rate(self) -> float | None:
        """Which share of the values was remembered when it was asked for, None when none was."""
        return 1 - self.missed / self.values if self.values else None


class Source(Generic[K, V]):
    """Values by key. Made by a `SourceKit`."""

    def __init__(self, load: Fly[K, V], *, kit: "SourceKit", fresh_for_s: float) -> None:
        self.fresh_for_s = fresh_for_s
        self.tally = Tally()
        self._load = load
        self._kit = kit
        self._memory: Memory[K, V] = Memory(fresh_for_s=fresh_for_s, most_entries=kit.most_entries, clock=kit.clock)
        self._flights: Flights[K, V] = Flights(self._fetch, gate=kit.gate, most_keys=MOST_KEYS_A_CALL)

    @property
    def system(self) -> System:
        """The system that the values come from."""
        return self._kit.system

    def fresh(self) -> int:
        """Return how many keys are fresh now, those known to be absent among them; what is not fresh is forgotten."""
        return len(self._memory)

    def remember(self, values: Mapping[K, V]) -> None:
        """Keep values that came along with another answer of the same system."""
        for key, value in values.items():
            self._memory.put(key, value)
        if values:
            self.tally.received_at = self._kit.clock.now()

    async def get_many(self, keys: Sequence[K], deadline: float) -> list[V | SourceError | None]:
        """
        Return for each key its value, None when the system does not know it, or why it could not be had.

        Does not suspend when everything is remembered. `deadline` is on the clock's monotonic scale; what is not there
        by then is a SourceError of reason TIMEOUT for this asker, while the call goes on for others.
        """
        found = [self._memory.get(key, _MISSING) for key in keys]
        self.tally.values += len(keys)
        if _MISSING in found:
            missing = [key for key, value in zip(keys, found, strict=True) if value is _MISSING]
            self.tally.missed += len(missing)
            fetched = await self._wait_for(dict.fromkeys(missing), deadline)
            found = [fetched[key] if value is _MISSING else value for key, value in zip(keys, found, strict=True)]
        return cast("list[V | SourceError | None]", found)

    async def get(self, key: K, deadline: float) -> V | None:
        """
        Return the value of one key, None when the system does not know it.

        Raises:
            SourceError: it could not be had.
        """
        value = (await self.get_many((key,), deadline))[0]
        if isinstance(value, SourceError):
            raise value.with_traceback(None)
        return value

    async def _fetch(self, keys: Sequence[K]) -> Mapping[K, V]:
        self.tally.calls += 1
        self.tally.keys += len(keys)
        values = await self._load(keys)
        for key in keys:
            self._memory.put(key, values.get(key))
        self.tally.received_at = self._kit.clock.now()
        return values

    async def _wait_for(self, keys: dict[K, None], deadline: float) -> dict[K, V | SourceError | None]:
        flights = self._flights.board(keys)
        tasks = {flight.task for flight in flights.values() if flight.task is not None}
        # wait(), not gather(): a waiter that is cancelled leaves the flight alone, for others wait on it too
        _, late = await asyncio.wait(tasks, timeout=max(0.0, deadline - self._kit.clock.monotonic()))
        return {key: self._too_late() if f.task in late else f.outcome(key) for key, f in flights.items()}

    def _too_late(self) -> SourceError:
        return PerhapsSent(self._kit.system, "no answer before the request's deadline", reason=StaleReason.TIMEOUT)


@dataclass(frozen=True, slots=True)
class SourceKit:
    """What the sources of one system share; `gate` bounds the calls to it under way."""

    system: System
    gate: asyncio.Semaphore
    clock: Clock
    most_entries: int

    def source(self, load: Fly[K, V], *, fresh_for_s: float) -> Source[K, V]:
        """Return a source that fetches with `load`, a method of a connector or one that also keeps what came along."""
        return Source(load, kit=self, fresh_for_s=fresh_for_s)
