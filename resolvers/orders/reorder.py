"""Ordering again: the lines of an earlier order into the cart."""

from collections.abc import Sequence
from dataclasses import replace

from datasources.errors import SourceError
from resolvers.context import RequestContext
from resolvers.errors import BadInput, ClientError
from resolvers.ids import key_of, shown
from resolvers.orders import find
from resolvers.orders.carts import CartPayload, LineResult, Which
from resolvers.orders.lines import NewLine, add
from resolvers.orders.order import Order, OrderLine
from resolvers.user_errors import ErrorCode, Refusal, UserError, refusal, told


async def add_from_order(context: RequestContext, order_id: str, line_ids: Sequence[str] | None) -> CartPayload:
    """Add lines of an order (None: all) to the cart of the account acted for; what superseded one takes its place."""
    try:
        order = await _order(context, order_id)
        lines = order.all_lines if line_ids is None else _chosen(order, line_ids)
    except Refusal as reason:
        return CartPayload(None, (), reason.errors)
    except (ClientError, SourceError) as failure:
        return CartPayload(None, (), (told(failure),))
    payload = await add(context, Which(), [_again(line) for line in lines])
    results = [_placed(result, at if line_ids is not None else None) for at, result in enumerate(payload.results)]
    errors = [_without_lines(error) for error in payload.user_errors]
    return replace(payload, results=results, user_errors=errors)


def _placed(result: LineResult, at: int | None) -> LineResult:
    """Return a result whose errors say which of the line ids they are about, if any were sent."""
    where = None if at is None else ("input", "lineIds", str(at))
    return replace(result, user_errors=[replace(error, path=where) for error in result.user_errors])


def _without_lines(error: UserError) -> UserError:
    return replace(error, path=None) if error.code is ErrorCode.LIMIT_EXCEEDED else error


async def _order(context: RequestContext, order_id: str) -> Order:
    try:
        key = key_of(order_id, "Order")
    except BadInput as error:
        raise refusal(ErrorCode.INVALID, str(error), "orderId") from None
    found = await find.by_key(key, context)
    if found is None:
        raise refusal(ErrorCode.NOT_FOUND, f"There is no Order {shown(order_id)}.", "orderId")
    return found


def _chosen(order: Order, line_ids: Sequence[str]) -> list[OrderLine]:
    by_key = {line.id_key: line for line in order.all_lines}
    return [_line(by_key, line_id, at) for at, line_id in enumerate(line_ids)]


def _line(by_key: dict[str, OrderLine], line_id: str, at: int) -> OrderLine:
    where = "lineIds", str(at)
    try:
        key = key_of(line_id, "OrderLine")
    except BadInput as error:
        raise refusal(ErrorCode.INVALID, str(error), *where) from None
    if key not in by_key:
        raise refusal(ErrorCode.NOT_FOUND, f"The order has no line {shown(line_id)}.", *where)
    return by_key[key]


def _again(line: OrderLine) -> NewLine:
    # an order that was captured without a unit was for the sales unit
    return NewLine(line.sku, line.ordered.value, line.ordered.unit.code or None)
