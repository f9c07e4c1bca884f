"""Any thing by its id, as far as it exists for the viewer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from datasources.errors import SourceError
from resolvers import catalog, customers, pricing
from resolvers.context import RequestContext
from resolvers.errors import BadInput, ClientError, LimitExceeded, NotFound
from resolvers.ids import from_id, shown
from resolvers.orders import captures, carts, find

MOST_NODES = 100


async def node(context: RequestContext, id: str) -> object:
    """
    Return the thing of this id.

    Raises:
        BadInput: it is not an id of this API. NotFound: nothing there for this viewer.
        SourceError: its system could not be asked.
    """
    kind, key = from_id(id)
    if kind not in FIND:
        raise BadInput(f"{shown(id)} is the id of a {kind[:20]}, which is not a Node.")
    found = await FIND[kind](key, context)
    if found is None:
        raise NotFound(f"There is no {kind} {shown(id)}.")
    return found


async def nodes(context: RequestContext, ids: Sequence[str]) -> list[object]:
    """Return the things of these ids in order, an error in the place of each that is not there."""
    if len(ids) > MOST_NODES:
        raise LimitExceeded(f"nodes takes at most {MOST_NODES} ids; there are {len(ids)}.")
    return list(await asyncio.gather(*(_node_or_error(context, id) for id in ids)))


async def _node_or_error(context: RequestContext, id: str) -> object:
    try:
        return await node(context, id)
    except (ClientError, SourceError) as error:
        return error


async def _category(code: str, context: RequestContext) -> object:
    return await context.sources.catalog.categories.get(code, context.ask)


async def _warehouse(code: str, context: RequestContext) -> object:
    return await context.sources.stock.warehouses.get(code, context.ask)


async def _account(number: str, context: RequestContext) -> object:
    found = (await customers.known([number], context))[0]
    if isinstance(found, SourceError):
        raise found
    return found


async def _user(person: str, context: RequestContext) -> object:
    found = await customers.viewer(context)
    return found.user if found and found.user.id == person else None


FIND: dict[str, Callable[[str, RequestContext], Awaitable[object]]] = {
    "Product": catalog.product_by_sku,
    "Category": _category,
    "Account": _account,
    "Warehouse": _warehouse,
    "Contract": pricing.contract,
    "User": _user,
    "Cart": carts.by_key,
    "CartLine": carts.line_by_key,
    "Order": find.by_key,
    "OrderLine": find.line,
    "OrderCapture": captures.by_key,
}
