"""Orders: what is sent to the ERP, what it makes of it, and what it keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from datasources.model.common import Money, Provenance, Quantity, Text
from datasources.model.customers import Address
from datasources.model.pricing import QuoteStatus


class OrderStatus(Enum):
    """Where an order stands."""

    CAPTURED = "CAPTURED"
    CONFIRMED = "CONFIRMED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    BACKORDERED = "BACKORDERED"
    ON_CREDIT_HOLD = "ON_CREDIT_HOLD"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


class OrderOrigin(Enum):
    """How an order came in."""

    ONLINE = "ONLINE"
    EDI = "EDI"
    PHONE = "PHONE"
    STORE = "STORE"
    SALES_REP = "SALES_REP"
    OTHER = "OTHER"


class SplitPolicy(Enum):
    """Whether a delivery may come in parts."""

    COMPLETE_ONLY = "COMPLETE_ONLY"
    ALLOW_SPLIT = "ALLOW_SPLIT"
    SHIP_AVAILABLE_REST_LATER = "SHIP_AVAILABLE_REST_LATER"


@dataclass(frozen=True, slots=True)
class DraftLine:
    """
    A line to order; `key` names it within its order. `unit` None: the sales unit.

    `unit_price` (for `per` of the unit) is what the buyer was told; None: no price was known, any is accepted.
    """

    key: str
    sku: str
    quantity: Decimal
    unit: str | None
    requested_date: date | None
    note: str | None
    unit_price: Money | None
    per: Decimal | None


@dataclass(frozen=True, slots=True)
class DraftDelivery:
    """Where and how some of the lines (all that no other delivery names, when `line_keys` is empty) should come."""

    address: Address | None
    requested_date: date | None
    split_policy: SplitPolicy
    method: str | None
    services: tuple[str, ...]
    line_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """
    An order as it is sent: hashable, so that it can be a key. `customer` is the ERP's number, `person` who orders.

    `currency` None: the customer's.
    """

    customer: str
    person: str
    currency: str | None
    po_number: str | None
    reference: str | None
    lines: tuple[DraftLine, ...]
    deliveries: tuple[DraftDelivery, ...]


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """What the ERP would take for a line; without prices unless PRICED. `total` is before tax."""

    key: str
    status: QuoteStatus
    unit_price: Money | None
    per: Decimal | None
    total: Money | None


@dataclass(frozen=True, slots=True)
class Objection:
    """
    Why the ERP would not take an order, or has not: `code` is its own (`CREDIT_HOLD`, `CREDIT_LIMIT`, `NOT_SOLD` ...).

    `line_key` None: the order as a whole.
    """

    code: str
    message: str
    line_key: str | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the ERP would make of an order now. `freight`, `tax`, `gross` None: it does not say before the order."""

    lines: Sequence[SimulatedLine]
    net: Money
    freight: Money | None
    tax: Money | None
    gross: Money | None
    objections: Sequence[Objection]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of an order that the ERP keeps. `name` None: it keeps none; quantities None: it does not say."""

    key: str
    sku: str
    name: Text | None
    ordered: Quantity
    shipped: Quantity | None
    backordered: Quantity | None
    cancelled: Quantity | None
    unit_price: Money | None
    per: Decimal
    total: Money | None
    requested_date: date | None
    confirmed_date: date | None


@dataclass(frozen=True, slots=True)
class OrderDelivery:
    """Where and how lines of an order come."""

    address: Address | None
    requested_date: date | None
    split_policy: SplitPolicy
    method: str | None
    services: Sequence[str]
    line_keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class ErpOrder:
    """
    An order as the ERP keeps it. `net` to `gross` None: it does not say.

    `idempotency_key` is what it was sent with (None: it did not come through this channel), `person` who ordered, as
    the channel named them (None: not known).
    """

    number: str
    customer: str
    origin: OrderOrigin
    status: OrderStatus
    placed_at: datetime
    po_number: str | None
    reference: str | None
    lines: Sequence[OrderLine]
    deliveries: Sequence[OrderDelivery]
    net: Money | None
    freight: Money | None
    tax: Money | None
    gross: Money | None
    idempotency_key: str | None
    person: str | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class OrderToPlace:
    """
    A write. `idempotency_key` is the ERP's to keep: an order sent twice with it is taken once.

    An order is not taken when a unit price is above what the line says by more than `tolerance_percent`.
    """

    idempotency_key: str
    draft: OrderDraft
    tolerance_percent: Decimal


@dataclass(frozen=True, slots=True)
class Accepted:
    """The ERP has the order."""

    order: ErpOrder


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """The ERP has not taken the order: prices are above the tolerance. `simulation` is what they are now."""

    simulation: Simulation


@dataclass(frozen=True, slots=True)
class Refused:
    """The ERP has not taken the order, and will not as it is."""

    objections: Sequence[Objection]


Placement = Accepted | PriceChanged | Refused


@dataclass(frozen=True, slots=True)
class OrderKey:
    """An order of a customer, by its number in the ERP."""

    customer: str
    number: str


@dataclass(frozen=True, slots=True)
class OrdersKey:
    """
    A page of customers' orders, the newest first. Filters None or empty: all.

    `person`: only orders of this person and such as nobody in particular placed; None: of everybody. `placed_from` and
    `placed_to` are moments: from (inclusive) and to (exclusive). `search`: part of the number, the PO number, the
    reference, or a whole SKU.
    """

    customers: tuple[str, ...]
    first: int
    after: str | None
    person: str | None
    statuses: tuple[OrderStatus, ...] = ()
    origins: tuple[OrderOrigin, ...] = ()
    po_number: str | None = None
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """Orders in their order with the ERP's cursor of each; `total` counts all pages, None: it does not say."""

    orders: Sequence[ErpOrder]
    cursors: Sequence[str]
    total: int | None
    has_next: bool
    provenance: Provenance
