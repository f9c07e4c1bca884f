"""An order as it would be sent: made of a cart."""

from dataclasses import replace

from datasources.model import captures as kept_as
from datasources.model.customers import Account
from datasources.model.orders import DraftDelivery, DraftLine, OrderDraft
from resolvers.orders.carts import Cart


def draft_of(cart: Cart) -> OrderDraft | None:
    """
    Return the order that a cart makes, None when the ERP does not know its account.

    A delivery to an address that the account does not have any more goes without one: see the cart's issues.
    """
    customer = cart.account.erp_number
    if customer is None:
        return None
    return OrderDraft(
        customer=customer,
        person=cart.user.id,
        currency=cart.account.currency,
        po_number=cart.po_number,
        reference=cart.reference,
        lines=tuple(_line(line) for line in cart.kept.lines),
        deliveries=tuple(_delivery(delivery, cart.account) for delivery in cart.kept.deliveries),
    )


def to_simulate(draft: OrderDraft) -> OrderDraft:
    """Return as much of a draft as the ERP's answer to a simulation depends on, so that it is asked no more often."""
    lines = tuple(replace(line, note=None, unit_price=None, per=None) for line in draft.lines)
    return replace(draft, reference=None, lines=lines)


def _line(line: kept_as.CartLine) -> DraftLine:
    return DraftLine(
        line.key,
        line.sku,
        line.quantity,
        line.unit,
        line.requested_date,
        line.note,
        line.seen_price,
        line.seen_per,
    )


def _delivery(delivery: kept_as.CartDelivery, account: Account) -> DraftDelivery:
    return DraftDelivery(
        next((address for address in account.addresses if address.id == delivery.address_id), None),
        delivery.requested_date,
        delivery.split_policy,
        delivery.method,
        tuple(delivery.services),
        tuple(delivery.line_keys),
    )
