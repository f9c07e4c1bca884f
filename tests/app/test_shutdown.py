"""A server's connections that nobody reads; `tests/scenarios/test_shutdown.py` stops a whole process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from app.shutdown import Closing, Server

MANY_BYTES = 20_000_000
"""More than the system takes on its way to a client that reads nothing."""
WITHIN_S = 20


class Connection(asyncio.Protocol):
    """Sends much as soon as somebody connects, and may then close."""

    def __init__(self, server: Server, *, closes: bool) -> None:
        self.made = asyncio.Event()
        self.lost = asyncio.Event()
        self._server: Any = server
        self._closes = closes

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        self._server.server_state.connections.add(self)
        transport.write(bytes(MANY_BYTES))
        if self._closes:
            transport.close()
        self.made.set()

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.server_state.connections.discard(self)
        self.lost.set()


@asynccontextmanager
async def connected(server: Server, *, closes: bool) -> AsyncIterator[tuple[Connection, socket.socket]]:
    """Have a client connected that reads nothing by itself."""
    loop, connection = asyncio.get_running_loop(), Connection(server, closes=closes)
    listening = await loop.create_server(lambda: connection, "127.0.0.1", 0)
    with socket.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, listening.sockets[0].getsockname())
        await connection.made.wait()
        yield connection, client
    if not connection.lost.is_set():
        connection.transport.abort()
    await connection.lost.wait()
    listening.close()
    await listening.wait_closed()


def server_of() -> Server:
    async def nothing(*_: object) -> None:
        return None

    return Server(uvicorn.Config(nothing, log_config=None), Closing(), within_s=1)


async def settled(transport: asyncio.Transport) -> None:
    """Wait until the system takes no more to send."""
    sizes = [-1]
    async with asyncio.timeout(WITHIN_S):
        while sizes[-1] != transport.get_write_buffer_size():
            sizes.append(transport.get_write_buffer_size())
            await asyncio.sleep(0.1)


async def test_what_is_closed_and_not_read_is_dropped() -> None:
    """A closed connection of which nothing is read from one look to the next is ended."""
    server = server_of()
    async with connected(server, closes=True) as (connection, _):
        await settled(connection.transport)
        server.drop_unread()
        await asyncio.sleep(0)
        once = connection.lost.is_set()
        server.drop_unread()
        async with asyncio.timeout(WITHIN_S):
            await connection.lost.wait()

    assert not once
    assert set() == server.server_state.connections


async def test_what_is_closed_and_read_slowly_is_not() -> None:
    """Who goes on reading gets all that was sent."""
    server, loop = server_of(), asyncio.get_running_loop()
    async with connected(server, closes=True) as (connection, client):
        got, looked_at = 0, 0
        async with asyncio.timeout(WITHIN_S):
            while chunk := await loop.sock_recv(client, 1_000_000):
                got += len(chunk)
                await asyncio.sleep(0)
                if got >= looked_at + MANY_BYTES // 4:
                    looked_at = got
                    server.drop_unread()

    assert MANY_BYTES == got
    assert connection.lost.is_set()


async def test_what_is_open_is_left_alone() -> None:
    """A client that does not read at the moment may come back to it, while its connection is open."""
    server = server_of()
    async with connected(server, closes=False) as (connection, _):
        await settled(connection.transport)
        for _ in range(3):
            server.drop_unread()
        await asyncio.sleep(0)

        assert not connection.lost.is_set()
