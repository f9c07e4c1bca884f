"""What happened to captured orders, for ever."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, func, insert, select

from datasources.journal.tables import events
from datasources.journal.transactions import Transactions
from datasources.model.captures import Event

IN_ORDER = 0x4B616E617661
"""The number of a lock of PostgreSQL's: who holds it takes the next event id, and commits before anyone else may."""


class Kind(Enum):
    """Kinds of events."""

    CAPTURED = "captured"
    FORWARDING = "forwarding"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    NEEDS_CONFIRMATION = "needs_confirmation"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RETRIED = "retried"


class Events:
    """Reads events."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def events(self, *, after: int = 0, most: int = 100, capture_id: str | None = None) -> Sequence[Event]:
        query = select(events).where(events.c.id > after).order_by(events.c.id).limit(most)
        if capture_id is not None:
            query = query.where(events.c.capture_id == capture_id)
        return await self._transactions.read(lambda db: [Event(**row) for row in db.execute(query).mappings()])


def record(db: Connection, at: datetime, kind: Kind, captured: Sequence[tuple[str, str, str]]) -> None:
    """
    Write down an event for each capture (id, account, message): the last thing a transaction does.

    On PostgreSQL ids would else become visible out of order, and who follows them would miss some.
    """
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(IN_ORDER)))
    rows = [
        {"at": at, "kind": kind.value, "capture_id": id, "account": account, "message": message}
        for id, account, message in captured
    ]
    db.execute(insert(events), rows)
