"""
Placing an order: what stands in its way is said first; else it is journaled, and only then sent to the ERP.

The buyer agrees to the prices that the cart has as seen, within the tolerance given. The ERP is asked what it would
make of the order now. While it cannot be asked, what is known of it last decides, and it has the last word when it is
back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from hashlib import blake2b

from datasources.errors import SourceError
from datasources.journal.journal import IdempotencyConflict, StaleRevision
from datasources.model.captures import Capture, NewCapture
from datasources.model.common import FreshnessStatus, Money
from datasources.model.orders import OrderDraft, Simulation
from resolvers.context import RequestContext
from resolvers.errors import ClientError
from resolvers.orders.captures import OrderCapture, shown_capture
from resolvers.orders.carts import Which, changeable, stale
from resolvers.orders.checks import checked_text
from resolvers.orders.drafts import draft_of
from resolvers.orders.find import of_captures
from resolvers.orders.issues import in_order
from resolvers.orders.issues.facts import Facts, facts_of
from resolvers.orders.issues.kinds import CartIssue, Severity
from resolvers.orders.issues.of_prices import MOST_DECIMALS
from resolvers.orders.order import Order
from resolvers.orders.prices import price_of
from resolvers.orders.references import MOST_PO_NUMBER_CHARACTERS
from resolvers.orders.sight import seen_captures
from resolvers.pricing import Answer
from resolvers.status import freshness_of
from resolvers.user_errors import ErrorCode, Refusal, UserError, refusal, told

MOST_KEY_CHARACTERS = 100
MOST_TOLERANCE = Decimal(100)
ANSWER_MARGIN_S = 0.2
"""How long before the request's deadline the answer is begun, whether the ERP has the order or not."""
CODES = {
    "QUANTITY_RULE": ErrorCode.QUANTITY_RULE,
    "UNKNOWN_UNIT": ErrorCode.QUANTITY_RULE,
    "NOT_IN_ASSORTMENT": ErrorCode.NOT_IN_ASSORTMENT,
    "DISCONTINUED": ErrorCode.OUT_OF_STOCK,
    "CREDIT_HOLD": ErrorCode.CREDIT_BLOCKED,
    "CREDIT_LIMIT": ErrorCode.CREDIT_BLOCKED,
}
WORST_FIRST = (FreshnessStatus.STALE, FreshnessStatus.CACHED, FreshnessStatus.LIVE)


class OutagePolicy(Enum):
    """What to do with an order while the ERP does not answer."""

    CAPTURE = "CAPTURE"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class Placing:
    """What a buyer sends to place the order in a cart."""

    which: Which
    key: str
    po_number: str | None
    tolerance_percent: Decimal
    on_outage: OutagePolicy
    dry_run: bool

    @property
    def fingerprint(self) -> str:
        """A digest of what is asked for: the same key may not stand for anything else."""
        asked = (self.which, self.po_number, self.tolerance_percent.normalize(), self.on_outage)
        return blake2b(repr(asked).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class OrderPlacePayload:
    """The receipt, and the order; None where none was taken: then the errors say why."""

    capture: OrderCapture | None = None
    order: Order | None = None
    issues: Sequence[CartIssue] = ()
    user_errors: Sequence[UserError] = ()


async def place(context: RequestContext, asked: Placing) -> OrderPlacePayload:
    """Place the order in a cart."""
    try:
        return await _place(context, asked)
    except Refusal as reason:
        return OrderPlacePayload(user_errors=reason.errors)
    except IdempotencyConflict:
        return OrderPlacePayload(user_errors=(used_before(),))
    except StaleRevision as changed:
        return OrderPlacePayload(user_errors=(stale(changed.current),))
    except (ClientError, SourceError) as failure:
        return OrderPlacePayload(user_errors=(told(failure),))


async def _place(context: RequestContext, asked: Placing) -> OrderPlacePayload:
    check_key(asked.key)
    _check_tolerance(asked.tolerance_percent)
    po_number = checked_text(asked.po_number, MOST_PO_NUMBER_CHARACTERS, "poNumber")
    cart = await changeable(context, asked.which.cart_id)
    # after the cart was read: if another request with this key has emptied it since, its capture is found
    earlier = await context.orders.journal.earlier(cart.account.number, asked.key, asked.fingerprint)
    if earlier is not None:
        return await _placed(context, earlier, ())
    if asked.which.revision != cart.revision:
        raise Refusal(stale(cart.revision))
    if not cart.kept.lines:
        raise refusal(ErrorCode.INVALID, "The cart is empty.", "cartId")
    if po_number is not None:
        cart = replace(cart, kept=replace(cart.kept, po_number=po_number))
    facts = await facts_of(cart, context)
    issues = in_order(facts)
    errors = [*_blocking(issues), *_prices(facts, asked.tolerance_percent), *_outage(facts, asked)]
    if errors or asked.dry_run:
        return OrderPlacePayload(issues=issues, user_errors=errors)
    capture = await context.orders.journal.capture(_new(facts, asked), context.clock.now())
    left_s = context.ask.deadline - context.clock.monotonic() - ANSWER_MARGIN_S
    await context.orders.forwarder.forward(capture.id, within_s=left_s)
    return await _placed(context, capture, issues)


def check_key(key: str) -> None:
    """Raise Refusal for an idempotency key that cannot be kept."""
    if not 0 < len(key) <= MOST_KEY_CHARACTERS or not key.isprintable():
        message = f"idempotencyKey is 1 to {MOST_KEY_CHARACTERS} printable characters, such as a UUID."
        raise refusal(ErrorCode.INVALID, message, "idempotencyKey")


def used_before() -> UserError:
    """Return what is told to who sends a key that stands for something else."""
    message = "This idempotencyKey was used before, for something else: send another one."
    return UserError(ErrorCode.IDEMPOTENCY_CONFLICT, message, ("input", "idempotencyKey"))


def _check_tolerance(percent: Decimal) -> None:
    if not 0 <= percent <= MOST_TOLERANCE:
        message = f"percent is 0 to {MOST_TOLERANCE}; it is {percent:f}."
        raise refusal(ErrorCode.INVALID, message, "priceTolerance", "percent")


def _blocking(issues: Sequence[CartIssue]) -> list[UserError]:
    return [
        UserError(CODES.get(issue.code, ErrorCode.INVALID), issue.message, line_key=issue.line_key)
        for issue in issues
        if issue.severity is Severity.BLOCKING
    ]


def _prices(facts: Facts, percent: Decimal) -> list[UserError]:
    """Return an error for each line whose price is above what the buyer agrees to."""
    simulated = _simulated(facts)
    errors = []
    for line, answer in zip(facts.lines, facts.answers, strict=True):
        now = simulated.get(line.key) or _answered(answer)
        if now is None or line.seen_price is None:
            continue
        agreed = line.seen_price.amount * now.per / (line.seen_per or 1)
        if now.price.amount > agreed * (1 + percent / 100) or now.price.currency != line.seen_price.currency:
            message = (
                f"The price of {line.sku} is {now.price.amount:f} {now.price.currency} now; it was "
                f"{round(agreed, MOST_DECIMALS):f} {line.seen_price.currency} when it was last seen. Reprice the cart, "
                "or raise the tolerance."
            )
            errors.append(UserError(ErrorCode.PRICE_CHANGED, message, line_key=line.key, retryable=True))
    return errors


@dataclass(frozen=True, slots=True)
class PriceNow:
    """What so many cost now."""

    price: Money
    per: Decimal


def _simulated(facts: Facts) -> dict[str, PriceNow]:
    """Return by line what the ERP would take now, which is newer than what is remembered of its prices."""
    lines = facts.simulation.lines if isinstance(facts.simulation, Simulation) else ()
    return {
        line.key: PriceNow(line.unit_price, line.per or Decimal(1)) for line in lines if line.unit_price is not None
    }


def _answered(answer: Answer) -> PriceNow | None:
    price = price_of(answer)
    return None if price is None else PriceNow(price.unit_price, price.per.value)


def _outage(facts: Facts, asked: Placing) -> list[UserError]:
    if asked.on_outage is OutagePolicy.REJECT and isinstance(facts.simulation, SourceError):
        return [told(facts.simulation)]
    return []


def _new(facts: Facts, asked: Placing) -> NewCapture:
    cart, simulation = facts.cart, facts.simulation
    draft = draft_of(cart)
    assert draft is not None  # an account that the ERP does not know is an issue that blocks
    return NewCapture(
        account=cart.account.number,
        person=cart.user.id,
        key=asked.key,
        fingerprint=asked.fingerprint,
        cart_id=cart.kept.id,
        cart_revision=cart.revision,
        draft=_with_units_and_prices(draft, facts),
        tolerance_percent=asked.tolerance_percent,
        price_basis=_basis(facts),
        promised=simulation if isinstance(simulation, Simulation) else None,
    )


def _with_units_and_prices(draft: OrderDraft, facts: Facts) -> OrderDraft:
    """Return the draft as it is kept: with the unit of every line, and for prices not seen yet those known now."""
    simulated = _simulated(facts)
    lines = []
    for drafted, line, answer in zip(draft.lines, facts.lines, facts.answers, strict=True):
        product, now = facts.product_of(line), simulated.get(line.key) or _answered(answer)
        kept = replace(drafted, unit=drafted.unit or (product.unit.code if product is not None else None))
        if kept.unit_price is None and now is not None:
            kept = replace(kept, unit_price=now.price, per=now.per)
        lines.append(kept)
    return replace(draft, lines=tuple(lines))


def _basis(facts: Facts) -> FreshnessStatus:
    """Return the worst freshness of the prices that the order is placed at; an unknown one is no better than stale."""
    if isinstance(facts.simulation, Simulation):
        return freshness_of(facts.simulation.provenance, facts.context).status
    prices = [price_of(answer) for answer in facts.answers]
    found = {
        FreshnessStatus.STALE if price is None else freshness_of(price.provenance, facts.context).status
        for price in prices
    }
    return min(found, key=WORST_FIRST.index)


async def _placed(context: RequestContext, capture: Capture, issues: Sequence[CartIssue]) -> OrderPlacePayload:
    """Return the receipt of a capture as it is now, and its order."""
    now = (await context.orders.journal.captures([capture.id])).get(capture.id, capture)
    shown, order = await receipt(context, now)
    return OrderPlacePayload(shown, order, issues)


async def receipt(context: RequestContext, capture: Capture) -> tuple[OrderCapture, Order | None]:
    """
    Return a capture and its order as the viewer sees them.

    Raises:
        Refusal: it is somebody else's, who used the same key. SourceError: whose it is could not be looked up.
    """
    (seen,) = await seen_captures(context, [capture])
    if isinstance(seen, SourceError):
        raise seen.with_traceback(None)
    if seen is None:
        raise Refusal(used_before())
    return shown_capture(*seen), (await of_captures(context, [capture]))[0]
