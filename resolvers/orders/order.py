"""An order as the viewer sees it: from the ERP, or as it was captured while the ERP has not taken it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from datasources.model.captures import Capture, CaptureState
from datasources.model.common import Money, Provenance, Quantity, System, Text
from datasources.model.orders import (
    DraftLine,
    ErpOrder,
    OrderDelivery,
    OrderDraft,
    OrderOrigin,
    OrderStatus,
)
from datasources.model.orders import OrderLine as ErpLine
from resolvers.orders.quantities import unit_by_code
from resolvers.orders.totals import CartTotals

STATUS_OF = {
    CaptureState.JOURNALED: OrderStatus.CAPTURED,
    CaptureState.FORWARDING: OrderStatus.CAPTURED,
    CaptureState.NEEDS_CONFIRMATION: OrderStatus.CAPTURED,
    CaptureState.ACCEPTED: OrderStatus.CONFIRMED,
    CaptureState.REJECTED: OrderStatus.CANCELLED,
    CaptureState.CANCELLED: OrderStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class OrderLine:
    """
    A line of an order; `id_key` is unique among all lines. `name` None: the ERP keeps none.

    `unit_price` is for `per` of the unit; None: not known, or not for this viewer.
    """

    id_key: str
    key: str
    sku: str
    name: Text | None
    ordered: Quantity
    shipped: Quantity | None
    backordered: Quantity | None
    cancelled: Quantity | None
    unit_price: Money | None
    per: Decimal
    line_total: Money | None
    requested_date: date | None
    confirmed_date: date | None


@dataclass(frozen=True, slots=True)
class Order:
    """
    An order of an account (by number). `id_key` is that of its capture for ever when it came through this channel.

    `capture_id` None: it did not. `totals` None: not known, or not for this viewer.
    """

    id_key: str
    number: str | None
    account_number: str
    capture_id: str | None
    origin: OrderOrigin
    status: OrderStatus
    placed_at: datetime
    po_number: str | None
    reference: str | None
    all_lines: Sequence[OrderLine]
    ways: Sequence[OrderDelivery]
    totals: CartTotals | None
    provenance: Provenance


def of_erp(order: ErpOrder, account_number: str, *, with_money: bool) -> Order:
    """Return what the ERP keeps, as an order of this account."""
    id_key = order.idempotency_key or f"{account_number}/{order.number}"
    return Order(
        id_key=id_key,
        number=order.number,
        account_number=account_number,
        capture_id=order.idempotency_key,
        origin=order.origin,
        status=order.status,
        placed_at=order.placed_at,
        po_number=order.po_number,
        reference=order.reference,
        all_lines=[_erp_line(line, id_key, with_money=with_money) for line in order.lines],
        ways=order.deliveries,
        totals=_erp_totals(order) if with_money else None,
        provenance=order.provenance,
    )


def of_capture(capture: Capture, now: datetime, *, with_money: bool) -> Order:
    """Return a captured order as one of its account, as it was captured."""
    draft = capture.draft
    provenance = Provenance(System.CHANNEL, now, now)
    return Order(
        id_key=capture.id,
        number=capture.order_number,
        account_number=capture.account,
        capture_id=capture.id,
        origin=OrderOrigin.ONLINE,
        status=STATUS_OF[capture.state],
        placed_at=capture.captured_at,
        po_number=draft.po_number,
        reference=draft.reference,
        all_lines=[_draft_line(line, capture.id, with_money=with_money) for line in draft.lines],
        ways=[
            OrderDelivery(d.address, d.requested_date, d.split_policy, d.method, d.services, d.line_keys)
            for d in draft.deliveries
        ],
        totals=_captured_totals(capture, provenance) if with_money else None,
        provenance=provenance,
    )


def _erp_line(line: ErpLine, order_key: str, *, with_money: bool) -> OrderLine:
    return OrderLine(
        id_key=f"{order_key}/{line.key}",
        key=line.key,
        sku=line.sku,
        name=line.name,
        ordered=line.ordered,
        shipped=line.shipped,
        backordered=line.backordered,
        cancelled=line.cancelled,
        unit_price=line.unit_price if with_money else None,
        per=line.per,
        line_total=line.total if with_money else None,
        requested_date=line.requested_date,
        confirmed_date=line.confirmed_date,
    )


def _draft_line(line: DraftLine, order_key: str, *, with_money: bool) -> OrderLine:
    return OrderLine(
        id_key=f"{order_key}/{line.key}",
        key=line.key,
        sku=line.sku,
        name=None,
        ordered=Quantity(line.quantity, unit_by_code(line.unit, line.quantity)),
        shipped=None,
        backordered=None,
        cancelled=None,
        unit_price=line.unit_price if with_money else None,
        per=line.per or Decimal(1),
        line_total=total_of(line) if with_money else None,
        requested_date=line.requested_date,
        confirmed_date=None,
    )


def total_of(line: DraftLine) -> Money | None:
    """Return what a line comes to at the price that was told, None when none was."""
    if line.unit_price is None:
        return None
    return Money(line.quantity * line.unit_price.amount / (line.per or 1), line.unit_price.currency)


def _erp_totals(order: ErpOrder) -> CartTotals | None:
    if order.net is None:
        return None
    complete = None not in (order.freight, order.tax, order.gross)
    return CartTotals(order.net, order.tax, order.freight, order.gross, complete, order.provenance)


def _captured_totals(capture: Capture, provenance: Provenance) -> CartTotals | None:
    """Return the totals that the ERP promised, or in an outage the sum of what was told line by line."""
    said = capture.simulation
    if said is not None:
        complete = None not in (said.freight, said.tax, said.gross)
        return CartTotals(said.net, said.tax, said.freight, said.gross, complete, said.provenance)
    net = net_of(capture.draft)
    return None if net is None else CartTotals(net, None, None, None, False, provenance)


def net_of(draft: OrderDraft) -> Money | None:
    """Return the sum of the lines' known totals, None when none is known."""
    totals = [total for line in draft.lines if (total := total_of(line)) is not None]
    if not totals:
        return None
    return Money(sum((total.amount for total in totals), Decimal(0)), totals[0].currency)
