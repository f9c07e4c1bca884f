"""
How a serving process stops: it says that it is not ready, stops listening, tells streams to end, finishes what it is
answering, closes what is open, and exits with 0; all of that within a bound. A second signal ends it at once.
"""

import asyncio
import logging
import os
import signal
import socket
from threading import Timer
from types import FrameType
from typing import NoReturn

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("kanava.shutdown")

CLOSE_WITHIN_S = 3.0
"""How long closing may take, once the requests are answered or cut off."""
GOODBYE_S = 0.1
"""How long streams have to say in words of their own that they end, before connections are shut."""
LOOK_EVERY = 300
"""In ticks of the server, ten a second: how often connections are looked for that nobody reads."""
END_WITHIN_S = 1.0
"""How much later the process ends by force, if threads or tasks keep it."""


class Closing:
    """Whether this process stops: it has begun as soon as a signal says so; `wait` is for what would never end."""

    def __init__(self) -> None:
        self.begun = False
        self._told = asyncio.Event()

    def tell(self) -> None:
        """Tell those that wait; from within the event loop."""
        self.begun = True
        self._told.set()

    async def wait(self) -> None:
        """Wait until this process stops."""
        await self._told.wait()


class Server(uvicorn.Server):
    """
    A server that stops in order.

    Requests have `within_s` to end by themselves. Then they are cut off (`CutOff`).
    """

    def __init__(self, config: uvicorn.Config, closing: Closing, *, within_s: float) -> None:
        super().__init__(config)
        config.timeout_graceful_shutdown = within_s  # type: ignore[assignment]  # it is waited for, as any float may be
        self._closing = closing
        self._bound_s = within_s + GOODBYE_S + CLOSE_WITHIN_S
        self._unread: dict[object, int] = {}

    async def on_tick(self, counter: int) -> bool:
        """Do what is to be done now and then, and return whether to stop."""
        if counter % LOOK_EVERY == 0:
            self.drop_unread()
        return await super().on_tick(counter)

    def drop_unread(self) -> None:
        """
        End the connections that are closed but for what is left to be sent, if no client has taken any of it since this
        was last done: closing alone would wait for them for ever.
        """
        transports = [connection.transport for connection in self.server_state.connections]
        left = {one: one.get_write_buffer_size() for one in transports if one.is_closing()}
        for transport, size in left.items():
            if 0 < size == self._unread.get(transport):
                transport.abort()
        self._unread = dict[object, int](left.items())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, or, at the second signal, die of it."""
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        # all that uvicorn does here but one: it would raise the signal again in the end, and so not exit with 0
        self._closing.begun = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; what is not closed in time is left as it is."""
        self._closing.tell()
        last = Timer(self._bound_s + END_WITHIN_S, _end)
        last.daemon = True
        last.start()
        try:
            async with asyncio.timeout(self._bound_s):
                for listening in (*self.servers, *(sockets or ())):
                    listening.close()
                await asyncio.sleep(GOODBYE_S)
                await super().shutdown(sockets)
        except TimeoutError:
            log.warning("not everything could be closed in time")


def _end() -> NoReturn:
    log.error("something would not end: the process ends without it")
    os._exit(1)


class CutOff:
    """Ends without noise what is cut off when the time for stopping is over; with 503, where no answer has begun."""

    def __init__(self, app: ASGIApp, closing: Closing) -> None:
        self._app = app
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except asyncio.CancelledError:
            if scope["type"] == "lifespan" or not self._closing.begun:
                raise
            if scope["type"] == "http" and not begun:
                await PlainTextResponse("Kanava stops.", 503, {"retry-after": "1"})(scope, receive, send)
