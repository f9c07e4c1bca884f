"""Waiting a bounded time in a busy event loop."""

import asyncio
import time

import pytest

from datasources.patience import patience


async def test_it_ends() -> None:
    """What does not come is not waited for."""
    with pytest.raises(TimeoutError):
        async with patience(0.05):
            await asyncio.Event().wait()


async def test_what_comes_comes() -> None:
    """What comes in time comes, and nothing is left that could end something later."""
    async with patience(0.05):
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)


async def test_a_busy_loop_is_not_a_slow_answer() -> None:
    """An answer that arrives while one turn of the loop takes longer than the whole time is an answer."""
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    loop.call_soon(time.sleep, 0.2)
    loop.call_soon(loop.call_soon, answer.set_result, "answer")
    async with patience(0.1):
        assert "answer" == await answer


async def test_a_cancelled_waiter_stays_cancelled() -> None:
    """Who is cancelled meanwhile is cancelled, not late."""

    async def wait() -> None:
        async with patience(10):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
