"""Whatever is killed while orders are placed and forwarded: each that was acknowledged is in the ERP once, in order."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from random import Random

import pytest

from datasources.journal.database import migrate
from tests.ports import free_base_port
from tests.postgres import Postgres
from tests.scenarios.load import Client
from tests.scenarios.ordering import CUSTOMERS, ErpDesk, Shop, ordering
from tests.scenarios.processes import REPEATS, Replica, Systems, serving
from tests.scenarios.receipts import EXACTLY_ONCE, Outages

PAUSE_S = 1.5
WHILE_PLACING_S = 0.12
WHILE_FORWARDING_S = 0.3
BACKLOG = 10
BEFORE = 20
REPLICAS = 3
SETTINGS = {
    "CIRCUIT_OPEN_FOR_S": "0.3",
    "CIRCUIT_OPEN_FOR_MAX_S": "0.6",
    "ERP_TIMEOUT_S": "1",
    "DEADLINE_S": "10",
    "RATE_PERSON": "100000000",
    "RATE_ADDRESS": "100000000",
    **{f"{system}_TIMEOUT_S": "10" for system in ("CRM", "PIM", "WMS")},
}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with Systems(tmp_path_factory.mktemp("systems"), "--products=40") as systems:
        yield systems


@pytest.fixture(scope="module")
def erp(systems: Systems) -> Iterator[ErpDesk]:
    desk = ErpDesk(systems.base_port)
    desk.trust(CUSTOMERS)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def replica(systems: Systems, erp: ErpDesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """Kanava with its journal in a file."""
    replica = Replica(systems.base_port, tmp_path_factory.mktemp("replica"), port=free_base_port(), **SETTINGS)
    with serving(replica):
        yield replica


@pytest.fixture(scope="module")
def replicas(
    systems: Systems, erp: ErpDesk, postgres_process: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[Replica]]:
    """Three of it, with their journal in PostgreSQL."""
    postgres_process.start()
    url, base_port = postgres_process.url(postgres_process.new_database()), free_base_port()
    asyncio.run(migrate(url))
    replicas = [
        Replica(
            systems.base_port,
            tmp_path_factory.mktemp("replica"),
            port=base_port + n,
            DATABASE_URL=url,
            **SETTINGS,
        )
        for n in range(REPLICAS)
    ]
    with serving(*replicas):
        yield replicas


@pytest.fixture
async def client(systems: Systems) -> AsyncIterator[Client]:
    async with Client(systems.token) as client:
        yield client


async def assert_exactly_once(shop: Shop, what: str, outages: Outages) -> None:
    """Every receipt's order is in the ERP, none twice, those of an account as they were captured."""
    found = await shop.settled(shop.replicas[0])
    print(  # noqa: T201 - for who asks with -s
        f"{what}: {len(shop.receipts)} orders acknowledged, {len(found.missing)} missing in the ERP, "
        f"{len(found.double)} double; orderPlace {outages.said(shop.receipts)}"
    )

    assert EXACTLY_ONCE == found


async def test_kanava_killed_while_placing(client: Client, replica: Replica, erp: ErpDesk) -> None:
    """Kanava killed whenever orders are being placed: clients ask again with the same key, and have one receipt each."""
    shop, outages = Shop(client, [replica], erp, Random(1)), Outages([])
    async with ordering(shop, CUSTOMERS, pause_s=PAUSE_S):
        await shop.more_receipts(BEFORE)
        for _ in range(REPEATS):
            await shop.more_receipts(4)
            await shop.moment(WHILE_PLACING_S)
            outages.begins()
            replica.kill()
            await asyncio.to_thread(replica.start)
            outages.ends()
        await shop.more_receipts(4)

    await assert_exactly_once(shop, f"Kanava killed {REPEATS} times while placing", outages)


async def test_kanava_killed_while_forwarding(client: Client, systems: Systems, replica: Replica, erp: ErpDesk) -> None:
    """Kanava killed while it forwards what it kept in an outage: whoever comes next looks up what was sent."""
    shop, outages = Shop(client, [replica], erp, Random(2)), Outages([])
    async with ordering(shop, CUSTOMERS, pause_s=PAUSE_S):
        await shop.more_receipts(BEFORE)
        for _ in range(REPEATS):
            outages.begins()
            await gather_and_forward(shop, systems)
            await asyncio.sleep(shop.random.uniform(0, WHILE_FORWARDING_S))
            replica.kill()
            await asyncio.to_thread(replica.start)
            outages.ends()

    await assert_exactly_once(shop, f"Kanava killed {REPEATS} times while forwarding", outages)


async def gather_and_forward(shop: Shop, systems: Systems) -> None:
    """Have the ERP down while orders are placed, and up again; return when the first of them arrives there."""
    systems.fault("erp", "down")
    await shop.more_receipts(BACKLOG)
    systems.fault("erp", "ok")
    await shop.arriving()


async def test_the_erp_killed_while_it_takes_orders(
    client: Client, systems: Systems, replica: Replica, erp: ErpDesk
) -> None:
    """The ERP killed whenever orders are on their way to it: it has each once when it is back."""
    shop, outages = Shop(client, [replica], erp, Random(3)), Outages([])
    async with ordering(shop, CUSTOMERS, pause_s=PAUSE_S):
        await shop.more_receipts(BEFORE)
        for _ in range(REPEATS):
            await shop.more_receipts(4)
            await shop.moment(WHILE_PLACING_S)
            outages.begins()
            systems.erp.kill()
            await shop.more_receipts(6)
            await asyncio.to_thread(systems.erp.start)
            outages.ends()
            await client.circuit_becomes(replica, "CLOSED")

    await assert_exactly_once(shop, f"ERP killed {REPEATS} times", outages)


async def test_answers_lost(client: Client, systems: Systems, replica: Replica, erp: ErpDesk) -> None:
    """The ERP does what it is asked, and half of its answers are lost: nothing is sent that it may have already."""
    shop, outages = Shop(client, [replica], erp, Random(4)), Outages([])
    async with ordering(shop, CUSTOMERS, pause_s=PAUSE_S):
        await shop.more_receipts(BEFORE)
        for _ in range(REPEATS):
            outages.begins()
            systems.fault("erp", "lost_answer", rate=0.5)
            await shop.more_receipts(BACKLOG)
            systems.fault("erp", "ok")
            outages.ends()
            await client.circuit_becomes(replica, "CLOSED")
            await shop.more_receipts(4)

    await assert_exactly_once(shop, f"half of the ERP's answers lost, {REPEATS} times", outages)


async def test_replicas_killed(client: Client, systems: Systems, replicas: Sequence[Replica], erp: ErpDesk) -> None:
    """Of three replicas that forward one is killed, and of the two that are left another: the last one goes on."""
    shop, outages = Shop(client, replicas, erp, Random(5)), Outages([])
    async with ordering(shop, CUSTOMERS, pause_s=PAUSE_S):
        await shop.more_receipts(BEFORE)
        for _ in range(REPEATS):
            outages.begins()
            victims = shop.random.sample(replicas, 2)
            for victim in victims:
                await gather_and_forward(shop, systems)
                await asyncio.sleep(shop.random.uniform(0, WHILE_FORWARDING_S))
                victim.kill()
                victim.begin()
            for victim in victims:
                await asyncio.to_thread(victim.wait)
            outages.ends()
            await shop.more_receipts(4)

    await assert_exactly_once(shop, f"one of three and one of two replicas killed, {REPEATS} times each", outages)


async def test_postgres_killed(
    client: Client, systems: Systems, replicas: Sequence[Replica], postgres: Postgres, erp: ErpDesk
) -> None:
    """PostgreSQL killed while three replicas place and forward: they take no orders until it is back, and lose none."""
    shop, outages = Shop(client, replicas, erp, Random(6)), Outages([])
    async with ordering(shop, CUSTOMERS, pause_s=PAUSE_S):
        await shop.more_receipts(BEFORE)
        for _ in range(REPEATS):
            await shop.more_receipts(6)
            await shop.moment(WHILE_PLACING_S)
            outages.begins()
            await asyncio.to_thread(postgres.kill)
            await asyncio.sleep(shop.random.uniform(0, 0.5))
            await asyncio.to_thread(postgres.start)
            outages.ends()
        await shop.more_receipts(6)

    await assert_exactly_once(shop, f"PostgreSQL killed {REPEATS} times", outages)
