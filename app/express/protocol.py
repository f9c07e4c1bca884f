"""
uvicorn's HTTP protocol, with a shorter way for plain requests: a POST to `/graphql` that came whole, is not pipelined
behind another one, and of which nothing unusual is asked, is answered from within the protocol.

All else, and whatever cannot be answered at once, is uvicorn's: its parser, its flow control, its way to stop.
"""

import logging
from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.express.answering import BEGUN, Answering, Begun, Reply
from app.express.known import MOST_BODY_BYTES
from app.express.origin import Origins
from app.headers import HEADERS, OVER_TLS

log = logging.getLogger("kanava.express")

URL = b"/graphql"
STATUS = b"HTTP/1.1 200 OK\r\n"


def _lines(headers: dict[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


EVERY = {"http": _lines(HEADERS), "https": _lines(OVER_TLS), "ws": _lines(HEADERS), "wss": _lines(OVER_TLS)}
"""Headers that every answer has, by scheme: a proxy may say any of these."""


class Lane:
    """What answers at once, while there is something that can: an application puts it here when it has opened."""

    def __init__(self) -> None:
        self.answering: Answering | None = None
        self._defaults: Sequence[tuple[bytes, bytes]] = ()
        self._default_lines = b""

    def defaults(self, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return the server's own headers, such as the date, as they are sent."""
        if headers is not self._defaults:
            self._defaults = headers
            self._default_lines = b"".join(b"%b: %b\r\n" % one for one in headers)
        return self._default_lines


class ExpressProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *of: Any, lane: Lane, **more: Any) -> None:
        super().__init__(*of, **more)
        self._lane = lane
        self._origins = Origins(self.app)
        self._at_headers = False
        self._held: RequestResponseCycle | None = None
        self._answered = False

    def data_received(self, data: bytes) -> None:
        """Take what came. One answer at once is enough for it: others have their turn before what is behind that."""
        self._answered = False
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Take the headers of a request."""
        self._at_headers = True
        try:
            super().on_headers_complete()
        finally:
            self._at_headers = False

    def on_message_complete(self) -> None:
        """Answer a request that was held until it is whole."""
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

    def _answer(self, cycle: RequestResponseCycle) -> None:
        headers = dict(self.headers)
        address, scheme = self._origins.of(cycle.scope, headers)
        reply = self._reply(cycle, headers, address)
        if not isinstance(reply, Reply):
            if isinstance(reply, Begun):
                cycle.scope[BEGUN] = reply  # type: ignore[typeddict-unknown-key]
            super()._start_asgi_task(cycle, self.app)
            return
        head = STATUS + self._lane.defaults(cycle.default_headers) + EVERY[scheme] + reply.headers
        self._answered = cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join((head, b"\r\n", reply.content)))
        cycle.message_event.set()
        cycle.on_response()

    def _reply(self, cycle: RequestResponseCycle, headers: dict[bytes, bytes], address: str) -> Reply | Begun | None:
        """Return the answer; None where there is none at once, or where the client does not take what it was sent."""
        answering = self._lane.answering
        if answering is None or len(headers) != len(self.headers):
            return None
        if self.flow.write_paused or self.transport.is_closing():
            return None
        try:
            return answering(headers, bytes(cycle.body), address)
        except Exception:
            log.exception("the express way broke: the request goes the ordinary one")
            return None
