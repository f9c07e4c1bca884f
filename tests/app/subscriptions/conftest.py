"""Streams in this process, as a client sees them that reads when it is told to; time passes when nothing else is left."""

import asyncio
import json
import selectors
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Scope
from starlette.websockets import WebSocket

from app.door import Visitor
from app.endpoint import Endpoint
from app.identity import Identity
from app.shutdown import Closing
from app.subscriptions.messages import PROTOCOL
from app.subscriptions.websocket import Connections
from app.visitors import visitor_of
from app.wiring import Services
from datasources.circuit.board import Board
from datasources.circuit.breaker import State
from datasources.model.common import System
from datasources.tracing import NoTracer
from tests.app.conftest import Absent, MemoryCrm, MemoryPim, Provider, door_of, services_of
from tests.datasources.fakes import FakeClock

NEVER_S = 86_400.0
"""What is not there after a day will not come."""
LEAST_S = 1e-6
"""Less than this may be lost when it is added to a time."""
OWN_PAGE = "https://shop.example"
CHANGES = "subscription { channelStatusChanged { mode } }"


class Selector(selectors.SelectSelector):
    """Never waits for time to pass: sets the clock to when there is something to do."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else 0)
        if timeout is not None and not ready:
            self._clock.advance(max(LEAST_S, timeout) if timeout > 0 else 0)
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop that goes by a clock which it sets itself."""

    def __init__(self) -> None:
        self.clock = FakeClock(datetime.now(UTC).replace(microsecond=0))
        super().__init__(Selector(self.clock))

    def time(self) -> float:
        return self.clock.monotonic()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Have the tests of this folder run on such a loop."""
    return {"own clock": Loop}


@pytest.fixture
async def clock() -> FakeClock:
    loop = asyncio.get_running_loop()

    assert isinstance(loop, Loop)
    return loop.clock


class Client:
    """
    One end of a connection: what the application sends is taken off its hands while `reads` is set.

    Once it is `gone`, nothing can be sent to it.
    """

    def __init__(self, app: Starlette, scope: Scope) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self._kind = scope["type"]
        self.gone = False
        self.waiting = 0
        self.most_waiting = 0
        self._to: asyncio.Queue[Message] = asyncio.Queue()
        self._from: asyncio.Queue[Message] = asyncio.Queue()
        headers = [(name.encode(), value.encode()) for name, value in scope["headers"].items()]
        common = {"asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "path": "/graphql"}
        peers = {"client": ("192.0.2.1", 50_000), "server": ("kanava.example", 80), "root_path": ""}
        whole = {**common, **peers, "raw_path": b"/graphql", "query_string": b"", **scope, "headers": headers}
        self.served = asyncio.ensure_future(app(whole, self._receive, self._send))

    async def _receive(self) -> Message:
        return await self._to.get()

    async def _send(self, message: Message) -> None:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            await self.reads.wait()
        finally:
            self.waiting -= 1
        if self.gone:
            raise OSError("the client is gone")
        self._from.put_nowait(message)

    @property
    def sent(self) -> int:
        """How many messages it has been sent that a test has not got yet."""
        return self._from.qsize()

    def put(self, message: Message) -> None:
        """Have a message of the server's reach the application."""
        self._to.put_nowait(message)

    def leave(self) -> None:
        self.put({"type": f"{self._kind}.disconnect", "code": 1001})

    async def get(self) -> Message:
        """Return the next message that the application sent."""
        async with asyncio.timeout(NEVER_S):
            return await self._from.get()

    async def ended(self) -> None:
        """Wait until the application has done with it."""
        async with asyncio.timeout(NEVER_S):
            await self.served


@dataclass
class Events:
    """An answer that is a stream of events, or another."""

    client: Client
    status: int
    headers: Mapping[str, str]

    async def chunk(self) -> bytes | None:
        """Return what comes next, None at the end."""
        message = await self.client.get()
        return message["body"] if message.get("more_body") else None

    async def body(self) -> Any:
        """Return an answer that is not a stream."""
        return json.loads((await self.client.get())["body"])

    async def next(self) -> Any:
        """Return the next result; None when there are no more."""
        chunk = await self.chunk()
        if chunk == b"event: complete\ndata:\n\n":
            return None

        assert chunk is not None
        assert chunk.startswith(b"event: next\ndata: ")
        assert chunk.endswith(b"\n\n")
        return json.loads(chunk.removeprefix(b"event: next\ndata: "))


@dataclass
class Socket:
    """A WebSocket, from the client's side."""

    client: Client

    def say(self, message: object) -> None:
        self.client.put({"type": "websocket.receive", "text": json.dumps(message)})

    def say_text(self, text: str) -> None:
        self.client.put({"type": "websocket.receive", "text": text})

    def say_bytes(self, content: bytes) -> None:
        self.client.put({"type": "websocket.receive", "bytes": content})

    def subscribe(self, id_: str, query: str, **more: object) -> None:
        self.say({"id": id_, "type": "subscribe", "payload": {"query": query, **more}})

    async def hear(self) -> Any:
        """Return the next message, which must not be the end of the connection."""
        message = await self.client.get()

        assert "websocket.send" == message["type"], message
        return json.loads(message["text"])

    async def closed(self) -> tuple[int, str]:
        """Return how the connection is closed, which must come next."""
        message = await self.client.get()

        assert "websocket.close" == message["type"], message
        await self.client.ended()
        return message["code"], message["reason"]

    async def begin(self, **payload: object) -> None:
        """Introduce oneself, and be let in."""
        self.say({"type": "connection_init", "payload": payload})

        assert {"type": "connection_ack"} == await self.hear()


class WatchedBoard(Board):
    """A board that counts those who watch it."""

    watchers = 0

    @contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        self.watchers += 1
        try:
            with super().watching() as event:
                yield event
        finally:
            self.watchers -= 1


class Kanava:
    """What answers streams, and what stands behind it."""

    def __init__(self, services: Services, provider: Provider, pim: MemoryPim, clock: FakeClock) -> None:
        self.board = WatchedBoard(services.sources.circuits)
        self.services = services = replace(services, sources=replace(services.sources, board=self.board))
        self.provider = provider
        self.pim = pim
        self.clock = clock
        self.closing = Closing()
        self.door = door_of(services)
        self.connections = Connections(self.door, self._greet, closing=self.closing, origins=[OWN_PAGE])
        self._endpoint = Endpoint(self.door, self.closing, NoTracer())
        self._app = Starlette(
            routes=[
                Route("/graphql", self._over_http, methods=["GET", "POST"]),
                WebSocketRoute("/graphql", self._over_websocket),
            ]
        )
        self._clients: list[Client] = []

    async def _greet(self, socket: WebSocket, authorization: str | None) -> Visitor:
        return await visitor_of(socket, self.services, authorization)

    async def _over_http(self, request: Request) -> Response:
        return await self._endpoint(request)

    async def _over_websocket(self, socket: WebSocket) -> None:
        await self.connections(socket)

    async def events(self, query: str = CHANGES, *, accept: str = "text/event-stream", **headers: str) -> Events:
        """Ask for events."""
        given = {"host": "kanava.example", "content-type": "application/json", "accept": accept, **headers}
        client = self._connect({"type": "http", "method": "POST", "scheme": "http", "headers": given})
        client.put({"type": "http.request", "body": json.dumps({"query": query}).encode(), "more_body": False})
        start = await client.get()
        return Events(client, start["status"], {name.decode(): value.decode() for name, value in start["headers"]})

    def knock(self, *, protocols: Sequence[str] = (PROTOCOL,), **headers: str) -> Socket:
        """Open a WebSocket, without waiting for what comes of it."""
        scope = {"type": "websocket", "scheme": "ws", "subprotocols": list(protocols)}
        client = self._connect({**scope, "headers": {"host": "kanava.example", **headers}})
        client.put({"type": "websocket.connect"})
        return Socket(client)

    async def socket(self, **headers: str) -> Socket:
        """Open a WebSocket that is accepted."""
        socket = self.knock(**headers)
        accepted = await socket.client.get()

        assert ("websocket.accept", PROTOCOL) == (accepted["type"], accepted["subprotocol"])
        return socket

    def hold(self, state: State, system: System = System.ERP) -> None:
        """Have a circuit be in this state."""
        self.services.guards[system].circuit.force(state)

    async def end(self) -> None:
        """Have all streams end that are left."""
        for client in self._clients:
            client.reads.set()
            client.leave()
        for client in self._clients:
            with suppress(asyncio.CancelledError):
                await client.ended()

    def _connect(self, scope: Scope) -> Client:
        self._clients.append(Client(self._app, scope))
        return self._clients[-1]


@pytest.fixture
async def kanava(identity: Identity, provider: Provider, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Kanava]:
    """Kanava over connectors in memory; in the end nothing of it may run, and nobody watch a circuit."""
    async with opened(identity, provider, clock, tmp_path) as kanava:
        yield kanava


@asynccontextmanager
async def opened(identity: Identity, provider: Provider, clock: FakeClock, folder: Path) -> AsyncIterator[Kanava]:
    pim = MemoryPim(clock)
    services = services_of(pim, MemoryCrm(clock), Absent(), identity, clock, folder)
    kanava = Kanava(services, provider, pim, clock)
    yield kanava
    await kanava.end()
    await services.store.close()

    assert {asyncio.current_task()} == asyncio.all_tasks()
    assert 0 == kanava.connections.open
    assert 0 == kanava.board.watchers
