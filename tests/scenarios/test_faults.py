"""Systems that misbehave, each in its own way: what is known is shown and says why it is old, the rest says why it is missing."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import Sandbox
from tests.ports import free_base_port
from tests.scenarios.load import Answer, Client
from tests.scenarios.processes import LOOK_AGAIN_S, Replica, serving, until

FRESH_FOR_S = 0.3
SETTINGS = {
    "PRICE_FRESH_FOR_S": str(FRESH_FOR_S),
    "PRICE_REFRESH_AHEAD_S": "0",
    "STOCK_FRESH_FOR_S": str(FRESH_FOR_S),
    "STOCK_REFRESH_AHEAD_S": "0",
    "CIRCUIT_CONSECUTIVE_FAILURES": "3",
    "CIRCUIT_OPEN_FOR_S": "0.3",
    "CIRCUIT_OPEN_FOR_MAX_S": "0.3",
    "ERP_TIMEOUT_S": "1",
    "WMS_TIMEOUT_S": "60",
    "DEADLINE_S": "3",
}
OLD = "KV-000001"
PAIR = """
query Pair($old: String!, $new: String!) { old: product(sku: $old) { ...shown } new: product(sku: $new) { ...shown } }
fragment shown on Product {
  sku price { unitPrice { amount } freshness { ...known } } availability { freshness { ...known } }
}
fragment known on Freshness { status staleReason asOf }
"""
ANEW = {"kanava-max-age": "0"}
MOST_ASKED = 20


@dataclass(slots=True)
class Shop:
    """Kanava over its systems, and anna, who buys there."""

    sandbox: Sandbox
    replica: Replica
    client: Client

    async def pair(self, new: str, **headers: str) -> Answer:
        """Ask for an article that is known and for a new one at once."""
        return await self.client.ask(self.replica, PAIR, {"old": OLD, "new": new}, person="anna", headers=headers)

    async def known(self, *new: str) -> Any:
        """Return what is known, and old by now, while nothing but the content is known of what is new."""
        for sku in new:
            await self.client.ask(self.replica, "query ($sku: String!) { product(sku: $sku) { sku } }", {"sku": sku})
        known: dict[str, Any] = {}

        async def is_so() -> bool:
            known.update((await self.pair(OLD, **ANEW)).body["data"]["old"])
            return {"LIVE"} == {
                known[name] and known[name]["freshness"]["status"] for name in ("price", "availability")
            }

        async def is_old() -> bool:
            as_of = datetime.fromisoformat(known["availability"]["freshness"]["asOf"]).timestamp()
            return time.time() > as_of + FRESH_FOR_S

        await until(is_so)
        await until(is_old)
        return known


@pytest.fixture(scope="module")
def replica(sandbox_processes: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder = tmp_path_factory.mktemp("replica")
    replica = Replica(sandbox_processes.base_port, folder, port=free_base_port(), **SETTINGS)
    with serving(replica):
        yield replica


@pytest.fixture
async def shop(sandbox: Sandbox, replica: Replica) -> AsyncIterator[Shop]:
    """Whatever happens, it is alive all the time."""
    async with Client(sandbox.token) as client, alive(client, replica):
        yield Shop(sandbox, replica, client)


@asynccontextmanager
async def alive(client: Client, replica: Replica) -> AsyncIterator[None]:
    """Ask all the time whether the replica lives."""
    statuses = [(await client.get(f"{replica.url}/healthz")).status_code]
    ended = asyncio.Event()

    async def look() -> None:
        while not ended.is_set():
            statuses.append((await client.get(f"{replica.url}/healthz")).status_code)
            await asyncio.sleep(LOOK_AGAIN_S)

    async with asyncio.TaskGroup() as group:
        group.create_task(look())
        yield
        ended.set()

    assert {200} == set(statuses)


def outcome(answer: Answer, field: str = "price") -> tuple[str, str | None, list[Any], dict[str, Any]]:
    """Return status and reason of what was known, and place and extensions of the only error, which is where the new is."""
    (error,) = answer.body["errors"]
    freshness = answer.body["data"]["old"][field]["freshness"]

    assert answer.body["data"]["new"][field] is None
    return freshness["status"], freshness["staleReason"], error["path"], error["extensions"]


def missing(reason: str, system: str = "ERP", **more: Any) -> dict[str, Any]:
    return {"code": "SOURCE_UNAVAILABLE", "system": system, "reason": reason, **more}


@pytest.mark.parametrize(
    ("new", "fault", "reason", "more"),
    [
        ("KV-000002", {"mode": "slow", "delay_ms": 5000}, "TIMEOUT", {}),
        ("KV-000003", {"mode": "down"}, "CONNECTION_FAILED", {}),
        ("KV-000004", {"mode": "error"}, "UPSTREAM_ERROR", {}),
        ("KV-000005", {"mode": "throttle", "retry_after_s": 1}, "RATE_LIMITED", {"retryAfterSeconds": 1}),
        ("KV-000006", {"mode": "lost_answer"}, "CONNECTION_FAILED", {}),
    ],
    ids=lambda value: value["mode"] if isinstance(value, dict) and "mode" in value else "",
)
async def test_a_fault_has_its_own_reason_until_the_circuit_opens(
    shop: Shop, new: str, fault: dict[str, Any], reason: str, more: dict[str, int]
) -> None:
    """An old price stays and says why there is no newer one, a new one is missing and says why; then both say that the ERP is left alone."""
    known = await shop.known(new)
    shop.sandbox.fault("erp", **fault)
    answers = [await shop.pair(new)]
    while outcome(answers[-1])[3]["reason"] != "CIRCUIT_OPEN" and len(answers) < MOST_ASKED:
        answers.append(await shop.pair(new))
    first, later, last = outcome(answers[0]), [outcome(answer)[1] for answer in answers[1:]], outcome(answers[-1])

    assert ("STALE", reason, ["new", "price"], {**missing(reason), **more}) == first
    assert {reason, "CIRCUIT_OPEN"} >= set(later)
    assert ("STALE", "CIRCUIT_OPEN", ["new", "price"]) == last[:3]
    assert missing("CIRCUIT_OPEN", retryAfterSeconds=last[3]["retryAfterSeconds"]) == last[3]
    for answer in answers:
        price = answer.body["data"]["old"]["price"]

        assert known["price"]["unitPrice"] == price["unitPrice"]
        assert known["price"]["freshness"]["asOf"] == price["freshness"]["asOf"]


async def test_garbage_is_told_and_opens_nothing(shop: Shop) -> None:
    """An error page with status 200, half an answer and one of wrong types are not what was agreed; the ERP is asked again each time."""
    known = await shop.known("KV-000007")
    shop.sandbox.fault("erp", "garbage")
    shop.sandbox.forget_calls()
    answers = [await shop.pair("KV-000007") for _ in range(6)]

    assert [("STALE", "INVALID_RESPONSE", ["new", "price"], missing("INVALID_RESPONSE"))] * 6 == [
        outcome(answer) for answer in answers
    ]
    assert {known["price"]["freshness"]["asOf"]} == {
        a.body["data"]["old"]["price"]["freshness"]["asOf"] for a in answers
    }
    assert 6 == shop.sandbox.calls("erp")["erp"]["prices"]
    assert "CLOSED" == await shop.client.circuit(shop.replica)


async def test_a_flaky_system_is_asked_again(shop: Shop) -> None:
    """An ERP that fails every other time: the first answer is fetched at the second attempt; no request goes without a price."""
    known = await shop.known("KV-000008")
    shop.sandbox.fault("erp", "flaky", rate=0.5)
    shop.sandbox.forget_calls()
    first = (await shop.pair("KV-000008")).data
    calls = shop.sandbox.calls("erp")["erp"]["prices"]
    prices = [(await shop.pair(OLD, **ANEW)).data["old"]["price"] for _ in range(30)]

    assert ("LIVE", "LIVE", 2) == (
        first["old"]["price"]["freshness"]["status"],
        first["new"]["price"]["freshness"]["status"],
        calls,
    )
    assert {known["price"]["unitPrice"]["amount"]} == {price["unitPrice"]["amount"] for price in prices}
    assert {"UPSTREAM_ERROR", "CONNECTION_FAILED", "CIRCUIT_OPEN"} >= {
        price["freshness"]["staleReason"] for price in prices if price["freshness"]["status"] == "STALE"
    }
    assert "LIVE" in {price["freshness"]["status"] for price in prices}


async def test_nobody_waits_past_the_deadline(shop: Shop) -> None:
    """A WMS that may take a minute and does: the request ends by its own deadline, which says nothing against the WMS."""
    new = ["KV-000009", "KV-000010", "KV-000011"]
    known = await shop.known(*new)
    shop.sandbox.fault("wms", "slow", delay_ms=60_000)
    answers = await asyncio.gather(*(shop.pair(sku) for sku in new))

    for answer in answers:
        stock = answer.body["data"]["old"]["availability"]

        assert ("STALE", "TIMEOUT", ["new", "availability"], missing("TIMEOUT", "WMS")) == outcome(
            answer, "availability"
        )
        assert known["availability"]["freshness"]["asOf"] == stock["freshness"]["asOf"]
    assert "CLOSED" == await shop.client.circuit(shop.replica, "WMS")


async def test_a_request_may_ask_for_younger_values_only(shop: Shop) -> None:
    """An age above what the server serves is no leave to serve older values: what is not fresh is fetched."""
    known = await shop.known()
    price = (await shop.pair(OLD, **{"kanava-max-age": "999999"})).data["old"]["price"]

    assert "LIVE" == price["freshness"]["status"]
    assert known["price"]["freshness"]["asOf"] < price["freshness"]["asOf"]
