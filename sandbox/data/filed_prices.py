"""An ERP's price book as files give it: list prices, and resellers' offers by quantity and date."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.data.rows import BreakRow, ProductRow
from sandbox.data.tariffs import Contract, Good, Offer, Tariff, Terms
from sandbox.pricing import rounded
from sandbox.protocol import Json

RESELLER, VOLUME = "Reseller", "Volume Discount"


@dataclass(frozen=True, slots=True)
class OfferTariff:
    """List price less the largest discount of the offers that include the quantity; all hold on the day asked."""

    list_price: Decimal
    currency: str
    offers: tuple[BreakRow, ...] = ()

    @property
    def thresholds(self) -> Sequence[Decimal]:
        starts = (offer.minimum_quantity or 0 for offer in self.offers)
        ends = (offer.maximum_quantity + 1 for offer in self.offers if offer.maximum_quantity is not None)
        return sorted({Decimal(quantity) for quantity in (*starts, *ends)})

    def at(self, quantity: Decimal) -> Offer:
        included = [offer for offer in self.offers if _includes(offer, quantity)]
        best = max(included, key=lambda offer: Decimal(offer.discount), default=None)
        if best is None or not Decimal(best.discount):
            return Offer(self.list_price, "LIST")
        price = rounded(self.list_price * (1 - Decimal(best.discount)))
        origin = "CUSTOMER_GROUP" if best.type == VOLUME else "PROMOTION"
        return Offer(price, origin, None, best.valid_from, best.valid_to)


class FiledPriceBook:
    """The public pays list prices; every customer is a reseller. There are no contracts, part numbers or credit."""

    def __init__(self, products: Iterable[ProductRow], breaks: Iterable[BreakRow], customers: Iterable[str]) -> None:
        self._products = {row.sku: row for row in products}
        self._offers: dict[str, list[BreakRow]] = {}
        for row in breaks:
            if row.audience == RESELLER:
                self._offers.setdefault(row.sku, []).append(row)
        currency = next((row.currency for row in self._products.values()), "EUR")
        self.customers: Mapping[str, str] = dict.fromkeys(customers, currency)

    def good(self, sku: str) -> Good | None:
        row = self._products.get(sku)
        return Good(sku, row.unit, {row.unit: Decimal(1)}) if row else None

    def tariff(self, good: Good, terms: Terms) -> Tariff | None:
        row = self._products[good.sku]
        if terms.contract is not None or terms.currency not in (None, row.currency):
            return None
        offers = self._offers.get(good.sku, []) if terms.customer is not None else []
        held = tuple(offer for offer in offers if _holds(offer, terms.day))
        return OfferTariff(Decimal(row.list_price), row.currency, held)

    def fixed(self, good: Good, terms: Terms, unit_price: Decimal) -> Tariff | None:
        row = self._products[good.sku]
        if terms.currency not in (None, row.currency):
            return None
        return FixedTariff(Decimal(row.list_price), row.currency, unit_price)

    def contracts(self, customer: str) -> Sequence[Contract]:
        return ()

    def part_number(self, customer: str, sku: str) -> str | None:
        return None

    def skus_of(self, customer: str, code: str) -> Sequence[str]:
        return ()

    def credit(self, customer: str) -> Json | None:
        return None

    def terms(self, customer: str) -> Json | None:
        return None

    def history(self, customer: str) -> Sequence[Json]:
        return ()


@dataclass(frozen=True, slots=True)
class FixedTariff:
    """One price for every quantity."""

    list_price: Decimal
    currency: str
    unit_price: Decimal
    thresholds: Sequence[Decimal] = ()

    def at(self, quantity: Decimal) -> Offer:
        return Offer(self.unit_price, "CONTRACT")


def _includes(offer: BreakRow, quantity: Decimal) -> bool:
    most = offer.maximum_quantity
    return (offer.minimum_quantity or 0) <= quantity and (most is None or quantity <= most)


def _holds(offer: BreakRow, day: date) -> bool:
    return (offer.valid_from is None or offer.valid_from <= day) and (offer.valid_to is None or day <= offer.valid_to)
