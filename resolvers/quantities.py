"""Quantities that clients ask with: their range, and units against an article's sales unit."""

from decimal import Decimal

from datasources.model.catalog import Product
from resolvers.errors import BadInput
from resolvers.ids import shown

ONE = Decimal(1)


def positive(quantity: Decimal | None) -> Decimal:
    """
    Return the quantity, 1 for none given.

    Raises:
        BadInput: it is not above zero.
    """
    if quantity is None:
        return ONE
    if quantity <= 0:
        raise BadInput(f"quantity must be above 0; it is {quantity}.")
    return quantity


def in_sales_units(product: Product, unit: str | None) -> Decimal:
    """
    Return how many sales units one of the unit holds; None is the sales unit itself.

    Raises:
        BadInput: the article is not sold in that unit.
    """
    if unit is None or unit == product.unit.code:
        return ONE
    for packaging in product.packagings:
        if packaging.unit.code == unit:
            return packaging.contains.value
    units = dict.fromkeys([product.unit.code, *(p.unit.code for p in product.packagings)])
    raise BadInput(f"{product.sku} is not sold in {shown(unit)}, but in {', '.join(units)}.")
