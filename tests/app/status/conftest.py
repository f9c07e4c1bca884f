"""A page about services in memory, whose systems are what a test says they are."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.identity import Identity
from app.status import page
from app.wiring import Services
from datasources.circuit.breaker import Outcome
from datasources.circuit.circuit import Circuit
from datasources.errors import NeverSent, SourceError
from datasources.model.common import System
from tests.app.conftest import Absent, MemoryCrm, MemoryPim, services_of
from tests.app.status.reading import Status
from tests.datasources.fakes import FakeClock

MORNING = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NO_CONNECTION = NeverSent(System.ERP, "no connection")
OPENS_AFTER = 5


@dataclass
class Behind:
    """Services whose systems are what the test says they are, and the page about them."""

    services: Services
    clock: FakeClock
    page: page.StatusPage

    async def call(self, system: System, failure: SourceError | None = None, took_s: float = 0.012) -> None:
        """Make a call to a system that ends so."""
        permit = await self.circuit(system).admit()
        with suppress(SourceError), self.services.sources.health[system].call():
            self.clock.advance(took_s)
            if failure is not None:
                raise failure
        permit.end(Outcome.FAILURE if failure else Outcome.SUCCESS)

    async def fail(self, system: System) -> None:
        """Have a system fail until its circuit opens, in no time."""
        for _ in range(OPENS_AFTER):
            await self.call(system, NO_CONNECTION, took_s=0)

    def circuit(self, system: System) -> Circuit:
        return self.services.guards[system].circuit

    def seen(self, after_s: float = 0) -> Status:
        """Return the page as it is so much later."""
        self.clock.advance(after_s)
        return Status(self.page.html())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MORNING)


@pytest.fixture
async def behind(clock: FakeClock, identity: Identity, tmp_path: Path) -> AsyncIterator[Callable[..., Behind]]:
    opened: list[Services] = []

    def made(**environment: str) -> Behind:
        pim, crm = MemoryPim(clock), MemoryCrm(clock)
        services = services_of(pim, crm, Absent(), identity, clock, tmp_path, **environment)
        opened.append(services)
        return Behind(services, clock, page.StatusPage(services))

    yield made
    for services in opened:
        await services.store.close()
