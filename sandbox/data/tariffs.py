"""What an ERP needs of its price data, generated or read from files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from sandbox.protocol import Json


@dataclass(frozen=True, slots=True)
class Contract:
    """An agreement whose prices hold from one day to another, both included."""

    number: str
    name: str
    head: str
    valid_from: date
    valid_to: date
    share: float = 0.0
    discounts: Mapping[str, Decimal] | None = None
    committed: Decimal | None = None
    consumed: Decimal | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Offer:
    """What a quantity costs, and by which rule."""

    unit_price: Decimal
    origin: str
    contract: Contract | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """An article as the ERP sells it: prices are per `per` of `unit`; packagings contain so many of `unit`."""

    sku: str
    unit: str
    packagings: Mapping[str, Decimal]
    per: Decimal = Decimal(1)
    tax_rate: str | None = None


class Tariff(Protocol):
    """What one customer pays for one article on one day, by quantity in sales units."""

    @property
    def list_price(self) -> Decimal: ...

    @property
    def currency(self) -> str: ...

    @property
    def thresholds(self) -> Sequence[Decimal]:
        """Quantities at which the price may change."""

    def at(self, quantity: Decimal) -> Offer: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What a tariff is asked for. `customer` is None for the public list, `contract` for whichever applies."""

    customer: str | None
    day: date
    contract: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class OnRequest:
    """Sold, but the price is agreed case by case."""


class PriceBook(Protocol):
    """The ERP's own master data."""

    @property
    def customers(self) -> Mapping[str, str]:
        """The currency of each customer, by number."""

    def good(self, sku: str) -> Good | None:
        """Return an article, or None when it is not sold."""

    def tariff(self, good: Good, terms: Terms) -> Tariff | OnRequest | None:
        """Return what is paid, or None when the contract or currency is unknown to the customer."""

    def fixed(self, good: Good, terms: Terms, unit_price: Decimal) -> Tariff | None:
        """Return the tariff of a contract price set from outside, in the customer's currency."""

    def contracts(self, customer: str) -> Sequence[Contract]: ...

    def part_number(self, customer: str, sku: str) -> str | None: ...

    def skus_of(self, customer: str, code: str) -> Sequence[str]: ...

    def credit(self, customer: str) -> Json | None: ...

    def terms(self, customer: str) -> Json | None: ...

    def history(self, customer: str) -> Sequence[Json]: ...
