"""WebSocket, many operations on one connection, as graphql-ws has them (`graphql-transport-ws`)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from typing import Any

import orjson
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.door import Door, Visitor, body_of
from app.errors import Shown
from app.protocol.reading import Sent
from app.shutdown import Closing
from app.subscriptions.messages import (
    MOST_OPERATIONS,
    PROTOCOL,
    Close,
    Closed,
    Message,
    authorization_in,
    message_of,
    request_in,
)
from app.subscriptions.stream import SEND_WITHIN_S, End, wait_for_end
from datasources.errors import SourceError
from resolvers.errors import ClientError, Unauthenticated

log = logging.getLogger("kanava.errors")

INIT_WITHIN_S = 5.0
MOST_CONNECTIONS = 1_000

Greet = Callable[[WebSocket, str | None], Awaitable[Visitor]]
"""Returns who has connected; the text is the `authorization` of their first message, if it has one."""


class Connections:
    """
    Answers WebSockets at `/graphql`. `origins` are those whose pages may connect, beside this host's own.

    A client that does not take a message within `send_within_s` is dropped.
    """

    def __init__(
        self,
        door: Door,
        greet: Greet,
        *,
        closing: Closing,
        origins: Sequence[str],
        send_within_s: float = SEND_WITHIN_S,
    ) -> None:
        self.open = 0
        self._door = door
        self._greet = greet
        self._closing = closing
        self._origins = origins
        self._send_within_s = send_within_s

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one connection until it ends."""
        if not self._is_welcome(socket):
            await socket.close(Close.FORBIDDEN.value[0])
            return
        self.open += 1
        try:
            await self._serve(socket)
        finally:
            self.open -= 1

    def _is_welcome(self, socket: WebSocket) -> bool:
        """Return whether the page that connects may: a browser says whose it is, others say nothing."""
        origin = socket.headers.get("origin")
        own = (f"http://{socket.headers.get('host')}", f"https://{socket.headers.get('host')}")
        return origin is None or origin in own or origin in self._origins or "*" in self._origins

    async def _serve(self, socket: WebSocket) -> None:
        connection = Connection(socket, self._door, self._closing, self._send_within_s)
        try:
            if PROTOCOL not in socket.scope.get("subprotocols", ()):
                await socket.accept()
                raise Closed(Close.NO_PROTOCOL)
            await socket.accept(PROTOCOL)
            if self.open > MOST_CONNECTIONS:
                raise Closed(Close.TOO_MANY)
            await connection.run(self._greet)
        except Closed as closed:
            await connection.close(closed.code, closed.reason)
        except (WebSocketDisconnect, OSError):
            return


class Connection:
    """One connection: its operations run as tasks, and end with it."""

    def __init__(self, socket: WebSocket, door: Door, closing: Closing, send_within_s: float) -> None:
        self._socket = socket
        self._send_within_s = send_within_s
        self._door = door
        self._closing = closing
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, greet: Greet) -> None:
        """
        Serve until it ends.

        Raises:
            Closed: it must be closed. WebSocketDisconnect: the client closed it.
        """
        visitor = await self._begin(greet)
        clock = self._door.services.clock
        reading: asyncio.Future[None] = asyncio.ensure_future(self._read(visitor))
        ending = asyncio.ensure_future(wait_for_end(self._closing, clock, visitor.expires_at))
        try:
            waited_for: set[asyncio.Future[Any]] = {reading, ending, self._failed}
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done() or reading.done():
                return await (reading if reading.done() else self._failed)
            raise Closed(
                Close.GOING_AWAY if ending.result() is End.CLOSING else Close.UNAUTHORIZED, ending.result().value
            )
        finally:
            await self._stop({reading, ending, *self._tasks})

    async def close(self, code: int, reason: str) -> None:
        """Close it, if it is still open."""
        if self._socket.client_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, OSError, TimeoutError):
                async with asyncio.timeout(self._send_within_s):
                    await self._socket.close(code, reason)

    async def _begin(self, greet: Greet) -> Visitor:
        try:
            async with asyncio.timeout(INIT_WITHIN_S):
                message = await self._receive()
        except TimeoutError:
            raise Closed(Close.NO_INIT) from None
        if message.type != "connection_init":
            raise Closed(Close.UNAUTHORIZED)
        try:
            visitor = await greet(self._socket, authorization_in(message.payload))
        except Unauthenticated as error:
            raise Closed(Close.UNAUTHORIZED, str(error)) from None
        except (ClientError, SourceError) as error:
            raise Closed(Close.FORBIDDEN, self._door.refusal(error)[0]["message"]) from None
        await self._send({"type": "connection_ack"})
        return visitor

    async def _read(self, visitor: Visitor) -> None:
        while True:
            message = await self._receive()
            if message.type == "connection_init":
                raise Closed(Close.TOO_MANY_INITS)
            if message.type == "ping":
                await self._send({"type": "pong"})
            elif message.type == "subscribe":
                self._subscribe(message, visitor)
            elif message.type == "complete" and message.id in self._operations:
                self._operations.pop(message.id).cancel()

    def _subscribe(self, message: Message, visitor: Visitor) -> None:
        assert message.id is not None
        id_ = message.id
        if id_ in self._operations:
            raise Closed(Close.KNOWN_ID, f"Subscriber for {id_} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            raise Closed(Close.TOO_MANY_OPERATIONS)
        task = asyncio.ensure_future(self._run(id_, request_in(message.payload), visitor))
        self._operations[id_] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(id_, done))

    def _forget(self, id_: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._operations.get(id_) is task:  # the client may have given the id to another already
            del self._operations[id_]

    async def _run(self, id_: str, sent: Sent, visitor: Visitor) -> None:
        """Send the results of one operation, and that there are no more; or why there are none."""
        with suppress(WebSocketDisconnect):  # the connection ends, and with it all that is read and sent there
            try:
                await self._answer(id_, sent, visitor)
            except WebSocketDisconnect:
                raise
            except Exception as error:
                await self._send({"type": "error", "id": id_, "payload": self._door.refusal(error)})

    async def _answer(self, id_: str, sent: Sent, visitor: Visitor) -> None:
        prepared = await self._door.prepare(sent, visitor, self._door.ask(visitor))
        if prepared.kind is OperationType.SUBSCRIPTION:
            async with aclosing(self._door.subscribe(prepared, visitor)) as results:
                async for body in results:
                    await self._send({"type": "next", "id": id_, "payload": body})
        else:
            answer = await self._door.answer(prepared)
            if answer.data is None:
                await self._send({"type": "error", "id": id_, "payload": answer.errors})
                return
            await self._send({"type": "next", "id": id_, "payload": body_of(answer)})
        await self._send({"type": "complete", "id": id_})

    async def _receive(self) -> Message:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1006)
        return message_of(message.get("text"))

    async def _send(self, message: Shown) -> None:
        """Send a message; a client that does not take it off our hands in time is dropped."""
        try:
            async with asyncio.timeout(self._send_within_s), self._sending:
                await self._socket.send_text(orjson.dumps(message).decode())
        except (TimeoutError, RuntimeError) as error:
            if not self._failed.done():
                self._failed.set_result(None)
            raise WebSocketDisconnect from error

    async def _stop(self, tasks: set[asyncio.Future[Any]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            if (
                not task.cancelled()
                and (error := task.exception())
                and not isinstance(error, Closed | WebSocketDisconnect)
            ):
                log.error("a WebSocket's task broke", exc_info=error)
