"""
The process: HTTP as cheap as Python has it, so that what is measured is who asks.

An answer is kept by its question, byte for byte. `PUT /_bench` sets a delay and faults and forgets the counts,
`GET /_bench` tells the counts.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import httptools
import orjson

from bench.upstream import ready, systems

OPERATIONS = systems.OPERATIONS | ready.OPERATIONS
MOST_ANSWERS = 20_000
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=600\r\ncontent-length: %d\r\n\r\n"
FAILED = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@dataclass(slots=True)
class State:
    """
    How the systems are just now.

    `down` names systems that fail; with `down_for` only the calls fail that ask for one of these SKUs or customers.
    `documents` are answers to GET, such as the provider's keys.
    """

    documents: dict[str, bytes]
    delay_ms: float = 0.0
    down: frozenset[str] = frozenset()
    down_for: tuple[bytes, ...] = ()
    calls: Counter[str] = field(default_factory=Counter)
    answers: dict[tuple[str, bytes], bytes] = field(default_factory=dict)

    def answer(self, method: str, target: str, body: bytes) -> bytes:
        """Return the whole answer to a request, head and body."""
        if target == "/_bench":
            return self._control(method, body)
        self.calls[target.partition("?")[0]] += 1
        if self._fails(target, body):
            return FAILED
        known = self.answers.get((target, body))
        return known if known is not None else self._made(target, body)

    def _fails(self, target: str, body: bytes) -> bool:
        if target.split("/", 2)[1] not in self.down:
            return False
        return not self.down_for or any(key in body or key.decode() in target for key in self.down_for)

    def _made(self, target: str, body: bytes) -> bytes:
        path, _, query = target.partition("?")
        if path in self.documents:
            return _whole(self.documents[path])
        operation = OPERATIONS.get(path)
        if operation is None:
            return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
        if len(self.answers) >= MOST_ANSWERS:
            self.answers.clear()
        made = self.answers[target, body] = _whole(operation(orjson.loads(body) if body else {"query": query}))
        return made

    def _control(self, method: str, body: bytes) -> bytes:
        if method == "PUT":
            asked = orjson.loads(body)
            self.delay_ms = asked.get("delay_ms", 0.0)
            self.down = frozenset(asked.get("down", ()))
            self.down_for = tuple(key.encode() for key in asked.get("down_for", ()))
            self.calls.clear()
        return _whole(orjson.dumps({"calls": dict(self.calls)}))


def _whole(body: bytes) -> bytes:
    return HEAD % len(body) + body


class Connection(asyncio.Protocol):
    """A connection; its requests are answered one by one, in their order."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._target = ""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Take the request's target."""
        self._target += url.decode()

    def on_body(self, body: bytes) -> None:
        """Take a part of the request's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer the request that is whole now, after the delay if there is one."""
        method = self._parser.get_method().decode()
        answer = self._state.answer(method, self._target, self._body)
        waits_s = 0.0 if self._target == "/_bench" else self._state.delay_ms / 1000
        self._target, self._body = "", b""
        if waits_s:
            asyncio.get_running_loop().call_later(waits_s, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)
