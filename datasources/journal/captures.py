"""Captured orders: journaling them, and finding them again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, String, func, insert, literal, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from datasources.journal.carts import empty_cart, lock_cart
from datasources.journal.codec import DIFFERENCES, OBJECTIONS, SIMULATION, encode_decimal
from datasources.journal.events import Kind, record
from datasources.journal.journal import CaptureFilter, CapturePosition, StaleRevision
from datasources.journal.receipts import as_written
from datasources.journal.rows import capture_by_id, capture_of, draft_values, keep_key, use_of_key
from datasources.journal.tables import Moment, captures, is_pending
from datasources.journal.transactions import Transactions
from datasources.model.captures import Capture, CaptureState, NewCapture

RECEIPT_ATTEMPTS = 5
SHORTEST_ID = 8
"""How much of an id must be given at the least to mean a capture."""


class Captures:
    """Keeps captures; `receipts` makes up a number for one of that day."""

    def __init__(self, transactions: Transactions, receipts: Callable[[datetime], str]) -> None:
        self._transactions = transactions
        self._receipts = receipts

    async def capture(self, new: NewCapture, now: datetime) -> Capture:
        for attempts_left in reversed(range(RECEIPT_ATTEMPTS)):
            try:
                return await self._transactions.write(partial(_capture, new=new, now=now, receipt=self._receipts(now)))
            except IntegrityError:
                # the receipt number is taken; any other is as good
                if not attempts_left:
                    raise
        raise AssertionError

    async def earlier(self, account: str, key: str, fingerprint: str) -> Capture | None:
        def found(db: Connection) -> Capture | None:
            id = use_of_key(db, account, key, fingerprint)
            return None if id is None else capture_by_id(db, id)

        return await self._transactions.read(found)

    async def captures(self, ids: Sequence[str]) -> Mapping[str, Capture]:
        return {capture.id: capture for capture in await self._found(select(captures).where(captures.c.id.in_(ids)))}

    async def captures_of_orders(self, numbers: Sequence[str]) -> Mapping[str, Capture]:
        found = await self._found(select(captures).where(captures.c.order_number.in_(numbers)))
        return {capture.order_number: capture for capture in found if capture.order_number is not None}

    async def capture_by_receipt(self, receipt_number: str) -> Capture | None:
        said = receipt_number.strip()
        meant = captures.c.receipt_number == as_written(said)
        if len(said) >= SHORTEST_ID:
            # ids are hexadecimal: a range, which an index serves, is all that begin so
            meant = or_(meant, captures.c.id.between(said.lower(), said.lower() + "g"))
        found = await self._found(select(captures).where(meant).limit(2))
        return found[0] if len(found) == 1 else None

    async def list_captures(
        self, which: CaptureFilter, *, first: int, after: CapturePosition | None = None
    ) -> Sequence[Capture]:
        place = tuple_(captures.c.captured_at, captures.c.id)
        query = select(captures).where(*_conditions(which))
        if after is not None:
            query = query.where(place < tuple_(literal(after.captured_at, Moment()), literal(after.id, String())))
        return await self._found(query.order_by(captures.c.captured_at.desc(), captures.c.id.desc()).limit(first))

    async def count_captures(self, which: CaptureFilter) -> int:
        query = select(func.count()).select_from(captures).where(*_conditions(which))
        return await self._transactions.read(lambda db: db.execute(query).scalar_one())

    async def open_value(self, account: str) -> Sequence[Decimal]:
        query = select(captures.c.promised).where(captures.c.account == account, is_pending(captures))
        found = await self._transactions.read(
            lambda db: db.execute(query.order_by(captures.c.sequence)).scalars().all()
        )
        return [Decimal(value) for value in found]

    async def pending(self) -> int:
        query = select(func.count()).select_from(captures).where(is_pending(captures))
        return await self._transactions.read(lambda db: db.execute(query).scalar_one())

    async def _found(self, query: Select[Any]) -> Sequence[Capture]:
        rows = await self._transactions.read(lambda db: db.execute(query).mappings().all())
        return [capture_of(row) for row in rows]


def _capture(db: Connection, new: NewCapture, now: datetime, receipt: str) -> Capture:
    """
    Journal an order, unless its key led to one already.

    The account's cart is locked first: its orders, and the uses of its keys, come one after the other.
    """
    cart = lock_cart(db, new.account)
    earlier = use_of_key(db, new.account, new.key, new.fingerprint)
    if earlier is not None:
        return capture_by_id(db, earlier)
    if cart is None or (cart["id"], cart["revision"]) != (new.cart_id, new.cart_revision):
        raise StaleRevision(0 if cart is None else cart["revision"])
    row = insert(captures).values(**_values(new, now), receipt_number=receipt).returning(captures)
    capture = capture_of(db.execute(row).mappings().one())
    keep_key(db, new.account, new.key, new.fingerprint, capture.id, now)
    empty_cart(db, new.cart_id, new.cart_revision, now)
    record(db, now, Kind.CAPTURED, [(capture.id, capture.account, f"captured as {receipt}")])
    return capture


def _values(new: NewCapture, now: datetime) -> Mapping[str, Any]:
    return {
        "id": uuid4().hex,
        "account": new.account,
        "person": new.person,
        "state": CaptureState.JOURNALED.value,
        **draft_values(new.draft),
        "tolerance_percent": encode_decimal(new.tolerance_percent),
        "price_basis": new.price_basis.value,
        "captured_at": now,
        "attempts": 0,
        "faults": 0,
        "next_attempt_at": now,
        "objections": OBJECTIONS.encode([]),
        "differences": DIFFERENCES.encode([]),
        "simulation": None if new.promised is None else SIMULATION.encode(new.promised),
    }


def _conditions(which: CaptureFilter) -> list[ColumnElement[bool]]:
    c = captures.c
    asked: list[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = [
        (which.accounts, c.account.in_),
        (which.person, c.person.__eq__),
        ([state.value for state in which.states] or None, c.state.in_),
        (which.po_number, c.po_number.__eq__),
        (which.captured_from, c.captured_at.__ge__),
        (which.captured_to, c.captured_at.__lt__),
        (which.search, _matches),
    ]
    return [condition(value) for value, condition in asked if value is not None]


def _matches(search: str) -> ColumnElement[bool]:
    """Say that a part of the receipt, PO number or reference is this, in capital or small letters."""
    searched = (captures.c.receipt_number, captures.c.po_number, captures.c.reference)
    return or_(*[column.icontains(search, autoescape=True) for column in searched])
