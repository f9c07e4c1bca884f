"""What orders are taken with: the journal, who forwards from it, and who watches it."""

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from app.settings import Settings
from datasources.cache.invalidation import Invalidation
from datasources.circuit.bulkhead import Bulkhead
from datasources.clock import Clock
from datasources.guard import Guard
from datasources.journal.address import SqliteAddress, parse_address
from datasources.journal.attempt import Attempts
from datasources.journal.database import open_journal, pending_migrations
from datasources.journal.forwarder import Forwarder
from datasources.journal.journal import Journal, JournalUnavailable
from datasources.journal.watch import JournalWatch
from datasources.model.common import System
from datasources.model.orders import ErpOrder
from datasources.ports import ErpConnector
from datasources.sources.orders import drops_for

CALLS_A_CLAIM = 2
CLAIM_MARGIN_S = 6.0
"""How much longer than its calls may take an order is one process's to forward."""


def check_journal(settings: Settings) -> None:
    """
    Find out, before anything is served, whether the journal can be opened. A server that does not answer may come.

    Raises:
        JournalUnavailable: its file cannot be opened. WrongVersion: its database is not of this version.
    """
    asyncio.run(_check_journal(settings.database_url.get_secret_value()))


async def _check_journal(url: str) -> None:
    try:
        await pending_migrations(url)
    except JournalUnavailable:
        if isinstance(parse_address(url), SqliteAddress):
            raise
        return
    async with open_journal(url):
        pass


@asynccontextmanager
async def open_ordering(
    settings: Settings,
    clock: Clock,
    erp: ErpConnector,
    *,
    guards: Mapping[System, Guard],
    bulkheads: Mapping[System, Bulkhead],
    invalidation: Invalidation,
) -> AsyncIterator[tuple[Journal, Forwarder, JournalWatch]]:
    """Open the journal; forward what is captured there, and know how it is, for as long as the context lasts."""
    async with open_journal(settings.database_url.get_secret_value()) as journal, _announcing(invalidation) as accepted:
        call_within_s = settings.erp.timeout_s
        attempts = Attempts(
            erp, gate=bulkheads[System.ERP].slot, call_within_s=call_within_s, clock=clock, accepted=accepted
        )
        forwarder = Forwarder(
            journal,
            erp,
            attempts,
            circuit=guards[System.ERP].circuit,
            clock=clock,
            owner=f"{socket.gethostname()} {os.getpid()}",
            lease_s=CALLS_A_CLAIM * call_within_s + CLAIM_MARGIN_S,
            random=random.random,
        )
        watch = JournalWatch(journal)
        await watch.check()  # so that it is known before the first request
        async with _running(forwarder), _running(watch):
            yield journal, forwarder, watch


@asynccontextmanager
async def _announcing(invalidation: Invalidation) -> AsyncIterator[Callable[[ErpOrder], None]]:
    """Have all replicas forget what is not so any more since the ERP took an order."""
    telling: set[asyncio.Task[bool]] = set()

    def accepted(order: ErpOrder) -> None:
        task = asyncio.get_running_loop().create_task(invalidation.announce(drops_for(order)))
        telling.add(task)
        task.add_done_callback(telling.discard)

    try:
        yield accepted
    finally:
        if telling:
            await asyncio.wait(telling)


@asynccontextmanager
async def _running(work: Forwarder | JournalWatch) -> AsyncIterator[None]:
    task = asyncio.create_task(work.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
