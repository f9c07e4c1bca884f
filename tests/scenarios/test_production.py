"""Kanava as in production: nothing that helps those who look for a way in; what went wrong is for its log alone."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.files import CONTENT_SECURITY_POLICY
from app.headers import NO_PAGE
from app.main import create_app
from app.settings import read_settings
from datasources.clock import SystemClock
from tests.conftest import SYSTEMS, Api, Sandbox, kept_in, serve
from tests.ports import free_base_port
from tests.scenarios.processes import WITHIN_S, Replica, serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
USUAL = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
LISTING = "{ products(first: 3) { nodes { sku price { net } } } }"
SECRET = "the secret of the house"


def production(sandbox: Sandbox) -> dict[str, str]:
    """Return the settings, without their `KANAVA_`, of a production over this sandbox."""
    address = {name: f"http://127.0.0.1:{sandbox.base_port + 1 + n}" for n, name in enumerate(SYSTEMS)}
    systems = {f"{name.upper()}_URL": url for name, url in address.items() if name != "iam"}
    return {"PROFILE": "production", "OIDC_ISSUER": address["iam"], **systems}


@pytest.fixture(scope="module")
def replica(sandbox_processes: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder, settings = tmp_path_factory.mktemp("production"), production(sandbox_processes)
    replica = Replica(sandbox_processes.base_port, folder, port=free_base_port(), **settings)
    with serving(replica):
        yield replica


@pytest.fixture
def client(replica: Replica) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=replica.url, trust_env=False, timeout=WITHIN_S) as client:
        yield client


def ask(client: httpx.Client, query: str, variables: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()


@pytest.mark.parametrize("field", ["__schema { types { name } }", '__type(name: "User") { name }'])
def test_no_introspection(client: httpx.Client, field: str) -> None:
    """Nobody is told what there is; what kind of thing an answer holds, clients' caches may ask."""
    errors = ask(client, f"{{ {field} }}")["errors"]
    kind = ask(client, "{ __typename channelStatus { __typename } }")

    assert {"BAD_USER_INPUT"} == {error["extensions"]["code"] for error in errors}
    assert errors[0]["message"].startswith("GraphQL introspection has been disabled")
    assert {"data": {"__typename": "Query", "channelStatus": {"__typename": "ChannelStatus"}}} == kind


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ("{ produkts { totalCount } }", None, "Cannot query field 'produkts' on type 'Query'."),
        ("{ products(frist: 1) { totalCount } }", None, "Unknown argument 'frist' on field 'Query.products'."),
        ("{ viewer { ... on Vewer { user { name } } } }", None, "Unknown type 'Vewer'."),
        ("{ products(sort: SKO) { totalCount } }", None, "Value 'SKO' does not exist in 'ProductSort' enum."),
        (
            "query ($sort: ProductSort) { products(sort: $sort) { totalCount } }",
            {"sort": "SKO"},
            "Variable '$sort' has invalid value: Value 'SKO' does not exist in 'ProductSort' enum.",
        ),
    ],
)
def test_no_suggestions(client: httpx.Client, query: str, variables: dict[str, Any] | None, message: str) -> None:
    """Who guesses names hears that there is no such thing, and not what there is instead."""
    answer = ask(client, query, variables)

    assert message == answer["errors"][0]["message"]
    assert "Did you mean" not in str(answer)


def test_no_page(client: httpx.Client) -> None:
    """A browser gets what any client gets that sends nothing: no page, and none of its files or tokens."""
    answer = client.get("/graphql", headers={"accept": BROWSER})
    explorer = [client.get(f"/graphql/explorer/{name}") for name in ("explorer.js", "config.json", "token?person=anna")]

    assert (400, "application/json; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert "BAD_USER_INPUT" == answer.json()["errors"][0]["extensions"]["code"]
    assert [404] * 3 == [one.status_code for one in explorer]


def test_status_tells_no_addresses(client: httpx.Client, sandbox: Sandbox) -> None:
    """`/status` is open, and tells of an error its kind: neither where a system is nor what it said."""
    sandbox.fault("erp", "error")
    answer = ask(client, LISTING, authorization=f"Bearer {sandbox.token('anna')}")
    page = client.get("/status")

    assert {"ERP"} == {error["extensions"]["system"] for error in answer["errors"]}
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert "it reported an error of its own" in page.text
    assert [] == [word for word in ("127.0.0.1", "status 500", "anna") if word in page.text]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/status", 200),
        ("GET", "/status/status.css", 200),
        ("GET", "/status/none.css", 404),
        ("GET", "/graphql?query={channelStatus{mode}}", 200),
        ("GET", "/graphql?query={none}", 200),
        ("GET", "/graphql", 400),
        ("POST", "/graphql", 415),
        ("PUT", "/graphql", 405),
        ("OPTIONS", "/graphql", 405),
        ("POST", "/hooks/erp", 404),
        ("GET", "/hooks/erp", 405),
        ("GET", "/graphql/explorer/config.json", 404),
        ("GET", "/none", 404),
        ("GET", "/", 404),
    ],
)
def test_headers_of_every_answer(client: httpx.Client, method: str, path: str, status: int) -> None:
    """Whatever is asked for, browsers are told what not to do with it, and nobody what serves it."""
    answer = client.request(method, path)
    policy = CONTENT_SECURITY_POLICY if path in ("/status", "/status/status.css", "/status/none.css") else NO_PAGE

    assert status == answer.status_code
    assert USUAL == {name: answer.headers.get(name) for name in USUAL}
    assert [policy] == answer.headers.get_list("content-security-policy")
    assert [] == [name for name in ("server", "set-cookie", "strict-transport-security") if name in answer.headers]


class Clock(SystemClock):
    """The machine's clock, which can be broken: a bug in whatever looks at it."""

    def __init__(self) -> None:
        self.is_broken = False

    def now(self) -> datetime:
        self._look()
        return super().now()

    def timestamp(self) -> float:
        self._look()
        return super().timestamp()

    def _look(self) -> None:
        if self.is_broken:
            raise RuntimeError(SECRET)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> AsyncIterator[Api]:
    settings = {f"KANAVA_{name}": value for name, value in production(sandbox).items()}
    app = create_app(read_settings({**kept_in(tmp_path), **settings}), clock)
    async for api in serve(app, sandbox):
        yield api


@pytest.mark.parametrize("path", ["/graphql?query={channelStatus{mode}}", "/status"])
async def test_a_bug_is_for_the_log(api: Api, clock: Clock, caplog: pytest.LogCaptureFixture, path: str) -> None:
    """Something is broken: the client gets an id, the log has it with all that is known; then all goes on."""
    clock.is_broken = True
    answer = await api.client.get(path)
    clock.is_broken = False
    after = await api.client.get(path)
    (error,) = answer.json()["errors"]
    named = re.fullmatch("Something went wrong in Kanava; its log has it as ([0-9a-f]{12}).", error["message"])
    assert named

    assert (500, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert {"code": "INTERNAL", "id": named[1]} == error["extensions"]
    assert SECRET not in answer.text
    assert {**USUAL, "content-security-policy": NO_PAGE} == {
        name: answer.headers.get(name) for name in (*USUAL, "content-security-policy")
    }
    assert [f"internal error {named[1]}"] == [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert SECRET in caplog.text
    assert 200 == after.status_code
