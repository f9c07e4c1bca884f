"""Who does not take what is sent is dropped, and nothing is gathered for them."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from app.door import Door
from app.shutdown import Closing
from app.subscriptions.messages import PROTOCOL
from app.subscriptions.sse import EventStream
from app.subscriptions.websocket import Connections
from app.visitors import visitor_of
from tests.app.conftest import Api, door_of

SOON_S = 0.02


class Numbers:
    """Events without end, which count how many were asked for."""

    def __init__(self) -> None:
        self.made = 0
        self.closed = False

    async def events(self) -> Any:
        try:
            while True:
                self.made += 1
                yield b"data: 1\n\n"
        finally:
            self.closed = True


async def nobody_leaves() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def test_events_that_are_not_taken_end_the_stream() -> None:
    """The client takes two events and then none: a third is made, none after it, and the iteration is closed."""
    numbers, taken = Numbers(), []

    async def send(message: Any) -> None:
        if len(taken) == 3:
            await asyncio.Event().wait()
        taken.append(message["type"])

    await EventStream(numbers.events(), {}, send_within_s=SOON_S)({"type": "http"}, nobody_leaves, send)

    assert ["http.response.start", "http.response.body", "http.response.body"] == taken
    assert (3, True) == (numbers.made, numbers.closed)


@pytest.fixture
def door(api: Api) -> Door:
    return door_of(api.services)


async def test_messages_that_are_not_taken_end_the_connection(door: Door) -> None:
    """A client subscribes twenty times and takes only the acknowledgement: it is dropped, with all its operations."""
    said = [{"type": "websocket.connect"}, text('{"type": "connection_init"}')]
    said += [text(subscription(number)) for number in range(20)]
    taken: list[str] = []

    async def receive() -> Any:
        return said.pop(0) if said else await nobody_leaves()

    async def send(message: Any) -> None:
        taken.append(message["type"])
        if len(taken) > 2:
            await asyncio.Event().wait()

    async def greet(socket: HTTPConnection, authorization: str | None) -> Any:
        return await visitor_of(socket, door.services, authorization)

    before = len(asyncio.all_tasks())
    connections = Connections(door, greet, closing=Closing(), origins=(), send_within_s=SOON_S)
    await connections(WebSocket(scope(), receive, send))

    assert ["websocket.accept", "websocket.send", "websocket.send"] == taken[:3]
    assert (0, before) == (connections.open, len(asyncio.all_tasks()))


def text(said: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": said}


def subscription(number: int) -> str:
    query = "subscription { channelStatusChanged { mode } }"
    return f'{{"type": "subscribe", "id": "{number}", "payload": {{"query": "{query}"}}}}'


def scope() -> dict[str, Any]:
    return {
        "type": "websocket",
        "path": "/graphql",
        "headers": [],
        "subprotocols": [PROTOCOL],
        "client": ("127.0.0.1", 1),
        "app": Starlette(),
    }
