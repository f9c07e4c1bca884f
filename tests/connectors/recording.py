"""Connectors over real connections, with all that passes over the wire noted; and over answers that are made up."""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from datasources import registry
from datasources.client import Client
from datasources.connection import Reply
from datasources.http import Transport, open_client
from datasources.model.common import Provenance, System
from datasources.ports import ConnectorSettings
from tests.datasources.fakes import FakeClock

CONNECTORS: Mapping[System, Mapping[str, registry.Connect[Any]]] = {
    System.ERP: registry.ERP,
    System.CRM: registry.CRM,
    System.PIM: registry.PIM,
    System.WMS: registry.WMS,
}
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Exchange:
    """One call as it was on the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    question: Any
    status: int
    body: bytes

    @property
    def answer(self) -> Any:
        return msgspec.json.decode(self.body)


class Wire:
    """A connector's connection to a system; `exchanges` grows with every call."""

    def __init__(self, role: System, client: Client, *, url: str, token: str | None) -> None:
        self.exchanges: list[Exchange] = []
        self.settings = ConnectorSettings(url, token, TIMEOUT_S, 8, {})
        self._client = client
        self._url = url
        self.transport = Transport(role, self, url=url, token=token, timeout_s=TIMEOUT_S, clock=FakeClock())

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, **within: float
    ) -> Reply:
        """Ask as the client does, and note it."""
        reply = await self._client.exchange(method, url, headers, body, **within)
        path = url.removeprefix(f"{self._url}/")
        question = msgspec.json.decode(body or b"null")
        self.exchanges.append(Exchange(method, path, headers, question, reply.status, reply.content))
        return reply


@cache
def tls() -> ssl.SSLContext:
    """Return a context, made once: it is dear."""
    return ssl.create_default_context()


@asynccontextmanager
async def opened(role: System, name: str, url: str, token: str | None = None) -> AsyncIterator[tuple[Any, Wire]]:
    """Open a registered connector to a system."""
    async with open_client(tls(), 8) as client:
        wire = Wire(role, client, url=url, token=token)
        yield CONNECTORS[role][name].connect(wire.settings, wire.transport), wire


class MadeUp:
    """A transport that answers every question with the same bytes."""

    def __init__(self, role: System, body: bytes = b"") -> None:
        self.system = role
        self.body = body
        self.asked: list[tuple[str, Any]] = []
        self._clock = FakeClock()

    async def post(self, path: str, question: object, decode: Callable[[bytes], Any]) -> Any:
        self.asked.append((path, msgspec.json.decode(msgspec.json.encode(question))))
        return decode(self.body)

    async def post_once(self, path: str, question: object, decode: Callable[[bytes], Any]) -> Any:
        return await self.post(path, question, decode)

    def provenance(self, as_of: datetime | None) -> Provenance:
        now = self._clock.now()
        return Provenance(self.system, min(as_of or now, now), now)


def over(transport: MadeUp) -> Any:
    """Return the `rest` connector over answers that are made up."""
    settings = ConnectorSettings("http://system.example", None, TIMEOUT_S, 8, {})
    return CONNECTORS[transport.system]["rest"].connect(settings, transport)  # type: ignore[arg-type]  # it posts, which is all it needs
