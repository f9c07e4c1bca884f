"""
Gathering: the keys that all requests miss in one turn of the event loop go to a system as one call, each key once.

A *flight* is one such call under way. Keys board the flight that is still on the ground; a key already in the air is
not sent again, its waiter joins that flight.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from datasources.errors import SourceError

K = TypeVar("K")
V = TypeVar("V")

Fly = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]


class Flight(Generic[K, V]):
    """One call under way, its keys, and what came of it."""

    __slots__ = ("_failure", "_values", "keys", "task")

    def __init__(self) -> None:
        self.keys: list[K] = []
        self.task: asyncio.Task[None] | None = None
        self._values: Mapping[K, V] = {}
        self._failure: BaseException | None = None

    def land(self, values: Mapping[K, V]) -> None:
        """Take what the call answered."""
        self._values = values

    def fail(self, failure: BaseException) -> None:
        """Take why the call answered nothing; its frames are dropped, for many waiters will raise it."""
        self._failure = failure.with_traceback(None)

    def outcome(self, key: K) -> V | SourceError | None:
        """
        Return the key's value, None when the system does not know it, or the error of the call.

        Raises:
            BaseException: a bug in the call; it must never look like an absent value.
        """
        if isinstance(self._failure, SourceError):
            return self._failure
        if self._failure is not None:
            raise self._failure
        return self._values.get(key)


class Flights(Generic[K, V]):
    """All flights of one operation. `gate` bounds how many calls its system has at once (shared by its operations)."""

    def __init__(self, fly: Fly[K, V], *, gate: asyncio.Semaphore, most_keys: int) -> None:
        self._fly = fly
        self._gate = gate
        self._most_keys = most_keys
        self._boarding: Flight[K, V] | None = None
        self._by_key: dict[K, Flight[K, V]] = {}

    def board(self, keys: Iterable[K]) -> dict[K, Flight[K, V]]:
        """Return the flight of every key, boarding those that are in none."""
        return {key: self._by_key.get(key) or self._board(key) for key in keys}

    def _board(self, key: K) -> Flight[K, V]:
        flight = self._boarding
        if flight is None or len(flight.keys) >= self._most_keys:
            flight = self._boarding = Flight()
            # a fresh context: nothing of the asker may leak into a call that serves many
            flight.task = asyncio.get_running_loop().create_task(self._run(flight), context=contextvars.Context())
        flight.keys.append(key)
        self._by_key[key] = flight
        return flight

    async def _run(self, flight: Flight[K, V]) -> None:
        try:
            await asyncio.sleep(0)  # the rest of this turn's keys come aboard
            async with self._gate:
                self._close_boarding(flight)
                flight.land(await self._fly(flight.keys))
        except asyncio.CancelledError as cancelled:
            flight.fail(cancelled)
            raise
        except Exception as failure:
            flight.fail(failure)
        finally:
            self._close_boarding(flight)
            for key in flight.keys:
                del self._by_key[key]

    def _close_boarding(self, flight: Flight[K, V]) -> None:
        if self._boarding is flight:
            self._boarding = None
