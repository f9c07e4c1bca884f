"""A caller that stops waiting leaves nothing open and nothing half-written."""

import asyncio

import pytest

from datasources.journal.database import open_journal
from datasources.journal.journal import Journal
from tests.datasources.journal.orders import NOW, captured, cart, order


async def cancelled_after(task: "asyncio.Task[object]", turns: int) -> None:
    """Cancel a task after some turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("turns", [1, 2, 3, 5, 8])
async def test_a_cancelled_capture(journal: Journal, turns: int) -> None:
    """An order whose caller went away is written as a whole; who asks again with its key gets it."""
    of = await journal.save_cart(cart())

    await cancelled_after(asyncio.create_task(journal.capture(order(of), NOW)), turns)

    capture = await journal.capture(order(of), NOW)
    assert await journal.pending() == 1
    assert [event.capture_id for event in await journal.events()] == [capture.id]


async def test_many_cancelled_calls(journal: Journal) -> None:
    """However many callers go away, the connections are free for the next, to read and to write."""
    of = await journal.save_cart(cart())
    for turns in range(40):
        await cancelled_after(asyncio.create_task(journal.cart_of(of.account)), 1 + turns % 7)
        await cancelled_after(asyncio.create_task(journal.check()), 1 + turns % 7)

    assert await asyncio.gather(*[journal.cart_of(of.account) for _ in range(10)]) == [of] * 10
    assert (await captured(journal)).sequence == 1


async def test_closed_with_work_under_way(url: str) -> None:
    """What was begun is ended before the journal is closed."""
    async with open_journal(url) as journal:
        of = await journal.save_cart(cart())
        await cancelled_after(asyncio.create_task(journal.capture(order(of), NOW)), 1)

    async with open_journal(url) as journal:
        assert await journal.pending() == 1
