"""Carts and captured orders: what Kanava's own journal keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from datasources.model.common import FreshnessStatus, Money
from datasources.model.orders import Objection, OrderDraft, Simulation, SplitPolicy


class CaptureState(Enum):
    """
    Where a captured order stands.

        JOURNALED ──claim──> FORWARDING ──> ACCEPTED | NEEDS_CONFIRMATION | REJECTED
            ^   ^                │ never sent
            │   └────────────────┘
            ├── confirm ── NEEDS_CONFIRMATION ── decline ──> CANCELLED
            ├── retry ──── REJECTED
            └── cancel (JOURNALED, NEEDS_CONFIRMATION) ────> CANCELLED

    JOURNALED: surely not in the ERP. FORWARDING: perhaps in the ERP; looked up by its key before it is sent again.
    """

    JOURNALED = "JOURNALED"
    FORWARDING = "FORWARDING"
    ACCEPTED = "ACCEPTED"
    NEEDS_CONFIRMATION = "NEEDS_CONFIRMATION"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


PENDING = (CaptureState.JOURNALED, CaptureState.FORWARDING)
"""States in which the forwarder has something to do."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """
    A line of a cart. `unit` is a packaging's or the sales unit's code; None: the sales unit.

    `seen_price` is the unit price that the account was last told of (None: none), for `seen_per` of the unit.
    """

    key: str
    sku: str
    quantity: Decimal
    unit: str | None
    seen_price: Money | None
    seen_per: Decimal | None
    requested_date: date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class CartDelivery:
    """Where and how some lines should come; `line_keys` empty: all that no other delivery names."""

    id: str
    address_id: str
    requested_date: date | None
    split_policy: SplitPolicy
    method: str | None
    services: Sequence[str]
    line_keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Cart:
    """The cart of an account (by number), the same on every device. Each change raises `revision` by one."""

    id: str
    account: str
    revision: int
    lines: Sequence[CartLine]
    deliveries: Sequence[CartDelivery]
    po_number: str | None
    reference: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """What the ERP makes other than what was captured: `field` as the schema names it; values as text."""

    line_key: str | None
    field: str
    captured: str
    erp: str


@dataclass(frozen=True, slots=True)
class NewCapture:
    """
    An order to journal. `key` is the client's idempotency key, `fingerprint` a digest of what it asked for.

    `cart_id` at `cart_revision` is emptied in the same transaction. `price_basis` is the worst freshness of the prices
    promised; `promised` the ERP's simulation that they come from, None in an outage.
    """

    account: str
    person: str
    key: str
    fingerprint: str
    cart_id: str
    cart_revision: int
    draft: OrderDraft
    tolerance_percent: Decimal
    price_basis: FreshnessStatus
    promised: Simulation | None


@dataclass(frozen=True, slots=True)
class Capture:
    """
    A captured order. `id` is a UUID in hex, and the idempotency key that the ERP is given; `sequence` rises.

    `attempts` counts how often it was sent or looked up; `faults` those that failed though the ERP answered others.
    """

    id: str
    sequence: int
    receipt_number: str
    account: str
    person: str
    state: CaptureState
    draft: OrderDraft
    tolerance_percent: Decimal
    price_basis: FreshnessStatus
    captured_at: datetime
    forwarded_at: datetime | None
    attempts: int
    faults: int
    next_attempt_at: datetime
    last_error: str | None
    objections: Sequence[Objection]
    differences: Sequence[Difference]
    simulation: Simulation | None
    order_number: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for ever. `kind` is such as `captured`, `forwarding`, `accepted`; ids rise."""

    id: int
    at: datetime
    kind: str
    capture_id: str | None
    account: str | None
    message: str
