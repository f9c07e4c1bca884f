"""A client that sends whatever bytes it likes, in whatever pieces, and reads answers."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WITHIN_S = 20
JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        said = json.loads(self.body)

        assert ["data"] == list(said), said
        return said["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        return [error["extensions"]["code"] for error in json.loads(self.body).get("errors", [])]


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        """Send parts, each in a packet of its own, that the server has read before the next one comes."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            for _ in range(20 if len(parts) > 1 else 0):
                await asyncio.sleep(0)

    async def answers(self, count: int) -> list[Answer]:
        """Return the next answers."""
        return [await self.answer() for _ in range(count)]

    async def answer(self, *, to_head: bool = False) -> Answer:
        """Return the next answer."""
        async with asyncio.timeout(WITHIN_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(_header(line) for line in head[1:] if line)
            status = int(head[0].split(" ")[1])
            bare = to_head or status in (100, 204, 304)
            return Answer(status, headers, b"" if bare else await self._body(headers))

    async def ended(self) -> bytes:
        """Return what comes until the server closes the connection; empty when it was broken off, too."""
        async with asyncio.timeout(WITHIN_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    def close(self) -> None:
        """Go away, answers or not."""
        self.writer.close()

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.readexactly(int(headers["content-length"]))
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return body


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


async def connect(port: int, *, takes_bytes: int | None = None) -> Wire:
    """Connect; `takes_bytes` is about how much the client's side takes that it has not read."""
    own = socket.socket()
    own.setblocking(False)
    if takes_bytes is not None:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes_bytes)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", port))
    return Wire(*await asyncio.open_connection(sock=own, limit=takes_bytes or 1 << 20))


async def until(happened: Callable[[], bool]) -> None:
    """Wait until something has happened in this process, of which nothing tells."""
    async with asyncio.timeout(WITHIN_S):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def body_of(query: str, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


def post(body: bytes, *headers: str, line: str = "POST /graphql HTTP/1.1", length: str | None = "") -> bytes:
    """Return a request as it is sent, with a length that fits (None: without)."""
    sized = [] if length is None else [f"content-length: {length or len(body)}"]
    given: Sequence[str] = [line, "host: kanava.example", "content-type: application/json", *headers, *sized]
    return "".join(f"{one}\r\n" for one in given).encode("latin-1") + b"\r\n" + body
