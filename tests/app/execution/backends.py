"""The systems of a random world, as connectors in memory: they answer in so many turns, fail, or wait, as told."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from datasources.errors import (
    CircuitOpen,
    InvalidResponse,
    NeverSent,
    Overloaded,
    PerhapsSent,
    RequestRefused,
    SourceUnavailable,
)
from datasources.model.catalog import ProductSearch, SearchHit, SearchResult
from datasources.model.common import Provenance, StaleReason, System
from datasources.model.customers import Access, AccountsKey, AccountsPage, StandingKey
from datasources.model.orders import ErpOrder, OrderDraft, OrderKey, OrdersKey, OrdersPage, Simulation
from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    PartNumber,
    PartNumberCode,
    PartNumberKey,
    PartNumberMeaning,
    PriceKey,
    Quote,
)
from datasources.model.stock import StockLevel, Warehouse
from datasources.ports import CatalogAnswer, CategoriesAnswer, CustomersAnswer, LookupAnswer, OrdersAnswer, SearchAnswer
from tests.app.execution.fabric import ORIGIN, Fabric, stamped
from tests.app.execution.goods import HOLDS, ORDERS, PARENTS, SKUS, Goods, lineage
from tests.datasources.fakes import FakeClock, turns

LAGS_S: Mapping[System, float] = {System.PIM: 0.0, System.ERP: 7.5, System.WMS: 1.0, System.CRM: 0.0}
"""How old a system's values are when it gives them."""


def _throttled(system: System) -> Exception:
    error = SourceUnavailable(system, "slow down", reason=StaleReason.RATE_LIMITED)
    error.retry_after_s = 12.4
    return error


FAULTS: Mapping[str, Callable[[System], Exception]] = {
    "refuses connections": lambda system: NeverSent(system, "no connection"),
    "times out": lambda system: PerhapsSent(system, "no answer", reason=StaleReason.TIMEOUT),
    "has an error": lambda system: SourceUnavailable(system, "500"),
    "answers nonsense": lambda system: InvalidResponse(system, "not JSON"),
    "refuses": lambda system: RequestRefused(system, "no", status=422, code="NO"),
    "slows down": _throttled,
    "is overloaded": lambda system: Overloaded(system, "too many wait"),
}


@dataclass
class Weather:
    """
    How the systems are. `faults` by system, or by system and method; `left_alone` by the circuit.

    `calls` are those made since it was cleared, by system and method, `asked` what they asked for, `along` what came
    along with their answers, as it would be asked for; `slowness` how many turns of the loop each method takes.
    """

    clock: FakeClock
    slowness: Mapping[str, int]
    faults: dict[object, str] = field(default_factory=dict)
    left_alone: set[System] = field(default_factory=set)
    calls: Counter[tuple[System, str]] = field(default_factory=Counter)
    asked: set[tuple[System, str, object]] = field(default_factory=set)
    along: set[tuple[System, str, object]] = field(default_factory=set)
    released: asyncio.Event | None = None

    @property
    def is_prompt(self) -> bool:
        """Whether every system answers at once: then what is asked for together does not depend on who is slow."""
        return not any(self.slowness.values())

    async def blow(self, system: System, method: str, keys: Sequence[object] = ()) -> Provenance:
        """Let a call to a system pass, and return where its answer comes from."""
        if system in self.left_alone:
            raise CircuitOpen(system, "failed lately")
        self.calls[system, method] += 1
        self.asked.update((system, method, key) for key in keys)
        await turns(self.slowness[method])
        if self.released is not None:
            await self.released.wait()
        fault = self.faults.get(system) or self.faults.get((system, method))
        if fault is not None:
            raise FAULTS[fault](system)
        now = self.clock.now()
        return Provenance(system, now - timedelta(seconds=LAGS_S[system]), now)


def _known(origin: Provenance, find: Callable[..., Any], keys: Sequence[Any]) -> dict[Any, Any]:
    found = {key: find(key) for key in keys}
    return {key: stamped(value, origin) for key, value in found.items() if value is not None}


@dataclass
class RandomPim:
    """Content that comes along is that of every other search and code."""

    weather: Weather
    goods: Goods

    async def search(self, searches: Sequence[ProductSearch]) -> SearchAnswer:
        origin = await self.weather.blow(System.PIM, "search", searches)
        results = {search: stamped(page, origin) for search in searches if (page := self._page(search)) is not None}
        skus = [hit.sku for page in results.values() for hit in page.hits if self.goods.dice(hit.sku).random() < 0.5]
        return SearchAnswer(results, self._along(origin, skus))

    def _page(self, search: ProductSearch) -> SearchResult | None:
        dice = self.goods.dice("search", search.query, search.category_code, search.attributes, search.sort)
        found = dice.sample(SKUS, dice.choice((0, 2, len(SKUS))))
        found = [sku for sku in found if self._shown(sku, search)]
        if search.after is not None and search.after not in found:
            return None
        start = 0 if search.after is None else found.index(search.after) + 1
        hits = [SearchHit(sku, sku) for sku in found[start : start + search.first]]
        facets = Fabric(f"{search.query}", {}).make(SearchResult).facets if search.facets else ()
        return SearchResult(len(found), hits, start + search.first < len(found), facets, ORIGIN)

    def _shown(self, sku: str, search: ProductSearch) -> bool:
        product = self.goods.product(sku)
        if product is None:
            return True  # found, and gone when its content is asked for
        return product.assortments is None or not product.assortments.isdisjoint(search.assortments)

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        origin = await self.weather.blow(System.PIM, "products", skus)
        return CatalogAnswer(_known(origin, self.goods.product, skus), {})

    async def lookup(self, codes: Sequence[str]) -> LookupAnswer:
        origin = await self.weather.blow(System.PIM, "lookup", codes)
        meanings = _known(origin, self.goods.meaning, codes)
        skus = [hit.sku for meaning in meanings.values() for hit in meaning.hits]
        return LookupAnswer(meanings, self._along(origin, skus))

    def _along(self, origin: Provenance, skus: Sequence[str]) -> CatalogAnswer:
        self.weather.along.update((System.PIM, "products", sku) for sku in skus)
        return CatalogAnswer(_known(origin, self.goods.product, skus), {})

    async def categories(self, codes: Sequence[str] | None) -> CategoriesAnswer:
        origin = await self.weather.blow(System.PIM, "categories" if codes is not None else "top", codes or ())
        top = self.goods.top()
        return CategoriesAnswer(stamped(top, origin), _known(origin, self.goods.category, codes or top.codes))


@dataclass
class RandomErp:
    """It only answers: nothing is ordered."""

    weather: Weather
    goods: Goods

    async def prices(self, keys: Sequence[PriceKey]) -> Mapping[PriceKey, Quote]:
        return _known(await self.weather.blow(System.ERP, "prices", keys), self.goods.quote, keys)

    async def part_numbers(self, keys: Sequence[PartNumberKey]) -> Mapping[PartNumberKey, PartNumber]:
        origin = await self.weather.blow(System.ERP, "part_numbers", keys)
        return _known(origin, lambda key: self.goods.part_number(key.customer, key.sku), keys)

    async def resolve_part_numbers(self, keys: Sequence[PartNumberCode]) -> Mapping[PartNumberCode, PartNumberMeaning]:
        origin = await self.weather.blow(System.ERP, "resolve_part_numbers", keys)
        return _known(origin, lambda key: self.goods.part_number_meaning(key.customer, key.code), keys)

    async def credit(self, customers: Sequence[str]) -> Mapping[str, Credit]:
        return _known(await self.weather.blow(System.ERP, "credit", customers), self.goods.credit, customers)

    async def terms(self, customers: Sequence[str]) -> Mapping[str, CommercialTerms]:
        return _known(await self.weather.blow(System.ERP, "terms", customers), self.goods.terms, customers)

    async def contracts(self, keys: Sequence[ContractKey]) -> Mapping[ContractKey, Contract]:
        return _known(await self.weather.blow(System.ERP, "contracts", keys), self.goods.contract, keys)

    async def simulate(self, drafts: Sequence[OrderDraft]) -> Mapping[OrderDraft, Simulation]:
        return _known(await self.weather.blow(System.ERP, "simulate", drafts), self.goods.simulation, drafts)

    async def orders(self, keys: Sequence[OrderKey]) -> Mapping[OrderKey, ErpOrder]:
        origin = await self.weather.blow(System.ERP, "orders", keys)
        return _known(origin, lambda key: self.goods.order(key.customer, key.number), keys)

    async def order_pages(self, keys: Sequence[OrdersKey]) -> OrdersAnswer:
        origin = await self.weather.blow(System.ERP, "order_pages", keys)
        pages = _known(origin, self._page, keys)
        orders = {OrderKey(one.customer, one.number): one for page in pages.values() for one in page.orders}
        return OrdersAnswer(pages, orders)

    def _page(self, key: OrdersKey) -> OrdersPage | None:
        orders = [o for c in key.customers for n in ORDERS if (o := self.goods.order(c, n)) is not None]
        orders = [one for one in orders if key.person is None or one.person in (None, key.person)]
        orders.sort(key=lambda one: (one.placed_at, one.number), reverse=True)
        places = [f"{one.customer}/{one.number}" for one in orders]
        if key.after is not None and key.after not in places:
            return None
        start = 0 if key.after is None else places.index(key.after) + 1
        end = start + key.first
        return OrdersPage(orders[start:end], places[start:end], len(orders), end < len(orders), ORIGIN)


@dataclass
class RandomWms:
    weather: Weather
    goods: Goods

    async def levels(self, skus: Sequence[str]) -> Mapping[str, StockLevel]:
        return _known(await self.weather.blow(System.WMS, "levels", skus), self.goods.level, skus)

    async def warehouses(self, codes: Sequence[str]) -> Mapping[str, Warehouse]:
        return _known(await self.weather.blow(System.WMS, "warehouses", codes), self.goods.warehouse, codes)


@dataclass
class RandomCrm:
    weather: Weather
    goods: Goods

    async def standings(self, keys: Sequence[StandingKey]) -> CustomersAnswer:
        origin = await self.weather.blow(System.CRM, "standings", keys)
        found = _known(origin, self.goods.standing, keys)
        above = [
            StandingKey(key.person, n) for key, one in found.items() if one.account for n in lineage(one.account.number)
        ]
        return CustomersAnswer({**_known(origin, self.goods.standing, above), **found}, {})

    async def accounts(self, keys: Sequence[AccountsKey]) -> CustomersAnswer:
        origin = await self.weather.blow(System.CRM, "accounts", keys)
        pages = {key: stamped(self._page(key), origin) for key in keys if key.person in HOLDS}
        named = [StandingKey(key.person, number) for key, page in pages.items() for number in page.numbers]
        return CustomersAnswer(_known(origin, self.goods.standing, named), pages)

    def _page(self, key: AccountsKey) -> AccountsPage:
        wanted = (Access.ACT,) if key.parent is None else (Access.ACT, Access.SEE)
        of_parent = [n for n, above in PARENTS.items() if key.parent in (None, above)]
        numbers = [n for n in sorted(of_parent) if self.goods.access(key.person, n) in wanted]
        left = [number for number in numbers if key.after is None or number > key.after]
        return AccountsPage(left[: key.first], len(numbers), len(left) > key.first, ORIGIN)
