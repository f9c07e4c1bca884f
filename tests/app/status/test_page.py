"""The page's addresses: headers, files, and nothing else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.main import create_app
from app.settings import read_settings
from tests.app.conftest import PRODUCTION
from tests.conftest import kept_in

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def open_client(folder: Path, **settings: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(read_settings({**kept_in(folder), **settings}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://kanava") as client,
    ):
        yield client


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async for client in open_client(tmp_path):
        yield client


async def test_headers(client: httpx.AsyncClient) -> None:
    """The page comes under a policy without exceptions, is kept by nobody, and names only files that are here."""
    answer = await client.get("/status")
    named = re.findall(r'(?:href|src)="([^"]*)"', answer.text)

    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert [POLICY, "nosniff", "no-referrer", "no-store"] == [
        answer.headers[name]
        for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control")
    ]
    assert {"/status/icon.svg", "/status/status.css", "/status/status.js"} == set(named)
    assert {200} == {(await client.get(name)).status_code for name in named}
    assert [] == [word for word in ("<style", " style=", "onload=", "javascript:") if word in answer.text]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("status.css", "text/css; charset=utf-8"),
        ("status.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
async def test_files(client: httpx.AsyncClient, name: str, media_type: str) -> None:
    """Each file has its type and a tag of its content; a browser that has it is told so. None names another address."""
    first = await client.get(f"/status/{name}")
    again = await client.get(f"/status/{name}", headers={"if-none-match": first.headers["etag"]})
    addresses = re.findall(r"https?://[^\"\s]*|@import|url\(", first.text.replace("http://www.w3.org/2000/svg", ""))

    assert (200, media_type, "nosniff") == (
        first.status_code,
        first.headers["content-type"],
        first.headers["x-content-type-options"],
    )
    assert (304, b"") == (again.status_code, again.content)
    assert [] == addresses


@pytest.mark.parametrize("name", ["nothing.js", "page.html", "..%2Fgraphiql%2Fbuild.js", "%00"])
async def test_no_other_files(client: httpx.AsyncClient, name: str) -> None:
    """What is not the page's is not to be had, neither are its templates."""
    assert 404 == (await client.get(f"/status/{name}")).status_code


async def test_it_is_only_read(client: httpx.AsyncClient) -> None:
    """Nothing is sent to the page."""
    assert (405, 200) == ((await client.post("/status")).status_code, (await client.head("/status")).status_code)


async def test_production_serves_it(tmp_path: Path) -> None:
    """The page and its files are there in production, too."""
    names = ["/status", "/status/status.css", "/status/status.js", "/status/icon.svg"]
    async for client in open_client(tmp_path, **PRODUCTION):
        assert [200] * 4 == [(await client.get(name)).status_code for name in names]
