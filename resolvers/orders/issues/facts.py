"""What is asked of the systems to tell what is wrong with a cart: all at once, and each system once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from datasources.cache.entry import Use
from datasources.errors import SourceError
from datasources.journal.journal import JournalUnavailable
from datasources.model import captures as kept_as
from datasources.model.catalog import Product
from datasources.model.orders import Simulation
from datasources.model.pricing import CommercialTerms, Credit, CreditStatus
from datasources.model.stock import StockLevel
from resolvers.catalog import existing
from resolvers.context import RequestContext
from resolvers.orders.carts import Cart
from resolvers.orders.deliveries import terms_of
from resolvers.orders.prices import quotes_of
from resolvers.orders.totals import simulation_of
from resolvers.pricing import Answer


@dataclass(frozen=True, slots=True)
class Facts:
    """
    A cart, and what the systems say; a SourceError in the place of what could not be had, None of what is not there.

    `answers` are the ERP's to its lines, in their order. `awaiting` is what orders come to that wait to be sent.
    """

    cart: Cart
    context: RequestContext
    products: Mapping[str, Product | SourceError | None]
    answers: Sequence[Answer]
    levels: Mapping[str, StockLevel | SourceError | None]
    simulation: Simulation | SourceError | None
    credit: Credit | SourceError | None
    terms: CommercialTerms | SourceError | None
    awaiting: Decimal

    @property
    def lines(self) -> Sequence[kept_as.CartLine]:
        """The lines of the cart."""
        return self.cart.kept.lines

    def product_of(self, line: kept_as.CartLine) -> Product | None:
        """Return a line's product, None: it is not there for the viewer, or could not be had."""
        found = self.products[line.sku]
        return found if isinstance(found, Product) else None


async def facts_of(cart: Cart, context: RequestContext) -> Facts:
    """Return what the systems say of a cart."""
    skus = list(dict.fromkeys(line.sku for line in cart.kept.lines))
    products, answers, levels, simulation, credit, terms = await asyncio.gather(
        existing(skus, context),
        quotes_of(cart.kept.lines, context),
        context.sources.stock.levels.get_many(skus, context.ask),
        simulation_of(cart, context),
        _credit_of(cart, context),
        terms_of(cart, context),
    )
    return Facts(
        cart,
        context,
        dict(zip(skus, products, strict=True)),
        answers,
        dict(zip(skus, levels, strict=True)),
        simulation,
        credit,
        terms,
        Decimal(0) if isinstance(simulation, Simulation) else await _awaiting(cart, context),
    )


async def _credit_of(cart: Cart, context: RequestContext) -> Credit | SourceError | None:
    """Return credit that may be decided on; in an outage that outlasts it, who was stopped stays so."""
    customer = cart.account.erp_number
    if customer is None:
        return None
    pricing = context.sources.pricing
    (credit,) = await pricing.credit.get_many([customer], context.ask, Use.CREDIT)
    if isinstance(credit, SourceError):
        (held,) = await pricing.holds.get_many([customer], context.ask)
        return held if isinstance(held, Credit) and held.status is CreditStatus.ON_HOLD else credit
    return credit


async def _awaiting(cart: Cart, context: RequestContext) -> Decimal:
    try:
        return sum(await context.orders.journal.open_value(cart.account.number), Decimal(0))
    except JournalUnavailable:
        return Decimal(0)
