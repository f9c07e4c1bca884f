"""What the journal does for the floors above. `open_journal` in `datasources.journal.database` gives one over SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from datasources.errors import SourceUnavailable
from datasources.model.captures import (
    Capture,
    CaptureState,
    Cart,
    Difference,
    Event,
    NewCapture,
)
from datasources.model.common import System
from datasources.model.orders import Objection, OrderDraft, Simulation


class JournalUnavailable(SourceUnavailable):
    """The journal could not read or write: nothing is half-written, and nothing was promised."""

    def __init__(self, message: str) -> None:
        super().__init__(System.CHANNEL, message)


class StaleRevision(Exception):
    """Somebody changed the cart meanwhile; `current` is its revision now."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the cart is at revision {current}")
        self.current = current


class IdempotencyConflict(Exception):
    """The key was used before for something else."""


class NotPossible(Exception):
    """The capture is not in a state from which that can be done; `state` is the one it is in."""

    def __init__(self, state: CaptureState) -> None:
        super().__init__(f"the order is {state.value}")
        self.state = state


@dataclass(frozen=True, slots=True)
class Claim:
    """
    The right to forward one capture until `until`. `is_sent`: perhaps it is in the ERP already, so look first.

    What is written in the name of a claim that is not the latest on its capture is refused (`False`).
    """

    capture: Capture
    token: str
    is_sent: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the ERP said: ACCEPTED (with number), NEEDS_CONFIRMATION (with simulation) or REJECTED (with objections)."""

    state: CaptureState
    order_number: str | None = None
    differences: Sequence[Difference] = ()
    objections: Sequence[Objection] = ()
    simulation: Simulation | None = None


@dataclass(frozen=True, slots=True)
class CapturePosition:
    """A place in lists of captures, newest first."""

    captured_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class CaptureFilter:
    """
    Which captures: of these accounts (None: all), of this person (None: all), in these states (empty: all), by PO
    number, captured in a span of time (from inclusive, to exclusive), and by part of receipt, PO number or reference.
    """

    accounts: Sequence[str] | None = None
    person: str | None = None
    states: Sequence[CaptureState] = ()
    po_number: str | None = None
    captured_from: datetime | None = None
    captured_to: datetime | None = None
    search: str | None = None


class Journal(Protocol):
    """
    Every method raises JournalUnavailable when the store fails. What a write returns is durable.

    Moments are aware, in UTC, and given by the caller, whose clock counts.
    """

    # carts
    async def cart_of(self, account: str) -> Cart | None:
        """Return the cart of an account, None while it has none."""

    async def cart(self, id: str) -> Cart | None:
        """Return a cart, whose account the caller must check."""

    async def save_cart(self, cart: Cart) -> Cart:
        """
        Keep a cart that was changed from its `revision`, and return it with the next; revision 0 makes a new one.

        Raises:
            StaleRevision: somebody else was faster.
        """

    # captures
    async def capture(self, new: NewCapture, now: datetime) -> Capture:
        """
        Journal an order and empty its cart, in one transaction; with a key used before: return the first capture.

        Raises:
            IdempotencyConflict, StaleRevision.
        """

    async def earlier(self, account: str, key: str, fingerprint: str) -> Capture | None:
        """Return what a key already led to (None: nothing yet); raises IdempotencyConflict."""

    async def captures(self, ids: Sequence[str]) -> Mapping[str, Capture]:
        """Return captures by id; the caller checks whose they are."""

    async def captures_of_orders(self, numbers: Sequence[str]) -> Mapping[str, Capture]:
        """Return captures by the ERP's order number."""

    async def capture_by_receipt(self, receipt_number: str) -> Capture | None:
        """Return a capture by its receipt number (or unambiguous id), None for none."""

    async def list_captures(
        self, which: CaptureFilter, *, first: int, after: CapturePosition | None = None
    ) -> Sequence[Capture]:
        """Return captures, the newest first."""

    async def count_captures(self, which: CaptureFilter) -> int:
        """Return how many there are."""

    async def open_value(self, account: str) -> Sequence[Decimal]:
        """Return the promised values (quantity times price) of the account's PENDING captures, one number each."""

    # what the forwarder does
    async def claim(self, owner: str, now: datetime, *, lease_s: float, most: int) -> Sequence[Claim]:
        """
        Take captures that are due: the first PENDING one of each account that is in no claim and whose time has come.

        A capture with `faults` of MOST_FAULTS or more has stepped out of line: it holds up no others of its account.
        """

    async def claim_one(self, id: str, owner: str, now: datetime, *, lease_s: float) -> Claim | None:
        """Take this capture if `claim` could; None when it could not."""

    async def finish(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Write down what the ERP said."""

    async def release(
        self, claim: Claim, now: datetime, *, error: str, sent: bool, fault: bool, next_attempt_at: datetime
    ) -> bool:
        """Give a claim back: not `sent`, JOURNALED again; else FORWARDING, to be looked up."""

    # what buyers and operators decide
    async def confirm(
        self, id: str, draft: OrderDraft, account: str, key: str, fingerprint: str, now: datetime
    ) -> Capture:
        """Send a NEEDS_CONFIRMATION order with the draft's prices. Raises NotPossible, IdempotencyConflict."""

    async def decline(self, id: str, account: str, key: str, fingerprint: str, now: datetime) -> Capture:
        """Cancel a NEEDS_CONFIRMATION order. Raises NotPossible, IdempotencyConflict."""

    async def cancel(self, id: str, now: datetime, message: str) -> Capture:
        """Cancel one that is surely not in the ERP (JOURNALED unclaimed, NEEDS_CONFIRMATION). Raises NotPossible."""

    async def retry(self, id: str, now: datetime) -> Capture:
        """Have a REJECTED one journaled anew, or a PENDING one tried at once and its faults forgotten."""

    # what happened
    async def events(self, *, after: int = 0, most: int = 100, capture_id: str | None = None) -> Sequence[Event]:
        """Return events in order."""

    async def pending(self) -> int:
        """Return how many captures are PENDING."""

    async def check(self) -> None:
        """Raise JournalUnavailable unless the journal can write."""

    async def close(self) -> None:
        """Close it."""
