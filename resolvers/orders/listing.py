"""What the fields of orders ask for: lines in pages, what a line is about, and which account an order is of."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from datasources.errors import SourceError
from datasources.model.catalog import Product
from datasources.model.customers import Account
from resolvers import access, customers
from resolvers.batching import batched
from resolvers.context import RequestContext
from resolvers.orders.order import Order, OrderLine
from resolvers.paging import After, Cursors, Page, bounded_first, page_of_keyed

MOST_LINES = 100

Info = strawberry.Info[RequestContext]


def lines(
    root: strawberry.Parent[Order],
    first: Annotated[int | None, strawberry.argument(description="Page size, up to 100; null: 100.")] = MOST_LINES,
    after: After = None,
) -> Page[OrderLine]:
    """Return a page of an order's lines."""
    first = bounded_first(first, MOST_LINES, default=MOST_LINES)
    cursors = Cursors("order lines", root.id_key)
    return page_of_keyed(root.all_lines, [line.key for line in root.all_lines], cursors, first=first, after=after)


@batched
async def product(lines: Sequence[OrderLine], context: RequestContext) -> Sequence[Product | SourceError | None]:
    """Return the product of each line, None where it does not exist for the viewer any more."""
    found = await _content(lines, context)
    own = await access.assortments(context)
    return [
        one if isinstance(one, SourceError) or one is None or access.exists_for(one, own) else None for one in found
    ]


@batched
async def name(lines: Sequence[OrderLine], context: RequestContext) -> Sequence[str]:
    """Return what each line is called: as the ERP kept it, else as the product is called, else its SKU."""
    nameless = [line for line in lines if line.name is None]
    products = dict(zip((line.sku for line in nameless), await _content(nameless, context), strict=True))
    return [_name(line, products.get(line.sku), context) for line in lines]


def _name(line: OrderLine, product: Product | SourceError | None, context: RequestContext) -> str:
    if line.name is not None:
        return context.text(line.name) or line.sku
    return (context.text(product.name) or line.sku) if isinstance(product, Product) else line.sku


async def _content(lines: Sequence[OrderLine], context: RequestContext) -> Sequence[Product | SourceError | None]:
    if not lines:
        return ()
    skus = list(dict.fromkeys(line.sku for line in lines))
    found = dict(zip(skus, await context.sources.catalog.products.get_many(skus, context.ask), strict=True))
    return [found[line.sku] for line in lines]


@batched
async def account(orders: Sequence[Order], context: RequestContext) -> Sequence[Account | SourceError | None]:
    """Return the account of each order."""
    numbers = list(dict.fromkeys(order.account_number for order in orders))
    found = dict(zip(numbers, await customers.known(numbers, context), strict=True))
    return [found[order.account_number] for order in orders]
