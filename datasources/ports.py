"""
What Kanava asks of an ERP, CRM, PIM and WMS. A connector is a class with these methods.

Every method takes many keys and answers with a mapping. A key that the system does not know is missing from it; that
is an answer, never an error. Every method raises `SourceError` when the whole call failed: see `datasources.errors`.
Connectors do not cache, do not retry and keep no state between calls but their connections and tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from datasources.model.catalog import Category, CodeMeaning, Product, ProductSearch, SearchResult, TopCategories
from datasources.model.customers import AccountsKey, AccountsPage, Standing, StandingKey
from datasources.model.orders import (
    ErpOrder,
    OrderDraft,
    OrderKey,
    OrdersKey,
    OrdersPage,
    OrderToPlace,
    Placement,
    Simulation,
)
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


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """How to reach one system; `options` are the connector's own (`KANAVA_<S>_OPTION_<NAME>`, names in lower case)."""

    url: str
    token: str | None = field(repr=False)
    timeout_s: float
    max_concurrent: int
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CatalogAnswer:
    """Articles by SKU, categories by code: those asked for, and any that came along."""

    products: Mapping[str, Product]
    categories: Mapping[str, Category]


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Pages by search; a search is missing when its cursor is not one of this PIM's. The hits' content came along."""

    results: Mapping[ProductSearch, SearchResult]
    catalog: CatalogAnswer


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """What each code means. The articles' content came along."""

    meanings: Mapping[str, CodeMeaning]
    catalog: CatalogAnswer


@dataclass(frozen=True, slots=True)
class CategoriesAnswer:
    """Categories by code, and the top level."""

    top: TopCategories
    categories: Mapping[str, Category]


@dataclass(frozen=True, slots=True)
class CustomersAnswer:
    """What persons are to accounts: for the keys asked, and for accounts that came along (ancestors, page entries)."""

    standings: Mapping[StandingKey, Standing]
    pages: Mapping[AccountsKey, AccountsPage]


@dataclass(frozen=True, slots=True)
class OrdersAnswer:
    """Pages of orders, and the orders that came along."""

    pages: Mapping[OrdersKey, OrdersPage]
    orders: Mapping[OrderKey, ErpOrder]


class PimConnector(Protocol):
    """Product content in all languages the PIM keeps."""

    async def search(self, searches: Sequence[ProductSearch]) -> SearchAnswer:
        """Return a page for every search. Only articles of the searches' assortments, or of none, count anywhere."""

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        """Return the articles, whoever may see them: access is decided above."""

    async def lookup(self, codes: Sequence[str]) -> LookupAnswer:
        """Return what codes mean: a SKU, a GTIN (article or packaging), or a code that another article superseded."""

    async def categories(self, codes: Sequence[str] | None) -> CategoriesAnswer:
        """Return categories; None asks for the top level."""


class ErpConnector(Protocol):
    """Prices, part numbers, credit, terms, contracts and orders."""

    async def prices(self, keys: Sequence[PriceKey]) -> Mapping[PriceKey, Quote]:
        """
        Return the ERP's price for each key, to be shown as it is.

        A missing key means that the ERP does not know the scope, the unit or the contract.
        """

    async def part_numbers(self, keys: Sequence[PartNumberKey]) -> Mapping[PartNumberKey, PartNumber]:
        """Return the customers' own codes for articles."""

    async def resolve_part_numbers(self, keys: Sequence[PartNumberCode]) -> Mapping[PartNumberCode, PartNumberMeaning]:
        """Return the SKUs that customers call by these codes."""

    async def credit(self, customers: Sequence[str]) -> Mapping[str, Credit]:
        """Return credit by ERP customer number."""

    async def terms(self, customers: Sequence[str]) -> Mapping[str, CommercialTerms]:
        """Return commercial terms by ERP customer number."""

    async def contracts(self, keys: Sequence[ContractKey]) -> Mapping[ContractKey, Contract]:
        """Return contracts; a missing key: no such contract for that price scope."""

    async def simulate(self, drafts: Sequence[OrderDraft]) -> Mapping[OrderDraft, Simulation]:
        """Return what the ERP would make of orders now; it keeps nothing. A missing key: an unknown customer."""

    async def place(self, order: OrderToPlace) -> Placement:
        """
        Place one order: the only write. It is sent once; a key that the ERP has already gives the order that it has.

        Raises:
            NeverSent: it is surely not there. Any other SourceError: it may be; look it up with `placed`.
        """

    async def placed(self, idempotency_keys: Sequence[str]) -> Mapping[str, ErpOrder]:
        """Return the orders that were taken with these keys. A missing key: surely no order was taken with it."""

    async def orders(self, keys: Sequence[OrderKey]) -> Mapping[OrderKey, ErpOrder]:
        """Return orders by number; a missing key: the customer has no such order."""

    async def order_pages(self, keys: Sequence[OrdersKey]) -> OrdersAnswer:
        """Return pages of orders; a missing key: its cursor is not one of this ERP's."""

    async def ping(self) -> None:
        """Return when the ERP can take orders; the cheapest call that tells. Raises SourceError."""


class WmsConnector(Protocol):
    """Stock by warehouse."""

    async def levels(self, skus: Sequence[str]) -> Mapping[str, StockLevel]:
        """Return what is available to promise, in sales units. A missing key: no warehouse carries the article."""

    async def warehouses(self, codes: Sequence[str]) -> Mapping[str, Warehouse]:
        """Return warehouses by code."""


class CrmConnector(Protocol):
    """People, accounts, and who may act for which."""

    async def standings(self, keys: Sequence[StandingKey]) -> CustomersAnswer:
        """
        Return person, account, its ancestors and what the person may do with each, in one operation.

        A missing key: the CRM does not know the person, or they are not active.
        """

    async def accounts(self, keys: Sequence[AccountsKey]) -> CustomersAnswer:
        """Return pages of accounts in order of number: only those that the person may know."""
