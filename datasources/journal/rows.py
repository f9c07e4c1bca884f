"""Captures as rows, and the records of idempotency keys."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from datasources.journal.codec import DIFFERENCES, DRAFT, OBJECTIONS, SIMULATION, encode_decimal
from datasources.journal.journal import IdempotencyConflict
from datasources.journal.tables import captures, idempotency
from datasources.model.captures import Capture, CaptureState
from datasources.model.common import FreshnessStatus
from datasources.model.orders import OrderDraft


def capture_of(row: RowMapping) -> Capture:
    """Return the capture that a row keeps."""
    return Capture(
        id=row["id"],
        sequence=row["sequence"],
        receipt_number=row["receipt_number"],
        account=row["account"],
        person=row["person"],
        state=CaptureState(row["state"]),
        draft=DRAFT.decode(row["draft"]),
        tolerance_percent=Decimal(row["tolerance_percent"]),
        price_basis=FreshnessStatus(row["price_basis"]),
        captured_at=row["captured_at"],
        forwarded_at=row["forwarded_at"],
        attempts=row["attempts"],
        faults=row["faults"],
        next_attempt_at=row["next_attempt_at"],
        last_error=row["last_error"],
        objections=OBJECTIONS.decode(row["objections"]),
        differences=DIFFERENCES.decode(row["differences"]),
        simulation=None if row["simulation"] is None else SIMULATION.decode(row["simulation"]),
        order_number=row["order_number"],
    )


def capture_by_id(db: Connection, id: str) -> Capture:
    """Return a capture that exists."""
    return capture_of(db.execute(select(captures).where(captures.c.id == id)).mappings().one())


def lock_capture(db: Connection, id: str) -> RowMapping:
    """Return a capture's row, which nobody else changes before this transaction ends. Raises KeyError: no such."""
    row = db.execute(select(captures).where(captures.c.id == id).with_for_update()).mappings().one_or_none()
    if row is None:
        raise KeyError(id)
    return row


def change_capture(db: Connection, id: str, values: Mapping[str, Any]) -> Capture:
    """Change a capture, and return what it is then."""
    change = update(captures).where(captures.c.id == id).values(**values)
    return capture_of(db.execute(change.returning(captures)).mappings().one())


def draft_values(draft: OrderDraft) -> dict[str, Any]:
    """Return the columns that come from a draft."""
    return {
        "draft": DRAFT.encode(draft),
        "promised": encode_decimal(promised_value(draft)),
        "po_number": draft.po_number,
        "reference": draft.reference,
    }


def promised_value(draft: OrderDraft) -> Decimal:
    """Return quantity times price, summed over all lines that have a price."""
    priced = ((line, line.unit_price) for line in draft.lines)
    return sum((line.quantity * price.amount / (line.per or 1) for line, price in priced if price), Decimal(0))


def use_of_key(db: Connection, account: str, key: str, fingerprint: str) -> str | None:
    """Return the id of the capture that a key led to, None for a new key. Raises IdempotencyConflict."""
    wanted = (idempotency.c.account == account) & (idempotency.c.key == key)
    row = db.execute(select(idempotency).where(wanted)).mappings().one_or_none()
    if row is not None and row["fingerprint"] != fingerprint:
        raise IdempotencyConflict("the idempotency key was used before for something else")
    return None if row is None else row["capture_id"]


def keep_key(db: Connection, account: str, key: str, fingerprint: str, capture_id: str, now: datetime) -> None:
    """Remember what a key led to."""
    values = {"account": account, "key": key, "fingerprint": fingerprint, "capture_id": capture_id, "at": now}
    db.execute(insert(idempotency).values(**values))
