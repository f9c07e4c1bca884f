"""Server-sent events, a connection for each operation: the "distinct connections" of graphql-sse's protocol."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.errors import Shown
from app.shutdown import Closing
from app.subscriptions.stream import SEND_WITHIN_S, Results, task_of, wait_for_end
from datasources.clock import Clock

KEEP_ALIVE_S = 12.0
"""After so long without an event a comment is sent: proxies end connections that are silent."""
COMPLETE = b"event: complete\ndata:\n\n"
KEEP_ALIVE = b":\n\n"
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would gather events
}


def event_of(body: Shown) -> bytes:
    """Return the event that carries a result."""
    return b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"


async def changing(
    results: Results, *, closing: Closing, clock: Clock, expires_at: float | None
) -> AsyncGenerator[bytes, None]:
    """Yield the events of results as they come, until they or their time are over, and one that says so."""
    ending = asyncio.ensure_future(wait_for_end(closing, clock, expires_at))
    try:
        async with task_of(results) as coming:
            while not ending.done():
                await asyncio.wait({coming.task, ending}, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
                if coming.task.done():
                    try:
                        yield event_of(await anext(coming))
                    except StopAsyncIteration:
                        break
                elif not ending.done():
                    yield KEEP_ALIVE
        yield COMPLETE
    finally:
        ending.cancel()


async def answering(results: Results) -> AsyncGenerator[bytes, None]:
    """Yield the events of results that end by themselves, soon: those of a query or mutation."""
    async with aclosing(results):
        async for body in results:
            yield event_of(body)
    yield COMPLETE


class EventStream(Response):
    """An answer of events; ends when the client goes, or does not take one within `send_within_s`."""

    def __init__(
        self,
        content: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        *,
        send_within_s: float = SEND_WITHIN_S,
    ) -> None:
        super().__init__(headers={**headers, **HEADERS})
        del self.headers["content-length"]
        self._content = content
        self._send_within_s = send_within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        leaving = asyncio.ensure_future(_left(receive))
        sending = asyncio.ensure_future(self._send(send))
        try:
            await asyncio.wait({leaving, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            sending.cancel()
            await asyncio.wait({leaving, sending})
            await self._content.aclose()

    async def _send(self, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for chunk in self._content:
                async with asyncio.timeout(self._send_within_s):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return  # it reads too slowly, or is gone: the connection is closed with what was sent


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
