"""What a journal should do, in a few dictionaries: the model that the real one is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from datasources.journal.claims import MOST_FAULTS
from datasources.journal.journal import Claim, IdempotencyConflict, NotPossible, Outcome, StaleRevision
from datasources.model.captures import PENDING, Capture, CaptureState, Cart, NewCapture
from datasources.model.orders import OrderDraft


@dataclass(slots=True)
class Model:
    """All that a journal knows. What the real one draws (ids, receipts, tokens) is told to it."""

    carts: dict[str, Cart] = field(default_factory=dict)
    captures: dict[str, Capture] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    leases: dict[str, Claim] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)

    def copy(self) -> "Model":
        return Model(dict(self.carts), dict(self.captures), dict(self.keys), dict(self.leases), list(self.events))

    def save_cart(self, cart: Cart) -> Cart:
        known = self.carts.get(cart.account)
        if cart.revision != (known.revision if known else 0):
            raise StaleRevision(known.revision if known else 0)
        self.carts[cart.account] = replace(cart, revision=cart.revision + 1)
        return self.carts[cart.account]

    def used(self, account: str, key: str, fingerprint: str) -> Capture | None:
        said, id = self.keys.get((account, key), (fingerprint, ""))
        if said != fingerprint:
            raise IdempotencyConflict
        return self.captures.get(id)

    def may_capture(self, new: NewCapture) -> Capture | None:
        """Return the capture that the key led to, None when a new one is to be made."""
        earlier, cart = self.used(new.account, new.key, new.fingerprint), self.carts.get(new.account)
        if earlier is None and (cart is None or cart.revision != new.cart_revision):
            raise StaleRevision(cart.revision if cart else 0)
        return earlier

    def capture(self, new: NewCapture, now: datetime, made: Capture) -> Capture:
        """Take up a capture that the journal has made: only its id, sequence and receipt are its own."""
        self.captures[made.id] = Capture(
            made.id,
            made.sequence,
            made.receipt_number,
            new.account,
            new.person,
            CaptureState.JOURNALED,
            new.draft,
            new.tolerance_percent,
            new.price_basis,
            captured_at=now,
            forwarded_at=None,
            attempts=0,
            faults=0,
            next_attempt_at=now,
            last_error=None,
            objections=[],
            differences=[],
            simulation=new.promised,
            order_number=None,
        )
        self.keys[new.account, new.key] = (new.fingerprint, made.id)
        cart = self.carts[new.account]
        self.carts[new.account] = replace(
            cart, revision=cart.revision + 1, lines=[], deliveries=[], po_number=None, reference=None, changed_at=now
        )
        self.events.append(("captured", made.id))
        return self.captures[made.id]

    def due(self, now: datetime) -> list[Capture]:
        """Return what may be claimed, the longest due first."""
        pending = [capture for capture in self.captures.values() if capture.state in PENDING]
        in_line = [c for c in pending if not any(self._holds_up(other, c) for other in pending)]
        free = [c for c in in_line if c.id not in self.leases or self.leases[c.id].until <= now]
        return sorted((c for c in free if c.next_attempt_at <= now), key=lambda c: (c.next_attempt_at, c.sequence))

    def claim(self, captures: Sequence[Capture], token: str, now: datetime, lease_s: float) -> list[Claim]:
        claims = []
        for before in captures:
            after = self._set(before, "forwarding", state=CaptureState.FORWARDING, attempts=before.attempts + 1)
            until, is_sent = now + timedelta(seconds=lease_s), before.state is CaptureState.FORWARDING
            claims.append(Claim(after, token, is_sent, until))
            self.leases[before.id] = claims[-1]
        return claims

    def finish(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        accepted = outcome.state is CaptureState.ACCEPTED
        before = self.captures.get(claim.capture.id)
        return before is not None and self._end(
            claim,
            outcome.state.value.lower(),
            state=outcome.state,
            differences=list(outcome.differences),
            objections=list(outcome.objections),
            last_error=None,
            simulation=outcome.simulation or before.simulation,
            order_number=outcome.order_number if accepted else before.order_number,
            forwarded_at=now if accepted else before.forwarded_at,
        )

    def release(self, claim: Claim, *, error: str, sent: bool, fault: bool, next_attempt_at: datetime) -> bool:
        before = self.captures.get(claim.capture.id)
        return before is not None and self._end(
            claim,
            "deferred",
            state=CaptureState.FORWARDING if sent else CaptureState.JOURNALED,
            faults=before.faults + fault,
            last_error=error,
            next_attempt_at=next_attempt_at,
        )

    def confirm(self, id: str, draft: OrderDraft, key: str, fingerprint: str, now: datetime) -> Capture:
        anew = {"draft": draft, "next_attempt_at": now, "faults": 0, "last_error": None, "differences": []}
        return self._decide(id, key, fingerprint, "confirmed", state=CaptureState.JOURNALED, **anew)

    def decline(self, id: str, key: str, fingerprint: str) -> Capture:
        return self._decide(id, key, fingerprint, "declined", state=CaptureState.CANCELLED)

    def cancel(self, id: str) -> Capture:
        before = self._expect(id, CaptureState.JOURNALED, CaptureState.NEEDS_CONFIRMATION)
        return self._set(before, "cancelled", state=CaptureState.CANCELLED)

    def retry(self, id: str, now: datetime) -> Capture:
        before = self._expect(id, CaptureState.REJECTED, *PENDING)
        if before.state in PENDING:
            return self._set(before, "retried", next_attempt_at=now, faults=0)
        anew = {"next_attempt_at": now, "faults": 0, "last_error": None, "objections": []}
        return self._set(before, "retried", state=CaptureState.JOURNALED, **anew)

    def _holds_up(self, other: Capture, capture: Capture) -> bool:
        earlier = other.account == capture.account and other.sequence < capture.sequence
        return earlier and other.faults < MOST_FAULTS

    def _decide(self, id: str, key: str, fingerprint: str, kind: str, **values: object) -> Capture:
        account = self.captures[id].account
        if (earlier := self.used(account, key, fingerprint)) is not None:
            return earlier
        after = self._set(self._expect(id, CaptureState.NEEDS_CONFIRMATION), kind, **values)
        self.keys[account, key] = (fingerprint, id)
        return after

    def _expect(self, id: str, *states: CaptureState) -> Capture:
        if self.captures[id].state not in states:
            raise NotPossible(self.captures[id].state)
        return self.captures[id]

    def _end(self, claim: Claim, kind: str, **values: object) -> bool:
        held = self.leases.get(claim.capture.id)
        if held is None or held.token != claim.token:
            return False
        del self.leases[claim.capture.id]
        self._set(self.captures[claim.capture.id], kind, **values)
        return True

    def _set(self, before: Capture, kind: str, **values: object) -> Capture:
        self.captures[before.id] = replace(before, **values)  # type: ignore[arg-type]
        self.events.append((kind, before.id))
        return self.captures[before.id]
