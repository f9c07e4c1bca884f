"""When the file cannot be written: a clear error, nothing half-written, and all well again afterwards."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from datasources.journal.database import open_journal
from datasources.journal.engines import sqlite_engine
from datasources.journal.journal import CaptureFilter, Journal, JournalUnavailable
from datasources.journal.tables import trials
from datasources.journal.transactions import Transactions
from datasources.model.captures import Capture
from tests.datasources.journal.orders import NOW, captured, cart, later, order

FULL = "the journal cannot be used: database or disk is full"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@contextmanager
def refused(message: str) -> Iterator[None]:
    """Expect that the journal is unavailable, for that reason."""
    with pytest.raises(JournalUnavailable) as refusal:
        yield

    assert refusal.value.message == message


async def expect_whole(journal: Journal, made: list[Capture]) -> None:
    """Check that these captures are there, and of each all that belongs to it."""
    found = await journal.list_captures(CaptureFilter(), first=1000)

    assert found == made[::-1]
    assert [event.capture_id for event in await journal.events(most=1000)] == [capture.id for capture in made]
    for capture in made:
        left = await journal.cart_of(capture.account)
        assert left is not None
        assert left.lines == []


async def fill(journal: Journal, made: list[Capture]) -> None:
    """Capture orders of one account after the other until there is no room for another."""
    while len(made) < 1000:
        made.append(await captured(journal, f"A-{len(made)}", at_s=len(made)))


async def test_full(sqlite_url: str) -> None:
    """A full journal refuses orders and says so; what it took is there, whole, and can be read."""
    made: list[Capture] = []
    async with open_journal(sqlite_url, max_bytes=256 * 1024) as journal:
        with refused(FULL):
            await fill(journal, made)
        with refused(FULL):
            await journal.check()

        await expect_whole(journal, made)
        assert len(made) > 10

    async with open_journal(sqlite_url) as journal:
        await expect_whole(journal, made)
        made.append(await captured(journal, "B", at_s=1000))
        await expect_whole(journal, made)


async def test_no_room_in_the_file_system(sqlite_url: str) -> None:
    """When the system lets the file grow no further, in the middle of an order, that order is refused as a whole."""
    child = await asyncio.to_thread(run_child, sqlite_url)
    *ids, refusal = child.splitlines()

    async with open_journal(sqlite_url) as journal:
        found = await journal.captures(ids)
        await expect_whole(journal, [found[id] for id in ids])

    assert refusal == "the journal cannot be used: disk I/O error; read 10 of them"
    assert len(ids) >= 10


def run_child(url: str) -> str:
    """Return what a process prints that fills a journal."""
    command = [sys.executable, "-m", "tests.datasources.journal.test_files", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout


async def fill_to_the_limit(url: str) -> None:
    """What the child does: capture orders until files may not grow further, each id printed once it is acknowledged."""
    async with open_journal(url) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 1024 * 1024, resource.RLIM_INFINITY))
        try:
            for number in range(1000):
                print((await captured(journal, f"A-{number}", at_s=number)).id)  # noqa: T201
        except JournalUnavailable as failure:
            read = await journal.list_captures(CaptureFilter(), first=10)
            print(f"{failure.message}; read {len(read)} of them")  # noqa: T201
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


async def test_gone(sqlite_url: str, file: Path) -> None:
    """No order goes to a file that was taken away, and none is made in its place; when it is back all goes on."""
    async with open_journal(sqlite_url) as journal:
        of = await journal.save_cart(cart())
        os.rename(file, f"{file}-elsewhere")
        with refused("the journal cannot be used: unable to open database file"):
            await journal.capture(order(of), NOW)
        with refused("the journal cannot be used: unable to open database file"):
            await journal.cart_of(of.account)
        os.rename(f"{file}-elsewhere", file)

        await expect_whole(journal, [await journal.capture(order(of), NOW)])


async def test_taken_away_while_it_is_written(sqlite_url: str, file: Path) -> None:
    """What was written to a file that is gone by then does not count as written."""
    async with open_journal(sqlite_url) as journal:
        await journal.check()
    transactions = Transactions(sqlite_engine(file, max_bytes=None), file=file)

    def work(db: Connection) -> None:
        db.execute(insert(trials).values(id="1", padding=""))
        file.unlink()

    with refused("the journal cannot be used: its file was taken away"):
        await transactions.write(work)
    await transactions.close()


async def test_replaced(sqlite_url: str, file: Path) -> None:
    """When a copy is put in the place of the file, orders go to the copy."""
    async with open_journal(sqlite_url) as journal:
        first = await captured(journal)
    shutil.copy(file, f"{file}-copy")

    async with open_journal(sqlite_url) as journal:
        assert await journal.pending() == 1
        os.rename(f"{file}-copy", file)
        second = await captured(journal, at_s=1)

    async with open_journal(sqlite_url) as journal:
        await expect_whole(journal, [first, second])


async def test_locked(sqlite_url: str, file: Path) -> None:
    """When another process writes for too long the order is refused, and reading goes on."""
    async with open_journal(sqlite_url) as journal:
        of = await journal.save_cart(cart())
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with refused("the journal cannot be used: database is locked"):
            await journal.capture(order(of), NOW)
        assert await journal.cart_of(of.account) == of

        other.execute("ROLLBACK")
        other.close()

        assert (await journal.capture(order(of), later(1))).sequence == 1


async def test_no_such_folder() -> None:
    """Where no file can be made, the journal does not open, and says why."""
    with refused("the journal cannot be used: not a directory"):
        async with open_journal("sqlite:////dev/null/journal/kanava.db"):
            pass


async def test_full_fsync(sqlite_url: str, file: Path) -> None:
    """The file has a write-ahead log, that is brought to the disk at each commit."""
    async with open_journal(sqlite_url) as journal:
        await captured(journal)
        log = os.stat(f"{file}-wal")

    with sqlite3.connect(file) as db:
        mode = db.execute("PRAGMA journal_mode").fetchone()
    db.close()
    assert mode == ("wal",)
    assert log.st_size > 0


if __name__ == "__main__":
    asyncio.run(fill_to_the_limit(sys.argv[1]))
