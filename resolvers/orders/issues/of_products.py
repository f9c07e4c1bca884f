"""Issues of what is ordered: whether it is sold, in which quantities, and whether it is there."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.catalog import Product, ProductLifecycle
from datasources.model.common import Quantity
from datasources.model.stock import Availability, StockLevel
from resolvers.orders.issues.facts import Facts
from resolvers.orders.issues.kinds import CartIssue, OtherIssue, QuantityIssue, Severity, StockIssue
from resolvers.orders.quantities import packaging_of, steps_of, suggested, unit_of
from resolvers.stock import available_of

ZERO = Decimal(0)


def product_issues(facts: Facts) -> Iterator[CartIssue]:
    """Yield what is to be said of the lines' products and quantities."""
    today = facts.context.clock.now().date()
    for line in facts.lines:
        found = facts.products[line.sku]
        if found is None:
            message = f"{line.sku} is not in the account's assortment, or not there any more."
            yield OtherIssue(Severity.BLOCKING, "NOT_IN_ASSORTMENT", message, line.key)
        elif isinstance(found, Product):
            yield from _quantity_issues(line, found)
        if line.requested_date is not None and line.requested_date < today:
            message = f"{line.sku} is wanted on {line.requested_date}, which is past."
            yield OtherIssue(Severity.BLOCKING, "DATE_PAST", message, line.key)
    missing = next((one for one in facts.products.values() if isinstance(one, SourceError)), None)
    if missing is not None:
        message = f"The {missing.system.value} does not answer: what can be ordered is not checked for all lines."
        yield OtherIssue(Severity.INFO, "NO_PRODUCT_INFO", message)


def _quantity_issues(line: kept_as.CartLine, product: Product) -> Iterator[CartIssue]:
    steps = steps_of(product, line.unit)
    if steps is None:
        message = f"{line.sku} is not sold by {line.unit} any more."
        nearest = suggested(product, line.unit, line.quantity)
        yield QuantityIssue(Severity.BLOCKING, "UNKNOWN_UNIT", message, line.key, nearest)
    elif not steps.allow(line.quantity):
        nearest = suggested(product, line.unit, line.quantity)
        message = f"{line.sku} cannot be ordered in that quantity: {nearest.value:f} {nearest.unit.code} can."
        yield QuantityIssue(Severity.BLOCKING, "QUANTITY_RULE", message, line.key, nearest)


def stock_issues(facts: Facts) -> Iterator[CartIssue]:
    """Yield what is to be said of stock: a line has what those before it leave of the same article."""
    unknown = next((one for one in facts.levels.values() if isinstance(one, SourceError)), None)
    if unknown is not None:
        message = f"The {unknown.system.value} does not answer: what is in stock is not known for all lines."
        yield StockIssue(Severity.INFO, "NO_STOCK_INFO", message, None, None, None, None)
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for line in facts.lines:
        product = facts.product_of(line)
        wanted = _in_sales_units(line, facts.products[line.sku])
        if wanted is None:
            continue  # its product or its unit is an issue already
        level = facts.levels[line.sku]
        if product is not None and product.lifecycle is ProductLifecycle.DISCONTINUED:
            yield _discontinued(line, level, taken[line.sku] + wanted)
        if not isinstance(level, SourceError):
            yield from _short(line, product, level, wanted, taken[line.sku])
        taken[line.sku] += wanted


def _in_sales_units(line: kept_as.CartLine, product: Product | SourceError | None) -> Decimal | None:
    """Return how much is wanted, None: that is not known, for the unit is not, or the product is not there."""
    if line.unit is None and product is not None:
        return line.quantity
    if not isinstance(product, Product) or unit_of(product, line.unit) is None:
        return None
    packaging = packaging_of(product, line.unit)
    return line.quantity * packaging.contains.value if packaging else line.quantity


def _short(
    line: kept_as.CartLine, product: Product | None, level: StockLevel | None, wanted: Decimal, taken: Decimal
) -> Iterator[CartIssue]:
    if level is None:
        message = f"No warehouse carries {line.sku}."
        yield StockIssue(Severity.WARNING, "NOT_STOCKED", message, line.key, None, None, product)
        return
    found = available_of(level, taken + wanted, None)
    in_hand = found.quantity.value if found.quantity else ZERO
    left = max(ZERO, in_hand - taken)
    if left < wanted:
        message = f"Of {line.sku}, {left:f} {level.unit.code} are in stock; {wanted:f} are wanted."
        restock_at = _restock_at(found, taken + wanted - in_hand)
        available = Quantity(left, level.unit)
        yield StockIssue(Severity.WARNING, "STOCK_SHORT", message, line.key, available, restock_at, product)


def _restock_at(found: Availability, lacking: Decimal) -> date | None:
    """Return the day on which what is on its way makes up for what lacks, None when no such day is known."""
    dated = [(due.expected_at, due.quantity.value) for due in found.inbound if due.expected_at is not None]
    for day, quantity in sorted(dated):
        lacking -= quantity
        if lacking <= 0:
            return day
    return None


def _discontinued(line: kept_as.CartLine, level: StockLevel | SourceError | None, needed: Decimal) -> CartIssue:
    """Say that a product is sold out: while all that is wanted is in stock, that is no more than a warning."""
    in_stock = available_of(level, needed, None).quantity if isinstance(level, StockLevel) else None
    unknown = isinstance(level, SourceError)
    if unknown or (in_stock is not None and in_stock.value >= needed):
        message = f"{line.sku} is discontinued: it is sold while stocks last."
        return OtherIssue(Severity.WARNING, "DISCONTINUED", message, line.key)
    message = f"{line.sku} is discontinued, and less is left than is wanted."
    return OtherIssue(Severity.BLOCKING, "DISCONTINUED", message, line.key)
