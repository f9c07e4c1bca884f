"""Connections to one system: kept while they may be of use, bounded in number, each for one request at a time."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol
from urllib.parse import quote, urlsplit

from datasources.connection import Connection, NoConnection, NotAgreed, Reply

IDLE_FOR_S = 4.0
"""Below the 5 s after which common servers hang up, so that a request rarely meets a closing connection."""
UNQUOTED = "/%:@!$&'()*+,;=~?-._"
HOST = r"[a-z0-9._~:%-]+"
PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]


class Client(Protocol):
    """What a transport asks with."""

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        within_s: float,
        connect_s: float,
    ) -> Reply:
        """
        Send a request, once, and return its whole answer. No redirect is followed, no proxy used, no cookie kept.

        It takes `within_s` at most, and `connect_s` of these to have a connection.

        Raises:
            NoConnection: it did not leave. BrokenConnection, TimeoutError: it may have.
            NotAgreed: the address, or what came back, is not HTTP as was agreed.
        """


@dataclass(frozen=True, slots=True)
class Address:
    """A whole address, taken apart: where to connect to, and the lines that a request to it begins with."""

    scheme: str
    host: str
    port: int
    target: str
    host_line: bytes

    @property
    def origin(self) -> Origin:
        """What connections are kept by."""
        return self.scheme, self.host, self.port


@lru_cache(256)
def address_of(url: str) -> Address:
    """
    Return an address taken apart; what must be quoted is.

    Raises:
        NotAgreed: it is none of HTTP.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = _ascii(parts.hostname or "")
    except (ValueError, KeyError) as error:
        raise NotAgreed("the address is not one of HTTP") from error
    if not re.fullmatch(HOST, host) or "@" in parts.netloc:
        raise NotAgreed("the address is not one of HTTP")
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=UNQUOTED)
    named = f"[{host}]" if ":" in host else host
    said = named if port == PORTS[parts.scheme] else f"{named}:{port}"
    return Address(parts.scheme, host, port, target, f"host: {said}\r\n".encode())


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def request_of(method: str, address: Address, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return a whole request (RFC 9112, section 3)."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    length = b"" if body is None else b"content-length: %d\r\n" % len(body)
    start = f"{method} {address.target} HTTP/1.1\r\n".encode()
    return b"".join((start, address.host_line, lines.encode("latin-1"), length, b"\r\n", body or b""))


class HttpClient:
    """
    A client for one system and this event loop; `aclose` ends its connections, as leaving it does.

    There are at most `max_connections`; who finds none free waits for one, in turn.
    """

    def __init__(self, ssl_context: ssl.SSLContext, max_connections: int) -> None:
        self._loop = asyncio.get_running_loop()  # before Python 3.12, to ask for it asks the operating system each time
        self._ssl_context = ssl_context
        self._free = asyncio.Semaphore(max_connections)
        self._idle: dict[Origin, deque[Connection]] = {}
        self._closed = False

    async def __aenter__(self) -> "HttpClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is idle now, and what is in use when it is given back."""
        self._closed = True
        for idle in self._idle.values():
            for connection in idle:
                connection.end()
        self._idle.clear()
        await asyncio.sleep(0)  # a connection is ended in the next turn

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        within_s: float,
        connect_s: float,
    ) -> Reply:
        ends_at = self._loop.time() + within_s
        address = address_of(url)
        connection = await self._take(address, within_s, connect_s)
        # a timer, not `asyncio.timeout`: it costs a tenth, and says in whose time it was
        late = self._loop.call_at(ends_at, connection.end, TimeoutError())
        try:
            return await connection.send(request_of(method, address, headers, body))
        finally:
            late.cancel()
            self._give_back(address.origin, connection)

    async def _take(self, address: Address, within_s: float, connect_s: float) -> Connection:
        """Return a connection that is nobody else's until it is given back."""
        if not self._free.locked() and (idle := self._idle_connection(address.origin)):
            await self._free.acquire()
            return idle
        try:
            async with asyncio.timeout(min(within_s, connect_s)):
                return await self._wait_for(address)
        except TimeoutError as error:
            if connect_s > within_s:
                raise
            raise NoConnection("no connection in time") from error

    async def _wait_for(self, address: Address) -> Connection:
        await self._free.acquire()
        try:
            return self._idle_connection(address.origin) or await self._connect(address)
        except BaseException:
            self._free.release()
            raise

    async def _connect(self, address: Address) -> Connection:
        tls = self._ssl_context if address.scheme == "https" else None
        try:
            _, connection = await self._loop.create_connection(
                partial(Connection, self._loop), address.host, address.port, ssl=tls
            )
        except (OSError, UnicodeError) as error:
            raise NoConnection(f"no connection ({type(error).__name__})") from error
        if not connection.reusable:
            raise NoConnection("it ended before anything was sent")
        return connection

    def _idle_connection(self, origin: Origin) -> Connection | None:
        """Return the connection that was used last, if it is of use still."""
        idle = self._idle.get(origin, ())
        oldest = self._loop.time() - IDLE_FOR_S
        while idle:
            connection = idle.pop()
            if connection.reusable and connection.idle_since > oldest:
                return connection
            connection.end()
        return None

    def _give_back(self, origin: Origin, connection: Connection) -> None:
        self._free.release()
        if connection.is_answering or not connection.reusable or self._closed:
            connection.end()
            return
        connection.idle_since = self._loop.time()
        idle = self._idle.setdefault(origin, deque())
        idle.append(connection)
        while idle[0].idle_since <= connection.idle_since - IDLE_FOR_S:
            idle.popleft().end()
