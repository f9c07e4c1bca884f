"""Orders of the open connector contract from and to domain values."""

from collections.abc import Iterable

from datasources.erp.rest_order_wire import (
    WireDraft,
    WireDraftAddress,
    WireDraftDelivery,
    WireDraftLine,
    WireObjection,
    WireOrder,
    WireOrderDelivery,
    WireOrderLine,
    WireOrdersLine,
    WireSimulatedLine,
    WireSimulation,
)
from datasources.model.common import Money, Provenance, Quantity, Unit
from datasources.model.customers import Address
from datasources.model.orders import (
    DraftDelivery,
    DraftLine,
    ErpOrder,
    Objection,
    OrderDelivery,
    OrderDraft,
    OrderLine,
    OrdersKey,
    SimulatedLine,
    Simulation,
)
from datasources.model.pricing import QuoteStatus
from datasources.wire import WireDecimal, address, decimal, money, optional_decimal, optional_text, unit


def wire_draft(draft: OrderDraft) -> WireDraft:
    """Return an order as it is sent."""
    return WireDraft(
        customer=draft.customer,
        person=draft.person,
        currency=draft.currency,
        po_number=draft.po_number,
        reference=draft.reference,
        lines=[_draft_line(line) for line in draft.lines],
        deliveries=[_draft_delivery(delivery) for delivery in draft.deliveries],
    )


def orders_line(place: str, key: OrdersKey) -> WireOrdersLine:
    """Return a question for a page, which is told from others by its place."""
    return WireOrdersLine(
        key=place,
        customers=list(key.customers),
        first=key.first,
        after=key.after,
        person=key.person,
        statuses=list(key.statuses),
        origins=list(key.origins),
        po_number=key.po_number,
        placed_from=key.placed_from,
        placed_to=key.placed_to,
        search=key.search,
    )


def simulation_of(said: WireSimulation, draft: OrderDraft, provenance: Provenance) -> Simulation:
    """Return what an ERP says of the draft."""
    lines = [_simulated(line, said.currency) for line in said.lines]
    if not {line.key for line in lines} <= {line.key for line in draft.lines}:
        raise ValueError("a line that is none of the order's")
    return Simulation(
        lines=lines,
        net=Money(decimal(said.net), said.currency),
        freight=money(said.freight, said.currency),
        tax=money(said.tax, said.currency),
        gross=money(said.gross, said.currency),
        objections=objections_of(said.objections),
        provenance=provenance,
    )


def order_of(said: WireOrder, provenance: Provenance, *, key: str | None = None) -> ErpOrder:
    """Return an order; `key` is what it was asked for by, when that was an idempotency key."""
    if key is not None and said.idempotency_key not in (None, key):
        raise ValueError("the order was taken with another idempotency key")
    return ErpOrder(
        number=said.number,
        customer=said.customer,
        origin=said.origin,
        status=said.status,
        placed_at=said.placed_at,
        po_number=said.po_number,
        reference=said.reference,
        lines=[_line(line, said.currency) for line in said.lines],
        deliveries=[_delivery(delivery) for delivery in said.deliveries],
        net=money(said.net, said.currency),
        freight=money(said.freight, said.currency),
        tax=money(said.tax, said.currency),
        gross=money(said.gross, said.currency),
        idempotency_key=key or said.idempotency_key,
        person=said.person,
        provenance=provenance,
    )


def objections_of(said: Iterable[WireObjection]) -> list[Objection]:
    """Return an ERP's objections."""
    return [Objection(one.code, one.message, one.line_key) for one in said]


def _draft_line(line: DraftLine) -> WireDraftLine:
    price = line.unit_price
    return WireDraftLine(
        key=line.key,
        sku=line.sku,
        quantity=format(line.quantity, "f"),
        unit=line.unit,
        requested_date=line.requested_date,
        note=line.note,
        unit_price=None if price is None else format(price.amount, "f"),
        currency=None if price is None else price.currency,
        per=None if line.per is None else format(line.per, "f"),
    )


def _draft_delivery(delivery: DraftDelivery) -> WireDraftDelivery:
    return WireDraftDelivery(
        address=None if delivery.address is None else _draft_address(delivery.address),
        requested_date=delivery.requested_date,
        split_policy=delivery.split_policy,
        method=delivery.method,
        services=list(delivery.services),
        line_keys=list(delivery.line_keys),
    )


def _draft_address(place: Address) -> WireDraftAddress:
    return WireDraftAddress(
        id=place.id,
        use=None if place.use is None else place.use.value,
        name=place.name,
        lines=list(place.lines),
        postal_code=place.postal_code,
        city=place.city,
        country=place.country,
        delivery_note=place.delivery_note,
    )


def _simulated(said: WireSimulatedLine, currency: str) -> SimulatedLine:
    if said.status is not QuoteStatus.PRICED:
        return SimulatedLine(said.key, said.status, None, None, None)
    if said.unit_price is None or said.per is None or said.total is None:
        raise ValueError(f"line {said.key} is priced but has no unit_price, per or total")
    unit_price, total = (Money(decimal(amount), currency) for amount in (said.unit_price, said.total))
    return SimulatedLine(said.key, said.status, unit_price, decimal(said.per), total)


def _line(said: WireOrderLine, currency: str) -> OrderLine:
    of = unit(said.unit)
    return OrderLine(
        key=said.key,
        sku=said.sku,
        name=optional_text(said.name),
        ordered=Quantity(decimal(said.ordered), of),
        shipped=_quantity(said.shipped, of),
        backordered=_quantity(said.backordered, of),
        cancelled=_quantity(said.cancelled, of),
        unit_price=money(said.unit_price, currency),
        per=decimal(said.per),
        total=money(said.total, currency),
        requested_date=said.requested_date,
        confirmed_date=said.confirmed_date,
    )


def _quantity(said: WireDecimal | None, of: Unit) -> Quantity | None:
    value = optional_decimal(said)
    return None if value is None else Quantity(value, of)


def _delivery(said: WireOrderDelivery) -> OrderDelivery:
    return OrderDelivery(
        address=None if said.address is None else address(said.address),
        requested_date=said.requested_date,
        split_policy=said.split_policy,
        method=said.method,
        services=said.services,
        line_keys=said.line_keys,
    )
