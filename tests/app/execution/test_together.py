"""Coroutines that run at the same time, without the event loop as far as they do not wait."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.execution.together import together
from tests.datasources.fakes import turns


class Lot:
    """Coroutines by name, that wait until they are let; notes how each went on."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.let: dict[str, asyncio.Event] = {}

    async def waits(self, name: str, outcome: Exception | None = None) -> str:
        let = self.let[name] = asyncio.Event()
        self.story.append(f"{name} began")
        try:
            await let.wait()
        except asyncio.CancelledError:
            self.story.append(f"{name} was cancelled")
            raise
        self.story.append(f"{name} ended")
        if outcome is not None:
            raise outcome
        return name

    async def does_not_wait(self, name: str) -> str:
        self.story.append(name)
        return name

    async def raises(self, name: str) -> str:
        self.story.append(name)
        raise LookupError(name)


@pytest.mark.parametrize("names", [(), ("a",), ("a", "b", "c")])
async def test_what_does_not_wait(names: tuple[str, ...]) -> None:
    """It runs to its end in one go, and its results come in the order of the coroutines."""
    lot = Lot()
    running = together([lot.does_not_wait(name) for name in names])

    with pytest.raises(StopIteration) as end:
        running.send(None)

    assert list(names) == end.value.value
    assert list(names) == lot.story


async def test_the_order_of_results() -> None:
    """It is that of the coroutines, whichever ended first."""
    lot = Lot()
    task = asyncio.create_task(together([lot.waits("a"), lot.does_not_wait("b"), lot.waits("c"), lot.waits("d")]))
    await turns()
    for name in ("d", "a", "c"):
        lot.let[name].set()
        await turns()

    assert ["a", "b", "c", "d"] == await task
    assert ["a began", "b", "c began", "d began", "d ended", "a ended", "c ended"] == lot.story


async def test_one_that_waits() -> None:
    """A single one goes on in the task that waits for it."""
    lot = Lot()
    before = len(asyncio.all_tasks())
    task = asyncio.create_task(together([lot.does_not_wait("a"), lot.waits("b")]))
    await turns()
    tasks = len(asyncio.all_tasks())
    lot.let["b"].set()

    assert 1 == tasks - before
    assert ["a", "b"] == await task


async def test_one_that_raises_at_once() -> None:
    """What it raises is raised; what began before it ends, what comes after it never begins, and nothing warns."""
    lot = Lot()
    with pytest.raises(LookupError, match="b"):
        await together([lot.waits("a"), lot.raises("b"), lot.waits("c")])
    await turns()

    assert ["a began", "b"] == lot.story


async def test_one_that_raises_later() -> None:
    """What it raises is raised there and then, and the others are cancelled."""
    lot = Lot()
    task = asyncio.create_task(together([lot.waits("a"), lot.waits("b", LookupError("b")), lot.waits("c")]))
    await turns()
    lot.let["b"].set()
    with pytest.raises(LookupError, match="b"):
        await task
    await turns()

    assert ["b ended", "a was cancelled", "c was cancelled"] == lot.story[3:]


async def test_two_that_raise() -> None:
    """One of them is raised, and nobody complains that the other was not looked at."""
    lot = Lot()
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    task = asyncio.create_task(together([lot.waits(name, LookupError(name)) for name in ("a", "b")]))
    await turns()
    for name in ("b", "a"):
        lot.let[name].set()
    with pytest.raises(LookupError, match="a"):
        await task
    del task
    await turns()

    assert [] == complaints


@pytest.mark.parametrize("names", ["a", "ab", "abc"])
async def test_who_waits_is_cancelled(names: str) -> None:
    """All are cancelled with them."""
    lot = Lot()
    task = asyncio.create_task(together([lot.waits(name) for name in names]))
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await turns()

    assert sorted(f"{name} was cancelled" for name in names) == sorted(lot.story[len(names) :])


async def test_who_waits_is_cancelled_before_anything_waits() -> None:
    """A cancellation that comes while one runs reaches it where it waits first."""
    lot = Lot()

    async def outer() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await together([lot.does_not_wait("a"), lot.waits("b")])

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(outer())

    assert ["a", "b began", "b was cancelled"] == lot.story


async def timed() -> None:
    async with asyncio.timeout(10):
        await asyncio.sleep(0)


async def grouped() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))


@pytest.mark.parametrize("bound", [timed, grouped])
async def test_what_is_bound_to_a_task(bound: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """What would be bound to the wrong task raises; who waits has their own task again after that."""
    own = asyncio.current_task()
    with pytest.raises(RuntimeError):
        await together([asyncio.sleep(0), bound()])

    assert own is asyncio.current_task()


async def test_what_is_bound_to_a_task_later() -> None:
    """Once it goes on in a task it may be bound to that."""

    async def later() -> None:
        await asyncio.sleep(0)
        await timed()

    assert [None, None] == await together([later(), later()])


async def test_no_task_meanwhile() -> None:
    """What runs by hand is told that there is no current task, and is not mistaken for who waits for it."""

    async def which() -> asyncio.Task[Any] | None:
        return asyncio.current_task()

    assert [None, None] == await together([which(), which()])
    assert asyncio.current_task() is not None


async def test_one_alone_is_the_task_of_who_waits() -> None:
    """There is nothing to be mistaken for then."""

    async def which() -> asyncio.Task[Any] | None:
        return asyncio.current_task()

    assert [asyncio.current_task()] == await together([which()])


async def test_one_within_another() -> None:
    """They may be nested as plans are."""
    lot = Lot()
    inner = [together([lot.waits(f"{name}1"), lot.waits(f"{name}2")]) for name in "ab"]
    task = asyncio.create_task(together(inner))
    await turns()
    for let in lot.let.values():
        let.set()

    assert [["a1", "a2"], ["b1", "b2"]] == await task


async def test_two_that_wait_for_the_same() -> None:
    """Several may wait for one future, though none of them has a task yet that has it in hand."""
    same: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def waits() -> str:
        return await same

    task = asyncio.create_task(together([waits(), waits(), waits()]))
    await turns()
    same.set_result("there")

    assert ["there"] * 3 == await task


async def test_what_is_given_up_can_be_waited_for() -> None:
    """That one who waited for a future was closed keeps nobody from waiting for it."""
    same: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    lot = Lot()

    async def waits() -> str:
        return await same

    with pytest.raises(LookupError):
        await together([waits(), lot.raises("b")])
    task = asyncio.create_task(waits())
    await turns()
    same.set_result("there")

    assert "there" == await task
