"""The requests of the connector contract that place orders and look for them."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from sandbox.protocol import BulkRequest
from sandbox.requests import DecimalText, Line, LinesRequest, PageSize

Moment = Annotated[dt.datetime, Meta(tz=True)]
IdempotencyKey = Annotated[str, Meta(min_length=1, max_length=200)]
Split = Literal["COMPLETE_ONLY", "ALLOW_SPLIT", "SHIP_AVAILABLE_REST_LATER"]


class DraftLine(Struct, frozen=True):
    """A line to order; `unit_price` for `per`, in `currency`, is what the buyer was told."""

    key: str
    sku: str
    quantity: DecimalText
    unit: str | None = None
    requested_date: dt.date | None = None
    note: str | None = None
    unit_price: DecimalText | None = None
    currency: str | None = None
    per: DecimalText | None = None


class DraftAddress(Struct, frozen=True):
    id: str
    lines: list[str]
    postal_code: str
    city: str
    country: str
    name: str | None = None
    delivery_note: str | None = None
    use: Literal["SHIPPING", "BILLING"] | None = None


class DraftDelivery(Struct, frozen=True):
    """Where and how some lines come; no `line_keys`: all that no other delivery names."""

    split_policy: Split
    address: DraftAddress | None = None
    requested_date: dt.date | None = None
    method: str | None = None
    services: list[str] = field(default_factory=list)
    line_keys: list[str] = field(default_factory=list)


class Draft(Struct, frozen=True):
    customer: str
    person: str
    lines: list[DraftLine]
    currency: str | None = None
    po_number: str | None = None
    reference: str | None = None
    deliveries: list[DraftDelivery] = field(default_factory=list)


class KeyedDraft(Struct, frozen=True):
    key: str
    order: Draft


class SimulateRequest(BulkRequest, frozen=True):
    orders: list[KeyedDraft]

    def keys(self) -> Sequence[KeyedDraft]:
        return self.orders


class PlaceRequest(BulkRequest, frozen=True):
    idempotency_key: IdempotencyKey
    order: Draft
    tolerance_percent: DecimalText = "0"

    def keys(self) -> Sequence[str]:
        return (self.idempotency_key,)


class PlacedRequest(BulkRequest, frozen=True):
    idempotency_keys: list[str]

    def keys(self) -> Sequence[str]:
        return self.idempotency_keys


class OrderLine(Line, frozen=True):
    customer: str
    number: str


class OrdersRequest(LinesRequest, frozen=True):
    lines: list[OrderLine]


class PageLine(Line, frozen=True):
    """A page of customers' orders, the newest first; what is empty or null does not narrow it."""

    key: str
    customers: list[str]
    first: PageSize
    after: str | None = None
    person: str | None = None
    statuses: list[str] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    po_number: str | None = None
    placed_from: Moment | None = None
    placed_to: Moment | None = None
    search: str | None = None


class OrderPagesRequest(LinesRequest, frozen=True):
    lines: list[PageLine]


class PingRequest(BulkRequest, frozen=True):
    def keys(self) -> Sequence[str]:
        return ()
