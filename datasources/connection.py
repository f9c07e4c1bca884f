"""One HTTP/1.1 connection to a system (RFC 9112): a request goes out, and its answer comes back, one at a time."""

import asyncio
import zlib
from dataclasses import dataclass
from typing import Protocol, cast

import httptools

MOST_HEAD_BYTES = 64 * 1024
MOST_CONTENT_BYTES = 64 * 1024 * 1024
GZIP = 16 + zlib.MAX_WBITS
KEPT_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding", b"retry-after")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system answered; the content is unpacked. `retry_after` is the header of that name."""

    status: int
    retry_after: str | None
    content: bytes


class NoConnection(Exception):
    """The request did not leave: refused, DNS, TLS, or no free connection in time."""


class BrokenConnection(Exception):
    """The connection ended after the request may have left, before the answer was whole."""


class NotAgreed(Exception):
    """The address or the answer is not what was agreed; the message is for people."""


class Unpacker(Protocol):
    """Unpacks content that comes in parts."""

    @property
    def eof(self) -> bool:
        """Whether it was whole."""

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        """Return what a part makes, of at most so many bytes."""


class Connection(asyncio.Protocol):
    """
    A connection on which one request at a time is answered. `reusable`: another may be sent.

    What goes wrong ends it; content that is too long is given up where it becomes so.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.reusable = True
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[Reply] | None = None
        self._unpacker: Unpacker | None = None
        self._head_bytes = 0
        self._begin()

    @property
    def is_answering(self) -> bool:
        """Whether the answer to a request is still to come, or to end."""
        return self._waiter is not None

    def send(self, request: bytes) -> "asyncio.Future[Reply]":
        """
        Send a whole request, and return the future of its answer.

        Its errors are BrokenConnection, NotAgreed and those given to `end`. Who does not wait for it any more ends the
        connection.
        """
        assert self._transport is not None
        self._head_bytes = 0
        self._begin()
        self._waiter = self._loop.create_future()
        self._transport.write(request)
        return self._waiter

    def end(self, error: Exception | None = None) -> None:
        """Let go of the connection at once; whoever waits for an answer gets the error."""
        self.reusable = False
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error or BrokenConnection("let go"))
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do what asyncio's do, and are no subclasses of them
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:
            self.end()  # nothing was asked: whatever this is, it must not be taken for the next answer
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.end(NotAgreed(f"the answer is not HTTP as was agreed ({type(error).__name__})"))
        if self._waiter is not None and not self._in_body:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.end(NotAgreed(f"headers of over {MOST_HEAD_BYTES} bytes"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.reusable = False
        if exc is None and self._in_body and self._ends_with_connection:
            self.on_message_complete()
        elif self._waiter is not None:
            self.end(BrokenConnection("ended before the answer was whole"))

    def on_message_begin(self) -> None:
        if self._waiter is None:
            self.end()  # a second answer behind the first
        self._begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        lower = name.lower()
        if lower in KEPT_HEADERS:
            self._headers[lower] = value

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        self._in_body = self._status >= 200
        coding = self._headers.get(b"content-encoding", b"identity").strip().lower()
        if coding in (b"gzip", b"x-gzip"):
            self._unpacker = zlib.decompressobj(GZIP)
        elif coding != b"identity":
            self.end(NotAgreed("the answer is packed in a way that was not asked for"))

    def on_body(self, body: bytes) -> None:
        if self._waiter is None:
            return  # it has been given up
        room = MOST_CONTENT_BYTES + 1 - self._content_bytes
        try:
            part = body if self._unpacker is None else self._unpacker.decompress(body, room)
        except zlib.error as error:
            self.end(NotAgreed(f"the answer cannot be unpacked ({error})"))
            return
        self._content.append(part)
        self._content_bytes += len(part)
        if self._content_bytes > MOST_CONTENT_BYTES:
            self.end(NotAgreed(f"an answer of over {MOST_CONTENT_BYTES} bytes"))

    def on_message_complete(self) -> None:
        if not self._in_body or self._waiter is None:
            return  # 1xx: the answer itself is still to come; or it has been given up
        if self._unpacker is not None and self._content and not self._unpacker.eof:
            self.end(NotAgreed("the answer ends before it is unpacked"))
            return
        self._in_body = False
        self.reusable = self.reusable and self._parser.should_keep_alive()
        waiter, self._waiter = self._waiter, None
        if not waiter.done():
            waiter.set_result(Reply(self._status, self._retry_after, b"".join(self._content)))

    def _begin(self) -> None:
        self._status = 0
        self._headers: dict[bytes, bytes] = {}
        self._content: list[bytes] = []
        self._content_bytes = 0
        self._in_body = False
        self._unpacker = None

    @property
    def _retry_after(self) -> str | None:
        value = self._headers.get(b"retry-after")
        return None if value is None else value.decode("latin-1")

    @property
    def _ends_with_connection(self) -> bool:
        """Whether the answer is whole when the connection ends (RFC 9112, section 6.3, rule 8)."""
        return b"content-length" not in self._headers and b"transfer-encoding" not in self._headers
