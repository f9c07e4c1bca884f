"""How fresh a client wants its values, and what HTTP caches are told of an answer, over a process of Kanava."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.conftest import Sandbox
from tests.ports import free_base_port
from tests.scenarios.load import Client
from tests.scenarios.processes import Replica, serving, until

NAME = '{ product(sku: "KV-000001") { name } }'
PRICE = 'query %s { product(sku: "KV-000001") { price { freshness { status staleReason asOf } } } }'
ANEW = {"kanava-max-age": "0"}
VARY = "Authorization, Kanava-Account, Accept-Language, Accept"


@dataclass(slots=True)
class Shop:
    """Kanava over a sandbox, and anna, who buys there and for whom all that is asked for here is remembered."""

    sandbox: Sandbox
    replica: Replica
    client: Client

    async def price(self, directive: str = "", **headers: str) -> tuple[Any, list[Any]]:
        """Return how fresh the price is, None when there is none, and reasons and places of errors."""
        body = (await self.client.ask(self.replica, PRICE % directive, person="anna", headers=headers)).body
        errors = [(error["extensions"]["reason"], error["path"]) for error in body.get("errors", [])]
        price = body["data"]["product"]["price"]
        return price and price["freshness"], errors

    async def get(self, query: str, person: str | None = None, **headers: str) -> httpx.Response:
        signed = {"authorization": f"Bearer {self.sandbox.token(person)}"} if person else {}
        return await self.client.get(
            f"{self.replica.url}/graphql", params={"query": query}, headers={**signed, **headers}
        )


@pytest.fixture(scope="module")
def replica(sandbox_processes: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder = tmp_path_factory.mktemp("replica")
    replica = Replica(sandbox_processes.base_port, folder, port=free_base_port(), CIRCUIT_OPEN_FOR_S="0.2")
    with serving(replica):
        yield replica


@pytest.fixture
async def shop(sandbox: Sandbox, replica: Replica) -> AsyncIterator[Shop]:
    async with Client(sandbox.token) as client:
        shop = Shop(sandbox, replica, client)

        async def remembers() -> bool:
            freshness, _ = await shop.price(**ANEW)
            return bool(freshness) and freshness["status"] == "LIVE"

        await until(remembers)
        sandbox.forget_calls()
        yield shop


@pytest.mark.parametrize(
    ("directive", "headers", "status", "calls"),
    [
        ("", {}, "CACHED", {}),
        ("@freshness(maxAgeSeconds: 3600)", {"kanava-max-age": "3600"}, "CACHED", {}),
        ("@freshness(maxAgeSeconds: 0)", {}, "LIVE", {"erp": {"prices": 1}}),
        ("", {"kanava-max-age": "0"}, "LIVE", {"erp": {"prices": 1}}),
        ("@freshness(maxAgeSeconds: 3600)", {"kanava-max-age": "0"}, "LIVE", {"erp": {"prices": 1}}),
        ("@freshness(maxAgeSeconds: 0)", {"kanava-max-age": "3600"}, "LIVE", {"erp": {"prices": 1}}),
    ],
)
async def test_the_tighter_wish_counts(
    shop: Shop, directive: str, headers: dict[str, str], status: str, calls: dict[str, Any]
) -> None:
    """A remembered price is fetched when the directive or the header asks for a younger one, whichever asks for more."""
    freshness, errors = await shop.price(directive, **headers)

    assert (status, []) == (freshness["status"], errors)
    assert calls == shop.sandbox.calls("erp")


async def test_a_client_may_refuse_what_is_stale(shop: Shop) -> None:
    """What cannot be had as young as is wished is shown as stale, unless the client wants an error in its place."""
    shop.sandbox.fault("erp", "garbage")
    shown, no_errors = await shop.price("@freshness(maxAgeSeconds: 0)")
    nothing, errors = await shop.price("@freshness(maxAgeSeconds: 0, onUnavailable: NULL_WITH_ERROR)")
    fresh, none = await shop.price("@freshness(onUnavailable: NULL_WITH_ERROR)")

    assert ("STALE", "INVALID_RESPONSE", []) == (shown["status"], shown["staleReason"], no_errors)
    assert (None, [("INVALID_RESPONSE", ["product", "price"])]) == (nothing, errors)
    assert ("CACHED", []) == (fresh["status"], none)


async def test_an_outage_ends_though_what_is_remembered_is_young(shop: Shop) -> None:
    """A client that wants a still younger price has a circuit opened, and closed again when the ERP is back."""
    shop.sandbox.fault("erp", "down")

    async def is_open() -> bool:
        await shop.price(**ANEW)
        return await shop.client.circuit(shop.replica) == "OPEN"

    async def is_live() -> bool:
        freshness, _ = await shop.price(**ANEW)
        return bool(freshness["status"] == "LIVE")

    await until(is_open)
    shop.sandbox.fault("erp", "ok")
    await until(is_live)

    assert "CLOSED" == await shop.client.circuit(shop.replica)


async def test_public_answers_may_be_kept_by_anyone(shop: Shop) -> None:
    """Content for a visitor: how long it is good for and how old it is, an entity tag, and 304 for who has it."""
    first = await shop.get(NAME)
    tag = first.headers["etag"]
    again = await shop.get(NAME, **{"if-none-match": tag})
    other = await shop.get(NAME, **{"if-none-match": 'W/"another"', "accept-language": "en"})
    scope, _, max_age = first.headers["cache-control"].partition(", max-age=")

    assert (200, VARY, "public") == (first.status_code, first.headers["vary"], scope)
    assert 0 <= int(first.headers["age"]) < int(max_age) <= 600
    assert (304, b"", tag, VARY) == (again.status_code, again.content, again.headers["etag"], again.headers["vary"])
    assert (200, True) == (other.status_code, other.headers["etag"] != tag)


async def test_answers_with_a_price_are_private(shop: Shop) -> None:
    """With a price no cache on the way may keep an answer; it is good for as long as its first part to grow old."""
    answer = await shop.get(PRICE % "", "anna")
    scope, _, max_age = answer.headers["cache-control"].partition(", max-age=")

    assert ("private", True) == (scope, int(answer.headers["age"]) < int(max_age) <= 300)
    assert 304 == (await shop.get(PRICE % "", "anna", **{"if-none-match": answer.headers["etag"]})).status_code


async def test_stale_and_partial_answers_are_kept_by_nobody(shop: Shop) -> None:
    """Nothing is stored of an answer with a stale or a missing part."""
    shop.sandbox.fault("erp", "down")
    stale = await shop.get(PRICE % "", "anna", **{"kanava-max-age": "0"})
    partial = await shop.get(PRICE % "@freshness(maxAgeSeconds: 0, onUnavailable: NULL_WITH_ERROR)", "anna")

    assert ("STALE", False) == (
        stale.json()["data"]["product"]["price"]["freshness"]["status"],
        "errors" in stale.json(),
    )
    assert True is ("errors" in partial.json())
    for answer in (stale, partial):
        assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
        assert {"etag", "age"}.isdisjoint(answer.headers)


async def test_a_trace_tells_what_an_answer_cost(shop: Shop) -> None:
    """With `Kanava-Trace: 1` an answer says which calls were made for it and what was remembered; else it does not."""
    traced = await shop.client.ask(
        shop.replica, PRICE % "@freshness(maxAgeSeconds: 0)", person="anna", headers={"kanava-trace": "1"}
    )
    plain = await shop.client.ask(shop.replica, PRICE % "", person="anna")
    upstream = traced.body["extensions"]["upstream"]
    calls = [(call["system"], call["kind"], call["keys"], call["failure"]) for call in upstream["calls"]]

    assert [("CRM", "customers", 1, None), ("ERP", "prices", 1, None), ("PIM", "content", 1, None)] == sorted(calls)
    assert {"calls": 3, "keys": 3, "fetched": 3, "stale": 0, "failed": 0} == {
        name: count for name, count in upstream["total"].items() if name != "remembered"
    }
    assert ("no-store", False) == (traced.response.headers["cache-control"], "extensions" in plain.body)
