"""The journal over both databases: the same tests run on each."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from datasources.journal.database import migrate, open_journal
from datasources.journal.journal import Journal
from tests.postgres import Postgres


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journal/kanava.db"


@pytest.fixture(scope="session")
def migrated(postgres_process: Postgres) -> str:
    """The name of a database to make copies of."""
    name = postgres_process.new_database()
    asyncio.run(migrate(postgres_process.url(name)))
    return name


@pytest.fixture
def postgres_url(postgres: Postgres, migrated: str) -> str:
    """A database of its own, migrated."""
    return postgres.url(postgres.new_database(like=migrated))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with open_journal(url) as journal:
        yield journal
