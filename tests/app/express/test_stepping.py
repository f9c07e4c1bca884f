"""Running a coroutine by hand up to where it waits."""

import asyncio

import pytest

from app.execution.together import resumed
from app.express.stepping import Waiting, stepped
from tests.datasources.fakes import turns


async def test_what_does_not_wait() -> None:
    """It is run to its end, whatever it awaits that does not wait either."""

    async def inner() -> int:
        return 1

    async def outer() -> int:
        return await inner() + 1

    assert 2 == stepped(outer())


async def test_what_raises() -> None:
    """What it raises is raised."""

    async def broken() -> None:
        raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        stepped(broken())


async def test_what_waits() -> None:
    """It is handed over where it waits, and goes on in a task when that is there."""
    there = asyncio.get_running_loop().create_future()

    async def waiting() -> str:
        first: str = await there
        await asyncio.sleep(0)
        return first + "!"

    begun = stepped(waiting())
    assert isinstance(begun, Waiting)
    task = asyncio.create_task(resumed(begun.coroutine, begun.awaited))
    await turns()
    done = task.done()
    there.set_result("there")

    assert not done
    assert "there!" == await task


async def test_two_that_wait_for_the_same() -> None:
    """What waits may be handed over more than once, for each that waits for it."""
    there: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def waiting() -> int:
        return await there

    begun = [stepped(waiting()) for _ in range(3)]
    tasks = [asyncio.create_task(resumed(one.coroutine, one.awaited)) for one in begun if isinstance(one, Waiting)]
    await turns()
    there.set_result(3)

    assert [3, 3, 3] == await asyncio.gather(*tasks)


async def test_what_is_there_before_it_is_taken_on() -> None:
    """What it waits for may come before anybody goes on with it."""
    there = asyncio.get_running_loop().create_future()

    async def waiting() -> int:
        found: int = await there
        return found

    begun = stepped(waiting())
    assert isinstance(begun, Waiting)
    there.set_result(3)

    assert 3 == await resumed(begun.coroutine, begun.awaited)


async def test_what_is_given_up() -> None:
    """What is not taken on ends where it is, in order."""
    ended = []

    async def waiting() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(True)

    begun = stepped(waiting())
    assert isinstance(begun, Waiting)
    begun.coroutine.close()

    assert [True] == ended


async def test_what_was_not_begun() -> None:
    """A coroutine that awaits nothing yet is begun by who takes it on."""

    async def whole() -> int:
        async with asyncio.timeout(10):  # it needs a task
            await asyncio.sleep(0)
        return 5

    assert 5 == await resumed(whole(), None)
