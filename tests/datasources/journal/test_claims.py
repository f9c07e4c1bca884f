"""Claims: each capture is in one pair of hands, the orders of an account in their order."""

import asyncio
from dataclasses import replace

from datasources.journal.journal import Claim, Journal, Outcome
from datasources.model.captures import Capture, CaptureState, Difference
from datasources.model.orders import Objection
from tests.datasources.journal.orders import ACCOUNT, NOW, captured, later, simulation

ACCEPTED = Outcome(CaptureState.ACCEPTED, order_number="SO-1")


async def claimed(journal: Journal, at_s: float = 0, most: int = 10) -> list[Claim]:
    return list(await journal.claim("me", later(at_s), lease_s=30, most=most))


async def state_of(journal: Journal, capture: Capture) -> Capture:
    return (await journal.captures([capture.id]))[capture.id]


async def fail(journal: Journal, claim: Claim, *, times_s: float = 0, fault: bool = True) -> bool:
    """Give a claim back as one that failed, to be tried again at once."""
    at = later(times_s)
    return await journal.release(claim, at, error="no", sent=False, fault=fault, next_attempt_at=at)


async def test_a_claim(journal: Journal) -> None:
    """A claimed capture is FORWARDING for the time of the lease, and its claim says so."""
    capture = await captured(journal)

    claims = await claimed(journal)

    forwarding = replace(capture, state=CaptureState.FORWARDING, attempts=1)
    assert claims == [Claim(forwarding, claims[0].token, is_sent=False, until=later(30))]
    assert await state_of(journal, capture) == forwarding
    assert await claimed(journal, 29.9) == []


async def test_the_first_of_each_account(journal: Journal) -> None:
    """Of each account only the oldest order is taken, and the next when that one is done."""
    made = [await captured(journal, account, at_s=n) for n, account in enumerate(["A", "A", "B", "A", "B"])]

    first = await claimed(journal, 10)
    await journal.finish(first[0], ACCEPTED, later(10))
    second = await claimed(journal, 10)

    assert [claim.capture.id for claim in first] == [made[0].id, made[2].id]
    assert [claim.capture.id for claim in second] == [made[1].id]


async def test_no_more_than_asked_for(journal: Journal) -> None:
    """The longest due come first."""
    made = [await captured(journal, account, at_s=n) for n, account in enumerate(["A", "B", "C"])]

    assert [c.capture.id for c in await claimed(journal, 10, most=2)] == [made[0].id, made[1].id]
    assert [c.capture.id for c in await claimed(journal, 10, most=2)] == [made[2].id]


async def test_one_capture(journal: Journal) -> None:
    """A capture can be claimed by its id when it is due and first of its account."""
    first, second = await captured(journal), await captured(journal)

    assert await journal.claim_one(second.id, "me", NOW, lease_s=30) is None
    claim = await journal.claim_one(first.id, "me", NOW, lease_s=30)
    assert claim is not None
    assert claim.capture.id == first.id
    assert await journal.claim_one(first.id, "me", NOW, lease_s=30) is None
    assert await journal.claim_one("0" * 32, "me", NOW, lease_s=30) is None


async def test_many_claim_at_once(journal: Journal) -> None:
    """Whoever asks at the same time gets captures that nobody else got."""
    made = [await captured(journal, f"A-{n}") for n in range(12)]

    taken = await asyncio.gather(*[journal.claim(f"p{n}", NOW, lease_s=30, most=3) for n in range(8)])

    ids = [claim.capture.id for claims in taken for claim in claims]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {capture.id for capture in made}
    assert len(ids) + len(await claimed(journal)) == 12


async def test_a_lease_that_ended(journal: Journal) -> None:
    """What was not finished in time is claimed by others, who know that it was perhaps sent; the first is too late."""
    capture = await captured(journal)
    (late,) = await claimed(journal)

    (claim,) = await claimed(journal, 30)

    assert claim.is_sent
    assert claim.capture.attempts == 2
    assert not await journal.finish(late, ACCEPTED, later(31))
    assert not await fail(journal, late, times_s=31)
    assert (await state_of(journal, capture)).state is CaptureState.FORWARDING
    assert await journal.finish(claim, ACCEPTED, later(31))
    assert not await journal.finish(claim, ACCEPTED, later(32))


async def test_accepted(journal: Journal) -> None:
    """What the ERP took has its number, the moment and the differences."""
    capture = await captured(journal, promised=simulation())
    (claim,) = await claimed(journal)
    await fail(journal, claim)
    (claim,) = await claimed(journal)
    differences = [Difference("1", "unitPrice", "10.10 EUR", "10.20 EUR")]

    assert await journal.finish(claim, replace(ACCEPTED, differences=differences), later(5))

    assert await state_of(journal, capture) == replace(
        capture,
        state=CaptureState.ACCEPTED,
        forwarded_at=later(5),
        attempts=2,
        faults=1,
        differences=differences,
        order_number="SO-1",
    )
    assert await journal.pending() == 0


async def test_needs_confirmation(journal: Journal) -> None:
    """What the ERP would take for more keeps the ERP's prices, and holds up nobody."""
    capture, behind = await captured(journal), await captured(journal)
    (claim,) = await claimed(journal)
    outcome = Outcome(CaptureState.NEEDS_CONFIRMATION, simulation=simulation("12.00"))

    assert await journal.finish(claim, outcome, NOW)

    asked = await state_of(journal, capture)
    assert (asked.state, asked.simulation) == (CaptureState.NEEDS_CONFIRMATION, simulation("12.00"))
    assert [claim.capture.id for claim in await claimed(journal)] == [behind.id]


async def test_rejected(journal: Journal) -> None:
    """What the ERP refused keeps its reasons."""
    capture = await captured(journal)
    (claim,) = await claimed(journal)
    objections = [Objection("CREDIT_HOLD", "The account is blocked.", None), Objection("NOT_SOLD", "No longer.", "1")]

    assert await journal.finish(claim, Outcome(CaptureState.REJECTED, objections=objections), NOW)

    refused = await state_of(journal, capture)
    assert (refused.state, refused.objections) == (CaptureState.REJECTED, objections)
    assert (await journal.events())[-1].message == "The account is blocked.; No longer."


async def test_released(journal: Journal) -> None:
    """What was surely not sent is JOURNALED again, what perhaps was stays FORWARDING; each waits for its time."""
    unsent, sent = await captured(journal, "A"), await captured(journal, "B")
    first, second = await claimed(journal)

    assert await journal.release(first, NOW, error="refused", sent=False, fault=False, next_attempt_at=later(5))
    assert await journal.release(second, NOW, error="timed out", sent=True, fault=True, next_attempt_at=later(7))

    forwarding = replace(sent, state=CaptureState.FORWARDING, faults=1, last_error="timed out")
    assert await state_of(journal, unsent) == replace(
        unsent, attempts=1, last_error="refused", next_attempt_at=later(5)
    )
    assert await state_of(journal, sent) == replace(forwarding, attempts=1, next_attempt_at=later(7))
    assert await claimed(journal, 4.9) == []
    assert [claim.is_sent for claim in await claimed(journal, 7)] == [False, True]


async def test_a_poisoned_capture(journal: Journal) -> None:
    """After five faults of its own a capture holds up no others of its account, and is tried all the same."""
    poisoned, behind = await captured(journal), await captured(journal)
    for _ in range(4):
        (claim,) = await claimed(journal)
        await fail(journal, claim)
    (claim,) = await claimed(journal)
    await fail(journal, claim, fault=False)
    held_up = [claim.capture.id for claim in await claimed(journal)]
    await fail(journal, await journal.claim_one(poisoned.id, "me", later(60), lease_s=30) or claim, times_s=60)

    claims = await claimed(journal, 60)

    assert held_up == [poisoned.id]
    assert [claim.capture.id for claim in claims] == [behind.id, poisoned.id]
    assert claims[1].capture.faults == 5


async def test_every_step_is_an_event(journal: Journal) -> None:
    """What happened to a capture can be read in order, also from the middle."""
    capture = await captured(journal)
    await captured(journal, "B", at_s=99)
    (claim,) = await claimed(journal)
    await journal.release(claim, later(1), error="down", sent=False, fault=False, next_attempt_at=NOW)
    (claim,) = await claimed(journal, 2)
    await journal.finish(claim, ACCEPTED, later(3))

    events = await journal.events(capture_id=capture.id)

    assert [(event.kind, event.at, event.message) for event in events] == [
        ("captured", NOW, f"captured as {capture.receipt_number}"),
        ("forwarding", NOW, "taken up by me"),
        ("deferred", later(1), "down"),
        ("forwarding", later(2), "taken up by me"),
        ("accepted", later(3), "accepted as SO-1, 0 differences"),
    ]
    assert {event.account for event in events} == {ACCOUNT}
    assert await journal.events(after=events[1].id, most=2, capture_id=capture.id) == events[2:4]
    assert len(await journal.events()) == 6
