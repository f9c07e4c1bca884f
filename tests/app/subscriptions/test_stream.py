"""What every stream keeps to: when it must end, what is under way meanwhile, and what each event is worked out with."""

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator

import pytest

from app.documents import Wish
from app.door import Visitor
from app.protocol.reading import Sent
from app.shutdown import Closing
from app.subscriptions.stream import End, task_of, wait_for_end
from datasources.circuit.breaker import State
from tests.app.subscriptions.conftest import CHANGES, Kanava
from tests.datasources.fakes import FakeClock, turns

VISITOR = Visitor(None, None, (), "192.0.2.1", Wish(None, True))


class Numbers:
    """An iteration that is told when to go on; notes that it is let go of."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.more = asyncio.Semaphore(0)
        self.ended = False

    async def each(self) -> AsyncGenerator[int, None]:
        try:
            for number in self.numbers:
                await self.more.acquire()
                yield number
        finally:
            self.ended = True


@pytest.mark.parametrize("left_s", [60.0, 0.5, 1e6])
async def test_the_token_expires(clock: FakeClock, left_s: float) -> None:
    """A stream must end when the token that it stands on expires."""
    began = clock.monotonic()
    end = await wait_for_end(Closing(), clock, clock.now().timestamp() + left_s)

    assert End.EXPIRED is end
    assert left_s == pytest.approx(clock.monotonic() - began, abs=1e-5)


async def test_the_token_has_expired(clock: FakeClock) -> None:
    """One that has expired already ends it at once."""
    began = clock.monotonic()

    assert End.EXPIRED is await wait_for_end(Closing(), clock, clock.now().timestamp() - 20)
    assert clock.monotonic() == began


@pytest.mark.parametrize("expires_in_s", [None, 60.0])
async def test_kanava_stops(clock: FakeClock, expires_in_s: float | None) -> None:
    """A stream must end when the process stops, with or without a token."""
    closing = Closing()
    expires_at = None if expires_in_s is None else clock.now().timestamp() + expires_in_s
    waiting = asyncio.ensure_future(wait_for_end(closing, clock, expires_at))
    await asyncio.sleep(30)
    still = waiting.done()
    closing.tell()

    assert (False, End.CLOSING) == (still, await waiting)


async def test_what_comes_outlasts_the_waiting_for_it() -> None:
    """A wait that is given up loses nothing of what comes later."""
    numbers = Numbers(1, 2)
    async with task_of(numbers.each()) as coming:
        for _ in range(3):
            await asyncio.wait({coming.task}, timeout=5)
        for _ in numbers.numbers:
            numbers.more.release()
        came = [number async for number in coming]

    assert ([1, 2], True) == (came, numbers.ended)


async def test_a_cancelled_wait_does_not_cancel_what_is_waited_for() -> None:
    """Who waits may be cancelled; the iteration goes on."""
    numbers = Numbers(1)
    async with task_of(numbers.each()) as coming:
        waiting = asyncio.ensure_future(anext(coming))
        await turns()
        waiting.cancel()
        await asyncio.wait({waiting})
        numbers.more.release()
        came = await anext(coming)

    assert (True, 1) == (waiting.cancelled(), came)


async def test_an_iteration_is_let_go_of() -> None:
    """In the end an iteration is closed, wherever it is."""
    numbers = Numbers(1)
    async with task_of(numbers.each()):
        await turns()

    assert numbers.ended


@pytest.mark.parametrize("breaks", [False, True])
async def test_an_end_that_nobody_waits_for_is_no_noise(caplog: pytest.LogCaptureFixture, breaks: bool) -> None:
    """How an iteration ended matters to nobody once the stream is over."""

    async def none() -> AsyncGenerator[int, None]:
        if breaks:
            raise ZeroDivisionError
        return
        yield 1

    async with task_of(none()) as coming:
        await asyncio.wait({coming.task})
    del coming
    gc.collect()

    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_each_event_has_a_time_of_its_own(kanava: Kanava) -> None:
    """However long ago a subscription began, what an event asks the sources for counts from that event."""
    prepared = await kanava.door.prepare(Sent(query=CHANGES), VISITOR, kanava.door.ask(VISITOR))
    events = kanava.door.subscribe(prepared, VISITOR)
    await anext(events)
    for state in (State.OPEN, State.CLOSED):
        coming = asyncio.ensure_future(anext(events))
        await asyncio.sleep(3600)
        kanava.hold(state)
        now, at = kanava.clock.monotonic(), kanava.clock.now().timestamp()
        await coming
        ask = prepared.context.ask

        assert (now + kanava.services.settings.deadline_s, at) == (ask.deadline, ask.started_at)
    await events.aclose()
