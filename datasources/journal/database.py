"""Opening the journal, and bringing its database to the version that Kanava needs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from datasources.journal.address import SqliteAddress, parse_address
from datasources.journal.engines import create_file, postgres_engine, sqlite_engine
from datasources.journal.failures import translated
from datasources.journal.journal import JournalUnavailable
from datasources.journal.receipts import random_receipt
from datasources.journal.sql import SqlJournal
from datasources.journal.transactions import WITHIN_S, Transactions
from datasources.journal.versions import WrongVersion, bring_up, pending_versions

log = logging.getLogger("kanava.orders")


@asynccontextmanager
async def open_journal(
    url: str, *, max_bytes: int | None = None, receipts: Callable[[datetime], str] = random_receipt
) -> AsyncIterator[SqlJournal]:
    """
    Open the journal at a URL (see `parse_address`), and close it at the end.

    A file is made and migrated. A server's database must have been migrated; while it does not answer, the journal is
    open and unavailable. `max_bytes` bounds a file; `receipts` makes up receipt numbers.

    Raises:
        ValueError: no such URL. WrongVersion: the database is to be migrated, or newer than this. JournalUnavailable.
    """
    transactions = await _connect(url, max_bytes=max_bytes)
    try:
        if isinstance(parse_address(url), SqliteAddress):
            if await transactions.read(pending_versions):
                await migrate(url)
        else:
            await _expect_latest(transactions)
        yield SqlJournal(transactions, receipts=receipts)
    finally:
        await transactions.close()


async def migrate(url: str) -> Sequence[str]:
    """
    Bring a database to the latest version, all of the way or not at all; return the versions that it went through.

    Raises:
        ValueError, WrongVersion, JournalUnavailable: as `open_journal`.
    """
    transactions = await _connect(url, patient=True)
    try:
        return await transactions.write(bring_up)
    finally:
        await transactions.close()


async def pending_migrations(url: str) -> Sequence[str]:
    """Return the versions that `migrate` would bring a database to. Raises as it does."""
    transactions = await _connect(url)
    try:
        return await transactions.read(pending_versions)
    finally:
        await transactions.close()


async def _connect(url: str, *, max_bytes: int | None = None, patient: bool = False) -> Transactions:
    address, within_s = parse_address(url), None if patient else WITHIN_S
    if not isinstance(address, SqliteAddress):
        return Transactions(postgres_engine(address.url, patient=patient), file=None, within_s=within_s)
    path = address.path.absolute()
    with translated():
        await asyncio.to_thread(create_file, path)
    return Transactions(sqlite_engine(path, max_bytes=max_bytes), file=path, within_s=within_s)


async def _expect_latest(transactions: Transactions) -> None:
    try:
        missing = await transactions.read(pending_versions)
    except JournalUnavailable as failure:
        log.warning("orders are not taken: %s", failure.message)
        return
    if missing:
        raise WrongVersion("the journal's database is to be migrated first: run `kanava migrate`")
