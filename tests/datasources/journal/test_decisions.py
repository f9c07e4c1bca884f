"""What buyers and operators decide, and when they cannot."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from datasources.journal.journal import IdempotencyConflict, Journal, NotPossible, Outcome
from datasources.model.captures import Capture, CaptureState, Difference
from datasources.model.orders import Objection
from tests.datasources.journal.orders import ACCOUNT, NOW, captured, draft, draft_line, euro, later, simulation

DEARER = draft(draft_line(unit_price=euro("12.00")))
ASKED = Outcome(
    CaptureState.NEEDS_CONFIRMATION,
    differences=[Difference("1", "unitPrice", "10.10 EUR", "12.00 EUR")],
    simulation=simulation("12.00"),
)
REFUSED = Outcome(CaptureState.REJECTED, objections=[Objection("CREDIT_HOLD", "The account is blocked.", None)])


async def after(journal: Journal, outcome: Outcome) -> Capture:
    """Return a capture with that outcome."""
    capture = await captured(journal)
    claim = await journal.claim_one(capture.id, "me", NOW, lease_s=30)
    assert claim is not None
    await journal.finish(claim, outcome, NOW)
    return (await journal.captures([capture.id]))[capture.id]


async def test_confirmed(journal: Journal) -> None:
    """A confirmed order is journaled with the prices that the buyer now knows, and due at once."""
    asked = await after(journal, ASKED)

    confirmed = await journal.confirm(asked.id, DEARER, ACCOUNT, "yes", "print", later(60))

    assert confirmed == replace(
        asked, state=CaptureState.JOURNALED, draft=DEARER, next_attempt_at=later(60), differences=[]
    )
    assert await journal.open_value(ACCOUNT) == [Decimal("30.00")]
    assert [claim.is_sent for claim in await journal.claim("me", later(60), lease_s=30, most=1)] == [False]


async def test_declined(journal: Journal) -> None:
    """A declined order is cancelled, and its differences stay."""
    asked = await after(journal, ASKED)

    declined = await journal.decline(asked.id, ACCOUNT, "no", "print", NOW)

    assert declined == replace(asked, state=CaptureState.CANCELLED)
    assert await journal.pending() == 0


async def test_a_decision_is_taken_once(journal: Journal) -> None:
    """The same decision sent again gives the order as it is by now; another one is refused."""
    asked = await after(journal, ASKED)

    answers = await asyncio.gather(*[journal.confirm(asked.id, DEARER, ACCOUNT, "yes", "print", NOW) for _ in range(5)])
    await journal.claim("me", NOW, lease_s=30, most=1)
    again = await journal.confirm(asked.id, DEARER, ACCOUNT, "yes", "print", NOW)

    assert answers == [answers[0]] * 5
    assert again.state is CaptureState.FORWARDING
    with pytest.raises(IdempotencyConflict):
        await journal.decline(asked.id, ACCOUNT, "yes", "other", NOW)
    with pytest.raises(NotPossible) as refusal:
        await journal.decline(asked.id, ACCOUNT, "no", "print", NOW)
    assert refusal.value.state is CaptureState.FORWARDING
    assert await journal.earlier(ACCOUNT, "no", "print") is None


async def test_cancelled(journal: Journal) -> None:
    """An operator cancels what is surely not in the ERP."""
    asked, journaled = await after(journal, ASKED), await captured(journal)

    for capture in (journaled, asked):
        cancelled = await journal.cancel(capture.id, NOW, "a mistake")

        assert cancelled == replace(capture, state=CaptureState.CANCELLED)
    assert (await journal.events())[-1].message == "a mistake"


async def test_what_is_perhaps_in_the_erp_cannot_be_cancelled(journal: Journal) -> None:
    """Neither what is being forwarded, nor what is done."""
    capture = await captured(journal)
    (claim,) = await journal.claim("me", NOW, lease_s=30, most=1)

    with pytest.raises(NotPossible):
        await journal.cancel(capture.id, NOW, "a mistake")
    await journal.finish(claim, Outcome(CaptureState.ACCEPTED, order_number="SO-1"), NOW)
    for attempt in (journal.cancel(capture.id, NOW, "a mistake"), journal.retry(capture.id, NOW)):
        with pytest.raises(NotPossible) as refusal:
            await attempt

        assert refusal.value.state is CaptureState.ACCEPTED


async def test_a_rejected_one_is_tried_anew(journal: Journal) -> None:
    """A rejected order is journaled again, without its reasons."""
    refused = await after(journal, REFUSED)

    again = await journal.retry(refused.id, later(60))

    assert again == replace(refused, state=CaptureState.JOURNALED, objections=[], next_attempt_at=later(60))


async def test_a_waiting_one_is_tried_at_once(journal: Journal) -> None:
    """A pending order is due, its faults are forgotten, and whether it was sent is not."""
    capture = await captured(journal)
    (claim,) = await journal.claim("me", NOW, lease_s=30, most=1)
    await journal.release(claim, NOW, error="timed out", sent=True, fault=True, next_attempt_at=later(300))

    again = await journal.retry(capture.id, later(1))

    assert (again.state, again.faults, again.next_attempt_at) == (CaptureState.FORWARDING, 0, later(1))
    assert [claim.is_sent for claim in await journal.claim("me", later(1), lease_s=30, most=1)] == [True]


async def test_what_does_not_exist(journal: Journal) -> None:
    """An id that no capture has is the caller's mistake."""
    await captured(journal)

    for attempt in (
        journal.retry("0" * 32, NOW),
        journal.cancel("0" * 32, NOW, ""),
        journal.decline("0" * 32, ACCOUNT, "no", "print", NOW),
        journal.confirm("0" * 32, DEARER, ACCOUNT, "yes", "print", NOW),
    ):
        with pytest.raises(KeyError):
            await attempt
