"""The bulkhead."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasources.circuit.bulkhead import Bulkhead
from datasources.errors import Overloaded
from datasources.model.common import StaleReason, System
from tests.datasources.fakes import turns


@dataclass
class Callers:
    """Calls by number, that hold a slot until they are told to go."""

    bulkhead: Bulkhead
    inside: list[int] = field(default_factory=list)
    tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    leave: dict[int, asyncio.Event] = field(default_factory=dict)

    async def come(self, *numbers: int) -> None:
        for number in numbers:
            self.leave[number] = asyncio.Event()
            self.tasks[number] = asyncio.create_task(self.call(number))
        await turns()

    async def go(self, *numbers: int) -> None:
        for number in numbers:
            self.leave[number].set()
        await turns()

    async def call(self, number: int) -> None:
        async with self.bulkhead.slot():
            self.inside.append(number)
            try:
                await self.leave[number].wait()
            finally:
                self.inside.remove(number)

    async def end(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


@dataclass
class Ramp:
    """A limit that tests set."""

    limit: int | None = None

    def __call__(self) -> int | None:
        return self.limit


def callers_of(most_at_once: int = 2, most_waiting: int = 3, limit: int | None = None) -> tuple[Callers, Ramp]:
    ramp = Ramp(limit)
    return Callers(Bulkhead(System.ERP, most_at_once=most_at_once, most_waiting=most_waiting, limit=ramp)), ramp


def counters(callers: Callers) -> tuple[int, int, int]:
    bulkhead = callers.bulkhead
    return bulkhead.under_way, bulkhead.waiting, bulkhead.shed


def test_a_free_slot_does_not_suspend() -> None:
    """Who finds a slot free goes on in the same step of the event loop, and gives it back likewise."""
    bulkhead = callers_of()[0].bulkhead
    seen: list[int] = []

    async def call() -> None:
        async with bulkhead.slot():
            seen.append(bulkhead.under_way)

    with pytest.raises(StopIteration):
        call().send(None)
    assert [1] == seen
    assert 0 == bulkhead.under_way


async def test_first_come_first_served() -> None:
    """Who finds no slot waits, and gets one in the order of coming."""
    callers, _ = callers_of()
    await callers.come(1, 2, 3, 4)
    full = (list(callers.inside), counters(callers))
    await callers.go(2)
    after_one = list(callers.inside)
    await callers.go(1)
    await callers.come(5)

    assert ([1, 2], (2, 2, 0)) == full
    assert [1, 3] == after_one
    assert ([3, 4], (2, 1, 0)) == (callers.inside, counters(callers))
    await callers.end()


async def test_too_many_are_shed_at_once() -> None:
    """Who finds the queue full is told so without waiting; those in it keep their places."""
    callers, _ = callers_of()
    await callers.come(1, 2, 3, 4, 5, 6)
    with pytest.raises(Overloaded) as shed:
        await callers.tasks[6]

    assert (System.ERP, StaleReason.OVERLOADED) == (shed.value.system, shed.value.reason)
    assert (2, 3, 1) == counters(callers)
    await callers.end()
    assert (0, 0, 1) == counters(callers)


async def test_nobody_may_wait() -> None:
    """Without a queue, whoever finds no slot is shed."""
    callers, _ = callers_of(most_at_once=1, most_waiting=0)
    await callers.come(1, 2)

    assert isinstance(callers.tasks[2].exception(), Overloaded)
    assert (1, 0, 1) == counters(callers)
    await callers.end()


async def test_a_failing_call_gives_its_slot_back() -> None:
    """A slot is given back however the call ends."""
    bulkhead = callers_of()[0].bulkhead
    with pytest.raises(KeyError):
        async with bulkhead.slot():
            raise KeyError("a bug")

    assert 0 == bulkhead.under_way


async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    """Who is cancelled while waiting takes no place in the queue and no slot."""
    callers, _ = callers_of(most_at_once=1)
    await callers.come(1, 2, 3)
    callers.tasks[2].cancel()
    await turns()
    waiting = counters(callers)
    await callers.go(1)

    assert (1, 1, 0) == waiting
    assert ([3], (1, 0, 0)) == (callers.inside, counters(callers))
    await callers.end()


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_cancelled_in_the_turn_it_is_let_in(cancelled_first: bool) -> None:
    """A slot that goes to a waiter just as it is cancelled goes on to the next."""
    callers, _ = callers_of(most_at_once=1)
    await callers.come(1, 2, 3)
    if cancelled_first:
        callers.tasks[2].cancel()
        callers.tasks[1].cancel()
    else:
        callers.leave[1].set()
        await asyncio.sleep(0)  # its slot has been handed over, and the waiter has not run yet
        callers.tasks[2].cancel()
    await turns()

    assert callers.tasks[2].cancelled()
    assert ([3], (1, 0, 0)) == (callers.inside, counters(callers))
    await callers.end()


async def test_a_limit_bounds_further() -> None:
    """While there is a limit no more than that many are under way, and never more than the slots."""
    callers, ramp = callers_of(most_at_once=2, limit=1)
    await callers.come(1, 2)
    limited = list(callers.inside)
    ramp.limit = 100
    await callers.come(3, 4)

    assert [1] == limited
    assert ([1, 2], (2, 2, 0)) == (callers.inside, counters(callers))
    await callers.end()


async def test_a_grown_limit_lets_in_as_many_as_fit() -> None:
    """A slot given back wakes as many as the limit now has room for."""
    callers, ramp = callers_of(most_at_once=4, limit=1)
    await callers.come(1, 2, 3, 4)
    ramp.limit = 2
    await callers.go(1)
    two = list(callers.inside)
    ramp.limit = None
    await callers.go(2)

    assert [2, 3] == two
    assert ([3, 4], (2, 0, 0)) == (callers.inside, counters(callers))
    await callers.end()


async def test_a_shrunk_limit_waits_for_those_under_way() -> None:
    """When the limit falls, those under way go on, and nobody is let in before there is room below it."""
    callers, ramp = callers_of(most_at_once=3)
    await callers.come(1, 2, 3, 4)
    ramp.limit = 1
    await callers.go(1, 2)
    still_full = list(callers.inside)
    await callers.go(3)

    assert [3] == still_full
    assert [4] == callers.inside
    await callers.end()


COME, GO, CANCEL, LIMIT, TURN = "come", "go", "cancel", "limit", "turn"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([COME, COME, GO, CANCEL, LIMIT, TURN]), st.integers(0, 9)), max_size=40))
def test_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """Nobody is let in over the bound, nobody waits while there is room, and in the end every slot is back."""

    async def run() -> None:
        callers, ramp = callers_of(most_at_once=3, most_waiting=4)
        for number, (step, choice) in enumerate(steps):
            before = callers.bulkhead.under_way
            one = list(callers.tasks)[choice % len(callers.tasks)] if callers.tasks else None
            if step == COME:
                callers.leave[number] = asyncio.Event()
                callers.tasks[number] = asyncio.create_task(callers.call(number))
            elif step == LIMIT:
                ramp.limit = choice % 4 or None
            elif step == TURN:
                await turns(1)
            elif one is not None:
                callers.leave[one].set() if step == GO else callers.tasks[one].cancel()
            if step != LIMIT:
                assert callers.bulkhead.under_way <= max(before, min(3, ramp.limit or 3))
        ramp.limit = None
        while not all(task.done() for task in callers.tasks.values()):
            await callers.go(*callers.tasks)

        assert (0, 0) == counters(callers)[:2]
        assert counters(callers)[2] == sum(isinstance(failure(t), Overloaded) for t in callers.tasks.values())

    asyncio.run(run())


def failure(task: asyncio.Task[None]) -> BaseException | None:
    return None if task.cancelled() else task.exception()
