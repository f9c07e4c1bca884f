"""Answers over server-sent events: subscriptions as they go on, other operations once."""

import asyncio
import logging
from typing import Any

import pytest

from app.subscriptions.sse import KEEP_ALIVE_S
from app.subscriptions.stream import SEND_WITHIN_S
from datasources.circuit.breaker import State
from datasources.errors import NeverSent
from datasources.model.common import System
from tests.app.subscriptions.conftest import Kanava

SUBSCRIBERS = 50
QUERY = '{ product(sku: "KV-1") { sku } }'
BROKEN = '{ a: product(sku: "KV-1") { sku } b: product(sku: "KV-2") { sku } }'


def mode(name: str) -> dict[str, Any]:
    return {"data": {"channelStatusChanged": {"mode": name}}}


def codes(body: Any) -> list[str]:
    return [error["extensions"]["code"] for error in body["errors"]]


async def test_what_is_and_what_changes(kanava: Kanava) -> None:
    """The status comes at once, and whenever it changes."""
    events = await kanava.events()
    first = await events.next()
    kanava.hold(State.OPEN)
    opened = await events.next()
    kanava.hold(State.CLOSED)
    closed = await events.next()

    assert (200, "text/event-stream; charset=utf-8") == (events.status, events.headers["content-type"])
    assert ("no-store", "no") == (events.headers["cache-control"], events.headers["x-accel-buffering"])
    assert "content-length" not in events.headers
    assert [mode("NORMAL"), mode("CAPTURE_ONLY"), mode("NORMAL")] == [first, opened, closed]


async def test_silence_is_kept_alive(kanava: Kanava) -> None:
    """While nothing happens a comment comes now and then, and costs no event that comes later."""
    events = await kanava.events()
    await events.next()
    began = kanava.clock.monotonic()
    comments = [await events.chunk() for _ in range(3)]
    took_s = kanava.clock.monotonic() - began
    kanava.hold(State.OPEN)

    assert [b":\n\n"] * 3 == comments
    assert 3 * KEEP_ALIVE_S == pytest.approx(took_s)
    assert mode("CAPTURE_ONLY") == await events.next()


async def test_fifty_subscribers_are_told_each_change(kanava: Kanava) -> None:
    """However many listen, each is told each change."""
    streams = await asyncio.gather(*(kanava.events() for _ in range(SUBSCRIBERS)))
    told = []
    for state in (State.OPEN, State.CLOSED, State.OPEN):
        told.append([await stream.next() for stream in streams])
        kanava.hold(state)
    told.append([await stream.next() for stream in streams])

    assert [[mode(name)] * SUBSCRIBERS for name in ("NORMAL", "CAPTURE_ONLY", "NORMAL", "CAPTURE_ONLY")] == told


async def test_it_ends_with_the_token(kanava: Kanava) -> None:
    """A stream completes in the moment in which its token expires, and not before."""
    token = kanava.provider.token(kanava.clock)
    events = await kanava.events(authorization=f"Bearer {token}")
    began = kanava.clock.monotonic()
    first = await events.next()
    comments = [await events.chunk() for _ in range(4)]
    last, took_s = await events.next(), kanava.clock.monotonic() - began

    assert (mode("NORMAL"), [b":\n\n"] * 4, None) == (first, comments, last)
    assert 60 == pytest.approx(took_s)
    assert await events.chunk() is None


async def test_it_ends_when_kanava_stops(kanava: Kanava) -> None:
    """Told to stop, a stream completes."""
    events = await kanava.events()
    first = await events.next()
    kanava.closing.tell()

    assert (mode("NORMAL"), None) == (first, await events.next())
    assert await events.chunk() is None
    await events.client.ended()


async def test_who_leaves_is_let_go(kanava: Kanava) -> None:
    """When the client goes, all that was done for it ends."""
    events = await kanava.events()
    await events.next()
    events.client.leave()
    await events.client.ended()


async def test_who_does_not_read_is_dropped(kanava: Kanava) -> None:
    """One message waits for a slow reader, however much happens, and in time the reader is dropped."""
    events = await kanava.events()
    await events.next()
    events.client.reads.clear()
    began = kanava.clock.monotonic()
    for _ in range(SUBSCRIBERS):
        kanava.hold(State.OPEN)
        await asyncio.sleep(0.01)
        kanava.hold(State.CLOSED)
        await asyncio.sleep(0.01)
    await events.client.ended()

    assert SEND_WITHIN_S == pytest.approx(kanava.clock.monotonic() - began, abs=0.1)
    assert 1 == events.client.most_waiting


async def test_who_reads_late_is_told_the_latest(kanava: Kanava) -> None:
    """One event is being sent, one is ready, and all that follows is one, the latest, for a reader who is slow."""
    events = await kanava.events("subscription { channelStatusChanged { systems { system circuit } } }")
    await events.next()
    events.client.reads.clear()
    for system in (System.ERP, System.CRM, System.PIM, System.WMS):
        kanava.hold(State.OPEN, system)
        await asyncio.sleep(1)
    events.client.reads.set()
    told = [await events.next() for _ in range(3)]

    assert [["ERP"], ["ERP", "CRM"], ["ERP", "CRM", "PIM", "WMS"]] == [
        [one["system"] for one in body["data"]["channelStatusChanged"]["systems"] if one["circuit"] == "OPEN"]
        for body in told
    ]


async def test_a_query_is_one_event(kanava: Kanava) -> None:
    """Who wants events more than anything gets a query's answer as one."""
    events = await kanava.events(QUERY)

    assert 200 == events.status
    assert [{"data": {"product": {"sku": "KV-1"}}}, None, None] == [
        await events.next(),
        await events.next(),
        await events.chunk(),
    ]


async def test_errors_of_fields_are_as_in_http(kanava: Kanava) -> None:
    """What a system does not answer is null there with its error, as in a plain answer."""
    kanava.pim.failure = NeverSent(System.PIM, "no connection")
    events = await kanava.events(BROKEN)
    plain = await kanava.events(BROKEN, accept="application/json")
    as_event = await events.next()

    assert ["SOURCE_UNAVAILABLE"] * 2 == codes(as_event)
    assert await plain.body() == as_event
    assert await events.next() is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { nothing }", "BAD_USER_INPUT"),
        ("subscription {", "BAD_USER_INPUT"),
        ("subscription { a: channelStatusChanged { mode } b: channelStatusChanged { mode } }", "BAD_USER_INPUT"),
        ("{" + "".join(f'p{n}: product(sku: "{n}") {{ sku }}' for n in range(31)) + "}", "LIMIT_EXCEEDED"),
    ],
)
async def test_what_cannot_begin_is_no_stream(kanava: Kanava, query: str, code: str) -> None:
    """Who takes events alone is refused with a status that no client takes for a stream."""
    events = await kanava.events(query)
    body = await events.body()

    assert (400, {code}) == (events.status, set(codes(body)))
    assert "data" not in body


async def test_a_bad_token_is_refused(kanava: Kanava) -> None:
    """A stream begins with a good token, or without any."""
    events = await kanava.events(authorization="Bearer nonsense")

    assert (401, ["UNAUTHENTICATED"]) == (events.status, codes(await events.body()))


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json", 200), ("application/graphql-response+json", 400), ("*/*", 200)],
)
async def test_a_subscription_has_no_plain_answer(kanava: Kanava, accept: str, status: int) -> None:
    """Who does not take events is refused, in the form that they take."""
    events = await kanava.events(accept=accept)

    assert (status, ["BAD_USER_INPUT"]) == (events.status, codes(await events.body()))


async def test_a_query_under_way_is_answered_when_kanava_stops(kanava: Kanava) -> None:
    """Only what would never end is told to."""
    kanava.closing.tell()
    events = await kanava.events(QUERY)

    assert [{"data": {"product": {"sku": "KV-1"}}}, None] == [await events.next(), await events.next()]


async def test_a_token_good_for_an_answer_is_good_for_an_event(kanava: Kanava) -> None:
    """A query is answered with a token that has just expired, as long as that is put down to the clocks."""
    token = kanava.provider.token(kanava.clock)
    await asyncio.sleep(61)
    events = await kanava.events(QUERY, authorization=f"Bearer {token}")

    assert {"data": {"product": {"sku": "KV-1"}}} == await events.next()


async def test_a_bug_is_masked_and_ends_the_stream(kanava: Kanava, caplog: pytest.LogCaptureFixture) -> None:
    """A bug is one event, masked, and the log has it."""
    kanava.pim.failure = ZeroDivisionError("a secret")
    with caplog.at_level(logging.ERROR, "kanava.errors"):
        events = await kanava.events(QUERY)
        body = await events.next()

    assert (["INTERNAL"], None) == (codes(body), await events.next())
    assert body["errors"][0]["extensions"]["id"] in caplog.text
    assert "secret" not in str(body)
