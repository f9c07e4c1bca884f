"""Claims: what the forwarder takes up, and how it ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select, update

from datasources.journal.codec import DIFFERENCES, OBJECTIONS, SIMULATION
from datasources.journal.events import Kind, record
from datasources.journal.journal import Claim, Outcome
from datasources.journal.rows import capture_of
from datasources.journal.tables import captures, is_pending
from datasources.journal.transactions import Transactions
from datasources.model.captures import CaptureState

MOST_FAULTS = 5
"""After so many failures of its own a capture holds up no others of its account."""
UNCLAIMED = {"claim_owner": None, "claim_token": None, "claim_until": None}


class Claims:
    """Hands out captures to forward, and takes down what became of them."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def claim(self, owner: str, now: datetime, *, lease_s: float, most: int) -> Sequence[Claim]:
        return await self._claim(_due(now).limit(most), owner, now, lease_s=lease_s)

    async def claim_one(self, id: str, owner: str, now: datetime, *, lease_s: float) -> Claim | None:
        claims = await self._claim(_due(now).where(captures.c.id == id), owner, now, lease_s=lease_s)
        return claims[0] if claims else None

    async def finish(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        return await self._transactions.write(partial(_finish, claim=claim, outcome=outcome, now=now))

    async def release(
        self, claim: Claim, now: datetime, *, error: str, sent: bool, fault: bool, next_attempt_at: datetime
    ) -> bool:
        state = CaptureState.FORWARDING if sent else CaptureState.JOURNALED
        faults = captures.c.faults + int(fault)
        values = {"state": state.value, "faults": faults, "last_error": error, "next_attempt_at": next_attempt_at}
        release = partial(_end, claim=claim, now=now, values=values, kind=Kind.DEFERRED, message=error)
        return await self._transactions.write(release)

    async def _claim(self, due: Select[Any], owner: str, now: datetime, *, lease_s: float) -> Sequence[Claim]:
        until = now + timedelta(seconds=lease_s)
        return await self._transactions.write(partial(_claim, due=due, owner=owner, now=now, until=until))


def _due(now: datetime) -> Select[Any]:
    """Select what may be claimed; what others are claiming at this moment is passed over."""
    free = or_(captures.c.claim_until.is_(None), captures.c.claim_until <= now)
    query = select(captures).where(is_pending(captures), captures.c.next_attempt_at <= now, free, ~_held_up())
    return query.order_by(captures.c.next_attempt_at, captures.c.sequence).with_for_update(skip_locked=True)


def _held_up() -> ColumnElement[bool]:
    """Say that an earlier order of the account comes first."""
    earlier = captures.alias("earlier")
    comes_first = (earlier.c.account == captures.c.account) & (earlier.c.sequence < captures.c.sequence)
    return exists().where(is_pending(earlier), comes_first, earlier.c.faults < MOST_FAULTS)


def _claim(db: Connection, due: Select[Any], owner: str, now: datetime, until: datetime) -> Sequence[Claim]:
    found = [capture_of(row) for row in db.execute(due).mappings()]
    if not found:
        return []
    token = uuid4().hex
    values = {"state": CaptureState.FORWARDING.value, "attempts": captures.c.attempts + 1}
    claimed = update(captures).where(captures.c.sequence.in_([capture.sequence for capture in found]))
    db.execute(claimed.values(**values, claim_owner=owner, claim_token=token, claim_until=until))
    record(db, now, Kind.FORWARDING, [(capture.id, capture.account, f"taken up by {owner}") for capture in found])
    return [
        Claim(
            replace(capture, state=CaptureState.FORWARDING, attempts=capture.attempts + 1),
            token,
            is_sent=capture.state is CaptureState.FORWARDING,
            until=until,
        )
        for capture in found
    ]


def _finish(db: Connection, claim: Claim, outcome: Outcome, now: datetime) -> bool:
    values: dict[str, Any] = {
        "state": outcome.state.value,
        "differences": DIFFERENCES.encode(outcome.differences),
        "objections": OBJECTIONS.encode(outcome.objections),
        "last_error": None,
    }
    if outcome.simulation is not None:
        values["simulation"] = SIMULATION.encode(outcome.simulation)
    if outcome.state is CaptureState.ACCEPTED:
        values |= {"order_number": outcome.order_number, "forwarded_at": now}
    kind = Kind(outcome.state.value.lower())
    return _end(db, claim=claim, now=now, values=values, kind=kind, message=_said(outcome))


def _end(db: Connection, claim: Claim, now: datetime, values: dict[str, Any], kind: Kind, message: str) -> bool:
    """End a claim, if it is the latest on its capture; return whether it is."""
    held = (captures.c.id == claim.capture.id) & (captures.c.claim_token == claim.token)
    ended = db.execute(update(captures).where(held).values(**UNCLAIMED, **values))
    if not ended.rowcount:
        return False
    record(db, now, kind, [(claim.capture.id, claim.capture.account, message)])
    return True


def _said(outcome: Outcome) -> str:
    """Return an outcome in words."""
    match outcome.state:
        case CaptureState.ACCEPTED:
            return f"accepted as {outcome.order_number}, {len(outcome.differences)} differences"
        case CaptureState.NEEDS_CONFIRMATION:
            return f"{len(outcome.differences)} differences beyond the tolerance"
        case _:
            return "; ".join(objection.message for objection in outcome.objections) or "refused"
