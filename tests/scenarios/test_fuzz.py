"""
Requests that were changed at random: each is answered, none with a 5xx, and nothing breaks or hangs.

`make test` sends them for some seconds, `make soak` for ten minutes.
"""

import asyncio
import json
import logging
import os
import random
import time
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.settings import read_settings
from tests.conftest import SYSTEMS, Sandbox, kept_in
from tests.scenarios.mutations import Sent, mutated
from tests.scenarios.processes import WITHIN_S

SECONDS = 300.0 if os.environ.get("KANAVA_TEST_SOAK") == "1" else 8.0
CODES = {
    *("BAD_USER_INPUT", "UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "LIMIT_EXCEEDED", "RATE_LIMITED"),
    *("PERSISTED_QUERY_NOT_FOUND", "SOURCE_UNAVAILABLE"),
}
PLENTY = {"KANAVA_RATE_PERSON": "1000000000", "KANAVA_RATE_ADDRESS": "1000000000"}


@dataclass(slots=True)
class Exchange:
    """A request as the server sees it, and what it answers; who asks goes away once there is a whole event."""

    sent: Sent
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": self.sent.body, "more_body": False}
        await self.enough.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self.content += message.get("body", b"")
            if self.content or not message.get("more_body"):
                self.enough.set()


def scope_of(sent: Sent) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": sent.address.encode("latin-1"),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("kanava", 80),
    }


@pytest.mark.parametrize("profile", ["development", "production"])
async def test_whatever_is_sent(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, profile: str
) -> None:
    """Documents, bodies, headers and methods with a few changes: answers have a status below 500 and known codes."""
    caplog.set_level(logging.ERROR)
    seed, answers, token = random.randrange(2**32), Counter[int](), sandbox.token("anna")
    app = create_app(read_settings({**settings_of(sandbox, profile), **PLENTY, **kept_in(tmp_path)}))
    async with app.router.lifespan_context(app):
        ends_at = time.monotonic() + SECONDS
        while time.monotonic() < ends_at:
            sent = mutated(random.Random(f"{seed} {answers.total()}"), token)
            answers[await check_answer(app, sent)] += 1
    print(f"{profile}, seed {seed}: {answers.total()} requests, by status {dict(answers)}")  # noqa: T201 - with -s

    assert [] == [record.getMessage() for record in caplog.records]
    assert {200, 400, 405} <= answers.keys()


async def check_answer(app: Any, sent: Sent) -> int:
    """Send a request and check what comes back; what is wrong names the request."""
    exchange = Exchange(sent)
    try:
        async with asyncio.timeout(WITHIN_S):
            await app(scope_of(sent), exchange.receive, exchange.send)
        check(exchange)
    except BaseException as error:
        error.add_note(f"{sent.method} ?{sent.address[:2000]} {sent.headers}\n{bytes(sent.body[:5000])!r}")
        raise
    return exchange.status


def check(exchange: Exchange) -> None:
    assert 200 <= exchange.status < 500
    kind = exchange.headers.get("content-type", "").partition(";")[0]
    if kind.endswith("json") and exchange.content and "content-encoding" not in exchange.headers:
        body = json.loads(exchange.content)
        assert {error["extensions"]["code"] for error in body.get("errors", ())} <= CODES


def settings_of(sandbox: Sandbox, profile: str) -> dict[str, str]:
    addresses = {name: f"http://127.0.0.1:{sandbox.base_port + 1 + at}" for at, name in enumerate(SYSTEMS)}
    urls = {f"KANAVA_{name.upper()}_URL": addresses[name] for name in SYSTEMS if name != "iam"}
    return {"KANAVA_PROFILE": profile, "KANAVA_OIDC_ISSUER": addresses["iam"], **urls}
