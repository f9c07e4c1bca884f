"""Three replicas on one Valkey: they fetch once, probe once, hear of changes, and do without it."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

import httpx
import pytest

from tests.ports import free_base_port
from tests.scenarios.load import Answer, Client, all_prices, browsing, latencies
from tests.scenarios.processes import REPEATS, Replica, Systems, serving, until
from tests.valkey import Valkey

REPLICAS = 3
SECRET = "a secret that the ERP signs with"
PEOPLE = {"anna": "C-1002", "elena": "C-2001"}
FIRST_COLD = 81  # articles from here on are asked for by one test only
ANEW = {"kanava-max-age": "0"}
SETTINGS = {
    "ERP_HOOK_SECRET": SECRET,
    "STOCK_FRESH_FOR_S": "0.5",
    "STOCK_REFRESH_AHEAD_S": "0",
    "CIRCUIT_OPEN_FOR_S": "0.3",
    "CIRCUIT_OPEN_FOR_MAX_S": "0.3",
    "DEADLINE_S": "30",
    **{f"{system}_TIMEOUT_S": "5" for system in ("ERP", "CRM", "PIM", "WMS")},
}
PRICE = """query Price($sku: String!) { product(sku: $sku) { sku price {
  unitPrice { amount } freshness { status staleReason asOf ageSeconds }
} } }"""
NAME = "query Name($sku: String!) { viewer { account { number } } product(sku: $sku) { name } }"


@dataclass(slots=True)
class Shop:
    """Three replicas over the same systems and the same Valkey."""

    systems: Systems
    valkey: Valkey
    replicas: Sequence[Replica]
    client: Client

    async def price(self, replica: int, person: str, sku: str, **headers: str) -> Any:
        """Return the price of an article as a replica shows it to a person."""
        answer = await self.ask(replica, person, sku, **headers)
        return answer.data["product"]["price"]

    async def ask(self, replica: int, person: str, sku: str, **headers: str) -> Answer:
        return await self.client.ask(
            self.replicas[replica % REPLICAS], PRICE, {"sku": sku}, person=person, headers=headers
        )

    async def know_all_but_the_price(self, person: str, sku: str) -> None:
        for replica in self.replicas:
            await self.client.ask(replica, NAME, {"sku": sku}, person=person)

    async def circuits(self) -> list[str]:
        return [await self.client.circuit(replica) for replica in self.replicas]

    async def recovered(self, sku: str) -> None:
        """Wait until every replica has a price of its own fetching again."""
        for replica in range(REPLICAS):

            async def is_live(replica: int = replica) -> bool:
                body = (await self.ask(replica, "anna", sku, **ANEW)).body
                return "errors" not in body and body["data"]["product"]["price"]["freshness"]["status"] == "LIVE"

            await until(is_live)

    async def hook(self, replica: int, event: str, *keys: str) -> httpx.Response:
        """Have the ERP say at one replica that prices have changed."""
        events = [{"id": event, "kind": "price", "keys": keys, "account": None}]
        body, timestamp = json.dumps({"events": events}).encode(), str(int(time.time()))
        signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
        headers = {"kanava-timestamp": timestamp, "kanava-signature": f"sha256={signature}"}
        return await self.client.post(f"{self.replicas[replica].url}/hooks/erp", content=body, headers=headers)


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with Systems(tmp_path_factory.mktemp("systems"), "--products=120") as systems:
        yield systems


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


@pytest.fixture(scope="module")
def replicas(systems: Systems, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Replica]]:
    base_port, settings = free_base_port(), {"REDIS_URL": valkey.url, **SETTINGS}
    replicas = [
        Replica(systems.base_port, tmp_path_factory.mktemp("replica"), port=base_port + number, **settings)
        for number in range(REPLICAS)
    ]
    with serving(*replicas):
        yield replicas


@pytest.fixture
async def shop(systems: Systems, valkey: Valkey, replicas: Sequence[Replica]) -> AsyncIterator[Shop]:
    async with Client(systems.token) as client:
        shop = Shop(systems, valkey, replicas, client)
        await shop.recovered("KV-000120")
        systems.forget_calls()
        yield shop


async def test_many_misses_are_one_call(shop: Shop) -> None:
    """500 requests over three replicas that miss the same price at the same time make one call."""
    await shop.know_all_but_the_price("anna", "KV-000110")
    shop.systems.fault("erp", "slow", delay_ms=500)
    prices = await asyncio.gather(*(shop.price(number, "anna", "KV-000110") for number in range(500)))
    shop.systems.fault("erp", "ok")

    assert (1, 1) == shop.systems.calls()
    assert_own(shop, [("anna", "KV-000110", price["unitPrice"]["amount"]) for price in prices])


async def test_one_replica_probes_for_all(shop: Shop) -> None:
    """The ERP back after all three have left it alone: one call of one of them closes the circuit of each."""
    shop.systems.erp.kill()
    for number in range(REPLICAS):

        async def is_open(number: int = number) -> bool:
            await shop.price(number, "anna", "KV-000120", **ANEW)
            return await shop.client.circuit(shop.replicas[number]) == "OPEN"

        await until(is_open)
    await asyncio.to_thread(shop.systems.erp.start)
    shop.systems.erp.freeze()

    async def is_probing() -> bool:
        await asyncio.gather(*(shop.price(number, "anna", "KV-000120", **ANEW) for number in range(REPLICAS)))
        return "HALF_OPEN" in await shop.circuits()

    await until(is_probing)
    meanwhile = await asyncio.gather(*(shop.price(n, "anna", "KV-000120", **ANEW) for n in range(30)))
    half_open = (await shop.circuits()).count("HALF_OPEN")
    shop.systems.erp.thaw()
    for replica in shop.replicas:
        await shop.client.circuit_becomes(replica, "CLOSED")

    assert {("STALE", "CIRCUIT_OPEN")} == {
        (price["freshness"]["status"], price["freshness"]["staleReason"]) for price in meanwhile
    }
    assert 1 == half_open
    assert (1, 1) == shop.systems.calls()


async def test_a_hook_reaches_all(shop: Shop) -> None:
    """A signed hook at one replica: all three forget the price, fetch the new one, and know the hook if it comes again."""
    before = [await shop.price(number, "anna", "KV-000111") for number in range(REPLICAS)]
    shop.systems.set_price("C-1002", "KV-000111", "12.3400")
    unheard = [await shop.price(number, "anna", "KV-000111") for number in range(REPLICAS)]
    said = await shop.hook(0, "e-1", "KV-000111")

    async def all_new() -> bool:
        prices = [await shop.price(number, "anna", "KV-000111") for number in range(REPLICAS)]
        return {"12.3400"} == {price["unitPrice"]["amount"] for price in prices}

    await until(all_new)
    again = await shop.hook(1, "e-1", "KV-000111")
    forged = await shop.client.post(f"{shop.replicas[2].url}/hooks/erp", json={"events": []})

    assert {"12.3400"}.isdisjoint(price["unitPrice"]["amount"] for price in before + unheard)
    assert (200, {"accepted": 1, "repeated": 0}) == (said.status_code, said.json())
    assert (200, {"accepted": 0, "repeated": 1}) == (again.status_code, again.json())
    assert 401 == forged.status_code


async def test_valkey_killed_under_load(shop: Shop) -> None:
    """However often Valkey is killed and started again: every request gets prices and stock; then replicas share again."""
    answers: list[Answer] = []

    async def page(number: int) -> Answer:
        words = ("putki", "kupari")[number % 2]
        return await shop.client.page(shop.replicas[number % REPLICAS], ("anna", "elena")[number // 2 % 2], words)

    for _ in range(REPEATS):
        async with browsing(page, clients=60) as load:
            await load.more(15)
            shop.valkey.kill()
            await load.more(30)
            await asyncio.to_thread(shop.valkey.start)
            await load.more(15)
        answers += load.answers
    print(f"Valkey killed and started again {REPEATS} times: {latencies(answers)}")  # noqa: T201 - for who asks with -s

    assert_own(shop, [(answer.person, price.sku, price.amount) for answer, price in all_prices(answers)])
    assert {"LIVE", "CACHED"} >= {price.status for _, price in all_prices(answers)}
    assert {"LIVE", "CACHED"} == {status for answer in answers for _, status in answer.beside_prices}
    await shares_again(shop, iter(f"KV-0000{number}" for number in range(29, 70)))


async def shares_again(shop: Shop, skus: Iterator[str]) -> None:
    """Wait until what one replica has fetched is no call of another."""

    async def is_so() -> bool:
        sku = next(skus)
        await shop.price(0, "anna", sku)
        calls = shop.systems.calls()
        await shop.price(1, "anna", sku)
        return calls == shop.systems.calls()

    await until(is_so)


async def test_never_each_others_price(shop: Shop) -> None:
    """Two accounts ask in all orders at all replicas: cold, from Valkey, from memory and stale, each has its own prices."""
    everywhere = list(product(PEOPLE, range(REPLICAS)))
    orders = [pair for pair in permutations(everywhere, 2) if pair[0][0] != pair[1][0]]
    shown: list[tuple[str | None, str, str]] = []
    statuses: dict[str, set[str]] = {"cold": set(), "remembered": set(), "stale": set()}

    async def ask(level: str, sku: str, who: Sequence[tuple[str, int]], **headers: str) -> None:
        prices = await asyncio.gather(*(shop.price(replica, person, sku, **headers) for person, replica in who))
        shown.extend((who[n][0], sku, price["unitPrice"]["amount"]) for n, price in enumerate(prices))
        statuses[level].update(price["freshness"]["status"] for price in prices)

    skus = [f"KV-{number:06}" for number in range(FIRST_COLD, FIRST_COLD + len(orders))]
    for sku, order in zip(skus, orders, strict=True):
        await ask("cold", sku, order)
        await ask("remembered", sku, everywhere)
        await ask("remembered", sku, [*order, *reversed(everywhere)])
    shop.systems.fault("erp", "garbage")
    for sku, order in zip(skus, orders, strict=True):
        await ask("stale", sku, order, **ANEW)
    shop.systems.fault("erp", "ok")

    assert {"cold": {"LIVE"}, "remembered": {"CACHED"}, "stale": {"STALE"}} == statuses
    assert_own(shop, shown)


def assert_own(shop: Shop, shown: Sequence[tuple[str | None, str, str]]) -> None:
    """Every price is what the ERP says for the account of who was shown it, and it is another for the other account."""
    skus = sorted({sku for _, sku, _ in shown})
    own = {person: shop.systems.erp_prices(account, skus) for person, account in PEOPLE.items()}

    assert own["anna"] != own["elena"]
    for person, sku, amount in shown:
        assert own[str(person)][sku] == amount
