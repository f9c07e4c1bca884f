"""Changing the lines of a cart, and taking note of today's prices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.catalog import Product
from resolvers.catalog import existing
from resolvers.context import RequestContext
from resolvers.ids import shown
from resolvers.orders.basket import Basket
from resolvers.orders.carts import Cart, CartPayload, Edited, LineResult, Which, change
from resolvers.orders.checks import MOST_NOTE_CHARACTERS, checked_quantity, checked_text, unit_meant
from resolvers.orders.lines import MOST_LINES_A_CALL, too_many
from resolvers.orders.prices import seen
from resolvers.user_errors import ErrorCode, Refusal, refusal, told


@dataclass(frozen=True, slots=True)
class LineChange:
    """A change of a line; only what is `given` (by the names here) is changed. A quantity of None stays as it is."""

    key: str
    quantity: Decimal | None = None
    packaging_id: str | None = None
    requested_date: date | None = None
    note: str | None = None
    remove: bool = False
    given: frozenset[str] = frozenset()


async def update(context: RequestContext, which: Which, changes: Sequence[LineChange]) -> CartPayload:
    """Change lines, or take them out."""
    if len(changes) > MOST_LINES_A_CALL:
        return CartPayload(None, (), (too_many(len(changes)),))

    async def edit(cart: Cart) -> Edited:
        basket = Basket(cart.kept)
        products = await _products(basket, changes, context)
        results = [_updated(basket, one, products, at) for at, one in enumerate(changes)]
        return Edited(await basket.cart(context), results)

    return await change(context, which, edit)


Products = dict[str, Product | SourceError | None]


async def _products(basket: Basket, changes: Sequence[LineChange], context: RequestContext) -> Products:
    """Return the products of lines that are to be packed otherwise."""
    packed = [one.key for one in changes if one.packaging_id is not None and one.key in basket]
    skus = list(dict.fromkeys(basket[key].sku for key in packed))
    return dict(zip(skus, await existing(skus, context), strict=True)) if skus else {}


def _updated(basket: Basket, one: LineChange, products: Products, at: int) -> LineResult:
    try:
        if one.key not in basket:
            message = f"The cart has no line {shown(one.key)}."
            raise refusal(ErrorCode.NOT_FOUND, message, "lines", str(at), "key")
        if one.remove:
            basket.remove(one.key)
        else:
            basket.put(_changed(basket[one.key], one, products, at))
    except Refusal as reason:
        return LineResult(one.key, False, None, [replace(error, line_key=one.key) for error in reason.errors])
    return LineResult(one.key, True, None, ())


def _changed(line: kept_as.CartLine, one: LineChange, products: Products, at: int) -> kept_as.CartLine:
    where = "lines", str(at)
    if one.quantity is not None:
        line = replace(line, quantity=checked_quantity(one.quantity, *where))
    if "packaging_id" in one.given:
        line = replace(line, unit=_repacked(line, one.packaging_id, products, *where))
    if "requested_date" in one.given:
        line = replace(line, requested_date=one.requested_date)
    if "note" in one.given:
        line = replace(line, note=checked_text(one.note, MOST_NOTE_CHARACTERS, *where, "note"))
    return line


def _repacked(line: kept_as.CartLine, packaging_id: str | None, products: Products, *where: str) -> str | None:
    if packaging_id is None:
        return None
    product = products.get(line.sku)
    if isinstance(product, SourceError):
        raise Refusal(told(product, *where, "packagingId"))
    if product is None:
        message = f"{line.sku} is not there any more."
        raise refusal(ErrorCode.NOT_IN_ASSORTMENT, message, *where, "packagingId")
    return unit_meant(product, None, packaging_id, *where)


async def reprice(context: RequestContext, which: Which) -> CartPayload:
    """Take note of today's prices as those that the account is told of; what has none now keeps the one it had."""

    async def edit(cart: Cart) -> Edited:
        today = await seen(cart.kept.lines, context)
        lines = [new if new.seen_price else old for old, new in zip(cart.kept.lines, today, strict=True)]
        return Edited(replace(cart.kept, lines=lines))

    return await change(context, which, edit)
