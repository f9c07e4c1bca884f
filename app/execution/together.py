"""
Running coroutines at the same time, without the event loop as far as they do not wait.

Each is run by hand up to where it first waits. What is warm never does: a plan over it runs to its end in one go. Those
that do wait are taken on by tasks of their own.

By hand a coroutine costs four times what it costs where another awaits it. So one awaits them all, and goes on with the
next where none waits; where one does, it is left to that, and another awaits the rest.
"""

import asyncio
import sys
from collections.abc import Coroutine, Generator, Iterator, Sequence
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Started = tuple[Coroutine[Any, Any, Any], Any]
"""What waits, and what it waits for."""
CURRENT_TASKS: dict[Any, Any] | None = vars(asyncio.tasks)["_current_tasks"] if sys.version_info < (3, 14) else None
"""The current tasks of all event loops, where Python tells."""


async def together(coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """
    Return what the coroutines return, in their order.

    Raises what the first of them raises; the others are cancelled then, as they are when who waits here is.
    """
    if len(coroutines) == 1:
        return [await coroutines[0]]
    outcomes: list[Any] = [None] * len(coroutines)
    waiting = begin(coroutines, outcomes)
    if waiting:
        await finish(waiting)
    return outcomes


def begin(coroutines: Sequence[Coroutine[Any, Any, Any]], outcomes: list[Any]) -> list[Started]:
    """
    Run each up to where it first waits; return what is to `finish`. What they return is put into `outcomes`.

    Meanwhile there is no current task: what is bound to one, like `asyncio.timeout`, would be bound to the wrong one,
    and raises instead.
    """
    task = current_task()
    waiting: list[Started] = []
    left = enumerate(coroutines)
    if task is not None:
        asyncio.tasks._leave_task(task.get_loop(), task)
    try:
        while True:
            run: Any = _run(left, outcomes)
            waiting.append((run, released(run.send(None))))
    except StopIteration:
        return waiting
    except BaseException:
        for run, _ in waiting:
            run.close()
        for one in coroutines:
            one.close()
        raise
    finally:
        if task is not None:
            asyncio.tasks._enter_task(task.get_loop(), task)


def current_task() -> asyncio.Task[Any] | None:
    """Return what `asyncio.current_task` does, which before Python 3.12 asks the system which process this is."""
    return None if CURRENT_TASKS is not None and not CURRENT_TASKS else asyncio.current_task()


@coroutine
def _run(left: Iterator[tuple[int, Coroutine[Any, Any, Any]]], outcomes: list[Any]) -> Generator[Any, Any, None]:
    """Await what is left, one after the other. Of one that waits the others do not wait for the end: see `begin`."""
    for place, one in left:
        outcomes[place] = yield from one


async def finish(waiting: Sequence[Started]) -> None:
    """Wait for what was begun, so that all of its outcomes are there; raises as `together` does."""
    if len(waiting) == 1:
        await resumed(*waiting[0])
        return
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(resumed(begun, awaited)) for begun, awaited in waiting]
    try:
        await _all_or_failure(tasks)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()  # it was looked at: of several that failed, one is raised


def _all_or_failure(tasks: Sequence[asyncio.Task[Any]]) -> asyncio.Future[None]:
    """Return what is done when all tasks are, or the first has failed: `asyncio.wait` takes 5 to 10 us more."""
    over = tasks[0].get_loop().create_future()
    left = len(tasks)

    def note(task: asyncio.Task[Any]) -> None:
        nonlocal left
        left -= 1
        failed = not task.cancelled() and task.exception() is not None
        if (failed or left == 0) and not over.done():
            over.set_result(None)

    for task in tasks:
        task.add_done_callback(note)
    return over


def released(awaited: Any) -> Any:
    """
    Return what a coroutine waits for that was run by hand, so that others can wait for it, too.

    A future knows of one at a time that has just begun to wait for it, and would refuse the next.
    """
    if getattr(awaited, "_asyncio_future_blocking", False):
        awaited._asyncio_future_blocking = False
    return awaited


@coroutine
def _taken_on(begun: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Go on with a coroutine that waits already."""
    if hasattr(awaited, "_asyncio_future_blocking"):
        awaited._asyncio_future_blocking = True  # what a task looks at in what it is given to wait for
    while True:
        try:
            sent = yield awaited
        except BaseException as thrown:
            step, value = begun.throw, thrown
        else:
            step, value = begun.send, sent  # type: ignore[assignment]
        try:
            awaited = step(value)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


async def resumed(begun: Coroutine[Any, Any, T], awaited: Any) -> T:
    """Return what a coroutine returns that was run by hand up to where it waits."""
    return await _taken_on(begun, awaited)
