"""
Random worlds: Kanava's own services over systems in memory, with a clock that stands still.

What is remembered can be noted and put back, so that two executors answer from the same state.
"""

import asyncio
import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.documents import Wish
from app.door import Door, Prepared, Visitor
from app.limits.rate import RateLimiter
from app.protocol.reading import Sent
from app.wiring import Services
from datasources.cache.entry import Entry, Policy
from datasources.cache.guarded import Guarded
from datasources.cache.store import Drop
from datasources.circuit.breaker import State
from datasources.journal.watch import JournalWatch
from datasources.model.common import System
from datasources.sources import Policies, Sources
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.kit import SourceKit
from datasources.sources.orders import OrderSources
from datasources.sources.pricing import PricingSources
from datasources.sources.stock import StockSources
from resolvers.context import Caller
from schema.schema import Schema
from tests.app.conftest import BACK_ENDS, Absent, services_of
from tests.app.execution.backends import FAULTS, RandomCrm, RandomErp, RandomPim, RandomWms, Weather
from tests.app.execution.goods import HOLDS, Goods
from tests.app.execution.journals import RandomJournal, random_journal
from tests.datasources.fakes import FakeClock, MemoryStore, kit

FRESH_FOR_S, STALE_FOR_S = 60, 3600
ALL_METHODS = (
    *((System.PIM, name) for name in ("search", "products", "lookup", "categories", "top")),
    *(
        (System.ERP, name)
        for name in ("prices", "part_numbers", "resolve_part_numbers", "credit", "terms", "contracts")
    ),
    *((System.ERP, name) for name in ("simulate", "orders", "order_pages")),
    *((System.WMS, name) for name in ("levels", "warehouses")),
    *((System.CRM, name) for name in ("standings", "accounts")),
)
FOREIGN = ("C-1000", "C-2001", "C-9999", "x" * 101)
LOCALES = (("fi", "en"), ("en", "fi"), ("sv", "fi", "en"), ("zh-Hans-CN", "fi", "en"))
Remembered = Mapping[Any, Entry[Any]]


@dataclass(frozen=True, slots=True)
class Moment:
    """All of a world that an answer depends on: what is remembered, how the systems are, and what time it is."""

    remembered: Remembered
    faults: dict[object, str]
    left_alone: frozenset[System]
    journal_down: bool
    edition: int
    monotonic: float


@dataclass(frozen=True, slots=True)
class World:
    """A door, and all that lies behind it."""

    door: Door
    services: Services
    clock: FakeClock
    weather: Weather
    goods: Goods
    journal: RandomJournal
    dice: random.Random

    def visitor(self) -> Visitor:
        """Return somebody who may come: anonymous, for their own account or another, with few roles or all."""
        dice = self.dice
        person = dice.choice((*HOLDS, "anna", "mikko")) if dice.random() < 0.95 else "nobody"
        number = dice.choice(FOREIGN if dice.random() < 0.05 else (None, *HOLDS.get(person, ())))
        roles = dice.choice((None, None, None, None, frozenset({"buyer"}), frozenset[str]()))
        caller = Caller(person, number, roles) if dice.random() < 0.8 else None
        locales = dice.choice(LOCALES)
        return Visitor(caller, None, locales, "192.0.2.1", Wish(None, True), traced=dice.random() < 0.1)

    async def prepare(self, sent: Sent, visitor: Visitor, *, late: bool = False) -> Prepared:
        """Return the operation with a context of its own; `late`: it has no time to wait for anything."""
        ask = self.door.ask(visitor)
        if late:
            ask.deadline = self.clock.monotonic()
        return await self.door.prepare(sent, visitor, ask)

    def remembered(self) -> Remembered:
        """Return what is remembered now."""
        memory, kinds = self.services.memory, [source.kind.name for source in self.services.sources.all()]
        return {(kind, key): entry for kind in kinds for key, entry in memory.shelf(kind).items()}

    def put_back(self, state: Remembered) -> None:
        """Have that remembered, and nothing else."""
        memory = self.services.memory
        for source in self.services.sources.all():
            memory.drop(Drop(source.kind.name, None, None))
        for (kind, key), entry in state.items():
            memory.put(kind, key, entry)

    def now(self) -> Moment:
        """Return how everything is now."""
        weather = self.weather
        alone = frozenset(weather.left_alone)
        remembered, monotonic = self.remembered(), self.clock.monotonic()
        return Moment(remembered, weather.faults, alone, self.journal.down, self.goods.edition, monotonic)

    def go_back(self, moment: Moment) -> None:
        """Have everything as it was."""
        self.weather.faults = moment.faults
        self._leave_alone(moment.left_alone)
        self.journal.down, self.goods.edition = moment.journal_down, moment.edition
        self.clock.advance(moment.monotonic - self.clock.monotonic())
        self.put_back(moment.remembered)

    def _leave_alone(self, systems: Collection[System]) -> None:
        self.weather.left_alone = set(systems)
        for system in BACK_ENDS:
            self.services.guards[system].circuit.force(State.OPEN if system in systems else State.CLOSED)

    def change_weather(self) -> None:
        """Have systems fail, be left alone or work again; time may pass, and what they know may change."""
        dice, weather = self.dice, self.weather
        fair = dice.random() < 0.4
        weather.faults = {} if fair else {place: dice.choice(list(FAULTS)) for place in self._faulty()}
        self._leave_alone(() if fair else [system for system in BACK_ENDS if dice.random() < 0.1])
        self.journal.down = dice.random() < 0.05
        self.goods.edition += dice.random() < 0.3
        self.clock.advance(dice.choice((0, 0.001, 5, 40, 70, 600, 3700)))

    def _faulty(self) -> list[object]:
        some = [place for place in ALL_METHODS if self.dice.random() < 0.05]
        return [*(system for system in BACK_ENDS if self.dice.random() < 0.1), *some]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have no system answer before the context ends."""
        self.weather.released = asyncio.Event()
        try:
            yield
        finally:
            self.weather.released.set()
            self.weather.released = None


async def settle() -> None:
    """Let everything that is under way come to its end."""
    own = asyncio.current_task()
    while pending := [task for task in asyncio.all_tasks() if task is not own]:
        await asyncio.wait(pending)


def random_world(seed: int, schema: Schema, folder: Path, *, broken: bool | None = None) -> World:
    """Return a world, the same for the same seed; `broken`: with values of wrong types, None: some are."""
    dice, clock = random.Random(f"world {seed}"), FakeClock()
    wrong = dice.choice((0.0, 0.0, 0.02)) if broken is None else 0.02 * broken
    goods = Goods(seed, broken=wrong)
    prompt = dice.random() < 0.5
    slow = {method: 0 if prompt else dice.choice((0, 0, 1, 3, 8)) for _, method in ALL_METHODS}
    weather = Weather(clock, slowness=slow)
    journal = random_journal(seed)
    services = _services(clock, weather, goods, journal, folder, dice.choice(("list", "hidden")))
    # by a clock of its own, for this one may be set back
    limiter = RateLimiter(person_per_minute=10**9, address_per_minute=10**9, clock=FakeClock())
    door = Door(schema, services, limiter=limiter, trusted=None)
    return World(door, services, clock, weather, goods, journal, dice)


def _services(
    clock: FakeClock, weather: Weather, goods: Goods, journal: Any, folder: Path, anonymous_prices: str
) -> Services:
    nobody: Any = Absent()
    store: Any = MemoryStore()
    services = services_of(nobody, nobody, nobody, nobody, clock, folder, KANAVA_ANONYMOUS_PRICES=anonymous_prices)
    return replace(
        services,
        sources=_sources(clock, weather, goods, services),
        store=Guarded(store, clock=clock),
        journal=journal,
        watch=JournalWatch(journal),
    )


def _sources(clock: FakeClock, weather: Weather, goods: Goods, services: Services) -> Sources:
    policy = Policy(fresh_for_s=FRESH_FOR_S, refresh_ahead_s=0, stale_for_s=STALE_FOR_S)
    policies = Policies(*[policy] * 6)

    def of(system: System) -> SourceKit:
        circuit: Any = services.guards[system].circuit
        # an empty memory is as good as none to `kit`
        return replace(kit(clock, system=system, circuit=circuit, most_at_once=64), memory=services.memory)

    erp: Any = RandomErp(weather, goods)
    return replace(
        services.sources,
        catalog=CatalogSources(RandomPim(weather, goods), of(System.PIM), policy),
        pricing=PricingSources(erp, of(System.ERP), policies),
        stock=StockSources(RandomWms(weather, goods), of(System.WMS), policies),
        customers=CustomerSources(RandomCrm(weather, goods), of(System.CRM), policy),
        orders=OrderSources(erp, of(System.ERP), policies),
    )
