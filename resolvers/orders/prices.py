"""Prices of a cart's lines: what the ERP says now, and what the account was last told."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.common import Money
from datasources.model.pricing import Price, PriceKey, Quote
from resolvers.context import RequestContext
from resolvers.pricing import Answer, quotes

CENT = Decimal("0.01")


async def quotes_of(lines: Sequence[kept_as.CartLine], context: RequestContext) -> Sequence[Answer]:
    """Return for each line what the ERP says of its price, for its quantity, unit and day, or why there is none."""

    def keys(scope: str | None, currency: str | None) -> Sequence[PriceKey]:
        return [
            PriceKey(scope, line.sku, line.quantity, line.unit, line.requested_date, None, currency) for line in lines
        ]

    return await quotes(lines, context, keys)


async def seen(lines: Sequence[kept_as.CartLine], context: RequestContext) -> list[kept_as.CartLine]:
    """Return the lines with the prices of now as those that the account is told of; none where none is known."""
    answers = await quotes_of(lines, context) if lines else ()
    return [_with_price(line, price_of(answer)) for line, answer in zip(lines, answers, strict=True)]


def _with_price(line: kept_as.CartLine, price: Price | None) -> kept_as.CartLine:
    if price is None:
        return replace(line, seen_price=None, seen_per=None)
    return replace(line, seen_price=price.unit_price, seen_per=price.per.value)


def price_of(answer: Answer) -> Price | None:
    """Return the price of an answer, None when it has none."""
    return answer.price if isinstance(answer, Quote) else None


def total_of(quantity: Decimal, unit_price: Money, per: Decimal) -> Money:
    """Return what a quantity costs at so much for `per`, to the cent."""
    amount = (quantity * unit_price.amount / per).quantize(CENT, ROUND_HALF_UP)
    return Money(amount, unit_price.currency)


def known_total(line: kept_as.CartLine, answer: Answer) -> Money | None:
    """Return what a line comes to at the price of now, or, while none can be had, at the one last told; else None."""
    price = price_of(answer)
    if price is not None:
        return total_of(line.quantity, price.unit_price, price.per.value)
    if not isinstance(answer, SourceError) or line.seen_price is None:
        return None
    return total_of(line.quantity, line.seen_price, line.seen_per or Decimal(1))
