"""What a cart comes to: as the ERP works it out, else as far as prices are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from datasources.cache.entry import Use
from datasources.errors import SourceError
from datasources.model.common import Money, Provenance, System
from datasources.model.orders import Simulation
from datasources.model.pricing import QuoteStatus
from resolvers.context import RequestContext
from resolvers.orders.carts import Cart
from resolvers.orders.drafts import draft_of, to_simulate
from resolvers.orders.prices import known_total, price_of, quotes_of
from resolvers.pricing import Answer


@dataclass(frozen=True, slots=True)
class CartTotals:
    """
    What an order comes to. `tax`, `freight`, `gross` None: not known before the order.

    `complete`: all of it is known, and every line is in it.
    """

    net: Money
    tax: Money | None
    freight: Money | None
    gross: Money | None
    complete: bool
    provenance: Provenance


async def simulation_of(cart: Cart, context: RequestContext) -> Simulation | SourceError | None:
    """
    Return what the ERP would make of a cart now, or why it could not be asked.

    None: there is nothing to ask, for the cart is empty or the ERP does not know the account. It is never older than
    what an order may rely on.
    """
    draft = draft_of(cart)
    if draft is None or not draft.lines:
        return None
    return (await context.sources.orders.simulations.get_many([to_simulate(draft)], context.ask, Use.ORDER))[0]


async def totals(cart: Cart, context: RequestContext) -> CartTotals | None:
    """Return what a cart comes to, None: nothing is known of it, it is empty, or the viewer does not see prices."""
    if not cart.money or not cart.kept.lines:
        return None
    simulation = await simulation_of(cart, context)
    if isinstance(simulation, Simulation):
        return as_simulated(simulation)
    return as_known(cart, await quotes_of(cart.kept.lines, context))


def as_simulated(said: Simulation) -> CartTotals:
    """Return the totals that the ERP works out; a line that it has no price for is in none of them."""
    priced = all(line.status is QuoteStatus.PRICED for line in said.lines)
    complete = priced and None not in (said.freight, said.tax, said.gross)
    return CartTotals(said.net, said.tax, said.freight, said.gross, complete, said.provenance)


def as_known(cart: Cart, answers: Sequence[Answer]) -> CartTotals | None:
    """Return the sum of the prices that are known, as old as the oldest of them; None when none is."""
    known = [
        (total, price_of(answer))
        for line, answer in zip(cart.kept.lines, answers, strict=True)
        if (total := known_total(line, answer)) is not None
    ]
    if not known or len({total.currency for total, _ in known}) > 1:
        return None
    net = Money(sum((total.amount for total, _ in known), Decimal(0)), known[0][0].currency)
    changed_at = cart.kept.changed_at
    told = Provenance(System.CHANNEL, changed_at, changed_at)
    oldest = min((price.provenance if price else told for _, price in known), key=lambda origin: origin.as_of)
    return CartTotals(net, None, None, None, False, oldest)
