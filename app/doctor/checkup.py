"""
Asks every system for each of its operations once, all at the same time, with keys that cost nothing.

Placing an order is the one thing that is not asked for: it would write.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from app.settings import CONNECTORS, Settings
from app.wiring import IAM_TIMEOUT_S, Systems
from datasources.clock import Clock
from datasources.errors import InvalidResponse, SourceError
from datasources.model.catalog import ProductSearch, ProductSort
from datasources.model.common import System
from datasources.model.customers import AccountsKey, StandingKey
from datasources.model.orders import DraftLine, OrderDraft, OrderKey, OrdersKey
from datasources.model.pricing import ContractKey, PartNumberCode, PartNumberKey, PriceKey

NOBODY = "kanava-doctor"
"""A customer, person and code that no system knows: an operation that is there answers that, and it is no burden."""
SLOW_SHARE = 0.5
"""An answer that takes more than this share of the system's timeout is slow."""

Ask = Callable[[], Awaitable[object]]


class State(Enum):
    """How a system is."""

    OK = "ok"
    SLOW = "slow"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one operation went; `problem` None: it answered."""

    operation: str
    taken_s: float
    problem: SourceError | None


@dataclass(frozen=True, slots=True)
class Checkup:
    """How one system did."""

    system: System
    timeout_s: float
    outcomes: Sequence[Outcome]

    @property
    def failed(self) -> list[Outcome]:
        """The operations without a usable answer."""
        return [outcome for outcome in self.outcomes if outcome.problem is not None]

    @property
    def slowest(self) -> Outcome | None:
        """The answer that took longest, None when none came."""
        answered = [outcome for outcome in self.outcomes if outcome.problem is None]
        return max(answered, key=lambda outcome: outcome.taken_s, default=None)

    @property
    def state(self) -> State:
        """Failed when any operation did: Kanava needs them all."""
        if self.failed:
            return State.FAILED
        slow = self.slowest is not None and self.slowest.taken_s > SLOW_SHARE * self.timeout_s
        return State.SLOW if slow else State.OK


async def check(settings: Settings, systems: Systems, clock: Clock) -> list[Checkup]:
    """Ask the PIM for any article, then everything else at once, prices and stock for that article."""
    found: list[str] = []

    async def search() -> None:
        answer = await systems.pim.search([every_article(first=1)])
        found.extend(hit.sku for result in answer.results.values() for hit in result.hits)

    searched = await _ask(System.PIM, "search", search, clock)
    sku = found[0] if found else NOBODY

    async def examine(system: System, operations: Mapping[str, Ask]) -> Checkup:
        own = None if system is System.IAM else settings.of(system)
        gate = asyncio.Semaphore(own.max_concurrent if own else 1)

        async def ask(operation: str, ask: Ask) -> Outcome:
            async with gate:
                return await _ask(system, operation, ask, clock)

        outcomes = await asyncio.gather(*(ask(name, operation) for name, operation in operations.items()))
        before = [searched] if system is System.PIM else []
        return Checkup(system, own.timeout_s if own else IAM_TIMEOUT_S, [*before, *outcomes])

    return await asyncio.gather(*(examine(system, of) for system, of in _operations(systems, sku).items()))


def _operations(systems: Systems, sku: str) -> Mapping[System, Mapping[str, Ask]]:
    erp, crm, pim, wms = systems.erp, systems.crm, systems.pim, systems.wms
    return {
        System.ERP: {
            "prices": lambda: erp.prices([list_price(sku)]),
            "part numbers": lambda: erp.part_numbers([PartNumberKey(NOBODY, sku)]),
            "part number codes": lambda: erp.resolve_part_numbers([PartNumberCode(NOBODY, NOBODY)]),
            "credit": lambda: erp.credit([NOBODY]),
            "terms": lambda: erp.terms([NOBODY]),
            "contracts": lambda: erp.contracts([ContractKey(NOBODY, NOBODY)]),
            "simulation": lambda: erp.simulate([nobodys_order(sku)]),
            "orders by key": lambda: erp.placed([NOBODY]),
            "orders": lambda: erp.orders([OrderKey(NOBODY, NOBODY)]),
            "order lists": lambda: erp.order_pages([OrdersKey((NOBODY,), first=1, after=None, person=None)]),
            "ping": erp.ping,
        },
        System.CRM: {
            "people": lambda: crm.standings([StandingKey(NOBODY, None)]),
            "their accounts": lambda: crm.accounts([AccountsKey(NOBODY, None, 1, None)]),
            "accounts below": lambda: crm.accounts([AccountsKey(NOBODY, NOBODY, 1, None)]),
        },
        System.PIM: {
            "products": lambda: pim.products([sku]),
            "codes": lambda: pim.lookup([sku]),
            "categories": lambda: pim.categories(None),
        },
        System.WMS: {
            "stock": lambda: wms.levels([sku]),
            "warehouses": lambda: wms.warehouses([NOBODY]),
        },
        System.IAM: {"keys": lambda: _signing_keys(systems)},
    }


async def _signing_keys(systems: Systems) -> None:
    if await systems.identity.fetch_keys() == 0:
        raise InvalidResponse(System.IAM, "publishes no RSA key")


async def _ask(system: System, operation: str, ask: Ask, clock: Clock) -> Outcome:
    began, problem = clock.monotonic(), None
    try:
        await ask()
    except Exception as error:
        problem = problem_of(system, error)
    return Outcome(operation, clock.monotonic() - began, problem)


def problem_of(system: System, error: Exception) -> SourceError:
    """Return the error as one of the system: whatever a connector stumbles over is a finding, never a stack trace."""
    if isinstance(error, SourceError):
        return error
    return InvalidResponse(system, f"its connector stumbled ({type(error).__name__}: {error})")


def list_price(sku: str, scope: str | None = None) -> PriceKey:
    """Return the key of an article's price by the piece: the public list's, or that of a price scope."""
    return PriceKey(scope, sku, Decimal(1), None, None, None, None)


def nobodys_order(sku: str) -> OrderDraft:
    """Return an order to simulate, of a customer that no ERP knows."""
    line = DraftLine("1", sku, Decimal(1), None, None, None, None, None)
    return OrderDraft(NOBODY, NOBODY, None, None, None, (line,), ())


def every_article(*, first: int, after: str | None = None, assortments: Sequence[str] = ()) -> ProductSearch:
    """Return the search for a page of all articles, with those of the assortments."""
    return ProductSearch(None, None, (), tuple(assortments), ProductSort.SKU, "en", first, after, False)


def where(settings: Settings, system: System) -> str:
    """Return which connector asks, and which address: there is no secret in it (`app.settings`)."""
    if system not in CONNECTORS:
        return f"openid at {settings.issuer}"
    return f"{settings.of(system).connector} at {settings.connector(system).url}"
