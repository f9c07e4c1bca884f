"""The transport, over real sockets."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
import pytest

from datasources.deadline import calls_end_at
from datasources.errors import (
    CircuitOpen,
    InvalidResponse,
    NeverSent,
    PerhapsSent,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from datasources.http import Transport, open_client, retry_after_s
from datasources.model.common import Provenance, StaleReason, System
from datasources.wire import Answer
from tests.datasources.fakes import START, FakeClock
from tests.datasources.test_guard import guard_of

TOKEN = "s3cr3t-t0k3n"
DEEP = b"[" * 100_000


class Said(Answer):
    """What a system of these tests answers."""

    n: int
    name: str = ""


decode = msgspec.json.Decoder(Said).decode


def http(status: int = 200, body: bytes = b'{"n": 1}', **headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Status", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "content_length" not in headers:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Server:
    """Answers each request with the next reply, the last one for ever; None keeps silent. See `serving`."""

    replies: list[bytes | None]
    hang_up: bool
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    handlers: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.handlers.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await self._converse(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(li[15:]) for li in head.lower().split(b"\r\n") if li.startswith(b"content-length:")), 0)
            self.requests.append(head + await reader.readexactly(length))
            self.asked.set()
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            if reply is None:
                await asyncio.Event().wait()
            elif reply:
                writer.write(reply)
                await writer.drain()
            if self.hang_up or not reply:
                return


@asynccontextmanager
async def serving(*replies: bytes | None, hang_up: bool = False) -> AsyncIterator[Server]:
    """Serve on a free port; after an empty reply, or any with `hang_up`, the connection is closed."""
    server = Server(list(replies), hang_up)
    listening = await asyncio.start_server(server.handle, "127.0.0.1")
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in server.handlers:
            task.cancel()
        await asyncio.gather(*server.handlers, return_exceptions=True)


@pytest.fixture(scope="module")
def ssl_context() -> ssl.SSLContext:
    return ssl.create_default_context()


Open = Callable[..., Awaitable[Transport]]


@pytest.fixture
async def connect(ssl_context: ssl.SSLContext) -> AsyncIterator[Open]:
    """Open transports that close with the test."""
    clients = []

    async def open_transport(url: str, *, timeout_s: float = 5, clock: FakeClock | None = None) -> Transport:
        clients.append(open_client(ssl_context, 4))
        return Transport(System.ERP, clients[-1], url=url, token=TOKEN, timeout_s=timeout_s, clock=clock or FakeClock())

    yield open_transport
    for client in clients:
        await client.aclose()


@pytest.fixture
def guarded(connect: Open) -> Open:
    """Open transports that have a circuit and try again."""

    async def open_transport(url: str, *, timeout_s: float = 5, clock: FakeClock | None = None) -> Transport:
        clock = clock or FakeClock()
        transport = await connect(url, timeout_s=timeout_s, clock=clock)
        transport.guard = guard_of(clock)
        return transport

    return open_transport


async def failure_of(transport: Transport) -> SourceError:
    """Return what asking raises."""
    with pytest.raises(SourceError) as raised:
        await transport.post("prices", {"lines": []}, decode)
    return raised.value


async def failure_for(connect: Open, reply: bytes) -> SourceError:
    """Return what a reply makes of asking."""
    async with serving(reply, hang_up=True) as server:
        return await failure_of(await connect(server.url))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_question_and_its_answer(connect: Open) -> None:
    """A question goes out as a JSON POST with the token, and its answer comes back decoded."""
    async with serving(http()) as server:
        answer = await (await connect(f"{server.url}/erp/")).post("prices", {"lines": [1]}, decode)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")

    assert Said(n=1) == answer
    assert "post /erp/prices http/1.1" == lines[0]
    assert {"content-type: application/json", "accept: application/json", f"authorization: bearer {TOKEN}"} < set(lines)
    assert b'{"lines":[1]}' == body


@pytest.mark.parametrize("address", ["http://127.0.0.1:{}", "http://kanava.invalid:{}"])
async def test_a_request_that_cannot_leave_was_never_sent(connect: Open, address: str) -> None:
    """Refused connections and names that nobody has: the request did not leave."""
    failure = await failure_of(await connect(address.format(free_port())))

    assert (NeverSent, StaleReason.CONNECTION_FAILED) == (type(failure), failure.reason)


async def test_tls_to_a_plain_port_was_never_sent(connect: Open) -> None:
    """When TLS cannot be agreed on, the request did not leave."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(http(400))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(plain, "127.0.0.1") as listening:
        failure = await failure_of(await connect(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"))

    assert NeverSent is type(failure)


async def test_no_free_connection_was_never_sent(ssl_context: ssl.SSLContext) -> None:
    """A request that got no connection within its time did not leave."""
    async with serving(None) as server, open_client(ssl_context, 1) as client:
        patient, hasty = (
            Transport(System.ERP, client, url=server.url, token=None, timeout_s=s, clock=FakeClock()) for s in (30, 0.1)
        )
        first = asyncio.create_task(patient.post("prices", {}, decode))
        await server.asked.wait()
        failure = await failure_of(hasty)
        first.cancel()
        await asyncio.wait({first})

    assert NeverSent is type(failure)
    assert 1 == len(server.requests)


@pytest.mark.parametrize("reply", [b"", http(content_length="100"), http()[:-4], b"HTTP/1.1 200 OK\r\nconte"])
async def test_a_broken_connection_was_perhaps_sent(connect: Open, reply: bytes) -> None:
    """A connection that ends after the request was read, before the answer is whole: it may have been done."""
    failure = await failure_for(connect, reply)

    assert (PerhapsSent, StaleReason.CONNECTION_FAILED) == (type(failure), failure.reason)


@pytest.mark.parametrize("reply", [None, http(content_length="100")])
async def test_no_answer_in_time_was_perhaps_sent(connect: Open, reply: bytes | None) -> None:
    """No answer, or only its beginning, within timeout_s: it may have been done."""
    async with serving(reply) as server:
        failure = await failure_of(await connect(server.url, timeout_s=0.1))

    assert (PerhapsSent, StaleReason.TIMEOUT) == (type(failure), failure.reason)
    assert "ERP: no answer within 0.1 s" == str(failure)


async def test_a_fault_of_the_system_is_unavailable(connect: Open) -> None:
    """A 5xx is worth asking again, when the system says."""
    failure = await failure_for(connect, http(500, retry_after="7"))

    assert (SourceUnavailable, StaleReason.UPSTREAM_ERROR, 7.0) == (
        type(failure),
        failure.reason,
        failure.retry_after_s,
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 08:31:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("1e9", None),
    ],
)
async def test_a_busy_system_says_how_long(connect: Open, header: str, expected: float | None) -> None:
    """A 429 is worth asking again after what Retry-After says, in seconds or as a date."""
    failure = await failure_for(connect, http(429, retry_after=header))

    assert (SourceUnavailable, StaleReason.RATE_LIMITED, expected) == (
        type(failure),
        failure.reason,
        failure.retry_after_s,
    )


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("header", ["\u00b2", "9" * 400, "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"])
async def test_garbage_in_retry_after_is_none(connect: Open, header: str, status: int) -> None:
    """A Retry-After that nobody can wait for is passed over."""
    failure = await failure_for(connect, http(status, retry_after=header))

    assert (SourceUnavailable, None) == (type(failure), failure.retry_after_s)


def test_no_retry_after_is_none() -> None:
    """Without the header nobody knows how long; a date without a zone says nothing."""
    assert retry_after_s(None, FakeClock()) is None
    assert retry_after_s("Sun, 22 Nov 2026 08:31:30 -0000", FakeClock()) is None


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
async def test_a_refusal_says_status_and_code(connect: Open, status: int) -> None:
    """A 4xx is a refusal with the system's own code and message."""
    body = b'{"error": {"code": "NO_SUCH_CUSTOMER", "message": "customer 7 is not known"}}'
    failure = await failure_for(connect, http(status, body))

    assert isinstance(failure, RequestRefused)
    assert (status, "NO_SUCH_CUSTOMER") == (failure.status, failure.code)
    assert f"ERP: refused with status {status}: customer 7 is not known" == str(failure)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b'{"error": "no"}', DEEP, b'{"error": {"x": ' + DEEP])
async def test_a_refusal_need_not_explain_itself(connect: Open, body: bytes) -> None:
    """A 4xx with any other body is a refusal without a code."""
    failure = await failure_for(connect, http(404, body))

    assert isinstance(failure, RequestRefused)
    assert (404, None) == (failure.status, failure.code)
    assert "ERP: refused with status 404: no reason given" == str(failure)


async def test_a_long_message_is_cut(connect: Open) -> None:
    """What a refusing system says is cut to a readable length."""
    failure = await failure_for(connect, http(400, b'{"error": {"message": "' + b"x" * 5000 + b'"}}'))

    assert "refused with status 400: " + "x" * 200 == failure.message


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(http(302, b"", location="http://127.0.0.1:1/"), id="redirect"),
        pytest.param(http(204, b""), id="no content"),
        pytest.param(http(200, b"<html><body>maintenance</body></html>", content_type="text/html"), id="html"),
        pytest.param(http(200, b'{"n": 1'), id="truncated JSON"),
        pytest.param(http(200, b""), id="empty"),
        pytest.param(http(200, b'{"n": "one"}'), id="wrong type"),
        pytest.param(http(200, b"{}"), id="missing member"),
        pytest.param(http(200, b"null"), id="null"),
        pytest.param(http(200, b'{"n": 1, "name": "\xff\xfe"}'), id="bad UTF-8"),
        pytest.param(http(200, DEEP), id="deep"),
        pytest.param(http(200, b'{"n": 1, "x": ' + DEEP), id="deep in a member"),
        pytest.param(http(200, b"not gzip", content_encoding="gzip"), id="not gzip"),
        pytest.param(b"SMTP ready\r\n\r\n", id="not HTTP"),
        pytest.param(http(200, content_length="many"), id="bad HTTP"),
    ],
)
async def test_what_was_not_agreed_is_invalid(connect: Open, reply: bytes) -> None:
    """An answer of another form is InvalidResponse, whatever the libraries below raise."""
    failure = await failure_for(connect, reply)

    assert (InvalidResponse, StaleReason.INVALID_RESPONSE) == (type(failure), failure.reason)


async def test_a_time_without_an_offset_is_invalid(connect: Open) -> None:
    """`as_of` is RFC 3339 with an offset; one without is not what was agreed."""
    async with serving(http(body=b'{"n": 1, "as_of": "2026-11-22T08:00:00"}')) as server:
        transport = await connect(server.url)
        with pytest.raises(InvalidResponse):
            await transport.post("stock", {}, lambda body: transport.provenance(decode(body).as_of))


async def test_an_endless_answer_is_invalid(connect: Open) -> None:
    """An answer that unpacks to more than is bearable is given up."""
    body = gzip.compress(bytes(65 * 1024 * 1024), 1)
    failure = await failure_for(connect, http(200, body, content_encoding="gzip"))

    assert "an answer of over 67108864 bytes" == failure.message
    assert InvalidResponse is type(failure)


async def test_a_dropped_get_is_sent_once(connect: Open) -> None:
    """A connection that was reused and broke does not make the request go out a second time."""
    async with serving(http(), b"") as server:
        transport = await connect(server.url)
        await transport.get(f"{server.url}/keys", decode)
        with pytest.raises(PerhapsSent):
            await transport.get(f"{server.url}/keys", decode)

    assert (2, 1) == (len(server.requests), server.connections)


async def test_a_write_is_sent_once(guarded: Open) -> None:
    """A connection that broke with a write on it, new or reused, and an error: it may be written, and is not sent again."""
    async with serving(http(), b"", http(503)) as server:
        transport = await guarded(server.url)
        answer = await transport.post_once("orders/place", {"key": "k"}, decode)
        with pytest.raises(PerhapsSent):
            await transport.post_once("orders/place", {"key": "k"}, decode)
        with pytest.raises(SourceUnavailable) as failed:
            await transport.post_once("orders/place", {"key": "k"}, decode)

    assert (Said(n=1), 3) == (answer, len(server.requests))
    assert not isinstance(failed.value, NeverSent)
    assert server.requests[0].startswith(b"POST /orders/place ")
    assert server.requests[0].endswith(b'{"key":"k"}')


async def test_a_write_that_is_not_answered_was_perhaps_sent(guarded: Open) -> None:
    """No answer in time: it may be written."""
    async with serving(None) as server:
        transport = await guarded(server.url, timeout_s=0.1)
        with pytest.raises(PerhapsSent) as late:
            await transport.post_once("orders/place", {}, decode)

    assert (StaleReason.TIMEOUT, 1) == (late.value.reason, len(server.requests))


async def test_a_write_that_cannot_leave_was_never_sent(guarded: Open) -> None:
    """Nobody listens, or nobody waits for it any more: it did not leave, and is not tried again."""
    transport = await guarded(f"http://127.0.0.1:{free_port()}")

    async def too_late() -> SourceError:
        calls_end_at.set(FakeClock().monotonic())
        return await failure_of_write(transport)

    failures = [await failure_of_write(transport), await asyncio.create_task(too_late())]

    assert [NeverSent, NeverSent] == [type(failure) for failure in failures]
    assert [StaleReason.CONNECTION_FAILED, StaleReason.TIMEOUT] == [failure.reason for failure in failures]
    assert transport.guard is not None
    assert 0 == transport.guard.retries


async def test_no_write_while_the_circuit_is_open(guarded: Open) -> None:
    """Where calls failed, a write does not leave, though a read goes as a probe when its time has come."""
    clock = FakeClock()
    async with serving(*[http(503, retry_after="9")] * 5, http()) as server:
        transport = await guarded(server.url, clock=clock)
        for _ in range(5):
            await failure_of_write(transport)
        clock.advance(10)
        failure = await failure_of_write(transport)
        await transport.post("ping", {}, decode)
        await transport.post_once("orders/place", {}, decode)

    assert CircuitOpen is type(failure)
    assert 7 == len(server.requests)


async def failure_of_write(transport: Transport) -> SourceError:
    """Return what writing raises."""
    with pytest.raises(SourceError) as raised:
        await transport.post_once("orders/place", {}, decode)
    return raised.value


async def test_cookies_are_not_kept(connect: Open) -> None:
    """What a system sets as a cookie never comes back to it."""
    async with serving(http(set_cookie="session=anna; Path=/")) as server:
        transport = await connect(f"http://localhost:{server.port}")  # jars tend to take none from bare IP addresses
        await transport.post("prices", {}, decode)
        await transport.post("prices", {}, decode)

    assert [False, False] == [b"cookie" in request.lower() for request in server.requests]


@pytest.mark.parametrize("reply", [http(), http(404, b"{}"), http(500, b"{}"), http(200, b"<html>")])
async def test_connections_are_reused(connect: Open, reply: bytes) -> None:
    """Calls one after another go over one connection, whatever their outcome."""
    async with serving(reply) as server:
        transport = await connect(server.url)
        for _ in range(5):
            with suppress(SourceError):
                await transport.post("prices", {}, decode)

    assert (5, 1) == (len(server.requests), server.connections)


@pytest.mark.parametrize("reply", [b"", http(401, b"{}"), http(500), http(302), http(200, b"{")])
async def test_no_error_shows_the_token(connect: Open, reply: bytes) -> None:
    """The token is in no error, nor in what led to it."""
    failure: BaseException | None = await failure_for(connect, reply)
    shown = []
    while failure is not None:
        shown += [str(failure), repr(failure)]
        failure = failure.__cause__ or failure.__context__

    assert [] == [text for text in shown if TOKEN in text]


async def test_health_follows_the_calls(connect: Open) -> None:
    """A system answers until a call fails, and again from the next answer on; a refusal is an answer."""
    clock, seen = FakeClock(), []
    replies = [http(), http(503), http(500), http(409, b"{}"), http(200, b"<html>"), http(429), http()]
    async with serving(*replies) as server:
        transport = await connect(server.url, clock=clock)
        for _ in range(7):
            clock.advance(1)
            with suppress(SourceError):
                await transport.post("prices", {}, decode)
            seen.append((transport.health.answering, int((transport.health.since - START).total_seconds())))

    assert [(True, 0), (False, 2), (False, 2), (True, 4), (False, 5), (False, 5), (True, 7)] == seen


async def test_health_of_the_unreachable(connect: Open) -> None:
    """A system that cannot be reached does not answer."""
    transport = await connect(f"http://127.0.0.1:{free_port()}")
    before = transport.health.answering
    await failure_of(transport)

    assert (True, False) == (before, transport.health.answering)


@pytest.mark.parametrize("ago_s", [0, 90, -60, None])
async def test_provenance_is_never_in_the_future(connect: Open, ago_s: int | None) -> None:
    """A value was true when its system says, else now; a system whose clock is ahead does not date it later."""
    transport = await connect("http://127.0.0.1:1")
    as_of = None if ago_s is None else START - timedelta(seconds=ago_s)
    expected = START - timedelta(seconds=max(0, ago_s or 0))

    assert Provenance(System.ERP, expected, START) == transport.provenance(as_of)
