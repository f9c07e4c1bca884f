"""Kanava's own server in this process, over systems in memory, with a clock that stands still."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app import shares
from app.door import Door
from app.endpoint import Endpoint
from app.express.answering import Begun, Express, Reply
from app.express.heads import Head, Heads
from app.express.protocol import Lane
from app.headers import SecurityHeaders
from app.identity import Identity
from app.limits.rate import RateLimiter
from app.main import _middleware
from app.mask import Mask
from app.serving import _config
from app.shutdown import Closing, CutOff, Server
from app.trusted import TrustedDocuments
from app.wiring import Services
from datasources.errors import CircuitOpen, NeverSent
from datasources.model.common import System
from datasources.model.pricing import PriceKey, Quote
from datasources.tracing import NoTracer
from schema.schema import Schema, build_schema
from tests.app.conftest import ISSUER, Provider, services_of
from tests.app.express.wire import Answer, Wire, body_of, connect, post, until
from tests.app.responses.conftest import Crm, Erp, Pim
from tests.datasources.fakes import FakeClock

ASKS_S = 3600
KEPT_S = 60
SENT_BYTES = 20_000
"""About how much the system takes on its way to a client that does not read."""


class HeldErp(Erp):
    """An ERP that answers when it is let, and fails as it is told to."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.let = asyncio.Event()
        self.let.set()
        self.is_asked = asyncio.Event()

    async def prices(self, keys: Sequence[PriceKey]) -> Mapping[PriceKey, Quote]:
        self.is_asked.set()
        await self.let.wait()
        return await super().prices(keys)

    def down(self) -> NeverSent:
        return NeverSent(System.ERP, "no connection")

    def left_alone(self) -> CircuitOpen:
        return CircuitOpen(System.ERP, "it failed lately")


@dataclass
class Noting:
    """Answers at once where `express` does, and notes which way each request went."""

    express: Express
    ways: list[str] = field(default_factory=list)

    def __call__(self, head: Head, body: bytes) -> Reply | Begun | None:
        reply = self.express.answer(head, body)
        if isinstance(reply, Reply):
            self.ways.append("express")
        return reply


class InProcess(Server):
    """It leaves signals to the tests, and does not end the process by force."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.tell()
        await uvicorn.Server.shutdown(self, sockets)


@dataclass
class Served:
    """The server, and all that stands behind it. Which way each request went is in `ways`, in their order."""

    port: int
    clock: FakeClock
    provider: Provider
    pim: Pim
    crm: Crm
    erp: HeldErp
    services: Services
    endpoint: Endpoint
    lane: Lane
    server: InProcess
    serving: asyncio.Task[None]
    noting: Noting
    wires: list[Wire] = field(default_factory=list)
    tokens: dict[object, str] = field(default_factory=dict)

    @property
    def ways(self) -> list[str]:
        return self.noting.ways

    @property
    def express(self) -> Express:
        return self.endpoint.express

    @property
    def connections(self) -> list[Any]:
        """The server's ends of the connections."""
        return list(self.server.server_state.connections)

    async def connect(self, **more: Any) -> Wire:
        self.wires.append(await connect(self.port, **more))
        return self.wires[-1]

    async def ask(self, request: bytes) -> Answer:
        """Return the answer to one request, by a connection of its own."""
        wire = await self.connect()
        await wire.send(request)
        answer = await wire.answer()
        wire.close()
        self.wires.remove(wire)
        return answer

    async def is_held(self) -> None:
        """Wait until a request has come, but for its end."""
        await until(lambda: any(connection._held for connection in self.connections))

    async def make_known(self, body: bytes, *headers: str) -> bytes:
        """Send a body until it is known and nothing has to be waited for; forget which ways that took."""
        for _ in range(3):
            await self.ask(post(body, *headers))
        self.ways.clear()
        return body

    async def known(self, query: str, *headers: str, **more: Any) -> bytes:
        return await self.make_known(body_of(query, **more), *headers)

    def signed(self, person: str, **claims: Any) -> str:
        """Return the header by which somebody signs in; the token is the same each time for as long."""
        whose = (person, tuple(claims.items()))
        if whose not in self.tokens:
            given = {"exp": int(self.clock.timestamp()) + ASKS_S, **claims}
            self.tokens[whose] = self.provider.token(self.clock, sub=person, **given)
        return f"authorization: Bearer {self.tokens[whose]}"

    @contextmanager
    def ordinarily(self) -> Iterator[None]:
        """Have all requests go the ordinary way meanwhile."""
        self.lane.answering = None
        try:
            yield
        finally:
            self.lane.answering = self.noting


OpenServer = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture(scope="session")
def schema() -> Schema:
    return build_schema()


@pytest.fixture
def open_server(schema: Schema, provider: Provider, clock: FakeClock, tmp_path: Path) -> OpenServer:
    """Serve with settings of its own; `shutdown_s` is how long requests have to end when it stops."""

    @asynccontextmanager
    async def opened(
        *, shutdown_s: float = 5, trusted: TrustedDocuments | None = None, **environment: str
    ) -> AsyncIterator[Served]:
        transport: Any = provider
        identity = Identity(transport, issuer=ISSUER, audience="kanava", claim_person="sub", clock=clock)
        crm: Any = Crm(clock)
        pim, erp = Pim(clock), HeldErp(clock)
        async with AsyncExitStack() as stack:
            services = services_of(pim, crm, erp, identity, clock, tmp_path, **environment)
            stack.push_async_callback(services.store.close)
            stack.push_async_callback(services.invalidation.settle)
            rate = services.settings.rate
            limiter = RateLimiter(person_per_minute=rate.person, address_per_minute=rate.address, clock=clock)
            closing = Closing()
            endpoint = Endpoint(Door(schema, services, limiter=limiter, trusted=trusted), closing, NoTracer())
            noting = Noting(endpoint.express)
            app = _application(endpoint, noting, services, closing)
            config = _config(app)
            config.timeout_keep_alive = KEPT_S
            server = InProcess(config, closing, within_s=shutdown_s)
            # a named protocol, for without asyncio leaves it to Nagle when the second part of an answer is sent
            listening = stack.enter_context(socket.socket(proto=socket.IPPROTO_TCP))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_BYTES)
            listening.bind(("127.0.0.1", 0))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            await until(lambda: server.started)
            port, lane = listening.getsockname()[1], app.state.lane
            served = Served(port, clock, provider, pim, crm, erp, services, endpoint, lane, server, serving, noting)
            stack.push_async_callback(_end, served)
            yield served

    return opened


async def _end(served: Served) -> None:
    """End everything at once; a test of how the server stops has seen to that."""
    for wire in served.wires:
        wire.close()
    served.erp.let.set()
    server = served.server
    if not served.serving.done():
        served.serving.cancel()
        for one in server.servers:
            one.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await server.lifespan.shutdown()
    await asyncio.wait([served.serving, *server.server_state.tasks])


def _application(endpoint: Endpoint, noting: Noting, services: Services, closing: Closing) -> Starlette:
    async def graphql(request: Request) -> Response:
        noting.ways.append("ordinary")
        return await endpoint(request)

    async def go_on(scope: Scope, receive: Receive, send: Send) -> None:
        noting.ways.append("begun")
        await endpoint.go_on(scope, receive, send)

    app = Starlette(
        routes=[Route("/graphql", graphql, methods=["GET", "POST"])], middleware=_middleware(services.settings, closing)
    )
    app.state.lane = Lane()
    app.state.lane.heads = Heads(services.memory.share(shares.HEADS))
    app.state.lane.answering = noting
    app.state.lane.going_on = CutOff(SecurityHeaders(Mask(go_on)), closing)
    return app


@pytest.fixture
async def served(open_server: OpenServer) -> AsyncIterator[Served]:
    async with open_server() as opened:
        yield opened
