"""Kanava in this process, over the benchmark's upstream in another, asked without any network between."""

import asyncio
import sys
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from app.express.answering import BEGUN, Reply
from app.express.heads import head_of
from app.garbage import short_collections
from app.main import create_app
from app.settings import read_settings
from bench import tokens
from bench.places import HERE, ROOT
from bench.servers import Server, Start
from bench.upstream import data

PORT = 18490
CLIENT = "127.0.0.1"
UPSTREAM = f"http://127.0.0.1:{PORT}"
ISSUER = f"{UPSTREAM}/iam"
LISTING = (
    (HERE / "q1.graphql")
    .read_text()
    .replace("$first: Int!", "$first: Int!, $after: Cursor")
    .replace("first: $first,", "first: $first, after: $after,")
)
"""The work of the benchmark, on whichever page."""
CATEGORY = urlsafe_b64encode(f"Category:{data.LISTED}".encode()).decode().rstrip("=")

Sent = tuple[Mapping[str, Any], bytes]
MOST_RATE = 1_000_000_000
LONG_S = "1000000"
SETTINGS = {
    "KANAVA_PROFILE": "production",
    "KANAVA_OIDC_ISSUER": ISSUER,
    "KANAVA_RATE_PERSON": str(MOST_RATE),
    "KANAVA_RATE_ADDRESS": str(MOST_RATE),
    "KANAVA_DEADLINE_S": "60",
    "KANAVA_MEMORY_MB": "16000",
    "KANAVA_RESPONSES_MB": "0",
    **{f"KANAVA_{system}_URL": f"{UPSTREAM}/{system.lower()}" for system in ("ERP", "CRM", "PIM", "WMS")},
    **{f"KANAVA_{system}_TIMEOUT_S": "30" for system in ("ERP", "CRM", "PIM", "WMS")},
    **{f"KANAVA_{kind}_FRESH_FOR_S": LONG_S for kind in ("CONTENT", "PRICE", "STOCK", "CUSTOMER")},
    **{f"KANAVA_{kind}_REFRESH_AHEAD_S": "0" for kind in ("CONTENT", "PRICE", "STOCK", "CUSTOMER")},
}
"""As shipped, but that nothing grows old meanwhile, all has room, and no whole answers are remembered."""


class Kanava:
    """The application, and tokens for its customers."""

    def __init__(self, app: Any, key: RSAPrivateKey) -> None:
        self._app = app
        self._key = key
        self._claims = jwt.decode(tokens.tokens(ISSUER, key)[0], options={"verify_signature": False})

    def token(self, customer: int) -> str:
        """Return a token of a customer's buyer; customers count from 1 on."""
        claims = {**self._claims, "sub": data.person(customer)}
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": tokens.KEY_NAME})

    async def list(self, token: str, first: int, after: str | None = None) -> Any:
        """Return a page of a listing."""
        answer = orjson.loads(await self.send(request(token, first, after)))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]["products"]

    async def send(self, sent: Sent) -> bytes:
        """Return the body of an answer, got as the server gets it: at once where that can be."""
        scope, body = sent
        begun = self._app.state.lane.answering(head_of(dict(scope["headers"]), CLIENT), body)
        if isinstance(begun, Reply):
            return begun.content
        return await self._ordinary({**scope, BEGUN: begun} if begun else dict(scope), body)

    async def _ordinary(self, scope: Mapping[str, Any], body: bytes) -> bytes:
        parts: list[bytes] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else await asyncio.Event().wait() and {}

        async def send(message: Any) -> None:
            parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return b"".join(parts)


def request(token: str, first: int, after: str | None = None) -> Sent:
    """Return a request for a page of a listing."""
    variables = {"category": CATEGORY, "first": first, "after": after}
    body = orjson.dumps({"query": LISTING, "variables": variables})
    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"authorization", f"Bearer {token}".encode()),
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": (CLIENT, 1),
        "server": ("127.0.0.1", 2),
    }, body


@asynccontextmanager
async def kanava(products: int) -> AsyncIterator[Kanava]:
    """Have Kanava run over an upstream with so many products."""
    key = tokens.new_key()
    with TemporaryDirectory() as name, upstream(Path(name), key, products):
        files = {
            "KANAVA_CACHE_FILE": f"{name}/cache.db",
            "KANAVA_DATABASE_URL": f"sqlite:///{name}/kanava.db",
        }
        app = create_app(read_settings(SETTINGS | files))
        with short_collections():
            async with app.router.lifespan_context(app):
                yield Kanava(app, key)


@contextmanager
def upstream(folder: Path, key: RSAPrivateKey, products: int) -> Iterator[None]:
    """Have the upstream run meanwhile."""
    documents = folder / "documents.json"
    documents.write_bytes(orjson.dumps(tokens.provider_documents(ISSUER, key)))
    command = [sys.executable, "-m", "bench.curves.upstream", str(products), str(PORT), str(documents)]
    start = Start(command, {"PYTHONPATH": str(ROOT)}, folder, f"{UPSTREAM}/_bench")
    server = Server(start, {0, 1}, folder / "upstream.log")
    try:
        server.wait_until_alive()
        yield
    finally:
        server.stop()
