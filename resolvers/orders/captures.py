"""Captured orders as the viewer sees them, and what a buyer decides about one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from datasources.errors import SourceError
from datasources.model.captures import Capture, CaptureState
from datasources.model.common import FreshnessStatus
from resolvers.batching import batched
from resolvers.context import RequestContext
from resolvers.errors import NotFound
from resolvers.ids import key_of, shown
from resolvers.orders.find import of_captures
from resolvers.orders.order import Order
from resolvers.orders.sight import Sight, captures_of_keys, seen_captures

MONEY_FIELDS = frozenset({"unitPrice", "net", "gross"})


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """What the ERP makes other than what was captured; values as text, empty for none."""

    line_key: str | None
    field: str
    captured: str
    erp: str


@dataclass(frozen=True, slots=True)
class OrderCapture:
    """A captured order, as far as the viewer may see it."""

    id_key: str
    receipt_number: str
    state: CaptureState
    captured_at: datetime
    forwarded_at: datetime | None
    attempts: int
    last_error: str | None
    price_basis: FreshnessStatus
    differences: Sequence[OrderDifference]
    capture: Capture


def shown_capture(capture: Capture, seen: Sight) -> OrderCapture:
    """Return a capture as a viewer sees it."""
    differences = [
        OrderDifference(one.line_key, one.field, one.captured, one.erp)
        for one in capture.differences
        if seen.money or one.field not in MONEY_FIELDS
    ]
    return OrderCapture(
        id_key=capture.id,
        receipt_number=capture.receipt_number,
        state=capture.state,
        captured_at=capture.captured_at,
        forwarded_at=capture.forwarded_at,
        attempts=capture.attempts,
        last_error=_last_error(capture),
        price_basis=capture.price_basis,
        differences=differences,
        capture=capture,
    )


def _last_error(capture: Capture) -> str | None:
    """Return why the ERP has not taken it: what it said, or why it could not be asked."""
    if capture.state is CaptureState.ACCEPTED:
        return None
    return " ".join(objection.message for objection in capture.objections) or capture.last_error


async def order_capture(context: RequestContext, *, id: str) -> OrderCapture:
    """
    Return a capture by its id.

    Raises:
        BadInput: it is not the id of one. NotFound: there is none for this viewer.
        SourceError: it could not be looked up.
    """
    found = await by_key(key_of(id, "OrderCapture"), context)
    if found is None:
        raise NotFound(f"There is no OrderCapture {shown(id)}.")
    return found


async def by_key(key: str, context: RequestContext) -> OrderCapture | None:
    """Return the capture of an id's key, None when there is none for this viewer."""
    captures = await captures_of_keys(context, [key])
    (found,) = await seen_captures(context, [captures.get(key)])
    if isinstance(found, SourceError):
        raise found.with_traceback(None)
    return None if found is None else shown_capture(*found)


@batched
async def order_of(captures: Sequence[OrderCapture], context: RequestContext) -> Sequence[Order | Exception | None]:
    """Return the order of each capture."""
    return await of_captures(context, [one.capture for one in captures])


@batched
async def capture_of(orders: Sequence[Order], context: RequestContext) -> Sequence[OrderCapture | Exception | None]:
    """Return what captured each order, None for one that did not come through this channel."""
    keys = [one.capture_id for one in orders if one.capture_id is not None]
    captures = await captures_of_keys(context, keys)
    found = await seen_captures(context, [captures.get(one.capture_id or "") for one in orders])
    return [one if one is None or isinstance(one, SourceError) else shown_capture(*one) for one in found]
