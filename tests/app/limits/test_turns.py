"""Dear operations take turns."""

import asyncio
from dataclasses import replace

import pytest

from app.limits.check import Limits
from app.limits.measure import Measure
from app.limits.turns import DEAR, Turns
from resolvers.errors import RateLimited
from tests.app.limits.documents import measured
from tests.datasources.fakes import turns as loops

LIMITS = Limits(cost=1000, values=1000)
AT_ONCE = 0.0
FOREVER = 60.0


def of(hundredths: int) -> Measure:
    """Return the figures of an operation that costs so much of what is allowed."""
    return replace(measured("{ __typename }"), cost=10 * hundredths)


class Crowd:
    """Operations that are executed until they are let go of; `inside` are those, in the order in which they came in."""

    def __init__(self, within_s: float) -> None:
        self.turns = Turns(LIMITS, within_s=within_s, rest_s=AT_ONCE)
        self.inside: list[int] = []
        self._let_go: dict[int, asyncio.Event] = {}

    async def come(self, *shares: int) -> list[asyncio.Task[None]]:
        """Have operations come, each named by its share."""
        tasks = [asyncio.ensure_future(self._execute(share)) for share in shares]
        await loops()
        return tasks

    async def go(self, share: int) -> None:
        self._let_go[share].set()
        await loops()

    async def _execute(self, share: int) -> None:
        async with self.turns.turn(of(share)):
            self.inside.append(share)
            self._let_go[share] = asyncio.Event()
            try:
                await self._let_go[share].wait()
            finally:
                self.inside.remove(share)


async def test_as_many_as_there_is_room_for() -> None:
    """One of the dearest, or several that ask for less; the others in the order in which they came."""
    crowd = Crowd(FOREVER)
    tasks = await crowd.come(100, 40, 30, 31, 32)

    assert [100] == crowd.inside
    await crowd.go(100)
    assert [40, 30] == crowd.inside
    await crowd.go(30)
    assert [40, 31] == crowd.inside
    await crowd.go(40)
    assert [31, 32] == crowd.inside
    await crowd.go(31)
    await crowd.go(32)
    await asyncio.gather(*tasks)


async def test_what_costs_little_waits_for_nothing() -> None:
    """However many dear operations wait, one that is not comes in."""
    crowd = Crowd(FOREVER)
    tasks = await crowd.come(100, 99, 98, *range(DEAR))

    assert [100, *range(DEAR)] == crowd.inside
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_values_count_as_cost_does() -> None:
    """An operation whose answer is large is dear, whatever it asks of the systems."""
    turns, large = Turns(LIMITS, within_s=AT_ONCE), replace(of(0), values=510)

    async with turns.turn(large):
        with pytest.raises(RateLimited):
            async with turns.turn(large):
                raise AssertionError("it came in")


async def test_nobody_waits_for_ever() -> None:
    """Whose turn does not come in time is told to try again; a place in the queue that is given up holds nobody up."""
    crowd = Crowd(AT_ONCE)
    first = await crowd.come(60)
    late = await crowd.come(98, 97)
    refused, also = await asyncio.gather(*late, return_exceptions=True)

    assert isinstance(refused, RateLimited)
    assert isinstance(also, RateLimited)
    assert 1 == refused.retry_after_s
    again = await crowd.come(40)
    assert [60, 40] == crowd.inside
    for share in (60, 40):
        await crowd.go(share)
    await asyncio.gather(*first, *again)


async def test_who_goes_away_gives_room() -> None:
    """An operation that is cancelled, while it waits or while it is executed, is not counted any more."""
    crowd = Crowd(FOREVER)
    tasks = await crowd.come(100, 99, 98)
    for gone in (tasks[1], tasks[0]):
        gone.cancel()
    await loops()

    assert [98] == crowd.inside[-1:]
    await crowd.go(98)
    await asyncio.wait(tasks)
    assert {tasks[0], tasks[1]} == {task for task in tasks if task.cancelled()}


@pytest.mark.parametrize("later", range(8))
async def test_let_in_and_cancelled_at_once(later: int) -> None:
    """Who is let in and goes away before, while or after it sees that takes no room."""
    crowd = Crowd(FOREVER)
    tasks = await crowd.come(100, 99, 98)
    tasks[0].cancel()
    await loops(later)
    tasks[1].cancel()
    await loops()

    assert [98] == crowd.inside
    await crowd.go(98)
    await asyncio.wait(tasks)
