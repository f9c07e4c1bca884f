"""Where a request comes from: as uvicorn tells it the application, which is what is compared here."""

import itertools
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.express.origin import Origins

FORWARDED = (None, "", "192.0.2.1", "192.0.2.1, 127.0.0.1", "[2001:db8::1]:80", "unknown", "127.0.0.1")
SCHEMES = (None, "https", "http", "wss", "gopher", " https ")
CLIENTS = (("127.0.0.1", 5000), ("192.0.2.9", 5000), None)


@pytest.mark.parametrize("trusted", ["127.0.0.1", "*", "192.0.2.0/24", ""])
async def test_it_is_what_the_application_is_told(trusted: str) -> None:
    """Whatever proxies say, whoever they are, and whether they are believed; nothing else is changed."""
    told: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        told.append(scope)

    proxies: Any = ProxyHeadersMiddleware(app, trusted)
    for forwarded, scheme, client in itertools.product(FORWARDED, SCHEMES, CLIENTS):
        said = {b"x-forwarded-for": forwarded, b"x-forwarded-proto": scheme, b"a": "b"}
        headers = {name: value.encode() for name, value in said.items() if value is not None}
        scope = {"type": "http", "client": client, "scheme": "http", "headers": list(headers.items())}
        found = Origins(proxies).of(scope, headers)
        await proxies(dict(scope), None, None)
        client_told = told[-1]["client"]

        assert (client_told[0] if client_told else "", told[-1]["scheme"]) == found
        assert {"type": "http", "client": client, "scheme": "http", "headers": list(headers.items())} == scope


async def test_without_proxies() -> None:
    """Where none is believed what they say is not read."""
    headers = {b"x-forwarded-for": b"192.0.2.1"}

    assert ("192.0.2.9", "https") == Origins(None).of({"client": ("192.0.2.9", 1), "scheme": "https"}, headers)
