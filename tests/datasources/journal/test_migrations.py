"""The database comes to the version that Kanava needs, and no other is used."""

import asyncio
import os
import sqlite3
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from datasources.journal.address import SqliteAddress, parse_address
from datasources.journal.database import migrate, open_journal, pending_migrations
from datasources.journal.engines import create_file, postgres_engine, sqlite_engine
from datasources.journal.tables import metadata
from datasources.journal.transactions import Transactions
from datasources.journal.versions import WrongVersion
from tests.datasources.journal.orders import captured
from tests.postgres import Postgres


@pytest.fixture
def empty_url(postgres: Postgres) -> str:
    return postgres.url(postgres.new_database())


async def read(url: str, work: Any) -> Any:
    address = parse_address(url)
    if isinstance(address, SqliteAddress):
        create_file(address.path)
        transactions = Transactions(sqlite_engine(address.path, max_bytes=None), file=address.path)
    else:
        transactions = Transactions(postgres_engine(address.url, patient=False), file=None)
    try:
        return await transactions.read(work)
    finally:
        await transactions.close()


def differences(db: Connection) -> list[Any]:
    found: list[Any] = compare_metadata(MigrationContext.configure(db, opts={"compare_type": True}), metadata)
    return found


async def test_migrations_make_the_tables(url: str) -> None:
    """What the migrations make is what the code expects, on both databases."""
    await migrate(url)

    assert await read(url, differences) == []


async def test_a_file_migrates_itself(sqlite_url: str) -> None:
    """A file is made with its folder, readable to nobody else, and brought to the latest version when it is opened."""
    async with open_journal(sqlite_url) as journal:
        await journal.check()

    assert os.stat(sqlite_url.removeprefix("sqlite:///")).st_mode & 0o777 == 0o600
    assert await pending_migrations(sqlite_url) == []


async def test_a_server_is_migrated_by_hand(empty_url: str) -> None:
    """A database of a server that was not migrated is not used, and says what to do."""
    with pytest.raises(WrongVersion, match=r"^the journal's database is to be migrated first: run `kanava migrate`$"):
        async with open_journal(empty_url):
            pass

    assert await pending_migrations(empty_url) == ["0001"]
    assert await migrate(empty_url) == ["0001"]
    assert await pending_migrations(empty_url) == []
    async with open_journal(empty_url) as journal:
        await journal.check()


async def test_migrating_again_changes_nothing(url: str) -> None:
    """What is at the latest version stays as it is, with what it keeps."""
    await migrate(url)
    async with open_journal(url) as journal:
        capture = await captured(journal)

    assert await migrate(url) == []
    async with open_journal(url) as journal:
        assert await journal.captures([capture.id]) == {capture.id: capture}


async def test_many_migrate_at_once(sqlite_url: str, empty_url: str) -> None:
    """Whoever is first migrates, the others find it done."""
    for url in (sqlite_url, empty_url):
        results = await asyncio.gather(*[migrate(url) for _ in range(4)])

        assert sorted(results, key=len) == [[], [], [], ["0001"]]


async def test_many_open_a_new_file_at_once(sqlite_url: str) -> None:
    """Several processes may start with one file that is not there yet."""

    async def opened() -> None:
        async with open_journal(sqlite_url) as journal:
            await journal.check()

    await asyncio.gather(*[opened() for _ in range(4)])

    assert await pending_migrations(sqlite_url) == []


async def test_a_newer_version_is_left_alone(sqlite_url: str, empty_url: str, postgres: Postgres) -> None:
    """A database that a newer Kanava has migrated is neither used nor changed."""
    newer = "UPDATE alembic_version SET version_num = '9999'"
    await migrate(sqlite_url)
    await migrate(empty_url)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as db:
        db.execute(newer)
    db.close()
    postgres.ask(newer, empty_url.rpartition("/")[2])

    for url in (sqlite_url, empty_url):
        with pytest.raises(WrongVersion, match="is of a newer version of Kanava"):
            async with open_journal(url):
                pass
        with pytest.raises(WrongVersion, match="is of a newer version of Kanava"):
            await migrate(url)
