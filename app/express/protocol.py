"""
uvicorn's HTTP protocol, with a shorter way for plain requests: a POST to `/graphql` that came whole, is not pipelined
behind another one, and of which nothing unusual is asked, is answered from within the protocol.

All else, and whatever cannot be answered at once, is uvicorn's: its parser, its flow control, its way to stop.
"""

import asyncio
import logging
from collections.abc import Sequence
from math import inf
from typing import Any

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.express.answering import BEGUN, Answering, Begun, Reply
from app.express.heads import MOST_HEAD_BYTES, Digests, Head, Heads, Recognised, head_of
from app.express.known import MOST_BODY_BYTES
from app.express.origin import Origins
from app.headers import HEADERS, OVER_TLS, lines_of
from datasources.cache.memory import Share

log = logging.getLogger("kanava.express")

URL = b"/graphql"
END = b"\r\n\r\n"
"""What a head ends with."""
STATUS = b"HTTP/1.1 200 OK\r\n"


EVERY = {"http": lines_of(HEADERS), "https": lines_of(OVER_TLS), "ws": lines_of(HEADERS), "wss": lines_of(OVER_TLS)}
"""Headers that every answer has, by scheme: a proxy may say any of these."""


class Lane:
    """
    What answers at once, and what goes on with that which was begun so and waits, while there is something that can:
    an application puts them here when it has opened, and with them the `heads` that it has room for.
    """

    def __init__(self) -> None:
        self.answering: Answering | None = None
        self.going_on: ASGIApp | None = None
        self.heads = Heads(Share(0))
        self._defaults: Sequence[tuple[bytes, bytes]] | None = None
        self._starts: dict[str, bytes] = {}

    def start(self, headers: Sequence[tuple[bytes, bytes]], scheme: str) -> bytes:
        """Return what all answers begin with, the server's own headers in it, such as the date."""
        if headers is not self._defaults:
            self._defaults = headers
            own = b"".join(b"%b: %b\r\n" % one for one in headers)
            self._starts = {each: STATUS + own + lines for each, lines in EVERY.items()}
        return self._starts[scheme]


class ExpressProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *of: Any, lane: Lane, **more: Any) -> None:
        super().__init__(*of, **more)
        self._lane = lane
        self._origins = Origins(self.app)
        self._at_headers = False
        self._held: RequestResponseCycle | None = None
        self._answered = False
        self._digests = Digests(("", ""))
        self._within = False
        self._whole = b""
        self._asked = False
        self._begun: Begun | None = None
        self._idle_since: float | None = None

    @property
    def is_new(self) -> bool:
        """Whether no request has begun on it."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None and self._idle_since is None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._digests = Digests((self.client[0] if self.client else "", self.scheme or "http"))

    def data_received(self, data: bytes) -> None:
        """Take what came. One answer at once is enough for it: others have their turn before what is behind that."""
        if self._is_between():
            if self._answered_again(data):
                return
            self._whole = data
        self._answered = False
        super().data_received(data)
        self._whole, self._asked, self._begun = b"", False, None

    def on_message_begin(self) -> None:
        """Note that the parser is within a message."""
        self._within = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Take the headers of a request."""
        self._at_headers = True
        try:
            super().on_headers_complete()
        finally:
            self._at_headers = False

    def on_message_complete(self) -> None:
        """Answer a request that was held until it is whole."""
        self._within = False
        super().on_message_complete()
        held, self._held = self._held, None
        if held is not None:
            self._answer(held)

    def shutdown(self) -> None:
        """Begin to stop: what is held is in time like others, or cut off like them."""
        super().shutdown()
        self._let_go()

    def connection_lost(self, exc: Exception | None) -> None:
        """Have it told of a request that was cut off as of others."""
        super().connection_lost(exc)
        self._let_go()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        if self._at_headers and app is self.app and self._is_plain(cycle):
            self._held = cycle
        else:
            super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def _let_go(self) -> None:
        """Have what is held go the ordinary way."""
        held, self._held = self._held, None
        if held is not None:
            super()._start_asgi_task(held, self.app)

    def _is_plain(self, cycle: RequestResponseCycle) -> bool:
        """Return whether a request may be held until its body is there: a short one that asks for nothing first."""
        if self._lane.answering is None or self.url != URL or cycle.scope["method"] != "POST" or self._answered:
            return False
        if cycle.waiting_for_100_continue or not cycle.keep_alive:
            return False
        lengths = [value for name, value in self.headers if name == b"content-length"]
        return len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < 6 and int(lengths[0]) <= MOST_BODY_BYTES

    def _is_between(self) -> bool:
        """Return whether nothing is under way, so that the next bytes begin a request that may be answered at once."""
        cycle = self.cycle
        if self._within or (cycle is not None and not cycle.response_complete) or self.limit_concurrency is not None:
            return False
        return self._takes_more()

    def _takes_more(self) -> bool:
        """Return whether the client takes what it is sent."""
        return not (self.flow.write_paused or self.transport.is_closing())

    def _answered_again(self, data: bytes) -> bool:
        """
        Answer data that is one request, with a head that came before; return whether that was done.

        The parser does not see it, and stays where it is: between messages.
        """
        end = data.find(END, 0, MOST_HEAD_BYTES) + len(END)
        found = self._lane.heads.get(self._digests.of(data[:end]))
        if found is None or len(data) - end != found.length:
            return False
        reply = self._reply(found.head, data[end:])
        if not isinstance(reply, Reply):
            self._asked, self._begun = True, reply
            return False
        self._write(reply, self.server_state.default_headers, found.scheme)
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        return True

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is idle for so long; since when it is, an answer without the parser has noted."""
        idle_for_s = inf if self._idle_since is None else self.loop.time() - self._idle_since
        if idle_for_s >= self.timeout_keep_alive:
            super().timeout_keep_alive_handler()
        else:
            left_s = self.timeout_keep_alive - idle_for_s
            self.timeout_keep_alive_task = self.loop.call_later(left_s, self.timeout_keep_alive_handler)

    def _answer(self, cycle: RequestResponseCycle) -> None:
        headers = dict(self.headers)
        address, scheme = self._origins.of(cycle.scope, headers)
        head = None if self._asked or len(headers) != len(self.headers) else head_of(headers, address)
        body = bytes(cycle.body)
        reply = self._begun if head is None or not self._takes_more() else self._reply(head, body)
        if isinstance(reply, Begun):
            cycle.scope["scheme"] = scheme
            cycle.scope[BEGUN] = reply  # type: ignore[typeddict-unknown-key]
            super()._start_asgi_task(cycle, self._lane.going_on)  # type: ignore[arg-type]
            return
        if head is None or reply is None:
            super()._start_asgi_task(cycle, self.app)
            return
        self._answered = cycle.response_started = cycle.response_complete = True
        self._write(reply, cycle.default_headers, scheme)
        cycle.message_event.set()
        cycle.on_response()
        self._remember(head, scheme, body)

    def _write(self, reply: Reply, defaults: Sequence[tuple[bytes, bytes]], scheme: str) -> None:
        self.transport.write(b"".join((self._lane.start(defaults, scheme), reply.headers, b"\r\n", reply.content)))

    def _remember(self, head: Head, scheme: str, body: bytes) -> None:
        """Remember the head of a request that came in one piece, and alone: then its bytes are what is not body."""
        whole = self._whole
        end = whole.find(END) + len(END)
        if len(whole) > end and whole[end:] == body:
            self._lane.heads.remember(self._digests.of(whole[:end]), Recognised(head, scheme, len(body), end))

    def _reply(self, head: Head, body: bytes) -> Reply | Begun | None:
        """Return the answer, None where there is none at once."""
        answering = self._lane.answering
        if answering is None:
            return None
        try:
            return answering(head, body)
        except Exception:
            log.exception("the express way broke: the request goes the ordinary one")
            return None
