"""Single orders: by id, by number, by what captured them. What the viewer may not see is not there."""

from collections.abc import Sequence

from datasources.errors import SourceError
from datasources.model.captures import Capture, CaptureState
from datasources.model.orders import ErpOrder, OrderKey
from resolvers.access import acting_account
from resolvers.context import RequestContext
from resolvers.errors import BadInput, NotFound
from resolvers.ids import MOST_KEY_CHARACTERS, key_of, shown
from resolvers.orders.order import Order, OrderLine, of_capture, of_erp
from resolvers.orders.sight import Sight, captures_of_keys, seen_captures, sight


async def order(context: RequestContext, *, id: str | None, number: str | None) -> Order | None:
    """
    Return an order by id or by number, None when the account acted for has none of that number.

    Raises:
        BadInput: not exactly one is given. NotFound: there is none of that id. SourceError: it could not be looked up.
    """
    if (id is None) == (number is None):
        raise BadInput("order takes either id or number.")
    if id is not None:
        found = await by_key(key_of(id, "Order"), context)
        if found is None:
            raise NotFound(f"There is no Order {shown(id)}.")
        return found
    account = await acting_account(context)
    if account is None or number is None or len(number) > MOST_KEY_CHARACTERS:
        return None
    return await by_number(context, account.number, number)


async def by_key(key: str, context: RequestContext) -> Order | None:
    """Return the order of an id's key, None when there is none for this viewer."""
    account, slash, number = key.partition("/")
    if slash:
        return await by_number(context, account, number)
    captures = await captures_of_keys(context, [key])
    return (await of_captures(context, [captures.get(key)]))[0]


async def by_number(context: RequestContext, account: str, number: str) -> Order | None:
    """Return an account's order by its number in the ERP, None when there is none for this viewer."""
    seen = await sight(context, account)
    if seen is None or seen.account.erp_number is None:
        return None
    found = await context.sources.orders.orders.get(OrderKey(seen.account.erp_number, number), context.ask)
    return None if found is None else shown_order(found, seen)


def shown_order(order: ErpOrder, seen: Sight) -> Order | None:
    """Return an order of an account as the viewer sees it, None when they do not."""
    return of_erp(order, seen.account.number, with_money=seen.money) if seen.shows(order.person) else None


async def of_captures(context: RequestContext, captures: Sequence[Capture | None]) -> list[Order | None]:
    """
    Return for each capture its order: what the ERP keeps, or, while it has none or cannot be asked, what was captured.

    Raises:
        SourceError: the CRM could not be asked whose they are.
    """
    seen = await seen_captures(context, captures)
    for one in seen:
        if isinstance(one, SourceError):
            raise one.with_traceback(None)
    known = [one for one in seen if one is not None and not isinstance(one, SourceError)]
    there = await _in_erp(context, known)
    return [
        None if one is None or isinstance(one, SourceError) else _order(one[0], one[1], there, context) for one in seen
    ]


async def _in_erp(context: RequestContext, seen: Sequence[tuple[Capture, Sight]]) -> dict[OrderKey, ErpOrder]:
    keys = [_key(capture) for capture, _ in seen if capture.state is CaptureState.ACCEPTED]
    found = await context.sources.orders.orders.get_many(keys, context.ask)
    return {key: one for key, one in zip(keys, found, strict=True) if isinstance(one, ErpOrder)}


def _order(capture: Capture, seen: Sight, there: dict[OrderKey, ErpOrder], context: RequestContext) -> Order:
    taken = there.get(_key(capture))
    if taken is not None:
        return of_erp(taken, capture.account, with_money=seen.money)
    return of_capture(capture, context.clock.now(), with_money=seen.money)


def _key(capture: Capture) -> OrderKey:
    return OrderKey(capture.draft.customer, capture.order_number or "")


async def line(key: str, context: RequestContext) -> OrderLine | None:
    """Return a line of an order by its id's key, None when there is none for this viewer."""
    order_key, _, line_key = key.rpartition("/")
    found = await by_key(order_key, context) if order_key else None
    return next((one for one in found.all_lines if one.key == line_key), None) if found else None
