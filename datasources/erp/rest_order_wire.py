"""Orders as the open connector contract writes them (`docs/connect/erp.yaml`)."""

from datetime import date
from typing import Literal

import msgspec

from datasources.model.orders import OrderOrigin, OrderStatus, SplitPolicy
from datasources.model.pricing import QuoteStatus
from datasources.wire import Answer, WireAddress, WireDecimal, WireText, WireTime


class WireDraftLine(msgspec.Struct):
    key: str
    sku: str
    quantity: WireDecimal
    unit: str | None
    requested_date: date | None
    note: str | None
    unit_price: WireDecimal | None
    currency: str | None
    per: WireDecimal | None


class WireDraftAddress(msgspec.Struct):
    id: str
    use: str | None
    name: str | None
    lines: list[str]
    postal_code: str
    city: str
    country: str
    delivery_note: str | None


class WireDraftDelivery(msgspec.Struct):
    address: WireDraftAddress | None
    requested_date: date | None
    split_policy: SplitPolicy
    method: str | None
    services: list[str]
    line_keys: list[str]


class WireDraft(msgspec.Struct):
    customer: str
    person: str
    currency: str | None
    po_number: str | None
    reference: str | None
    lines: list[WireDraftLine]
    deliveries: list[WireDraftDelivery]


class WireKeyedDraft(msgspec.Struct):
    key: str
    order: WireDraft


class WirePlace(msgspec.Struct):
    idempotency_key: str
    tolerance_percent: WireDecimal
    order: WireDraft


class WireOrdersLine(msgspec.Struct):
    key: str
    customers: list[str]
    first: int
    after: str | None
    person: str | None
    statuses: list[OrderStatus]
    origins: list[OrderOrigin]
    po_number: str | None
    placed_from: WireTime | None
    placed_to: WireTime | None
    search: str | None


class WireSimulatedLine(msgspec.Struct):
    key: str
    status: QuoteStatus
    unit_price: WireDecimal | None = None
    per: WireDecimal | None = None
    total: WireDecimal | None = None


class WireObjection(msgspec.Struct):
    code: str
    message: str
    line_key: str | None = None


class WireSimulation(msgspec.Struct):
    currency: str
    lines: list[WireSimulatedLine]
    net: WireDecimal
    freight: WireDecimal | None = None
    tax: WireDecimal | None = None
    gross: WireDecimal | None = None
    objections: list[WireObjection] = []


class WireKeyedSimulation(msgspec.Struct):
    key: str
    simulation: WireSimulation


class SimulationList(Answer, kw_only=True):
    simulations: list[WireKeyedSimulation]


class WireOrderLine(msgspec.Struct):
    key: str
    sku: str
    unit: msgspec.Raw
    ordered: WireDecimal
    per: WireDecimal
    name: WireText | None = None
    shipped: WireDecimal | None = None
    backordered: WireDecimal | None = None
    cancelled: WireDecimal | None = None
    unit_price: WireDecimal | None = None
    total: WireDecimal | None = None
    requested_date: date | None = None
    confirmed_date: date | None = None


class WireOrderDelivery(msgspec.Struct):
    address: WireAddress | None = None
    requested_date: date | None = None
    split_policy: SplitPolicy = SplitPolicy.ALLOW_SPLIT
    method: str | None = None
    services: list[str] = []
    line_keys: list[str] = []


class WireOrder(msgspec.Struct):
    number: str
    customer: str
    origin: OrderOrigin
    status: OrderStatus
    placed_at: WireTime
    currency: str
    lines: list[WireOrderLine]
    deliveries: list[WireOrderDelivery] = []
    po_number: str | None = None
    reference: str | None = None
    net: WireDecimal | None = None
    freight: WireDecimal | None = None
    tax: WireDecimal | None = None
    gross: WireDecimal | None = None
    idempotency_key: str | None = None
    person: str | None = None


class WirePlacement(Answer, kw_only=True):
    outcome: Literal["ACCEPTED", "PRICE_CHANGED", "REFUSED"]
    order: WireOrder | None = None
    simulation: WireSimulation | None = None
    objections: list[WireObjection] | None = None


class WirePlaced(msgspec.Struct):
    idempotency_key: str
    order: WireOrder


class PlacedList(Answer, kw_only=True):
    placed: list[WirePlaced]


class OrderList(Answer, kw_only=True):
    orders: list[WireOrder]


class WireFound(msgspec.Struct):
    cursor: str
    order: WireOrder


class WirePage(msgspec.Struct):
    key: str
    orders: list[WireFound]
    has_next: bool
    total: int | None = None


class PageList(Answer, kw_only=True):
    pages: list[WirePage]


class Pong(Answer, kw_only=True):
    takes_orders: bool
