"""The bulkhead: how many calls to one system may be under way at once, so that a slow one does not hold everything."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from datasources.errors import Overloaded
from datasources.model.common import System


class Bulkhead:
    """
    Slots for calls, first come, first served.

    There are `most_at_once` of them, or fewer while `limit` says a number; it is asked whenever somebody comes or
    goes, so whoever changes it does so before a slot is given back. At most `most_waiting` wait for one.
    """

    def __init__(
        self, system: System, *, most_at_once: int, most_waiting: int, limit: Callable[[], int | None]
    ) -> None:
        self.under_way = 0
        self.shed = 0
        self._system = system
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._limit = limit
        self._waiters: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return len(self._waiters)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """
        Hold a slot; entering does not suspend when one is free.

        Raises:
            Overloaded: as many as may wait do so already.
        """
        await self._take()
        try:
            yield
        finally:
            self._give_back()

    async def _take(self) -> None:
        self._let_in()
        if not self._waiters and self._has_room():
            self.under_way += 1
        elif len(self._waiters) < self._most_waiting:
            await self._wait()
        else:
            self.shed += 1
            raise Overloaded(self._system, f"{self._most_waiting} calls wait for it already")

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(turn)
            else:
                self._give_back()  # it was let in and cancelled in the same turn
            raise

    def _forget(self, turn: asyncio.Future[None]) -> None:
        if turn in self._waiters:
            self._waiters.remove(turn)

    def _give_back(self) -> None:
        self.under_way -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiters and self._has_room():
            turn = self._waiters.popleft()
            if not turn.cancelled():
                turn.set_result(None)
                self.under_way += 1  # at once, so that nobody who comes meanwhile takes the slot

    def _has_room(self) -> bool:
        return self.under_way < min(self._most_at_once, self._limit() or self._most_at_once)
