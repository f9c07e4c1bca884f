"""
The orders of an account: what the ERP keeps, and what was captured and has not come there yet, the newest first.

A page takes as many of either as it may need and merges them by time; its cursors say how far each has been read.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from datasources.errors import SourceError
from datasources.journal.journal import CapturePosition
from datasources.model.captures import Capture, CaptureState
from datasources.model.customers import Account, AccountsKey
from datasources.model.orders import OrdersPage
from resolvers.context import RequestContext
from resolvers.errors import LimitExceeded
from resolvers.orders.filters import OrderFilter, captures_filter, check, orders_key
from resolvers.orders.order import Order, of_capture, of_erp
from resolvers.orders.sight import Sight, sights
from resolvers.paging import Cursor, Cursors, Edge, PageInfo, bounded_first

MOST_ORDERS = 100
MOST_BELOW = 200
"""How many accounts below one can be looked into."""
ACCEPTED = (CaptureState.ACCEPTED,)
OTHERS = tuple(state for state in CaptureState if state is not CaptureState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class OrderConnection:
    """A page of orders; `complete` False: the ERP could not be asked, so that only captured orders are here."""

    edges: Sequence[Edge[Order]]
    page_info: PageInfo
    total_count: int | None
    complete: bool

    @property
    def nodes(self) -> Sequence[Order]:
        """The orders without their cursors."""
        return [edge.node for edge in self.edges]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a list has been read: the ERP's cursor, and the last captured order."""

    erp: str | None
    captured: CapturePosition | None

    def __str__(self) -> str:
        """Return it as a cursor carries it."""
        seen = f"{self.captured.captured_at.isoformat()}|{self.captured.id}" if self.captured else "|"
        return f"{seen}|{self.erp or ''}"

    @classmethod
    def at(cls, cursor: Cursor | None, cursors: Cursors) -> "Place":
        """Return the place of a cursor; the start for none. Raises BadInput: it is not a cursor of this list."""
        position = cursors.unwrap(cursor)
        if position is None:
            return cls(None, None)
        try:
            at, id, erp = position.split("|", 2)
            return cls(erp or None, CapturePosition(datetime.fromisoformat(at), id) if at else None)
        except ValueError:
            raise cursors.foreign(cursor) from None


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of orders: of these accounts (by number), as the viewer sees them, and its filter."""

    seen: dict[str, Sight]
    which: OrderFilter

    @property
    def customers(self) -> list[str]:
        """The ERP's numbers of the accounts that it knows."""
        return sorted({one.account.erp_number for one in self.seen.values() if one.account.erp_number is not None})

    @property
    def person(self) -> str | None:
        """Whose orders alone are seen, None when everybody's are."""
        return next(iter(self.seen.values())).only_person

    def account_of(self, customer: str) -> Sight:
        """Return the first of the accounts that the ERP knows by this number."""
        return next(one for one in self.seen.values() if one.account.erp_number == customer)


async def orders(
    context: RequestContext,
    account: Account,
    *,
    first: int | None,
    after: Cursor | None,
    which: OrderFilter,
    include_children: bool,
) -> OrderConnection | None:
    """
    Return a page of an account's orders, None where the viewer may not act for it.

    Raises:
        BadInput, LimitExceeded: an argument is wrong. SourceError: CRM or journal could not be asked.
    """
    first = bounded_first(first, MOST_ORDERS)
    check(which)
    context.ask.momentary = True  # what the journal says may be otherwise in a moment
    seen = await _seen(context, account, include_children=include_children)
    if account.number not in seen:
        return None
    cursors = Cursors("orders", account.number, include_children, which)
    place, listing = Place.at(after, cursors), Listing(seen, which)
    erp, captured = await asyncio.gather(
        _from_erp(context, listing, first, place), _from_journal(context, listing, first + 1, place)
    )
    if erp is None and listing.customers:
        raise cursors.foreign(after)
    known = erp if isinstance(erp, OrdersPage) else None
    found = [*_captured(context, listing, captured, known), *_taken(listing, known)]
    found.sort(key=lambda one: one.at, reverse=True)
    edges = _edges(found[:first], place, cursors)
    return OrderConnection(
        edges,
        _page_info(edges, after, more=len(found) > first or (known is not None and known.has_next)),
        await _total(context, listing, known),
        complete=known is not None or not listing.customers,
    )


async def _seen(context: RequestContext, account: Account, *, include_children: bool) -> dict[str, Sight]:
    """Return what is seen of the account and, if wanted, of those below it, by their numbers."""
    numbers = [account.number, *(await _below(context, account.number) if include_children else ())]
    found: dict[str, Sight] = {}
    for number, one in zip(numbers, await sights(context, numbers), strict=True):
        if isinstance(one, SourceError):
            raise one.with_traceback(None)
        if one is not None:
            found[number] = one
    return found


async def _below(context: RequestContext, number: str) -> list[str]:
    """Return the numbers of the accounts below one, level by level, as far as the viewer knows of them."""
    person = context.caller.person if context.caller else ""
    found: list[str] = []
    level = [number] if context.caller else []
    while level:
        keys = [AccountsKey(person, parent, MOST_ORDERS, None) for parent in level]
        pages = await context.sources.customers.pages.get_many(keys, context.ask)
        level = []
        for page in pages:
            if isinstance(page, SourceError):
                raise page.with_traceback(None)
            level += page.numbers if page is not None else ()
            if (page is not None and page.has_next) or len(found) + len(level) > MOST_BELOW:
                raise LimitExceeded(f"includeChildren reaches at most {MOST_BELOW} accounts, {MOST_ORDERS} below each.")
        found += level
    return found


async def _from_erp(
    context: RequestContext, listing: Listing, first: int, place: Place
) -> OrdersPage | SourceError | None:
    """Return the ERP's part of a page, None when the cursor is not one of its, or it knows none of the accounts."""
    customers = listing.customers
    if not customers:
        return None
    key = orders_key(listing.which, customers, person=listing.person, first=first, after=place.erp)
    return (await context.sources.orders.pages.get_many([key], context.ask))[0]


async def _from_journal(context: RequestContext, listing: Listing, first: int, place: Place) -> list[Capture]:
    """Return captured orders: as many as may be needed of those that the ERP has not, and of those that it has."""
    accounts = list(listing.seen)
    found: list[Capture] = []
    for states in (OTHERS, ACCEPTED):
        wanted = captures_filter(listing.which, accounts, person=listing.person, states=states)
        if wanted is not None:
            found += await context.orders.journal.list_captures(wanted, first=first, after=place.captured)
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """An order, its moment in the list, and the place in its own part of it."""

    at: datetime
    order: Order
    erp: str | None = None
    captured: CapturePosition | None = None


def _captured(
    context: RequestContext, listing: Listing, captures: Sequence[Capture], page: OrdersPage | None
) -> list[Found]:
    there = {order.idempotency_key for order in page.orders} if page else set()
    now = context.clock.now()
    return [
        Found(
            one.captured_at,
            of_capture(one, now, with_money=listing.seen[one.account].money),
            captured=CapturePosition(one.captured_at, one.id),
        )
        for one in captures
        if one.id not in there and not _is_in(page, one)
    ]


def _is_in(page: OrdersPage | None, capture: Capture) -> bool:
    """Return whether the ERP's pages show the order: it had it already when it gave this one."""
    taken_at = capture.forwarded_at if capture.state is CaptureState.ACCEPTED else None
    return page is not None and taken_at is not None and taken_at < page.provenance.as_of


def _taken(listing: Listing, page: OrdersPage | None) -> list[Found]:
    if page is None:
        return []
    found = []
    for order, cursor in zip(page.orders, page.cursors, strict=True):
        seen = listing.account_of(order.customer)
        shown = of_erp(order, seen.account.number, with_money=seen.money)
        found.append(Found(order.placed_at, shown, erp=cursor))
    return found


def _edges(found: Sequence[Found], place: Place, cursors: Cursors) -> list[Edge[Order]]:
    edges = []
    for one in found:
        place = Place(one.erp or place.erp, one.captured or place.captured)
        edges.append(Edge(cursors.wrap(str(place)), one.order))
    return edges


def _page_info(edges: Sequence[Edge[Order]], after: Cursor | None, *, more: bool) -> PageInfo:
    start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
    return PageInfo(more, after is not None, start, end)


async def _total(context: RequestContext, listing: Listing, page: OrdersPage | None) -> int | None:
    """Return how many orders there are on all pages, None when the ERP does not say."""
    if listing.customers and (page is None or page.total is None):
        return None
    wanted = captures_filter(listing.which, list(listing.seen), person=listing.person, states=OTHERS)
    waiting = 0 if wanted is None else await context.orders.journal.count_captures(wanted)
    return waiting + ((page.total or 0) if page else 0)
