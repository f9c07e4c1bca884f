"""Connections: who does not read is not written to without end, who goes away is let go, and idle ones are closed."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from tests.app.express.conftest import OpenServer, Served
from tests.app.express.wire import post, until

QUERY = '{ product(sku: "KV-1") { sku name } }'
LONG = "{ " + " ".join(f'p{i}: product(sku: "KV-1") {{ id name sku lifecycle }}' for i in range(25)) + " }"
SHORT_S = 0.05
MANY = 1_000
HIGH_WATER_BYTES = 200_000
PRICED = '{ product(sku: "KV-1") { price { unitPrice { amount } } } }'


async def who_goes_away_before_the_answer(served: Served) -> None:
    """An answer that nobody takes any more hurts nobody; the next client has theirs."""
    body = await served.known(QUERY)
    wire = await served.connect()
    await wire.send(post(body))
    wire.writer.transport.abort()
    answer = await served.ask(post(body))
    await until(lambda: not served.connections)

    assert 200 == answer.status
    assert set() == served.server.server_state.tasks


async def who_goes_away_within_the_body(served: Served) -> None:
    """A request that never comes to its end ends as on the ordinary way, and leaves nothing behind."""
    body = await served.known(QUERY)
    wire = await served.connect()
    await wire.send(post(body)[:-1])
    await served.is_held()
    wire.writer.transport.abort()
    await until(lambda: not served.connections and not served.server.server_state.tasks)

    assert ["ordinary"] == served.ways


async def who_goes_away_while_it_is_begun(served: Served) -> None:
    """What was begun goes on to its end, for others may wait for the same; nothing is left, nothing is complained of."""
    signed = served.signed("anna")
    body = await served.known(PRICED, signed)
    served.clock.advance(61)
    served.erp.let.clear()
    served.erp.is_asked.clear()
    wire = await served.connect()
    await wire.send(post(body, signed))
    await served.erp.is_asked.wait()
    wire.writer.transport.abort()
    await until(lambda: not served.connections)
    served.erp.let.set()
    await until(lambda: not served.server.server_state.tasks)
    answer = await served.ask(post(body, signed))
    gc.collect()

    assert {"product": {"price": {"unitPrice": {"amount": "10"}}}} == answer.data
    assert ["begun", "express"] == served.ways


async def who_sends_one_by_one_and_does_not_read(served: Served) -> None:
    """What is answered at once is, until a buffer is full; the next one waits on the ordinary way until it is read."""
    body = await served.known(LONG)
    wire = await served.connect(takes_bytes=4096)
    while "ordinary" not in served.ways and len(served.ways) < MANY:
        before = len(served.ways)
        await wire.send(post(body))
        await until(lambda before=before: len(served.ways) > before)  # type: ignore[misc]
    waiting = [one.transport.get_write_buffer_size() for one in served.connections]
    answers = await wire.answers(len(served.ways))

    assert served.ways[-1] == "ordinary"
    assert max(waiting) < HIGH_WATER_BYTES
    assert {200} == {answer.status for answer in answers}


async def who_sends_many_at_once_and_does_not_read(served: Served) -> None:
    """As much is answered as a buffer takes; when it is read on, every answer comes, in order."""
    bodies = [await served.known(LONG.replace("p0", alias)) for alias in ("x", "y")]
    wire = await served.connect(takes_bytes=4096)
    asking = asyncio.create_task(wire.send(b"".join(post(body) for body in bodies) * (MANY // 2)))
    await until(lambda: any(one.transport.get_write_buffer_size() for one in served.connections))
    seen = -1
    while seen != len(served.ways):
        seen = len(served.ways)
        await asyncio.sleep(0.02)
    waiting = [one.transport.get_write_buffer_size() for one in served.connections]
    answers = await wire.answers(seen + 10)
    asking.cancel()

    assert seen < MANY
    assert max(waiting) < HIGH_WATER_BYTES
    assert ["x", "y"] * (seen // 2) == [next(iter(answer.data)) for answer in answers][: seen // 2 * 2]


async def nobody_waits_long_for_what_one_asks_at_once(served: Served) -> None:
    """Between the many answers to one client others have theirs."""
    body = await served.known(LONG)
    greedy, modest = await served.connect(), await served.connect()
    await greedy.send(post(body) * 200)
    await modest.send(post(body))
    await modest.answer()

    assert len(served.ways) < 50


async def an_idle_connection_is_closed(served: Served) -> None:
    """After an answer a connection is kept for so long."""
    body = await served.known(QUERY)
    served.server.config.timeout_keep_alive = SHORT_S  # type: ignore[assignment]  # it is what a timer takes
    wire = await served.connect()
    await wire.send(post(body))
    answer = await wire.answer()
    left = await wire.ended()

    assert 200 == answer.status
    assert b"" == left
    assert ["express"] == served.ways


async def a_request_under_way_is_not_idle(served: Served) -> None:
    """A connection on which a request is coming in is not closed for being idle."""
    body = await served.known(QUERY)
    served.server.config.timeout_keep_alive = SHORT_S  # type: ignore[assignment]
    wire, other = await served.connect(), await served.connect()
    await wire.send(post(body))
    await wire.answer()
    await wire.send(post(body)[:-1])
    await other.send(post(body))
    await other.answer()
    await other.ended()  # longer than a connection may be idle
    await wire.send(post(body)[-1:])
    answer = await wire.answer()

    assert 200 == answer.status


Happening = Callable[[Served], Awaitable[None]]
HAPPENINGS: list[Happening] = [
    who_goes_away_before_the_answer,
    who_goes_away_within_the_body,
    who_goes_away_while_it_is_begun,
    who_sends_one_by_one_and_does_not_read,
    who_sends_many_at_once_and_does_not_read,
    nobody_waits_long_for_what_one_asks_at_once,
    an_idle_connection_is_closed,
    a_request_under_way_is_not_idle,
]


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda one: one.__name__)
def test_a_connection(open_server: OpenServer, happening: Happening, new_loop: Any) -> None:
    """It goes well on both loops that uvicorn may run on: they tell at different times that nobody reads."""

    async def in_a_server() -> None:
        async with open_server() as served:
            await happening(served)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(in_a_server())
