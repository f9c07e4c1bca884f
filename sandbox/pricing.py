"""The arithmetic of prices: quantities, packagings, breaks. Prices have four decimals, totals two, half to even."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from sandbox.data.tariffs import Good, Tariff
from sandbox.data.texts import UNITS

CENTS_OF_CENTS = Decimal("0.0001")
CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class UnitPricing:
    """A tariff seen in one unit: the sales unit or a packaging that contains so many."""

    good: Good
    tariff: Tariff
    unit: str

    @property
    def contains(self) -> Decimal:
        return self.good.packagings[self.unit]

    @property
    def per(self) -> Decimal:
        """Return how many of the unit the price is for: packagings are priced singly."""
        return self.good.per if self.unit == self.good.unit else Decimal(1)

    def price(self, quantity: Decimal) -> Decimal:
        return self.in_unit(self.tariff.at(quantity * self.contains).unit_price)

    def in_unit(self, amount: Decimal) -> Decimal:
        """Return an amount per the article's price unit as one per this unit."""
        if self.unit == self.good.unit:
            return rounded(amount)
        return rounded(rounded(amount) * self.contains / self.good.per)

    def breaks(self) -> Iterator[tuple[Decimal, Decimal]]:
        """Yield the quantities above the smallest at which the price changes, rising, with the price from there on."""
        smallest = Decimal(1).scaleb(-decimals_of(self.unit))
        before = self.price(smallest)
        for threshold in sorted(self.tariff.thresholds):
            quantity = (threshold / self.contains).quantize(smallest, ROUND_CEILING)
            if quantity <= smallest:
                continue
            price = self.price(quantity)
            if price != before:
                yield quantity, price
            before = price


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENTS_OF_CENTS, ROUND_HALF_EVEN)


def in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENTS, ROUND_HALF_EVEN)


def money(amount: Decimal) -> str:
    return format(rounded(amount), "f")


def plain(quantity: Decimal) -> str:
    """Return a quantity without trailing zeros or an exponent."""
    return format(quantity.normalize(), "f")


def decimals_of(unit: str) -> int:
    """Return how finely a unit can be bought."""
    return UNITS[unit].decimals if unit in UNITS else 0
