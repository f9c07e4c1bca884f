"""Operating circuits: what an operator says is done by every process, over a file and over Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import typer

from app.circuits import Hold, NoProcess, Operator, hold, listed, operate, operating
from app.settings import read_settings
from datasources.cache.guarded import Guarded
from datasources.cache.redis import RedisStore, open_redis
from datasources.cache.sqlite import SqliteStore
from datasources.cache.store import SharedStore
from datasources.circuit.board import Board
from datasources.circuit.breaker import Limits, Outcome, State
from datasources.circuit.circuit import Circuit
from datasources.clock import Clock, SystemClock
from datasources.model.common import System
from datasources.replicas import Alone
from tests.app.conftest import Api
from tests.datasources.fakes import FakeClock
from tests.scenarios.processes import WITHIN_S, kanava
from tests.valkey import Valkey

OpenStore = Callable[[], SharedStore]


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["file", "redis"])
async def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> AsyncIterator[OpenStore]:
    """Open what processes share once more, as another process does."""
    stores: list[SharedStore] = []

    def opened() -> SharedStore:
        over_file = request.param == "file"
        stores.append(SqliteStore(tmp_path / "cache.db", clock=clock) if over_file else RedisStore(open_redis(url)))
        return stores[-1]

    if request.param == "redis":
        valkey: Valkey = request.getfixturevalue("valkey")
        valkey.ask("FLUSHALL")
        url = valkey.url
    yield opened
    for store in stores:
        await store.close()


def circuit(system: System, clock: Clock) -> Circuit:
    return Circuit(system, Limits(), clock=clock, jitter=lambda: 0.0, replicas=Alone(), probe_within_s=3.0)


class Process:
    """A process of Kanava: its circuits, and its operator."""

    def __init__(self, name: str, store: SharedStore, clock: Clock) -> None:
        self.circuits = {system: circuit(system, clock) for system in (System.ERP, System.PIM)}
        self.board = Board(self.circuits)
        self.operator = Operator(self.circuits, Guarded(store, clock=clock), name, self.board)

    def forced(self) -> list[State | None]:
        return [circuit.forced for circuit in self.circuits.values()]

    def told(self) -> list[State]:
        """Return how it tells that the systems are."""
        return [status.state for status in self.board.statuses().values()]


async def test_all_processes_obey(open_store: OpenStore, clock: FakeClock) -> None:
    """What is said once is done by every process at its next turn, and by one that starts later at its first."""
    first, second, third = (Process(name, open_store(), clock) for name in ("a-1", "a-2", "b-1"))
    operators_own = open_store()
    for process in (first, second):
        await process.operator.turn()
    said = await hold(operators_own, System.ERP, Hold.OPEN)
    for process in (first, second, third):
        await process.operator.turn()
    opened = [process.forced() for process in (first, second, third)]
    await hold(operators_own, System.ERP, Hold.CLOSE)
    await first.operator.turn()
    closed = first.forced()
    await hold(operators_own, System.ERP, Hold.AUTO)
    await first.operator.turn()

    assert "ERP: held OPEN in 2 processes, within about 1 s" == said
    assert [[State.OPEN, None]] * 3 == opened
    assert [State.CLOSED, None] == closed
    assert [None, None] == first.forced()


async def test_the_list(open_store: OpenStore, clock: FakeClock) -> None:
    """Each process tells state, since when, when it is tried again, and what an operator holds it at."""
    first, second = Process("host-1", open_store(), clock), Process("host-2", open_store(), clock)
    clock.advance(60)
    for _ in range(5):
        (await first.circuits[System.ERP].admit()).end(Outcome.FAILURE)
    for process in (first, second):
        await process.operator.turn()
    await hold(open_store(), System.PIM, Hold.OPEN)
    await second.operator.turn()
    table = await listed(open_store())

    assert (
        "Process  System  State   Since                 Retry at              Forced\n"
        "host-1   ERP     OPEN    2026-11-22 08:31:00Z  2026-11-22 08:31:05Z  -\n"
        "host-1   PIM     CLOSED  2026-11-22 08:30:00Z  -                     -\n"
        "host-2   ERP     CLOSED  2026-11-22 08:30:00Z  -                     -\n"
        "host-2   PIM     OPEN    2026-11-22 08:31:00Z  -                     OPEN"
    ) == table


async def test_what_nobody_renews(open_store: OpenStore, clock: FakeClock) -> None:
    """A process that leaves is gone at once; without any, there is nothing to list and nobody to tell."""
    store, process = open_store(), Process("a-1", open_store(), clock)
    await process.operator.turn()
    await process.operator.leave()

    with pytest.raises(NoProcess):
        await listed(store)
    with pytest.raises(NoProcess):
        await hold(store, System.ERP, Hold.OPEN)
    assert {} == await store.notes("circuit")


async def test_a_process_that_was_killed(tmp_path: Path, clock: FakeClock) -> None:
    """What a process said is good for five seconds."""
    store = SqliteStore(tmp_path / "cache.db", clock=clock)
    await Process("a-1", store, clock).operator.turn()
    clock.advance(4.9)
    before = len(await store.notes("circuit/"))
    clock.advance(0.2)

    assert 2 == before
    assert {} == await store.notes("circuit/")
    await store.close()


async def test_a_store_that_does_not_work(tmp_path: Path, clock: FakeClock) -> None:
    """While the store says nothing, circuits stay as they are held."""
    store = SqliteStore(tmp_path / "cache.db", clock=clock)
    process = Process("a-1", store, clock)
    await process.operator.turn()
    await hold(store, System.PIM, Hold.OPEN)
    await process.operator.turn()
    await store.close()
    await process.operator.turn()

    assert [None, State.OPEN] == process.forced()


async def test_each_hears_of_all(open_store: OpenStore, clock: FakeClock) -> None:
    """What one process sees the others tell, until it sees otherwise, leaves, or is gone."""
    here, there = (Process(name, open_store(), clock) for name in ("a-1", "b-1"))
    told = [there.told()]
    for state in (State.OPEN, State.CLOSED, State.OPEN):
        here.circuits[System.ERP].force(state)
        for process in (here, there, here):
            await process.operator.turn()
        told.append(there.told())
    own = here.told()
    await here.operator.leave()
    await there.operator.turn()
    told.append(there.told())

    closed, opened = [State.CLOSED, State.CLOSED], [State.OPEN, State.CLOSED]
    assert [closed, opened, closed, opened, closed] == told
    assert opened == own


async def test_without_the_store_it_knows_itself(tmp_path: Path, clock: FakeClock) -> None:
    """What others said while the store worked is not told any more when it does not."""
    store = SqliteStore(tmp_path / "cache.db", clock=clock)
    here, there = (Process(name, store, clock) for name in ("a-1", "b-1"))
    here.circuits[System.ERP].force(State.OPEN)
    await here.operator.turn()
    await there.operator.turn()
    before = there.told()
    await store.close()
    await there.operator.turn()

    assert ([State.OPEN, State.CLOSED], [State.CLOSED, State.CLOSED]) == (before, there.told())


async def test_words_of_another_version(open_store: OpenStore, clock: FakeClock) -> None:
    """What cannot be understood changes nothing, and is left out of the list."""
    store, process = open_store(), Process("a-1", open_store(), clock)
    await process.operator.turn()
    await hold(store, System.ERP, Hold.OPEN)
    await process.operator.turn()
    await store.note("circuit-forced/ERP", "AJAR", 600)
    await store.note("circuit/b-1/ERP", "[]", 600)
    await process.operator.turn()

    assert [State.OPEN, None] == process.forced()
    assert ["Process", "a-1", "a-1"] == [line.split()[0] for line in (await listed(store)).splitlines()]


async def test_while_the_api_runs(api: Api) -> None:
    """The operator is there as long as the API is."""
    store = api.services.store
    async with operating(api.services), asyncio.timeout(WITHIN_S):
        while len(await store.notes("circuit/")) < 4:
            pass

    assert {} == await store.notes("circuit/")


async def kanava_circuits(folder: Path, *words: str) -> tuple[int, str, str]:
    """Run `kanava circuits` to its end; return status, stdout, stderr."""
    return await asyncio.to_thread(kanava, folder, "circuits", *words, CACHE_FILE="cache.db")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Process]:
    """Run a process's operator over the file in this folder."""
    clock = SystemClock()
    store = SqliteStore(folder / "cache.db", clock=clock)
    process = Process("a-1", store, clock)
    task = asyncio.create_task(process.operator.run())
    yield process
    task.cancel()
    await asyncio.wait({task})
    await store.close()


async def test_the_command_line(tmp_path: Path) -> None:
    """From another process, by name in either case: told, done, listed."""
    async with running(tmp_path) as process:
        await process.operator.turn()
        told = await kanava_circuits(tmp_path, "open", "erp")
        await process.operator.turn()
        forced = process.forced()
        status, table, _ = await kanava_circuits(tmp_path)
        released = await kanava_circuits(tmp_path, "auto", "ERP")
        await process.operator.turn()

    assert (0, "ERP: held OPEN in 1 process, within about 1 s\n", "") == told
    assert [State.OPEN, None] == forced
    assert (0, [["a-1", "ERP", "OPEN"], ["a-1", "PIM", "CLOSED"]]) == (
        status,
        [line.split()[:3] for line in table.splitlines()[1:]],
    )
    assert (0, "ERP: automatic in 1 process, within about 1 s\n", "") == released
    assert [None, None] == process.forced()


@pytest.mark.parametrize("name", [None, "", "channel", "oms"])
def test_systems_without_a_circuit(name: str | None) -> None:
    """A circuit is named by its system."""
    with pytest.raises(typer.BadParameter, match="expected a system: one of erp, crm, pim, wms, iam"):
        operate(read_settings({}), Hold.OPEN, name)


async def test_what_cannot_be_done(tmp_path: Path) -> None:
    """One line says why: exit 2 for bad use, 1 when there is no process or no store."""
    mistaken = await kanava_circuits(tmp_path, "shut", "erp")
    nobody = await kanava_circuits(tmp_path, "open", "erp")
    (tmp_path / "cache.db").mkdir()
    status, stdout, stderr = await kanava_circuits(tmp_path)

    assert (2, "", 1) == (*mistaken[:2], mistaken[2].count("\n"))
    assert "'shut' is not one of 'open', 'close', 'auto'" in mistaken[2]
    assert (1, "", "kanava: no process of Kanava runs here: there is no cache.db\n") == nobody
    assert (1, "", 1) == (status, stdout, stderr.count("\n"))
    assert stderr.startswith("kanava: cache.db: ")
