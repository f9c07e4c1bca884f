"""Runs one system in this process, on one port."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from sandbox.hangup import HangupProtocol
from sandbox.say import say

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Another process listens there."""


class Announcing(uvicorn.Server):
    """Says on stdout when it listens, for whoever waits for it."""

    def __init__(self, config: uvicorn.Config, announcement: str, leaving: asyncio.Event) -> None:
        super().__init__(config)
        self.announcement = announcement
        self.leaving = leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        say(self.announcement)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Calls that a fault delays would hold up the end.
        self.leaving.set()
        await super().shutdown(sockets)


def serve(name: str, port: int, make_app: Callable[[], Starlette]) -> None:
    """
    Serve until SIGTERM or SIGINT, then end the process with 0.

    Raises:
        PortTaken: nothing was started.
    """
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    with socket.socket() as listener:
        _claim(listener, port, name)
        app = _loaded(make_app)
        try:
            listener.listen(1024)
        except OSError as problem:
            raise PortTaken(f"sandbox {name}: port {port} is taken ({problem.strerror})") from problem
        config = uvicorn.Config(
            app, http=HangupProtocol, ws="none", lifespan="off", access_log=False, log_level="warning",
            timeout_graceful_shutdown=1, timeout_keep_alive=75, server_header=False,
        )  # fmt: skip
        Announcing(config, f"sandbox {name}: http://{HOST}:{port}", app.state.leaving).run(sockets=[listener])


def _loaded(make_app: Callable[[], Starlette]) -> Starlette:
    # What is loaded stays for good, so the collector need not look at it, now or later.
    gc.disable()
    app = make_app()
    gc.freeze()
    gc.enable()
    return app


def _claim(listener: socket.socket, port: int, name: str) -> None:
    # Claimed before the data is loaded, so that a taken port is told at once; it listens when it can answer.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as problem:
        raise PortTaken(f"sandbox {name}: port {port} is taken ({problem.strerror})") from problem


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
