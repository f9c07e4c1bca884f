"""The shared store in a file: what concerns the file."""

import asyncio
import logging
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasources.cache.memory import Share
from datasources.cache.sqlite import BATCH_BYTES, SqliteStore
from datasources.cache.store import Drop, Record, StoreError
from datasources.clock import Clock, SystemClock
from tests.datasources.fakes import FakeClock

REPOSITORY = Path(__file__).resolve().parents[3]
WRITER = """
import asyncio, sys
from pathlib import Path
from datasources.cache.sqlite import SqliteStore
from datasources.cache.store import Record
from datasources.clock import SystemClock

async def main(path):
    store, turn = SqliteStore(path, clock=SystemClock(), written_after_s=0), 0
    while True:
        await store.put_many([Record(f"{turn}/{i}", "price", "C", (f"{i}",), b"v" * 500, 1000) for i in range(500)])
        await asyncio.wait({store._writing})
        turn += 1
        print(turn, flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


def price(key: str, keep_for_s: float = 1000.0, *, value: bytes = b"v", tags: tuple[str, ...] = ()) -> Record:
    return Record(key, "price", "C-1", tags, value, keep_for_s)


def store_at(path: Path, *, clock: Clock, **more: int) -> SqliteStore:
    """Return a store that writes as soon as it can."""
    return SqliteStore(path, clock=clock, written_after_s=0, **more)


async def written(store: SqliteStore) -> None:
    assert store._writing is not None
    await asyncio.wait({store._writing})


async def kept(path: Path, clock: FakeClock, keys: list[str]) -> set[str]:
    """Return which of the keys are in the file."""
    store = store_at(path, clock=clock)
    values = await store.get_many(keys)
    await store.close()
    return set(values)


async def test_a_value_ends(tmp_path: Path) -> None:
    """Waiting or written, a value is there for keep_for_s, and no longer; a note likewise."""
    clock = FakeClock()
    store = store_at(tmp_path / "cache.db", clock=clock)
    await store.put_many([price("written", 10)])
    await written(store)
    await store.note("note", "text", 10)
    clock.advance(9)
    before = await store.get_many(["written"]), await store.notes("")
    await store.put_many([price("waiting", 1)])
    clock.advance(1)
    after = await store.get_many(["written", "waiting"]), await store.notes("")
    await store.close()

    assert ({"written": b"v"}, {"note": "text"}) == before
    assert ({}, {}) == after


async def test_what_comes_together_is_written_together(tmp_path: Path) -> None:
    """Records wait for others, and can be read meanwhile; closing writes them at once."""
    path, clock = tmp_path / "cache.db", FakeClock()
    store = SqliteStore(path, clock=clock, written_after_s=1_000)
    await store.put_many([price("a")])
    await store.put_many([price("b")])
    before = await kept(path, clock, ["a", "b"]), await store.get_many(["a", "b"])
    await store.close()

    assert (set(), {"a": b"v", "b": b"v"}) == before
    assert {"a", "b"} == await kept(path, clock, ["a", "b"])


async def test_much_is_written_before_it_is_due(tmp_path: Path) -> None:
    """What waits is written at once when it is more than a batch."""
    store = SqliteStore(tmp_path / "cache.db", clock=FakeClock(), written_after_s=1_000)
    await store.put_many([price("few", value=bytes(BATCH_BYTES // 2))])
    await store.put_many([price("many", value=bytes(BATCH_BYTES))])
    await asyncio.wait_for(written(store), 10)

    assert {"few", "many"} == keys_in(tmp_path / "cache.db")
    await store.close()


async def test_what_is_dropped_is_not_written_later(tmp_path: Path) -> None:
    """A change reaches what still waits to be written."""
    path, clock = tmp_path / "cache.db", FakeClock()
    store = SqliteStore(path, clock=clock, written_after_s=1_000)
    await store.put_many([price("a", tags=("T",)), price("b", tags=("U",))])
    await store.drop(Drop("price", frozenset({"T"}), None))
    await store.close()

    assert {"b"} == keys_in(path)


async def test_what_has_ended_is_deleted(tmp_path: Path) -> None:
    """Later writes take what has ended out of the file, tags too."""
    clock, path = FakeClock(), tmp_path / "cache.db"
    store = store_at(path, clock=clock)
    await store.put_many([price(f"{i}", 10, tags=("T", f"{i}")) for i in range(1500)])
    await store.note("ended", "text", 10)
    await written(store)
    clock.advance(10)
    for key in ("a", "b"):
        await store.put_many([price(key, tags=("T",))])
        await written(store)
    await store.close()

    assert {"records": 2, "tags": 2, "notes": 0} == rows(path)


def rows(path: Path) -> dict[str, int]:
    db = sqlite3.connect(path)
    counts = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("records", "tags", "notes")}
    db.close()
    return counts


async def test_tags_follow_the_record(tmp_path: Path) -> None:
    """A newer record of a key is found by its own tags, and no longer by those of the older."""
    path = tmp_path / "cache.db"
    store = store_at(path, clock=FakeClock())
    await store.put_many([price("a", tags=("old", "both"))])
    await written(store)
    await store.put_many([price("a", tags=("both", "new"))])
    await written(store)
    await store.drop(Drop("price", frozenset({"old"}), None))
    after_old = await store.get_many(["a"])
    tags_before = rows(path)["tags"]
    await store.drop(Drop("price", frozenset({"new"}), None))
    after_new = await store.get_many(["a"])
    await store.close()

    assert {"a": b"v"} == after_old
    assert {} == after_new
    assert (2, 0) == (tags_before, rows(path)["tags"])


async def test_the_file_is_the_owners(tmp_path: Path) -> None:
    """The file is made with its folder, and only its owner reads it, the write-ahead log too."""
    path = tmp_path / "var" / "run" / "cache.db"
    store = store_at(path, clock=FakeClock())
    await store.get_many(["a"])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    await store.close()

    assert {"cache.db": 0o600, "cache.db-wal": 0o600, "cache.db-shm": 0o600} == modes


async def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """Over its share what waits longest is lost and counted."""
    store = store_at(tmp_path / "cache.db", clock=FakeClock(), waiting=Share(5_000))
    await store.put_many([price(f"{i}", value=bytes(700)) for i in range(10)])
    values = await store.get_many([f"{i}" for i in range(10)])
    await store.close()

    assert {"6", "7", "8", "9"} == set(values)
    assert 6 == store.lost


async def test_a_drop_beside_writing(tmp_path: Path) -> None:
    """What is just being written when it is dropped is gone when the drop is done; what is put later stays."""
    clock, path = FakeClock(), tmp_path / "cache.db"
    store = store_at(path, clock=clock)
    await store.put_many([price(f"{i}", tags=("T",)) for i in range(500)])
    await asyncio.sleep(0)  # the writing has begun
    dropping = asyncio.create_task(store.drop(Drop("price", frozenset({"T"}), None)))
    await asyncio.sleep(0)
    await store.put_many([price("0", tags=("T",), value=b"new")])
    await dropping
    values = await store.get_many([f"{i}" for i in range(500)])
    await store.close()

    assert {"0": b"new"} == values
    assert {"0"} == await kept(path, clock, [f"{i}" for i in range(500)])


async def test_a_full_file_lets_go_of_what_ends_soonest(tmp_path: Path) -> None:
    """The file stays under max_bytes; what is put is kept, and what would end soonest goes."""
    clock, path = FakeClock(), tmp_path / "cache.db"
    store = store_at(path, clock=clock, max_bytes=2_000_000)
    for i in range(20):
        await store.put_many([price(f"{i}/{j}", 1000 + i, value=bytes(1000), tags=("T",)) for j in range(250)])
        await written(store)
    keys = [f"{i}/{j}" for i in range(20) for j in range(250)]
    values = await store.get_many(keys)
    await store.close()

    assert 0 == store.lost
    assert path.stat().st_size <= 2_000_000
    assert set(keys[-len(values) :]) == set(values)
    assert 500 <= len(values)


async def test_a_batch_larger_than_the_file_is_lost(tmp_path: Path) -> None:
    """What cannot be written is lost and said at the next put; what comes after is kept."""
    store = store_at(tmp_path / "cache.db", clock=FakeClock(), max_bytes=500_000)
    await store.put_many([price("large", value=bytes(600_000))])
    await written(store)
    with pytest.raises(StoreError, match="full"):
        await store.put_many([price("small")])
    values = await store.get_many(["large", "small"])
    await store.close()

    assert {"small": b"v"} == values
    assert 1 == store.lost


@pytest.mark.parametrize("damage", [b"this is no database" * 1000, b"SQLite format 3\0" + bytes(5000), None])
async def test_a_broken_file_is_begun_anew(
    tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is not SQLite's, or is damaged within, is replaced with one log line, and all works."""
    clock, path = FakeClock(), tmp_path / "cache.db"
    store = store_at(path, clock=clock)
    await store.put_many([price(f"{i}", tags=(f"{i}",)) for i in range(1000)])
    await store.close()
    content = path.read_bytes()
    path.write_bytes(damage or content[:4096] + b"\xff" * (len(content) - 4096))
    store = store_at(path, clock=clock)
    with caplog.at_level(logging.WARNING):
        values = await store.get_many([f"{i}" for i in range(1000)])
        await store.put_many([price("new")])
        await store.close()

    assert {} == values
    assert 1 == len(caplog.records)
    assert {"new"} == await kept(path, clock, ["new", "1"])


async def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    """When another has removed or replaced the file, reading and writing go to the new one."""
    path = tmp_path / "cache.db"
    store, other = store_at(path, clock=FakeClock()), store_at(path, clock=FakeClock())
    await store.put_many([price("old")])
    await written(store)
    await store.get_many(["old"])
    remove(path)
    await other.put_many([price("new")])
    await written(other)
    values = await store.get_many(["old", "new"])
    await store.close()
    await other.close()

    assert {"new": b"v"} == values


def remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink()


async def test_a_file_that_cannot_be_opened_is_a_store_error(tmp_path: Path) -> None:
    """Where no file can be, reading raises at once, and writing at the next put."""
    (tmp_path / "file").write_text("not a folder")
    store = store_at(tmp_path / "file" / "cache.db", clock=FakeClock())
    with pytest.raises(StoreError, match="File exists"):
        await store.get_many(["a"])
    with pytest.raises(StoreError, match="File exists"):
        await store.note("a", "text", 10)
    await store.put_many([price("a")])
    await written(store)
    with pytest.raises(StoreError, match="File exists"):
        await store.put_many([price("b")])
    with pytest.raises(StoreError, match="File exists"):
        await store.close()

    assert 2 == store.lost


async def test_reads_do_not_wait_for_writes(tmp_path: Path) -> None:
    """While another process holds the file to write, reading goes on, and what was put meanwhile is seen."""
    path = tmp_path / "cache.db"
    store = store_at(path, clock=FakeClock())
    await store.put_many([price("a")])
    await written(store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await store.put_many([price("b")])
    values = await store.get_many(["a", "b"])
    is_waiting = store._writing is not None and not store._writing.done()
    other.execute("COMMIT")
    other.close()
    await store.close()

    assert {"a": b"v", "b": b"v"} == values
    assert is_waiting


async def test_many_open_one_file(tmp_path: Path) -> None:
    """Stores that open a new file at the same moment share it: each sees what the others wrote."""
    path = tmp_path / "cache.db"
    stores = [store_at(path, clock=FakeClock()) for _ in range(6)]
    await asyncio.gather(*(store.put_many([price(f"{i}")]) for i, store in enumerate(stores)))
    await asyncio.gather(*(written(store) for store in stores))
    seen = [set(await store.get_many([f"{i}" for i in range(6)])) for store in stores]
    await asyncio.gather(*(store.close() for store in stores))

    assert [{f"{i}" for i in range(6)}] * 6 == seen


@pytest.mark.parametrize("turns", range(1, 6))
async def test_what_was_written_survives_a_kill(tmp_path: Path, turns: int) -> None:
    """A process is killed while it writes: what it had written before is there, whole."""
    path = tmp_path / "cache.db"
    write_until_killed(path, turns)
    store = store_at(path, clock=SystemClock())
    keys = [f"{turn}/{i}" for turn in range(turns) for i in range(500)]
    values = await store.get_many(keys)
    await store.drop(Drop("price", frozenset({"7"}), None))
    after = await store.get_many([f"{turn}/7" for turn in range(turns)])
    await store.close()

    assert dict.fromkeys(keys, b"v" * 500) == values
    assert {} == after


def write_until_killed(path: Path, turns: int) -> None:
    """Have a process write on and on, and kill it when it has written so many times 500 records."""
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(turns)]
        writer.kill()

    assert f"{turns}\n".encode() == said[-1]


def test_many_processes_open_one_file(tmp_path: Path) -> None:
    """Processes that begin a new file at the same moment all write to it."""
    path = tmp_path / "cache.db"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_until_killed, [path] * 4, [3] * 4))

    assert {f"{turn}/{i}" for turn in range(3) for i in range(500)} <= keys_in(path)


def keys_in(path: Path) -> set[str]:
    db = sqlite3.connect(path)
    keys = {key for (key,) in db.execute("SELECT key FROM records")}
    db.close()
    return keys
