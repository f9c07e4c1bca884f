"""Pages of orders, the newest first."""

from collections.abc import Iterable
from datetime import datetime

from sandbox.cursors import BadCursor, Mark, cursor_of, mark_of
from sandbox.order_requests import PageLine
from sandbox.protocol import Json

SORT = "PLACED"


def page_of(orders: Iterable[Json], line: PageLine) -> Json | None:
    """Return a page of what fits among the orders; None where the cursor is not one of ours."""
    try:
        after = None if line.after is None else mark_of(line.after, SORT)
    except BadCursor:
        return None
    found = sorted(((_mark(order), order) for order in orders if _fits(order, line)), key=_place, reverse=True)
    left = [one for one in found if after is None or one[0] < after]
    shown = left[: line.first]
    return {
        "key": line.key,
        "total": len(found),
        "has_next": len(left) > line.first,
        "orders": [{"cursor": cursor_of(SORT, mark), "order": order} for mark, order in shown],
    }


def _mark(order: Json) -> Mark:
    """Return where an order stands: by microsecond, and orders of one moment by number."""
    return int(_placed_at(order).timestamp() * 1_000_000), order["number"]


def _place(marked: tuple[Mark, Json]) -> Mark:
    return marked[0]


def _fits(order: Json, line: PageLine) -> bool:
    return (
        (line.person is None or order["person"] in (None, line.person))
        and (not line.statuses or order["status"] in line.statuses)
        and (not line.origins or order["origin"] in line.origins)
        and (line.po_number is None or order["po_number"] == line.po_number)
        and (line.placed_from is None or _placed_at(order) >= line.placed_from)
        and (line.placed_to is None or _placed_at(order) < line.placed_to)
        and (line.search is None or _says(order, line.search))
    )


def _says(order: Json, search: str) -> bool:
    """Return whether its number, PO number or reference has the words in it, or a line is of that article."""
    words = search.casefold()
    texts = (order["number"], order["po_number"], order["reference"])
    return any(words in text.casefold() for text in texts if text) or any(
        words == line["sku"].casefold() for line in order["lines"]
    )


def _placed_at(order: Json) -> datetime:
    return datetime.fromisoformat(order["placed_at"])
