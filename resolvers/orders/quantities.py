"""Which quantities of an article can be ordered, in a unit of it, and the nearest one that can."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, gcd, lcm

from datasources.model.catalog import Packaging, Product
from datasources.model.common import ANY_LANGUAGE, Quantity, Unit

MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Steps:
    """Quantities of a unit: from `least` to `most` (None: no end) in steps of `step`."""

    unit: Unit
    least: Fraction
    most: Fraction | None
    step: Fraction

    def allow(self, quantity: Decimal) -> bool:
        """Return whether that many can be ordered."""
        amount = Fraction(quantity)
        return self.least <= amount and (self.most is None or amount <= self.most) and amount % self.step == 0

    def nearest(self, quantity: Decimal) -> Decimal | None:
        """Return the next quantity upwards that can be ordered, else the most that can; None when none can."""
        wanted = ceil(max(Fraction(quantity), self.least) / self.step) * self.step
        if self.most is not None and wanted > self.most:
            wanted = floor(self.most / self.step) * self.step
        return _decimal(wanted) if wanted > 0 and wanted >= self.least else None


def packaging_of(product: Product, unit: str | None) -> Packaging | None:
    """Return the packaging that a unit's code means, None: it is the sales unit, or none of the product's."""
    if unit is None or unit == product.unit.code:
        return None
    return next((packaging for packaging in product.packagings if packaging.unit.code == unit), None)


def unit_of(product: Product, unit: str | None) -> Unit | None:
    """Return the unit of a code (None: the sales unit), None when the product is not sold in it."""
    if unit is None or unit == product.unit.code:
        return product.unit
    packaging = packaging_of(product, unit)
    return packaging.unit if packaging else None


def steps_of(product: Product, unit: str | None) -> Steps | None:
    """Return which quantities of a unit can be ordered, None when the product is not sold in it."""
    of = unit_of(product, unit)
    if of is None:
        return None
    packaging, rule = packaging_of(product, unit), product.quantity_rule
    holds = Fraction(packaging.contains.value) if packaging else Fraction(1)
    finest = Fraction(1, 10**of.decimals)
    if rule is None:
        return Steps(of, finest, None, finest)
    step = _common(finest, Fraction(rule.increment) / holds) if rule.increment > 0 else finest
    most = None if rule.maximum is None else Fraction(rule.maximum) / holds
    return Steps(of, max(finest, Fraction(rule.minimum) / holds), most, step)


def suggested(product: Product, unit: str | None, quantity: Decimal) -> Quantity:
    """Return the nearest quantity that can be ordered: of this unit, else of the sales unit."""
    steps = steps_of(product, unit)
    nearest = steps.nearest(quantity) if steps else None
    if steps is not None and nearest is not None:
        return Quantity(nearest, steps.unit)
    packaging = packaging_of(product, unit)
    wanted = quantity * (packaging.contains.value if packaging else 1)
    in_sales_units = steps_of(product, None)
    assert in_sales_units is not None
    return Quantity(in_sales_units.nearest(wanted) or _least_known(product), product.unit)


def _least_known(product: Product) -> Decimal:
    """Return the least that the PIM says can be ordered, where its rule allows nothing at all."""
    return product.quantity_rule.minimum if product.quantity_rule else Decimal(1)


def least(product: Product, unit: str | None) -> Decimal:
    """Return the smallest quantity of a unit that can be ordered."""
    steps = steps_of(product, unit)
    return (steps.nearest(Decimal(0)) if steps else None) or Decimal(1)


def _common(one: Fraction, other: Fraction) -> Fraction:
    """Return the smallest amount that is a multiple of both."""
    return Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))


def _decimal(amount: Fraction) -> Decimal:
    whole = Decimal(amount.numerator) / Decimal(amount.denominator)
    return Decimal(format(round(whole, MOST_DIGITS).normalize(), "f"))


def unit_by_code(code: str | None, quantity: Decimal) -> Unit:
    """Return a unit of which no more than its code is known (None: not even that), as fine as the quantity needs."""
    exponent = quantity.normalize().as_tuple().exponent
    named = code or ""
    return Unit(named, {ANY_LANGUAGE: named}, max(0, -exponent) if isinstance(exponent, int) else 0)
