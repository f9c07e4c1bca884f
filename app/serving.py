"""The server of the command line: alone, or as one of several workers."""

import asyncio
import gc
import signal
import socket
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette

from app.express.protocol import ExpressProtocol
from app.garbage import short_collections
from app.main import create_app
from app.pages import large_pages
from app.settings import Settings
from app.shutdown import CLOSE_WITHIN_S, END_WITHIN_S, GOODBYE_S, Closing, Server
from app.subscriptions.messages import MAX_MESSAGE_BYTES
from app.telemetry.neighbours import Neighbours, open_neighbours
from app.trusted import TrustedDocuments
from app.worker import TAKES, TAKES_NO_MORE, Place
from app.workers import Workers
from datasources.clock import SystemClock

FIRST_WITHIN_S = 1.0
"""How long a client has to send its first request, once it is connected to a worker that is to stop."""
STOP_MARGIN_S = 2.0
"""How much longer than they may take by themselves the parent gives its workers to stop."""
LOOK_AGAIN_S = 0.02


def serve_alone(settings: Settings, trusted: TrustedDocuments | None, listening: socket.socket) -> bool:
    """Serve until told to stop; return whether it could start."""
    closing = Closing()
    app = create_app(settings, closing=closing, trusted=trusted)
    return _ran(Server(_config(app), closing, within_s=settings.shutdown_s), [listening])


def serve_together(
    count: int,
    settings: Settings,
    trusted: TrustedDocuments | None,
    listening: socket.socket,
    *,
    ready: Callable[[], None],
) -> None:
    """
    Serve with several processes until told to stop; `ready` is called when all of them listen.

    Raises:
        WorkersFailed: they could not start, or did not stop in order.
    """
    gc.freeze()  # so that no worker's collector writes to what they share, which would make it its own
    with open_neighbours(count) as neighbours:

        def serve(place: Place) -> int:
            return 0 if _ran(_worker(place, settings, trusted, neighbours), []) else 1

        within_s = FIRST_WITHIN_S + settings.shutdown_s + GOODBYE_S + CLOSE_WITHIN_S + END_WITHIN_S + STOP_MARGIN_S
        Workers(count, serve, listening, clock=SystemClock(), stop_within_s=within_s).run(ready=ready)


class WorkerServer(Server):
    """
    A server that gets its connections from its parent, and stops when there is no parent any more.

    It is within the context `meanwhile` for as long as it serves.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        closing: Closing,
        *,
        within_s: float,
        place: Place,
        meanwhile: AbstractAsyncContextManager[None],
    ) -> None:
        super().__init__(config, closing, within_s=within_s)
        self._place = place
        self._meanwhile = meanwhile
        self._open = AsyncExitStack()
        self._beginning: set[asyncio.Task[object]] = set()
        self._new: deque[tuple[float, Any]] = deque()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        await self._open.enter_async_context(self._meanwhile)
        asyncio.get_running_loop().add_reader(self._place.channel, self._take)
        self._place.say(TAKES)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; connections go to others from now on, those that are on their way still come here."""
        super().handle_exit(sig, frame)
        self._place.say(TAKES_NO_MORE)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; who has only just been connected has a moment to send what they came for."""
        while self._await_first_requests():  # noqa: ASYNC110 - nobody tells when a request begins
            await asyncio.sleep(LOOK_AGAIN_S)
        await self._open.aclose()
        await super().shutdown(sockets)

    def _await_first_requests(self) -> bool:
        since, connections = asyncio.get_running_loop().time() - FIRST_WITHIN_S, self.server_state.connections
        return any(at > since and one in connections and one.is_new for at, one in self._new)

    def _take(self) -> None:
        """Begin to serve a connection; the event loop calls again while there are more."""
        loop = asyncio.get_running_loop()
        try:
            connection = self._place.next()
        except EOFError:
            loop.remove_reader(self._place.channel)
            if not self.should_exit:
                self.handle_exit(signal.SIGTERM, None)
            return
        if connection is not None:
            task = loop.create_task(self._begin(connection))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        try:
            _, protocol = await loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # it broke on the way
            connection.close()
            return
        self._new.append((loop.time(), protocol))
        while self._new[0][0] < loop.time() - FIRST_WITHIN_S:
            self._new.popleft()

    def _protocol(self) -> asyncio.Protocol:
        config: Any = self.config
        protocol: asyncio.Protocol = config.http_protocol_class(
            config=config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


def _worker(place: Place, settings: Settings, trusted: TrustedDocuments | None, neighbours: Neighbours) -> WorkerServer:
    closing = Closing()
    app = create_app(settings, closing=closing, trusted=trusted)
    app.state.post = post = neighbours.post(place.number)
    telling = post.telling(lambda: app.state.metrics.families())
    return WorkerServer(_config(app), closing, within_s=settings.shutdown_s, place=place, meanwhile=telling)


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=partial(ExpressProtocol, lane=app.state.lane),  # type: ignore[arg-type]  # it is called like a class
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="wsproto",
        ws_max_size=MAX_MESSAGE_BYTES,
    )


def _ran(server: Server, listening: list[socket.socket]) -> bool:
    """Run it to its end; return whether it could start."""
    try:
        with short_collections(), large_pages():
            server.run(sockets=listening)
    except SystemExit:  # so uvicorn says that the application did not start
        return False
    return server.started
