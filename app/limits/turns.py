"""
Dear operations take turns.

An answer is put together in one go, in which nobody else is answered. So of dear operations only so many are executed
at once, first come, first served, and after each there is a rest, in which what costs little is answered.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.limits.check import Limits
from app.limits.measure import Measure
from resolvers.errors import RateLimited

ROOM = 100
"""How much is executed at once, in hundredths of what an operation may ask for."""
DEAR = 30
"""What asks for less than these hundredths waits for nothing, and takes no room."""
REST_S = 0.05
TRY_AGAIN_S = 1.0


class Turns:
    """Has dear operations wait until there is room, for `within_s` at the longest; each leaves it `rest_s` later."""

    def __init__(self, limits: Limits, *, within_s: float, rest_s: float = REST_S) -> None:
        self._limits = limits
        self._within_s = within_s
        self._rest_s = rest_s
        self._taken = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def turn(self, measured: Measure) -> AsyncIterator[None]:
        """
        Hold the room that an operation takes; entering does not suspend when there is room, or it takes none.

        Raises:
            RateLimited: too many dear operations came before it.
        """
        share = self._share(measured)
        if share < DEAR:
            yield
            return
        await self._take(share)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self._rest_s, self._give_back, share)

    def waits_for_none(self, measured: Measure) -> bool:
        """Return whether an operation is executed at once, whatever else is."""
        return self._share(measured) < DEAR

    def _share(self, measured: Measure) -> int:
        """Return how much room an operation takes."""
        limits = self._limits
        return max(measured.cost * 100 // limits.cost, measured.values * 100 // limits.values)

    async def _take(self, share: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((share, turn))
        self._let_in()
        if turn.done():
            return
        try:
            async with asyncio.timeout(self._within_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            # it may have been let in and given up in the same turn of the loop
            self._give_back(0 if turn.cancelled() else share)
            if isinstance(error, TimeoutError):
                raise RateLimited(TRY_AGAIN_S) from None
            raise

    def _give_back(self, share: int) -> None:
        self._taken -= share
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and (self._waiting[0][1].cancelled() or self._taken + self._waiting[0][0] <= ROOM):
            share, turn = self._waiting.popleft()
            if not turn.cancelled():
                self._taken += share
                turn.set_result(None)
