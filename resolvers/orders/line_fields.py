"""What the fields of a cart's lines ask for: pages, content, prices."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.catalog import Packaging, Product
from datasources.model.common import Money, Quantity, Unit
from datasources.model.pricing import Price
from resolvers import catalog
from resolvers.batching import batched
from resolvers.context import RequestContext
from resolvers.orders.carts import Cart, CartLine
from resolvers.orders.prices import price_of, quotes_of, total_of
from resolvers.orders.quantities import packaging_of, unit_by_code, unit_of
from resolvers.paging import After, Cursors, Page, bounded_first, page_of_keyed
from resolvers.pricing import Answer

MOST_LISTED = 500
DEFAULT_LISTED = 100


def lines(
    root: strawberry.Parent[Cart],
    first: Annotated[int | None, strawberry.argument(description="Page size, up to 500; null: 100.")] = DEFAULT_LISTED,
    after: After = None,
) -> Page[CartLine]:
    """Return a page of a cart's lines."""
    first = bounded_first(first, MOST_LISTED, default=DEFAULT_LISTED)
    all_lines, cursors = root.all_lines, Cursors("cart lines", root.id_key)
    return page_of_keyed(all_lines, [line.key for line in all_lines], cursors, first=first, after=after)


async def _content(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Product | SourceError | None]:
    skus = list(dict.fromkeys(line.sku for line in lines))
    found = dict(zip(skus, await catalog.existing(skus, context), strict=True))
    return [found[line.sku] for line in lines]


@batched
async def product(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Product | SourceError | None]:
    """Return the product of each line, None where it does not exist for the viewer any more."""
    return await _content(lines, context)


@batched
async def quantity(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Quantity]:
    """Return how much is ordered; while its content cannot be had, the unit is known by its code at the most."""
    found = await _content(lines, context)
    return [Quantity(line.kept.quantity, _unit(line.kept, one)) for line, one in zip(lines, found, strict=True)]


def _unit(line: kept_as.CartLine, product: Product | SourceError | None) -> Unit:
    unit = unit_of(product, line.unit) if isinstance(product, Product) else None
    return unit or unit_by_code(line.unit, line.quantity)


@batched
async def packaging(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Packaging | SourceError | None]:
    """Return how each line is packed, None where it is ordered by the sales unit."""
    packed = [line for line in lines if line.kept.unit is not None]
    found = dict(zip((line.sku for line in packed), await _content(packed, context), strict=True)) if packed else {}
    return [_packaging(line.kept, found.get(line.sku)) for line in lines]


def _packaging(line: kept_as.CartLine, product: Product | SourceError | None) -> Packaging | SourceError | None:
    if line.unit is None:
        return None
    return packaging_of(product, line.unit) if isinstance(product, Product) else product


@batched
async def price(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Price | Exception | None]:
    """Return the ERP's price of each line, None where there is none to show."""
    return [_price(answer) for answer in await quotes_of([line.kept for line in lines], context)]


@batched
async def line_total(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Money | Exception | None]:
    """Return what each line comes to, None where there is no price to show."""
    answers = await quotes_of([line.kept for line in lines], context)
    return [_total(line.kept, _price(answer)) for line, answer in zip(lines, answers, strict=True)]


def _price(answer: Answer) -> Price | Exception | None:
    return answer if isinstance(answer, Exception) else price_of(answer)


def _total(line: kept_as.CartLine, price: Price | Exception | None) -> Money | Exception | None:
    return total_of(line.quantity, price.unit_price, price.per.value) if isinstance(price, Price) else price
