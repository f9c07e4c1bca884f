"""`kanava serve --workers`: processes at one address that share their work, are replaced when they die, and stop together."""

import asyncio
import hmac
import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.ports import free_base_port
from tests.scenarios.load import Answer, Client
from tests.scenarios.ordering import CUSTOMERS, ErpDesk, Shop, ordering
from tests.scenarios.processes import REPEATS, WITHIN_S, Replica, Systems, serving, until
from tests.scenarios.receipts import EXACTLY_ONCE
from tests.scenarios.test_run import kanava as run
from tests.valkey import Valkey

WORKERS = 3
NEVER_MS = 600_000
NEEDS_REDIS = "2 workers need KANAVA_REDIS_URL: without it a hook reaches only one of them"
SECRET = "a secret that the ERP signs with"
SHARE = "query Share($sku: String!) { product(sku: $sku) { price { unitPrice { amount } } } }"
"""Asked for once each, so that no whole answer is remembered."""
PRICE = "query Price($sku: String!) { product(sku: $sku) { sku price { unitPrice { amount } } } }"
NAME = "query Name($sku: String!) { product(sku: $sku) { sku } }"
SETTINGS = {
    "WORKERS": str(WORKERS),
    "ERP_HOOK_SECRET": SECRET,
    "CIRCUIT_OPEN_FOR_S": "0.3",
    "CIRCUIT_OPEN_FOR_MAX_S": "0.6",
    "DEADLINE_S": "30",
    "SHUTDOWN_S": "30",
    **{f"{system}_TIMEOUT_S": "10" for system in ("ERP", "CRM", "PIM", "WMS")},
}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with Systems(tmp_path_factory.mktemp("systems"), "--products=120") as systems:
        yield systems


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


class Kanava(Replica):
    """Three workers, with their journal in one file."""

    def __init__(self, systems: Systems, valkey: Valkey, folder: Path) -> None:
        super().__init__(systems.base_port, folder, port=free_base_port(), REDIS_URL=valkey.url, **SETTINGS)

    @property
    def workers(self) -> list[int]:
        """The processes of the workers that live."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def ended(self) -> int:
        """Wait until it has ended, and return how it did."""
        assert self._process is not None, "it does not run"
        status = self._process.wait(WITHIN_S)
        self._process = None
        return status


@pytest.fixture(scope="module")
def kanava(systems: Systems, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kanava]:
    kanava = Kanava(systems, valkey, tmp_path_factory.mktemp("kanava"))
    with serving(kanava):
        yield kanava


@pytest.fixture
async def another(systems: Systems, valkey: Valkey, tmp_path: Path) -> AsyncIterator[Kanava]:
    """One that a test may end, behind a PIM that it may slow down."""
    another = Kanava(systems, valkey, tmp_path)
    await asyncio.to_thread(another.start)
    systems.forget_calls()
    yield another
    systems.fault("pim", "ok")
    another.stop()


@pytest.fixture
async def client(systems: Systems) -> AsyncIterator[Client]:
    async with Client(systems.token) as client:
        yield client


async def all_answer(client: Client, kanava: Kanava) -> None:
    """Wait until all workers tell their figures, so that each of them serves."""

    async def is_so() -> bool:
        told = [await client.figure(kanava, f'kanava_worker_answers{{worker="{n + 1}"}}') for n in range(WORKERS)]
        return told == [1] * WORKERS

    await until(is_so)


async def asked(client: Client, kanava: Kanava) -> list[int]:
    """Return how many prices each worker has been asked for."""
    name = 'kanava_values_asked_total{{kind="prices",system="ERP",worker="{}"}}'
    return [await client.figure(kanava, name.format(number)) for number in range(1, WORKERS + 1)]


@asynccontextmanager
async def asking(client: Client, kanava: Kanava, clients: int) -> AsyncIterator[Counter[str]]:
    """Have clients ask for prices, on a new connection each time; count what became of that."""
    outcomes: Counter[str] = Counter()
    ended = asyncio.Event()

    async def ask_on(number: int) -> None:
        while not ended.is_set():
            try:
                answer = await client.ask(kanava, PRICE, {"sku": f"KV-{number % 20 + 1:06}"}, person="anna")
                outcomes["answered" if answer.data["product"]["price"] else "without a price"] += 1
            except httpx.HTTPError:
                outcomes["broken"] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(ask_on(number))
        yield outcomes
        ended.set()


async def more(outcomes: Counter[str], count: int) -> None:
    """Wait until so many more were answered."""
    wanted = outcomes["answered"] + count

    async def is_so() -> bool:
        return outcomes["answered"] >= wanted

    await until(is_so)


async def test_each_has_its_share(client: Client, kanava: Kanava) -> None:
    """Connections go to the workers in turn, and every scrape has the figures of all of them."""
    before = await asked(client, kanava)
    for number in range(4 * WORKERS):
        await client.ask(kanava, SHARE, {"sku": f"KV-{number + 1:06}"}, person="anna")
    after = await asked(client, kanava)

    assert [4] * WORKERS == [now - then for now, then in zip(after, before, strict=True)]


async def test_one_fetches_for_all(client: Client, systems: Systems, kanava: Kanava) -> None:
    """What one worker has fetched, the others find in Redis."""
    for _ in range(WORKERS):
        await client.ask(kanava, NAME, {"sku": "KV-000099"}, person="elena")
    systems.forget_calls()
    prices = [await client.ask(kanava, PRICE, {"sku": "KV-000099"}, person="elena") for _ in range(WORKERS)]

    assert 1 == len({price.data["product"]["price"]["unitPrice"]["amount"] for price in prices})
    assert (1, 1) == systems.calls()


async def test_a_hook_reaches_all(client: Client, systems: Systems, kanava: Kanava) -> None:
    """A signed hook, taken by one worker: all forget the price, and fetch the new one."""

    async def amounts() -> set[str]:
        answers = [await client.ask(kanava, PRICE, {"sku": "KV-000111"}, person="anna") for _ in range(WORKERS)]
        return {answer.data["product"]["price"]["unitPrice"]["amount"] for answer in answers}

    before = await amounts()
    systems.set_price("C-1002", "KV-000111", "12.3400")
    unheard = await amounts()
    said = await hook(client, kanava, "KV-000111")

    async def all_new() -> bool:
        return await amounts() == {"12.3400"}

    await until(all_new)

    assert before == unheard
    assert "12.3400" not in before
    assert (200, {"accepted": 1, "repeated": 0}) == (said.status_code, said.json())


async def hook(client: Client, kanava: Kanava, key: str) -> httpx.Response:
    events = [{"id": "e-1", "kind": "price", "keys": [key], "account": None}]
    body, timestamp = json.dumps({"events": events}).encode(), str(int(time.time()))
    signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    headers = {"kanava-timestamp": timestamp, "kanava-signature": f"sha256={signature}"}
    return await client.post(f"{kanava.url}/hooks/erp", content=body, headers=headers)


async def test_killed_under_load(client: Client, kanava: Kanava) -> None:
    """A worker killed: but for what it was just doing everything is answered, and it comes back."""
    clients = 20
    async with asking(client, kanava, clients) as outcomes:
        for _ in range(REPEATS):
            await more(outcomes, 30)
            victim = kanava.workers[0]
            os.kill(victim, signal.SIGKILL)
            await more(outcomes, 30)
            await all_answer(client, kanava)

            assert victim not in kanava.workers
    broken = outcomes.pop("broken", 0)

    assert ["answered"] == list(outcomes)
    assert clients * REPEATS >= broken
    assert WORKERS == len(kanava.workers)


async def test_renewed_under_load(client: Client, kanava: Kanava) -> None:
    """Workers told to stop, one after the other: others take their place, and nobody's answer is lost."""
    async with asking(client, kanava, 20) as outcomes:
        for pid in kanava.workers:
            await more(outcomes, 30)
            os.kill(pid, signal.SIGTERM)

            async def is_gone(pid: int = pid) -> bool:
                return pid not in kanava.workers and len(kanava.workers) == WORKERS

            await until(is_gone)
            await all_answer(client, kanava)
        await more(outcomes, 30)

    assert ["answered"] == list(outcomes)


async def test_orders_arrive_once(client: Client, systems: Systems, kanava: Kanava) -> None:
    """Orders placed through all workers, one of which is killed again and again: each is in the ERP once, in order."""
    erp = ErpDesk(systems.base_port)
    erp.trust(CUSTOMERS)
    shop = Shop(client, [kanava], erp, Random(7))
    async with ordering(shop, CUSTOMERS, pause_s=1.5):
        for _ in range(REPEATS):
            await shop.more_receipts(6)
            await shop.moment(0.12)
            os.kill(shop.random.choice(kanava.workers), signal.SIGKILL)
        await shop.more_receipts(6)
    found = await shop.settled(kanava)
    erp.close()

    assert EXACTLY_ONCE == found


async def test_what_is_under_way_is_answered(client: Client, systems: Systems, another: Kanava) -> None:
    """A signal while requests wait at all workers: nobody new is let in, all are answered, and the end is a good one."""
    waiting = await asked_for_what_waits(client, systems, another, range(30, 50))
    os.kill(another.pid, signal.SIGTERM)
    await until(partial(refused, client, another))
    done = [task.done() for task in waiting]
    systems.fault("pim", "ok")
    answers = await asyncio.gather(*waiting)
    status = await asyncio.to_thread(another.ended)

    assert not any(done)
    assert [f"KV-{n:06}" for n in range(30, 50)] == [answer.data["product"]["sku"] for answer in answers]
    assert (0, "") == (status, another.log)


async def test_a_second_signal_ends_all_at_once(client: Client, systems: Systems, another: Kanava) -> None:
    """Who cannot wait says so again: the parent dies of the second signal, and no worker is left."""
    workers = another.workers
    waiting = await asked_for_what_waits(client, systems, another, range(50, 51))
    os.kill(another.pid, signal.SIGINT)
    await until(partial(refused, client, another))
    os.kill(another.pid, signal.SIGINT)
    status = await asyncio.to_thread(another.ended)
    (outcome,) = await asyncio.gather(*waiting, return_exceptions=True)
    await until(partial(are_gone, workers))

    assert (-signal.SIGINT, "") == (status, another.log)
    assert isinstance(outcome, httpx.HTTPError)


async def test_no_worker_outlives_the_parent(client: Client, systems: Systems, another: Kanava) -> None:
    """The parent killed: the workers answer what is under way, and end."""
    workers = another.workers
    waiting = await asked_for_what_waits(client, systems, another, range(51, 54))
    await asyncio.to_thread(another.kill)
    systems.fault("pim", "ok")
    answers = await asyncio.gather(*waiting)
    await until(partial(are_gone, workers))

    assert ["KV-000051", "KV-000052", "KV-000053"] == [answer.data["product"]["sku"] for answer in answers]
    assert "" == another.log


async def asked_for_what_waits(
    client: Client, systems: Systems, kanava: Kanava, numbers: Iterable[int]
) -> list[asyncio.Task[Answer]]:
    """Ask for articles that the PIM does not tell for now, and wait until all those calls are under way."""
    systems.fault("pim", "slow", delay_ms=NEVER_MS)
    tasks = [asyncio.create_task(client.ask(kanava, NAME, {"sku": f"KV-{number:06}"})) for number in numbers]

    async def all_wait() -> bool:
        return systems.calls("pim")[1] == len(tasks)

    await until(all_wait)
    return tasks


async def refused(client: Client, kanava: Kanava) -> bool:
    """Return whether nobody listens there."""
    try:
        await client.get(f"{kanava.url}/healthz")
    except httpx.TransportError as error:
        return isinstance(error, httpx.ConnectError)
    return False


async def are_gone(pids: Iterable[int]) -> bool:
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)  # noqa: ASYNC240 - it looks at no disk


def test_several_need_redis(tmp_path: Path) -> None:
    """What several workers cannot do right is refused, in one line."""
    assert (2, "", f"kanava: Invalid value: {NEEDS_REDIS}\n") == run(tmp_path, "serve", WORKERS="2")
