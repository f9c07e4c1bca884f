"""Waiting a bounded time for something that answers at once, in an event loop that may be busy with other things."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TICKS = 5


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """
    As `asyncio.timeout`, but however long one turn of the event loop takes, it counts as a fifth of the time at most.

    With `asyncio.timeout`, an answer that arrives while the loop is busy for long would be taken for none at all.

    Raises:
        TimeoutError: the time is over.
    """
    async with asyncio.timeout(None) as timeout:
        ticks = _Ticks(timeout, seconds / TICKS)
        try:
            yield
        finally:
            ticks.stop()


class _Ticks:
    """Ends a timeout after as many ticks as there are, each begun when the one before was noticed."""

    def __init__(self, timeout: asyncio.Timeout, every_s: float) -> None:
        self._timeout = timeout
        self._every_s = every_s
        self._left = TICKS
        self._next = asyncio.get_running_loop().call_later(every_s, self._tick)

    def stop(self) -> None:
        self._next.cancel()

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._left -= 1
        if self._left == 0:
            self._timeout.reschedule(loop.time())
        else:
            self._next = loop.call_later(self._every_s, self._tick)
