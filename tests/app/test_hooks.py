"""Hooks: who may say what has changed, what is forgotten then, and that saying it twice does nothing more."""

import hmac
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from app.hooks import MAX_BODY_BYTES, Hooks, routes
from datasources.cache.store import Drop, Record
from datasources.model.pricing import ContractKey
from tests.app.conftest import Api, OpenApi
from tests.datasources.fakes import FakeClock, ask

SECRET = "s3cret"
ERP = {"KANAVA_ERP_HOOK_SECRET": SECRET, "KANAVA_PIM_HOOK_SECRET": "another", "KANAVA_WMS_HOOK_SECRET": ""}
STALE = Record("kanava-1", "prices", "10002", ("KV-1",), b"a price", 600)


def event(event_id: str = "e1", kind: str = "price", keys: Sequence[str] = (), account: str | None = None) -> Any:
    return {"id": event_id, "kind": kind, "keys": keys, "account": account}


def signed(body: bytes, clock: FakeClock, *, secret: str = SECRET, late_s: float = 0) -> dict[str, str]:
    timestamp = str(int(clock.now().timestamp() - late_s))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    return {"kanava-timestamp": timestamp, "kanava-signature": f"sha256={digest}"}


class Caller:
    """Sends hooks to an API with prices and contracts remembered."""

    def __init__(self, api: Api, client: httpx.AsyncClient) -> None:
        self.api = api
        self.dropped: list[Drop] = []
        self._client = client

        def note(topic: str, text: bytes) -> None:
            if topic == "drop":
                self.dropped += msgspec.msgpack.decode(text, type=list[Drop])

        api.services.replicas.listen(note)

    async def send(self, body: bytes, headers: dict[str, str] | None = None, system: str = "erp") -> httpx.Response:
        if headers is None:
            headers = signed(body, self.api.clock)
        return await self._client.post(f"/hooks/{system}", content=body, headers=headers)

    async def say(self, *events: Any, **how: Any) -> tuple[int, Any]:
        answer = await self.send(msgspec.json.encode({"events": events}), **how)
        return answer.status_code, answer.json()

    async def refusal(self, body: bytes, headers: dict[str, str] | None = None, system: str = "erp") -> tuple[int, str]:
        """Return status and code; a refusal drops nothing."""
        answer = await self.send(body, headers, system)

        assert [] == self.dropped
        assert {"error"} == answer.json().keys()
        return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
async def caller(open_api: OpenApi) -> AsyncIterator[Caller]:
    async with open_api(**ERP) as api:
        web = Starlette(routes=routes())
        web.state.hooks = Hooks(api.services)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://kanava.example") as client:
            yield Caller(api, client)


GOOD = msgspec.json.encode({"events": [event()]})


async def test_what_changed_is_forgotten(caller: Caller) -> None:
    """Before the answer, in memory and in the shared store: what the event names, of the account it names."""
    services, clock = caller.api.services, caller.api.clock
    contracts = services.sources.pricing.contracts
    await contracts.get_many([ContractKey("10002", "K1"), ContractKey("20001", "K1")], ask(clock))
    await services.store.put_many([STALE])
    answer = await caller.say(event(keys=["KV-1"], account="10002"))

    assert (200, {"accepted": 1, "repeated": 0}) == answer
    assert 1 == len(contracts)
    assert {} == await services.store.get_many([STALE.key])


@pytest.mark.parametrize(
    ("system", "secret", "kind", "expected"),
    [
        ("erp", SECRET, "price", ["articles by part number", "contracts", "part numbers", "prices"]),
        ("ERP", SECRET, "customer", ["credit", "credit holds", "terms"]),
        ("erp", SECRET, "order", ["lists of orders", "orders", "simulations"]),
        ("erp", SECRET, "content", []),
        (
            "pim",
            "another",
            "content",
            ["articles by code", "categories", "content", "search results", "top categories"],
        ),
        ("pim", "another", "customer", []),
    ],
)
async def test_whose_kinds(caller: Caller, system: str, secret: str, kind: str, expected: list[str]) -> None:
    """A system drops what comes from it, and nothing of another's; what it does not have is fine."""
    body = msgspec.json.encode({"events": [event(kind=kind)]})
    answer = await caller.send(body, signed(body, caller.api.clock, secret=secret), system)

    assert (200, {"accepted": 1, "repeated": 0}) == (answer.status_code, answer.json())
    assert expected == sorted(drop.kind for drop in caller.dropped)
    assert "no-store" == answer.headers["cache-control"]


async def test_events_that_come_again(caller: Caller) -> None:
    """An id that was taken drops nothing for 10 minutes, in whichever request it comes; ids are each system's own."""
    first = await caller.say(event("e1"), event("e2"), event("e1"))
    second = await caller.say(event("e2"), event("e3", "customer"), event("e", "customer"))
    body = msgspec.json.encode({"events": [event("e1", "content")]})
    other = await caller.send(body, signed(body, caller.api.clock, secret="another"), "pim")
    count = len(caller.dropped)
    caller.api.clock.advance(599)
    again = await caller.say(event("e1"))
    known = len(caller.dropped)
    caller.api.clock.advance(2)
    much_later = await caller.say(event("e1"))

    assert (200, {"accepted": 2, "repeated": 1}) == first
    assert (200, {"accepted": 2, "repeated": 1}) == second
    assert {"accepted": 1, "repeated": 0} == other.json()
    assert (4 + 3 + 5, count) == (count, known)
    assert (200, {"accepted": 0, "repeated": 1}) == again
    assert (200, {"accepted": 1, "repeated": 0}) == much_later
    assert 4 == len(caller.dropped) - known


async def test_a_store_that_is_down(caller: Caller) -> None:
    """Without the shared store nobody knows what was taken: everything is, again and again."""
    await caller.api.services.store.close()
    answers = [await caller.say(event("e1")) for _ in range(2)]

    assert [(200, {"accepted": 1, "repeated": 0})] * 2 == answers
    assert 4 + 4 == len(caller.dropped)


async def test_no_events(caller: Caller) -> None:
    """Nothing said is nothing taken."""
    assert (200, {"accepted": 0, "repeated": 0}) == await caller.say()


async def test_as_many_as_may_be(caller: Caller) -> None:
    """A thousand events, and a thousand keys of one, are taken; they become one drop of each kind."""
    keys = [f"KV-{number}" for number in range(1000)]
    events = [event(f"e{number}", keys=[keys[number]]) for number in range(999)]
    answer = await caller.say(*events, event("e999", keys=keys))

    assert (200, {"accepted": 1000, "repeated": 0}) == answer
    assert [1001] * 4 == [len(drop.tags or ()) for drop in caller.dropped]


@pytest.mark.parametrize("system", ["oms", "crm", "wms", "iam", "channel", "%20erp"])
async def test_systems_without_hooks(caller: Caller, system: str) -> None:
    """An unknown system looks like one without a secret; an empty secret is none."""
    assert (404, "NOT_FOUND") == await caller.refusal(GOOD, signed(GOOD, caller.api.clock, secret=""), system)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kanava-signature": "sha256="},
        {"kanava-signature": "sha256=é"},
        {"kanava-signature": "0" * 64},
        {"kanava-timestamp": "1"},
        {"kanava-timestamp": ""},
    ],
)
async def test_what_is_not_signed(caller: Caller, wrong: dict[str, str]) -> None:
    """A signature that is missing, of something else, or of another time is refused."""
    right = signed(GOOD, caller.api.clock)
    headers: Any = {name: text.encode("latin-1") for name, text in (right | wrong).items()} if wrong else {}

    assert (401, "UNAUTHENTICATED") == await caller.refusal(GOOD, headers)


@pytest.mark.parametrize("secret", ["another", "", "S3CRET"])
async def test_another_secret(caller: Caller, secret: str) -> None:
    """What another system signs with is as good as nothing."""
    assert (401, "UNAUTHENTICATED") == await caller.refusal(GOOD, signed(GOOD, caller.api.clock, secret=secret))


@pytest.mark.parametrize(("late_s", "expected"), [(300, 200), (-300, 200), (301, 401), (-301, 401)])
async def test_how_old_a_signature_may_be(caller: Caller, late_s: int, expected: int) -> None:
    """Five minutes off either way are tolerated."""
    answer = await caller.send(GOOD, signed(GOOD, caller.api.clock, late_s=late_s))

    assert expected == answer.status_code


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "١٧", "1" * 5000])
async def test_times_that_are_none(caller: Caller, timestamp: str) -> None:
    """A time that is signed but is no number of seconds is refused."""
    said = timestamp.encode()
    digest = hmac.new(SECRET.encode(), said + b"." + GOOD, "sha256").hexdigest()
    headers: Any = {"kanava-timestamp": said, "kanava-signature": f"sha256={digest}".encode()}

    assert (401, "UNAUTHENTICATED") == await caller.refusal(GOOD, headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"events": [}',
        b'{"events": null}',
        b'{"events": [{"id": "e1", "kind": "price"}]}',
        b'{"events": [{"id": "", "kind": "price", "keys": []}]}',
        b'{"events": [{"id": "e1", "kind": "weather", "keys": []}]}',
        b'{"events": [{"id": "e1", "kind": "prices", "keys": []}]}',
        b'{"events": [{"id": 1, "kind": "price", "keys": []}]}',
        b'{"events": [{"id": "e1", "kind": "price", "keys": [null]}]}',
        b'{"events": [{"id": "e1", "kind": "price", "keys": "KV-1"}]}',
        b'{"events": [{"id": "e1", "kind": "price", "keys": [], "account": 10002}]}',
        b'{"events": [{"id": "\xff", "kind": "price", "keys": []}]}',
        b'{"events": [{"id": "\\ud800", "kind": "price", "keys": []}]}',
        pytest.param(b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested"),
    ],
)
async def test_what_was_not_agreed(caller: Caller, body: bytes) -> None:
    """Whatever else is sent is the sender's mistake."""
    assert (400, "BAD_USER_INPUT") == await caller.refusal(body)


@pytest.mark.parametrize(
    ("events", "limit"),
    [
        ([event(f"e{number}") for number in range(1001)], 1000),
        ([event(keys=["KV-1"] * 1001)], 1000),
        ([event("e" * 201)], 200),
        ([event(keys=["K" * 201])], 200),
    ],
    ids=["events", "keys", "long id", "long key"],
)
async def test_too_many(caller: Caller, events: list[Any], limit: int) -> None:
    """What is over a limit is refused, and the limit is named."""
    answer = await caller.send(msgspec.json.encode({"events": events}))

    assert 400 == answer.status_code
    assert f"of length <= {limit} - at `$.events" in answer.json()["error"]["message"]
    assert [] == caller.dropped


async def test_a_body_too_long(caller: Caller) -> None:
    """Its length is looked at before its signature, and its signature before its form."""
    most = GOOD.ljust(MAX_BODY_BYTES)

    assert (413, "LIMIT_EXCEEDED") == await caller.refusal(most + b" ", {})
    assert (401, "UNAUTHENTICATED") == await caller.refusal(b"{", {})
    assert 200 == (await caller.send(most)).status_code


async def test_nothing_is_quoted(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """What a system says stands in no error and in no log; how much it was does."""
    with caplog.at_level(logging.INFO, "kanava"):
        answers = [
            await caller.say(event("word-1", keys=["word-2"], account="word-3")),
            await caller.say(event("word-1", kind="word-4")),
            await caller.say({"word-5": 1}),
            await caller.say(event("word-6"), headers={"kanava-timestamp": "word-7", "kanava-signature": "word-8"}),
            await caller.say(event("word-9"), system="word-10"),
        ]

    assert [200, 400, 400, 401, 404] == [status for status, _ in answers]
    assert "word" not in f"{answers} {caplog.text}"
    assert ["ERP says of 1 changes, and again of 0"] == [record.message for record in caplog.records]
