"""Transactions: each runs to its end whoever stops waiting for it, and only what is on the disk counts as done."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from datasources.journal.engines import WRITES, identity
from datasources.journal.failures import translated
from datasources.journal.journal import JournalUnavailable

T = TypeVar("T")
Work = Callable[[Connection], T]
"""What is done in one transaction. It speaks to the database as if it were synchronous: see SQLAlchemy's `run_sync`."""

WITHIN_S = 4.0
"""How long a transaction may take with all its waiting, should the database hang."""


class Transactions:
    """
    Reads and writes of one database.

    A caller that is cancelled leaves its transaction to end on its own: it is neither left open nor half-written.
    `file`, where the database is one, is written by one connection at a time, and must be there after the write, too.
    `within_s` None: a transaction may take its time.
    """

    def __init__(self, engine: AsyncEngine, *, file: Path | None, within_s: float | None = WITHIN_S) -> None:
        self._engine = engine
        self._file = file
        self._within_s = within_s
        self._reading = engine if file else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writing = engine.execution_options(**{WRITES: True})
        self._turn: AbstractAsyncContextManager[None] = asyncio.Lock() if file else nullcontext()
        self._under_way: set[asyncio.Task[object]] = set()

    async def read(self, work: Work[T]) -> T:
        """Return what one statement finds. Raises JournalUnavailable."""
        return await self._to_its_end(self._read(work))

    async def write(self, work: Work[T]) -> T:
        """
        Return what work gives, when all that it wrote is durable; when it raises, nothing is written.

        Raises:
            JournalUnavailable: nothing is half-written; when the database went away at the last moment, it may be
            written as a whole.
        """
        return await self._to_its_end(self._write(work))

    async def close(self) -> None:
        """Let what is under way end, and close all connections."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        await self._engine.dispose()

    async def _read(self, work: Work[T]) -> T:
        with translated():
            async with asyncio.timeout(self._within_s), self._reading.connect() as connection:
                return await connection.run_sync(work)

    async def _write(self, work: Work[T]) -> T:
        with translated():
            async with asyncio.timeout(self._within_s), self._turn:
                before = self._file and identity(self._file)
                async with self._writing.begin() as connection:
                    result = await connection.run_sync(work)
                if self._file and (before is None or identity(self._file) != before):
                    raise JournalUnavailable("the journal cannot be used: its file was taken away")
        return result

    async def _to_its_end(self, transaction: Coroutine[None, None, T]) -> T:
        task = asyncio.get_running_loop().create_task(transaction)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        waiting: Awaitable[T] = asyncio.shield(task)
        return await waiting
