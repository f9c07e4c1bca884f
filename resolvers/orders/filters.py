"""Which orders of a list are wanted, in the words of the ERP and of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from datasources.journal.journal import CaptureFilter
from datasources.model.captures import CaptureState
from datasources.model.orders import OrderOrigin, OrdersKey, OrderStatus
from resolvers.errors import BadInput, LimitExceeded
from resolvers.orders.order import STATUS_OF

MOST_FILTER_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders: empty or None means all. Days are the channel's (UTC), both included."""

    statuses: tuple[OrderStatus, ...] = ()
    origins: tuple[OrderOrigin, ...] = ()
    po_number: str | None = None
    placed_from: date | None = None
    placed_to: date | None = None
    search: str | None = None


def check(which: OrderFilter) -> None:
    """Raise LimitExceeded or BadInput for a filter that cannot be meant."""
    for name, text in (("poNumber", which.po_number), ("search", which.search)):
        if text is not None and not text.isprintable():
            raise BadInput(f"{name} must be printable.")
        if text is not None and len(text) > MOST_FILTER_CHARACTERS:
            raise LimitExceeded(f"{name} may have at most {MOST_FILTER_CHARACTERS} characters; it has {len(text)}.")
    if which.placed_from and which.placed_to and which.placed_from > which.placed_to:
        raise BadInput(f"placedFrom ({which.placed_from}) is after placedTo ({which.placed_to}).")


def orders_key(
    which: OrderFilter, customers: Sequence[str], *, person: str | None, first: int, after: str | None
) -> OrdersKey:
    """Return the question for a page of the ERP's."""
    return OrdersKey(
        tuple(customers),
        first,
        after,
        person,
        which.statuses,
        which.origins,
        which.po_number,
        _start_of(which.placed_from),
        _end_of(which.placed_to),
        which.search,
    )


def captures_filter(
    which: OrderFilter, accounts: Sequence[str], *, person: str | None, states: Sequence[CaptureState]
) -> CaptureFilter | None:
    """Return the question for captured orders that may be in any of these states, None when there can be none."""
    wanted = [state for state in states if not which.statuses or STATUS_OF[state] in which.statuses]
    if not wanted or (which.origins and OrderOrigin.ONLINE not in which.origins):
        return None
    return CaptureFilter(
        accounts=accounts,
        person=person,
        states=wanted,
        po_number=which.po_number,
        captured_from=_start_of(which.placed_from),
        captured_to=_end_of(which.placed_to),
        search=which.search,
    )


def _start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _end_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)
