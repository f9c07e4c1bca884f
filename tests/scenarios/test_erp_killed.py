"""The ERP killed while people browse: known prices stay, marked as what they are, and nothing else notices."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import pytest

from tests.ports import free_base_port
from tests.scenarios.load import Answer, Client, all_prices, browsing, latencies
from tests.scenarios.processes import REPEATS, Counting, Replica, Systems, serving, until, until_prices_are_written

CLIENTS = 50
PAGES = [(person, words) for words in ("putki", "kupari") for person in ("anna", "mikko", "elena", "C-4001", "C-4600")]
NEVER_ASKED = "kaapeli"
FRESH_FOR_S = 1.0
SHORTEST_FRESH_S = 0.9 * FRESH_FOR_S
OPEN_FOR_S = 0.3
SETTINGS = {
    "PRICE_FRESH_FOR_S": str(FRESH_FOR_S),
    "PRICE_REFRESH_AHEAD_S": "0",
    "CIRCUIT_OPEN_FOR_S": str(OPEN_FOR_S),
    "CIRCUIT_OPEN_FOR_MAX_S": "0.6",
    "DEADLINE_S": "30",
    **{f"{system}_TIMEOUT_S": "10" for system in ("ERP", "CRM", "PIM", "WMS")},
}
PROBES = 'kanava_circuit_transitions_total{from="OPEN",system="ERP",to="HALF_OPEN"}'
CLOSINGS = 'kanava_circuit_transitions_total{from="HALF_OPEN",system="ERP",to="CLOSED"}'
EARLY = 'kanava_values_refreshed_ahead_total{kind="prices",system="ERP"}'

Amounts = dict[tuple[str | None, str], str]
Phases = dict[str, list[Answer]]


@dataclass(slots=True)
class Shop:
    """Kanava over its systems, and those who browse there."""

    systems: Systems
    replica: Replica
    client: Client

    async def page(self, number: int) -> Answer:
        return await self.client.page(self.replica, *PAGES[number % len(PAGES)])

    async def all_pages(self) -> list[Answer]:
        """Ask for each page once, all at the same time."""
        return await asyncio.gather(*(self.page(number) for number in range(len(PAGES))))

    async def amounts(self) -> Amounts:
        """Ask for everything while the ERP answers; return what each person is to pay for what."""
        await until(self._recovered)
        return {(answer.person, price.sku): price.amount for answer, price in all_prices(await self.all_pages())}

    async def opened(self) -> None:
        """Browse until the ERP's circuit is open."""

        async def is_so() -> bool:
            await self.all_pages()
            return await self.client.circuit(self.replica) == "OPEN"

        await until(is_so)

    async def probing(self) -> None:
        """Browse until a call goes out to see whether the ERP works again."""

        async def is_so() -> bool:
            await self.page(0)
            return await self.client.circuit(self.replica) == "HALF_OPEN"

        await until(is_so)

    async def figure(self, name: str) -> int:
        return await self.client.figure(self.replica, name)

    async def _recovered(self) -> bool:
        answers = await self.all_pages()
        return not any("errors" in answer.body for answer in answers) and {"LIVE", "CACHED"} >= {
            price.status for _, price in all_prices(answers)
        }


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with Systems(tmp_path_factory.mktemp("systems"), "--products=120") as systems:
        yield systems


@pytest.fixture(scope="module")
def replica(systems: Systems, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    replica = Replica(systems.base_port, tmp_path_factory.mktemp("replica"), port=free_base_port(), **SETTINGS)
    with serving(replica):
        yield replica


@pytest.fixture
async def shop(systems: Systems, replica: Replica) -> AsyncIterator[Shop]:
    async with Client(systems.token) as client:
        yield Shop(systems, replica, client)


async def test_killed_under_load(shop: Shop) -> None:
    """However often the ERP is killed: every known price stays, true in amount and age; only probes go out; one finds it."""
    amounts = await shop.amounts()
    phases: Phases = {"before": [], "during": [], "after": []}
    for _ in range(REPEATS):
        await browse_through_a_kill(shop, phases, amounts)
        await what_was_never_priced_is_missing(shop)
        await one_probe_finds_it(shop)
        await everything_is_fetched_once(shop, amounts)
        await browse_as_before(shop, phases, amounts)
    for name, answers in phases.items():
        print(f"ERP killed {REPEATS} times, {name}: {latencies(answers)}")  # noqa: T201 - for who asks with -s


async def browse_through_a_kill(shop: Shop, phases: Phases, amounts: Amounts) -> None:
    """Kill the ERP under load, and stand in its place once its circuit is open."""
    async with browsing(shop.page, clients=CLIENTS) as load:
        await load.more(CLIENTS)
        await asyncio.to_thread(shop.systems.erp.kill)
        killed_at = time.time()
        await shop.client.circuit_becomes(shop.replica, "OPEN")
        open_at, probes = time.time(), await shop.figure(PROBES)
        async with Counting(shop.systems.port("erp")) as dead:
            await dead.has_counted(2)
        probes = await shop.figure(PROBES) - probes
        await load.more(1)
    phases["before"] += [answer for answer in load.answers if answer.ended < killed_at]
    during = [answer for answer in load.answers if answer.began > open_at]
    phases["during"] += during

    assert dead.connections <= probes <= 1 + (time.time() - open_at) / OPEN_FOR_S
    assert_true(load.answers, amounts)
    assert_unchanged(during)


def assert_true(answers: Sequence[Answer], amounts: Amounts) -> None:
    """Every price is the person's own and says why it is old and how old it is; the other systems notice nothing."""
    for answer, price in all_prices(answers):
        assert amounts[answer.person, price.sku] == price.amount
        assert int(answer.began - price.as_of) <= price.age_s <= answer.ended - price.as_of
        if price.status == "STALE":
            assert price.reason in ("CONNECTION_FAILED", "CIRCUIT_OPEN")
        else:
            assert answer.began - price.as_of < FRESH_FOR_S
    assert_unnoticed(answers)


def assert_unnoticed(answers: Sequence[Answer]) -> None:
    """Customer, content and stock are as ever."""
    beside = set.union(*(answer.beside_prices for answer in answers))

    assert {"CRM", "PIM", "WMS"} == {system for system, _ in beside}
    assert {"LIVE", "CACHED"} >= {status for _, status in beside}


def assert_unchanged(answers: Sequence[Answer]) -> None:
    """Nobody is told another time at which a price was true while nobody asks the ERP."""
    times: dict[tuple[str | None, str], set[float]] = {}
    for answer, price in all_prices(answers):
        times.setdefault((answer.person, price.sku), set()).add(price.as_of)

    assert {1} == {len(known) for known in times.values()}


async def what_was_never_priced_is_missing(shop: Shop) -> None:
    """Without a remembered price there is none, with an error at exactly that place."""
    body = (await shop.client.page(shop.replica, "anna", NEVER_ASKED)).body
    nodes = body["data"]["products"]["nodes"]

    assert [["products", "nodes", n, "price"] for n in range(2)] == [error["path"] for error in body["errors"]]
    assert {("SOURCE_UNAVAILABLE", "ERP")} == {
        (error["extensions"]["code"], error["extensions"]["system"]) for error in body["errors"]
    }
    assert {"CONNECTION_FAILED", "CIRCUIT_OPEN"} >= {error["extensions"]["reason"] for error in body["errors"]}
    assert [("KV-000039", "UNAVAILABLE", None), ("KV-000084", "UNAVAILABLE", None)] == [
        (node["sku"], node["priceStatus"], node["price"]) for node in nodes
    ]
    assert all(node["availability"] for node in nodes)


async def one_probe_finds_it(shop: Shop) -> None:
    """The ERP back, but frozen: one call waits for it and nobody else; when it goes on, that call closes the circuit."""
    closings = await shop.figure(CLOSINGS)
    await asyncio.to_thread(shop.systems.erp.start)
    shop.systems.erp.freeze()
    await shop.probing()
    meanwhile = await shop.all_pages()
    shop.systems.erp.thaw()
    await shop.client.circuit_becomes(shop.replica, "CLOSED")

    assert {("STALE", "CIRCUIT_OPEN")} == {(price.status, price.reason) for _, price in all_prices(meanwhile)}
    assert 1 == shop.systems.calls()[0]
    assert closings + 1 == await shop.figure(CLOSINGS)


async def everything_is_fetched_once(shop: Shop, amounts: Amounts) -> None:
    """All come back at once: prices are fresh, and no key is asked for while it is."""
    early, began = await shop.figure(EARLY), time.time()
    answers = await asyncio.gather(*(shop.page(number) for number in range(CLIENTS)))
    times = 1 + int((time.time() - began) / SHORTEST_FRESH_S)
    early = await shop.figure(EARLY) - early

    assert_true(answers, amounts)
    assert {"LIVE", "CACHED"} >= {price.status for _, price in all_prices(answers)}
    assert shop.systems.calls()[1] <= len(amounts) * times + early


async def browse_as_before(shop: Shop, phases: Phases, amounts: Amounts) -> None:
    """The outage over, all goes on as if it had not been."""
    async with browsing(shop.page, clients=CLIENTS) as load:
        await load.more(CLIENTS)
    phases["after"] += load.answers

    assert_true(load.answers, amounts)
    assert {"LIVE", "CACHED"} >= {price.status for _, price in all_prices(load.answers)}


async def test_restarted_in_the_outage(shop: Shop) -> None:
    """Kanava killed and started again while the ERP is down: the same old prices at once; without its file, none."""
    amounts = await shop.amounts()
    shop.systems.erp.kill()
    await shop.opened()
    known = shown_in(await shop.all_pages())
    await until_prices_are_written(shop.replica.cache_files[0])
    shop.replica.kill()
    shop.replica.start()
    again = await shop.all_pages()
    shop.replica.kill()
    for file in shop.replica.cache_files:
        file.unlink()
    shop.replica.start()
    nothing_known = await shop.all_pages()
    shop.systems.erp.start()

    assert_true(again, amounts)
    assert {"STALE"} == {price.status for _, price in all_prices(again)}
    assert known == shown_in(again)
    assert {("SOURCE_UNAVAILABLE", "price")} == {
        (error["extensions"]["code"], error["path"][-1]) for answer in nothing_known for error in answer.body["errors"]
    }
    assert {None} == {node["price"] for answer in nothing_known for node in answer.body["data"]["products"]["nodes"]}
    assert_unnoticed(nothing_known)


def shown_in(answers: Sequence[Answer]) -> dict[tuple[str | None, str], tuple[str, float]]:
    """Return of every price what it is and when it was true."""
    return {(answer.person, price.sku): (price.amount, price.as_of) for answer, price in all_prices(answers)}
