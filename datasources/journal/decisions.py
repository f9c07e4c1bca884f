"""What buyers and operators decide about captured orders."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from datasources.journal.carts import lock_cart
from datasources.journal.codec import DIFFERENCES, OBJECTIONS
from datasources.journal.events import Kind, record
from datasources.journal.journal import NotPossible
from datasources.journal.rows import capture_by_id, change_capture, draft_values, keep_key, lock_capture, use_of_key
from datasources.journal.transactions import Transactions
from datasources.model.captures import PENDING, Capture, CaptureState
from datasources.model.orders import OrderDraft

CANCELLABLE = (CaptureState.JOURNALED, CaptureState.NEEDS_CONFIRMATION)
"""States in which an order is surely not in the ERP, and in nobody's claim."""


class Decisions:
    """Takes down decisions. An id that does not exist is a KeyError: the caller has looked it up before."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def confirm(
        self, id: str, draft: OrderDraft, account: str, key: str, fingerprint: str, now: datetime
    ) -> Capture:
        def confirmed(db: Connection) -> Capture:
            _expect(db, id, CaptureState.NEEDS_CONFIRMATION)
            values = {**_journaled(now), **draft_values(draft), "differences": DIFFERENCES.encode([])}
            return _change(db, id, values, now, Kind.CONFIRMED, "confirmed")

        return await self._once(confirmed, account, key, fingerprint, now)

    async def decline(self, id: str, account: str, key: str, fingerprint: str, now: datetime) -> Capture:
        def declined(db: Connection) -> Capture:
            _expect(db, id, CaptureState.NEEDS_CONFIRMATION)
            return _change(db, id, _CANCELLED, now, Kind.DECLINED, "declined")

        return await self._once(declined, account, key, fingerprint, now)

    async def cancel(self, id: str, now: datetime, message: str) -> Capture:
        def cancelled(db: Connection) -> Capture:
            _expect(db, id, *CANCELLABLE)
            return _change(db, id, _CANCELLED, now, Kind.CANCELLED, message)

        return await self._transactions.write(cancelled)

    async def retry(self, id: str, now: datetime) -> Capture:
        return await self._transactions.write(partial(_retry, id=id, now=now))

    async def _once(
        self, decided: Callable[[Connection], Capture], account: str, key: str, fingerprint: str, now: datetime
    ) -> Capture:
        """Do what is decided, unless the key says that it was done already. The account's cart guards its keys."""

        def once(db: Connection) -> Capture:
            lock_cart(db, account)
            earlier = use_of_key(db, account, key, fingerprint)
            if earlier is not None:
                return capture_by_id(db, earlier)
            capture = decided(db)
            keep_key(db, account, key, fingerprint, capture.id, now)
            return capture

        return await self._transactions.write(once)


_CANCELLED: Mapping[str, Any] = {"state": CaptureState.CANCELLED.value}


def _journaled(now: datetime) -> Mapping[str, Any]:
    return {"state": CaptureState.JOURNALED.value, "next_attempt_at": now, "faults": 0, "last_error": None}


def _retry(db: Connection, id: str, now: datetime) -> Capture:
    state = _expect(db, id, CaptureState.REJECTED, *PENDING)
    if state is CaptureState.REJECTED:
        values = {**_journaled(now), "objections": OBJECTIONS.encode([])}
        return _change(db, id, values, now, Kind.RETRIED, "journaled anew")
    return _change(db, id, {"next_attempt_at": now, "faults": 0}, now, Kind.RETRIED, "to be tried at once")


def _expect(db: Connection, id: str, *states: CaptureState) -> CaptureState:
    """Lock a capture that must be in one of these states, and return in which it is. Raises NotPossible."""
    state = CaptureState(lock_capture(db, id)["state"])
    if state not in states:
        raise NotPossible(state)
    return state


def _change(db: Connection, id: str, values: Mapping[str, Any], now: datetime, kind: Kind, message: str) -> Capture:
    capture = change_capture(db, id, values)
    record(db, now, kind, [(id, capture.account, message)])
    return capture
