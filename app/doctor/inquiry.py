"""Asks the systems, through their connectors, which of the keys that an export and the PIM name they know."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from app.doctor.checkup import NOBODY, every_article, list_price, problem_of
from app.doctor.comparison import Comparison, Knower
from app.doctor.folder import ACCOUNTS, BREAKS, PRODUCTS, STOCK, AccountRow, Folder
from app.wiring import Systems
from datasources.errors import SourceError
from datasources.model.catalog import Product, ProductSearch, SearchResult
from datasources.model.common import System
from datasources.model.customers import Account, Standing, StandingKey
from datasources.model.pricing import QuoteStatus

K = TypeVar("K")
V = TypeVar("V")

RESTRICTED = "without those of assortments: the PIM lists them for accounts, which an export names (--data DIR)"
KEYS_A_CALL = 500
"""Half of what a connector takes, so that an answer comes in time."""
UNASKED = "the CRM was not asked for them: it tells accounts to people only, and knows none of those who act for these"


class Inquiry:
    """Asks one call after another, to be soft on the systems. One that fails is left out; `problems` says why."""

    def __init__(self, systems: Systems, folder: Folder) -> None:
        self.problems: dict[System, SourceError] = {}
        self._systems = systems
        self._folder = folder

    async def compare(self) -> list[Comparison]:
        """Ask for all that the files name and the PIM lists; return who knows what."""
        rows = self._folder.accounts or {}
        standings = await self._known(System.CRM, self._standings, list(_standing_keys(rows)))
        accounts = {s.account.number: s.account for s in standings.values() if s.account is not None}
        people = {key.person for key in standings}
        unasked = bool(rows) and not people and System.CRM not in self.problems
        assortments = {name for account in accounts.values() for name in account.assortments}
        return [
            *await self._articles(sorted(assortments)),
            *await self._accounts(rows, accounts, remark=UNASKED if unasked else None),
            self._compared(
                "Sales representatives",
                {ACCOUNTS: _reps(rows)},
                {System.CRM: [rep for rep in _reps(rows) if not people.isdisjoint(_names(rep))]},
            ),
        ]

    async def _articles(self, assortments: Sequence[str]) -> list[Comparison]:
        """Compare articles, and the warehouses they lie in. The PIM lists restricted ones by assortment only."""
        files, places, systems = self._folder.skus, self._folder.locations, self._systems
        named = frozenset[str]().union(*files.values())
        content = await self._known(System.PIM, self._products, sorted(named))
        listed = content.keys() | await self._listed(assortments)
        skus = sorted(named | listed)
        quotes = await self._known(System.ERP, systems.erp.prices, [list_price(sku) for sku in skus])
        levels = await self._known(System.WMS, systems.wms.levels, skus)
        warehouses = await self._known(System.WMS, systems.wms.warehouses, sorted(places or ()))
        sold = [key.sku for key, quote in quotes.items() if quote.status is not QuoteStatus.NOT_SOLD]
        used = {stock.warehouse.code for level in levels.values() for stock in level.by_warehouse}
        known = {System.PIM: listed, System.ERP: sold, System.WMS: levels}
        named_in = {name: files.get(name) for name in (PRODUCTS, BREAKS, STOCK)}
        return [
            self._compared("SKUs", named_in, known, some=BREAKS, remark=None if named else RESTRICTED),
            self._compared("Warehouses", {STOCK: places}, {System.WMS: used | warehouses.keys()}),
        ]

    async def _accounts(
        self, rows: Mapping[str, AccountRow], accounts: Mapping[str, Account], *, remark: str | None
    ) -> list[Comparison]:
        """Compare accounts, the ERP's by the number that the CRM says, and the scopes of their prices."""
        erp, parents = self._systems.erp, "parents there"
        numbers = {number: number for number in rows} | {n: account.erp_number for n, account in accounts.items()}
        customers = {number for number in numbers.values() if number is not None}
        scopes = {account.price_scope for account in accounts.values() if account.price_scope is not None}
        terms = await self._known(System.ERP, erp.terms, sorted(customers))
        credit = await self._known(System.ERP, erp.credit, sorted(customers))
        keys = [list_price(NOBODY, scope) for scope in sorted(customers | scopes)]
        priced = {key.scope for key in await self._known(System.ERP, erp.prices, keys) if key.scope is not None}
        served = terms.keys() | credit.keys() | priced
        files = {ACCOUNTS: rows, parents: {row.parent for row in rows.values() if row.parent is not None}}
        crm: Mapping[System, Iterable[str]] = {} if remark else {System.CRM: accounts}
        in_erp = [number for number, erp_number in numbers.items() if erp_number in served]
        return [
            self._compared("Accounts", files, {**crm, System.ERP: in_erp}, some=parents, remark=remark),
            self._compared("Price scopes", {}, {System.CRM: scopes, System.ERP: priced & scopes}),
        ]

    def _compared(
        self,
        subject: str,
        files: Mapping[str, Iterable[str] | None],
        systems: Mapping[System, Iterable[str]],
        *,
        some: str | None = None,
        remark: str | None = None,
    ) -> Comparison:
        """Put together who knows what; the file `some` is not expected to name all."""
        named = [Knower(name, frozenset(keys), name != some) for name, keys in files.items() if keys is not None]
        asked = [Knower(s.value, frozenset(keys)) for s, keys in systems.items() if s not in self.problems]
        return Comparison(subject, [*named, *asked], remark)

    async def _known(
        self, system: System, load: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], keys: Sequence[K]
    ) -> Mapping[K, V]:
        """Return what the system knows of the keys; nothing once it failed."""
        known: dict[K, V] = {}
        try:
            for start in range(0, 0 if system in self.problems else len(keys), KEYS_A_CALL):
                known |= await load(keys[start : start + KEYS_A_CALL])
        except Exception as error:
            self.problems[system] = problem_of(system, error)
        return known

    async def _listed(self, assortments: Sequence[str]) -> frozenset[str]:
        """Return all articles, page by page, until there is no more or nothing new (a PIM may go round in circles)."""
        found: set[str] = set()
        after: str | None = None
        while System.PIM not in self.problems:
            search = every_article(first=KEYS_A_CALL, after=after, assortments=assortments)
            pages = await self._known(System.PIM, self._search, [search])
            hits = [hit for page in pages.values() for hit in page.hits]
            new = {hit.sku for hit in hits} - found
            found |= new
            if not new or not any(page.has_next for page in pages.values()):
                break
            after = hits[-1].cursor
        return frozenset(found)

    async def _search(self, searches: Sequence[ProductSearch]) -> Mapping[ProductSearch, SearchResult]:
        return (await self._systems.pim.search(searches)).results

    async def _products(self, skus: Sequence[str]) -> Mapping[str, Product]:
        return (await self._systems.pim.products(skus)).products

    async def _standings(self, keys: Sequence[StandingKey]) -> Mapping[StandingKey, Standing]:
        return (await self._systems.crm.standings(keys)).standings


def _standing_keys(rows: Mapping[str, AccountRow]) -> Iterator[StandingKey]:
    """Yield each account as its buyer and its representative would ask for it (named as in `docs/data.md`)."""
    for number, row in rows.items():
        yield from (StandingKey(person, number) for person in (f"buyer-{number}", *_names(row.sales_rep)))


def _names(sales_rep: str | None) -> tuple[str, ...]:
    """Return what a representative may be called in the CRM: by `docs/data.md`, or plainly."""
    return () if sales_rep is None else (f"rep-{sales_rep}", sales_rep)


def _reps(rows: Mapping[str, AccountRow]) -> set[str]:
    return {row.sales_rep for row in rows.values() if row.sales_rep is not None}
