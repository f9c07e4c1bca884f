"""`kanava captures`, `kanava events` and `kanava migrate`: what operators see of the journal, and do about it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar

from app.doctor.report import printable
from app.settings import Settings
from app.tables import NOTHING, aligned, moment
from datasources.journal import database
from datasources.journal.address import SqliteAddress, parse_address
from datasources.journal.captures import SHORTEST_ID
from datasources.journal.journal import CaptureFilter, Journal, JournalUnavailable, NotPossible
from datasources.journal.versions import WrongVersion
from datasources.model.captures import PENDING, Capture, CaptureState, Difference, Event
from datasources.model.orders import DraftLine, Objection

T = TypeVar("T")
MOST_EVENTS = 1000
NONE = "There are none."
LIST = ("Receipt", "State", "Account", "Captured", "Lines", "Order", "Attempts", "Last error")
EVENTS = ("Event", "At", "What", "Capture", "Account", "Message")


class Wish(Enum):
    """What an operator does with one capture."""

    SHOW = "show"
    RETRY = "retry"
    CANCEL = "cancel"


class Problem(Exception):
    """Why nothing was done, in a line."""


def listed(settings: Settings, *, states: Sequence[CaptureState], account: str | None, most: int) -> str:
    """Return captures, the newest first, a line each."""

    async def ask(journal: Journal) -> str:
        accounts = None if account is None else [account]
        found = await journal.list_captures(CaptureFilter(accounts=accounts, states=states), first=most)
        return aligned([LIST, *map(_row, found)]) if found else NONE

    return _with_journal(settings, ask)


def done(settings: Settings, wish: Wish, name: str) -> str:
    """
    Do it with the capture of this receipt number, id or number in the ERP, and return how it is then.

    Raises:
        Problem: there is none, or it cannot be done with it.
    """

    async def work(journal: Journal) -> str:
        capture = await journal.capture_by_receipt(name)
        capture = capture or (await journal.captures_of_orders([name])).get(name)
        if capture is None:
            raise Problem(f"there is no captured order {printable(name)!r}")
        try:
            capture = await _do(journal, wish, capture)
        except NotPossible as error:
            tried = {Wish.RETRY: "tried again", Wish.CANCEL: "cancelled"}[wish]
            raise Problem(f"{capture.receipt_number} is {error.state.value}: it cannot be {tried}") from None
        events = await journal.events(capture_id=capture.id, most=MOST_EVENTS)
        return "\n".join(_whole(capture, events))

    return _with_journal(settings, work)


async def _do(journal: Journal, wish: Wish, capture: Capture) -> Capture:
    now = datetime.now(UTC)
    match wish:
        case Wish.RETRY:
            return await journal.retry(capture.id, now)
        case Wish.CANCEL:
            return await journal.cancel(capture.id, now, "by an operator")
        case Wish.SHOW:
            return capture


def events(settings: Settings, *, after: int, most: int) -> str:
    """Return what happened after the event of this number, a line each."""

    async def ask(journal: Journal) -> str:
        found = await journal.events(after=after, most=most)
        return aligned([EVENTS, *map(_event, found)]) if found else NONE

    return _with_journal(settings, ask)


def migrate(settings: Settings) -> str:
    """
    Bring the journal's database to the version that this Kanava needs; return what was done.

    Raises:
        Problem: why that cannot be.
    """
    versions = _run(database.migrate(settings.database_url.get_secret_value()))
    return f"Brought to version {versions[-1]}." if versions else "There is nothing to migrate."


def _with_journal(settings: Settings, work: Callable[[Journal], Awaitable[T]]) -> T:
    """Do something with the journal that is there: none is made, for it would be empty."""
    url = settings.database_url.get_secret_value()
    address = parse_address(url)
    if isinstance(address, SqliteAddress) and not address.path.exists():
        raise Problem(f"no orders were taken here: there is no {address.path}")

    async def run() -> T:
        await database.pending_migrations(url)  # raises, where opening a journal would only warn
        async with database.open_journal(url) as journal:
            return await work(journal)

    return _run(run())


def _run(work: Coroutine[None, None, T]) -> T:
    try:
        return asyncio.run(work)
    except JournalUnavailable as error:
        raise Problem(error.message) from None
    except WrongVersion as error:
        raise Problem(str(error)) from None


def _row(capture: Capture) -> Sequence[str]:
    return (
        capture.receipt_number,
        capture.state.value,
        capture.account,
        moment(capture.captured_at),
        str(len(capture.draft.lines)),
        capture.order_number or NOTHING,
        str(capture.attempts),
        printable(capture.last_error or NOTHING),
    )


def _event(event: Event) -> Sequence[str]:
    capture = (event.capture_id or NOTHING)[:SHORTEST_ID]
    return (str(event.id), moment(event.at), event.kind, capture, event.account or NOTHING, printable(event.message))


def _whole(capture: Capture, happened: Sequence[Event]) -> Iterator[str]:
    """Yield all that there is to say of a capture: a name and a value each, and what happened."""
    yield aligned([(name, printable(value)) for name, value in _facts(capture)])
    yield ""
    yield aligned([(str(one.id), moment(one.at), one.kind, printable(one.message)) for one in happened])


def _facts(capture: Capture) -> Iterator[tuple[str, str]]:
    draft = capture.draft
    yield "receipt", capture.receipt_number
    yield "id", capture.id
    yield "state", capture.state.value
    yield "account", f"{capture.account}, in the ERP {draft.customer}; ordered by {capture.person}"
    yield "captured", moment(capture.captured_at)
    yield "forwarded", moment(capture.forwarded_at)
    yield "order", capture.order_number or NOTHING
    yield "PO number", draft.po_number or NOTHING
    yield "attempts", _attempts(capture)
    yield "last error", capture.last_error or NOTHING
    yield from ((f"line {line.key}", _line(line)) for line in draft.lines)
    yield from (("refused", _objection(one)) for one in capture.objections)
    yield from (("differs", _difference(one)) for one in capture.differences)


def _attempts(capture: Capture) -> str:
    again = f", next after {moment(capture.next_attempt_at)}" if capture.state in PENDING else ""
    return f"{capture.attempts}{again}"


def _line(line: DraftLine) -> str:
    price = line.unit_price
    at = "at any price" if price is None else f"at {format(price.amount, 'f')} {price.currency}"
    unit = f" {line.unit}" if line.unit else ""
    return f"{format(line.quantity, 'f')}{unit} of {line.sku} {at}"


def _objection(objection: Objection) -> str:
    return f"{_place(objection.line_key)}{objection.code}: {objection.message}"


def _difference(one: Difference) -> str:
    return f"{_place(one.line_key)}{one.field} {one.captured or NOTHING} -> {one.erp or NOTHING}"


def _place(line_key: str | None) -> str:
    return "" if line_key is None else f"line {line_key}, "
