"""What a buyer decides about an order whose prices are above what they agreed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from datasources.errors import SourceError
from datasources.journal.differences import at_prices_of
from datasources.journal.journal import IdempotencyConflict, NotPossible
from datasources.model.captures import Capture
from datasources.model.customers import Permission
from resolvers.access import standings
from resolvers.context import RequestContext
from resolvers.errors import BadInput, ClientError
from resolvers.ids import key_of, shown
from resolvers.orders.captures import OrderCapture
from resolvers.orders.order import Order
from resolvers.orders.placing import ANSWER_MARGIN_S, check_key, receipt, used_before
from resolvers.orders.sight import captures_of_keys, seen_captures
from resolvers.user_errors import ErrorCode, Refusal, UserError, refusal, told


@dataclass(frozen=True, slots=True)
class OrderCaptureConfirmPayload:
    """The capture after the decision; None where there is none for this viewer, or nothing was decided."""

    capture: OrderCapture | None = None
    order: Order | None = None
    user_errors: Sequence[UserError] = ()


async def confirm(context: RequestContext, *, capture_id: str, key: str, accept: bool) -> OrderCaptureConfirmPayload:
    """Have an order sent at the prices of now, or cancelled."""
    try:
        return await _confirm(context, capture_id, key, accept=accept)
    except Refusal as reason:
        return OrderCaptureConfirmPayload(user_errors=reason.errors)
    except IdempotencyConflict:
        return OrderCaptureConfirmPayload(user_errors=(used_before(),))
    except NotPossible as state:
        message = f"There is nothing to decide: {state}."
        return OrderCaptureConfirmPayload(user_errors=(UserError(ErrorCode.INVALID, message, ("input", "captureId")),))
    except (ClientError, SourceError) as failure:
        return OrderCaptureConfirmPayload(user_errors=(told(failure),))


async def _confirm(context: RequestContext, capture_id: str, key: str, *, accept: bool) -> OrderCaptureConfirmPayload:
    check_key(key)
    capture = await _capture(context, capture_id)
    journal, account, now = context.orders.journal, capture.account, context.clock.now()
    fingerprint = blake2b(repr((capture.id, accept)).encode(), digest_size=16).hexdigest()
    if accept:
        draft = capture.draft if capture.simulation is None else at_prices_of(capture.draft, capture.simulation)
        await journal.confirm(capture.id, draft, account, key, fingerprint, now)
        left_s = context.ask.deadline - context.clock.monotonic() - ANSWER_MARGIN_S
        await context.orders.forwarder.forward(capture.id, within_s=left_s)
    else:
        await journal.decline(capture.id, account, key, fingerprint, now)
    decided = (await journal.captures([capture.id]))[capture.id]
    return OrderCaptureConfirmPayload(*await receipt(context, decided))


async def _capture(context: RequestContext, capture_id: str) -> Capture:
    """Return a capture about which the viewer may decide. Raises Refusal; SourceError: the CRM could not be asked."""
    try:
        key = key_of(capture_id, "OrderCapture")
    except BadInput as error:
        raise refusal(ErrorCode.INVALID, str(error), "captureId") from None
    captures = await captures_of_keys(context, [key])
    (seen,) = await seen_captures(context, [captures.get(key)])
    if isinstance(seen, SourceError):
        raise seen.with_traceback(None)
    if seen is None:
        raise refusal(ErrorCode.NOT_FOUND, f"There is no OrderCapture {shown(capture_id)}.", "captureId")
    (found,) = await standings(context, [seen[0].account])
    if isinstance(found, SourceError) or found is None or not found.user.can(Permission.PLACE_ORDER):
        raise refusal(ErrorCode.FORBIDDEN, "Your roles do not allow you to order for this account.")
    return seen[0]
