"""
Gathering: the keys that all requests miss in one turn of the event loop go out together, each once.

A *flight* is one such fetch under way. Keys board the flight that is still on the ground; a key already in the air is
not sent again, its waiter joins that flight.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Generic, TypeVar

from datasources.deadline import calls_end_at

K = TypeVar("K")
R = TypeVar("R")

Fly = Callable[[Sequence[K]], Awaitable[Mapping[K, R]]]
Gate = Callable[[], AbstractAsyncContextManager[None]]


class Flight(Generic[K, R]):
    """One fetch under way, its keys, until when anybody waits for it, and what came of it once it `is_over`."""

    __slots__ = ("_results", "_waiters", "ends_at", "failure", "is_over", "keys", "task")

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.ends_at = 0.0
        self.task: asyncio.Task[None] | None = None
        self.is_over = False
        self.failure: BaseException | None = None
        self._results: Mapping[K, R] = {}
        self._waiters: list[asyncio.Future[None]] = []

    def land(self, results: Mapping[K, R]) -> None:
        """Take what was fetched."""
        self._results = results

    def fail(self, failure: BaseException) -> None:
        """Take why nothing was fetched; its frames are dropped, for many waiters will raise it."""
        self.failure = failure.with_traceback(None)

    def end(self) -> None:
        """Let those go on who wait for it."""
        self.is_over = True
        for waiter in self._waiters:
            _release(waiter)

    async def wait(self, within_s: float) -> None:
        """
        Wait until it is over, at most so long. Who is cancelled leaves it alone, for others wait for it, too.

        Most of what a request does that misses is to wait here: `asyncio.wait` takes four times as long.
        """
        if self.is_over:
            return
        assert self.task is not None  # who boards it has been given it with its task
        loop = self.task.get_loop()
        waiter = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(within_s, _release, waiter)
        try:
            await waiter
        finally:
            timer.cancel()

    def outcome(self, key: K) -> R:
        """
        Return the key's result.

        Raises:
            BaseException: what the fetch raised.
        """
        return self.outcomes((key,))[0]

    def outcomes(self, keys: Iterable[K]) -> list[R]:
        """Return the results of keys, in their order; raises as `outcome` does."""
        if self.failure is not None:
            raise self.failure
        return list(map(self._results.__getitem__, keys))


class Flights(Generic[K, R]):
    """
    All flights of one operation. `fly` returns a result for each of its keys.

    `gate` is passed before a flight takes off: while it is shut, keys go on boarding.
    """

    def __init__(self, fly: Fly[K, R], *, most_keys: int, gate: Gate = nullcontext) -> None:
        self._fly = fly
        self._gate = gate
        self._most_keys = most_keys
        self._boarding: Flight[K, R] | None = None
        self._by_key: dict[K, Flight[K, R]] = {}

    def board(self, keys: Iterable[K], ends_at: float) -> dict[K, Flight[K, R]]:
        """Return the flight of every key, boarding those that are in none; `ends_at`: when the asker stops waiting."""
        flights = self.by_flight(dict.fromkeys(keys), ends_at)
        return {key: flight for flight, aboard in flights.items() for key in aboard}

    def by_flight(self, keys: Collection[K], ends_at: float) -> dict[Flight[K, R], list[K]]:
        """Do what `board` does, and return flights, each with its keys; no key may be given twice."""
        flights: dict[Any, list[K]] = {}
        latest, aboard = None, flights.setdefault(None, [])
        for key, flight in zip(keys, map(self._by_key.get, keys), strict=True):
            if flight is not latest:
                latest, aboard = flight, flights.setdefault(flight, [])
            aboard.append(key)
        lacking = flights.pop(None)
        while lacking:
            flight = self._open_flight()
            room = self._most_keys - len(flight.keys)
            aboard, lacking = lacking[:room], lacking[room:]
            flight.keys += aboard
            flight.ends_at = max(flight.ends_at, ends_at)
            self._by_key |= dict.fromkeys(aboard, flight)
            flights.setdefault(flight, []).extend(aboard)
        return flights

    def part_from(self, changed: Callable[[K], bool]) -> None:
        """Let nobody join the flights in the air for keys that have changed: they may bring what was before."""
        in_the_air = [key for key, flight in self._by_key.items() if flight is not self._boarding and changed(key)]
        for key in in_the_air:
            del self._by_key[key]

    def _open_flight(self) -> Flight[K, R]:
        flight = self._boarding
        if flight is None or len(flight.keys) >= self._most_keys:
            flight = self._boarding = Flight()
            # a fresh context: nothing of the asker may leak into a call that serves many
            flight.task = asyncio.get_running_loop().create_task(self._run(flight), context=contextvars.Context())
        return flight

    async def _run(self, flight: Flight[K, R]) -> None:
        try:
            await asyncio.sleep(0)  # the rest of this turn's keys come aboard
            async with self._gate():
                self._close_boarding(flight)
                calls_end_at.set(flight.ends_at)
                flight.land(await self._fly(flight.keys))
        except asyncio.CancelledError as cancelled:
            flight.fail(cancelled)
            raise
        except Exception as failure:
            flight.fail(failure)
        finally:
            self._close_boarding(flight)
            self._forget(flight)
            flight.end()

    def _forget(self, flight: Flight[K, R]) -> None:
        """Let nobody join it any more; a key that was parted from it may be in another since."""
        by_key = self._by_key
        for key in flight.keys:
            there = by_key.pop(key, None)
            if there is not flight and there is not None:
                by_key[key] = there

    def _close_boarding(self, flight: Flight[K, R]) -> None:
        if self._boarding is flight:
            self._boarding = None


def _release(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
