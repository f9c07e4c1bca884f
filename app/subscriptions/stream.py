"""What every stream keeps to, however it is sent: when it must end, and that nobody is waited for without bound."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import TypeVar

from app.errors import Shown
from app.shutdown import Closing
from datasources.clock import Clock

T = TypeVar("T")

SEND_WITHIN_S = 10.0
"""How long one message may take to be taken off our hands; who reads more slowly is dropped."""
Results = AsyncGenerator[Shown, None]


class End(Enum):
    """Why a stream ends that has not come to its own end."""

    CLOSING = "Kanava stops"
    EXPIRED = "the access token has expired"


async def wait_for_end(closing: Closing, clock: Clock, expires_at: float | None) -> End:
    """Wait until streams must end: this process stops, or the token that this one stands on has expired."""
    left_s = None if expires_at is None else max(0.0, expires_at - clock.now().timestamp())
    try:
        async with asyncio.timeout(left_s):
            await closing.wait()
    except TimeoutError:
        return End.EXPIRED
    return End.CLOSING


@asynccontextmanager
async def task_of(work: AsyncGenerator[T, None]) -> AsyncIterator["Coming[T]"]:
    """Have an iteration under way that can be waited for with other things, and let go of in the end."""
    coming = Coming(work)
    try:
        yield coming
    finally:
        await coming.stop()


class Coming(AsyncIterator[T]):
    """The next of an iteration, as a task that outlasts the waiting for it."""

    def __init__(self, work: AsyncGenerator[T, None]) -> None:
        self._work = work
        self.task: asyncio.Task[T] = asyncio.ensure_future(anext(work))

    async def __anext__(self) -> T:
        """Return what has come, and begin to wait for what follows."""
        result = await asyncio.shield(self.task)
        self.task = asyncio.ensure_future(anext(self._work))
        return result

    async def stop(self) -> None:
        """End the iteration, wherever it is."""
        self.task.cancel()
        # how it ended is nobody's business any more, and must not be called unheard of
        await asyncio.gather(self.task, return_exceptions=True)
        await self._work.aclose()
