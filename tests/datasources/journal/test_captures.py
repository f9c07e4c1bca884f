"""Journaling an order: once, whole, and in line."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from datasources.journal.database import open_journal
from datasources.journal.journal import IdempotencyConflict, Journal, StaleRevision
from datasources.journal.receipts import ALPHABET, random_receipt
from datasources.model.captures import Capture, CaptureState, Event
from datasources.model.common import FreshnessStatus
from tests.datasources.journal.orders import ACCOUNT, NOW, captured, cart, draft, later, order, simulation


async def test_a_captured_order_is_kept_as_it_was_placed(journal: Journal) -> None:
    """All that was asked for and promised comes back, to the last digit."""
    of = await journal.save_cart(cart())
    new = order(of, promised=simulation())

    capture = await journal.capture(new, NOW)

    assert capture == Capture(
        id=capture.id,
        sequence=1,
        receipt_number=capture.receipt_number,
        account=ACCOUNT,
        person="anna",
        state=CaptureState.JOURNALED,
        draft=draft(),
        tolerance_percent=Decimal("2.5"),
        price_basis=FreshnessStatus.STALE,
        captured_at=NOW,
        forwarded_at=None,
        attempts=0,
        faults=0,
        next_attempt_at=NOW,
        last_error=None,
        objections=[],
        differences=[],
        simulation=simulation(),
        order_number=None,
    )
    assert await journal.captures([capture.id, "0" * 32]) == {capture.id: capture}
    assert hash(capture.draft) == hash(draft())


async def test_the_cart_is_emptied(journal: Journal) -> None:
    """What was ordered is out of the cart, which is a revision further."""
    of = await journal.save_cart(cart())

    await journal.capture(order(of), later(9))

    emptied = replace(of, revision=2, lines=[], deliveries=[], po_number=None, reference=None, changed_at=later(9))
    assert await journal.cart_of(ACCOUNT) == emptied


async def test_it_is_an_event(journal: Journal) -> None:
    """That an order was captured is written down with it."""
    capture = await captured(journal)

    message = f"captured as {capture.receipt_number}"
    assert await journal.events() == [Event(1, NOW, "captured", capture.id, ACCOUNT, message)]


async def test_the_same_order_twenty_times_at_once(journal: Journal) -> None:
    """One key with one content is one order, and everybody gets the same answer."""
    of = await journal.save_cart(cart())

    answers = await asyncio.gather(*[journal.capture(order(of), NOW) for _ in range(20)])

    assert answers == [answers[0]] * 20
    assert await journal.pending() == 1
    assert len(await journal.events()) == 1


async def test_a_key_used_before(journal: Journal) -> None:
    """The same content gives the first capture, though the cart has changed since; another content is refused."""
    of = await journal.save_cart(cart())
    first = await journal.capture(order(of), NOW)

    assert await journal.capture(order(of), later(60)) == first
    assert await journal.earlier(ACCOUNT, "key", "print") == first
    with pytest.raises(IdempotencyConflict):
        await journal.capture(order(of, fingerprint="other"), NOW)
    with pytest.raises(IdempotencyConflict):
        await journal.earlier(ACCOUNT, "key", "other")
    assert await journal.pending() == 1


async def test_keys_belong_to_accounts(journal: Journal) -> None:
    """Two accounts may use the same key."""
    of = [await journal.save_cart(cart(account)) for account in ("A", "B")]

    first, second = [await journal.capture(order(each), NOW) for each in of]

    assert first.id != second.id
    assert await journal.earlier("C", "key", "print") is None


async def test_a_cart_that_changed_is_not_ordered(journal: Journal) -> None:
    """An order of an older revision, or of a cart that is not the account's, leaves nothing behind."""
    of = await journal.save_cart(cart())
    latest = await journal.save_cart(of)

    with pytest.raises(StaleRevision) as refusal:
        await journal.capture(order(of), NOW)
    with pytest.raises(StaleRevision) as strange:
        await journal.capture(order(replace(of, account="B")), NOW)

    assert (refusal.value.current, strange.value.current) == (2, 0)
    assert await journal.pending() == 0
    assert await journal.events() == []
    assert await journal.cart_of(ACCOUNT) == latest
    assert await journal.earlier(ACCOUNT, "key", "print") is None


async def test_of_two_orders_of_one_cart_one_is_taken(journal: Journal) -> None:
    """Two devices that order the same cart at once with keys of their own: the second finds it changed."""
    of = await journal.save_cart(cart())

    results = await asyncio.gather(
        *[journal.capture(order(of, key=key), NOW) for key in ("a", "b")], return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["Capture", "StaleRevision"]
    assert await journal.pending() == 1


async def test_sequence_rises(journal: Journal) -> None:
    """Later orders have higher numbers, whose ever they are."""
    made = [await captured(journal, account) for account in ("A", "B", "A", "C", "A")]

    sequences = [capture.sequence for capture in made]
    assert sequences == sorted(set(sequences))


async def test_a_taken_receipt_number_is_replaced(url: str) -> None:
    """A receipt number that exists already is drawn anew, and nothing of the first try stays."""
    numbers: Iterator[str] = iter(["K-1", "K-1", "K-1", "K-2"])

    async with open_journal(url, receipts=lambda at: next(numbers)) as journal:
        first, second = await captured(journal), await captured(journal)

        assert (first.receipt_number, second.receipt_number) == ("K-1", "K-2")
        assert len(await journal.events()) == 2


async def test_open_value(journal: Journal) -> None:
    """Quantity times price of each order that is not in the ERP yet; a line without a price counts for nothing."""
    line = draft().lines[0]
    lines = (line, replace(line, key="2", unit_price=None, per=None), replace(line, key="3", per=Decimal(100)))
    await captured(journal)
    await captured(journal, draft=draft(*lines))
    await captured(journal, "B")
    cancelled = await captured(journal)
    await journal.cancel(cancelled.id, NOW, "a mistake")

    assert await journal.open_value(ACCOUNT) == [Decimal("25.25"), Decimal("25.5025")]
    assert await journal.open_value("D") == []


@pytest.mark.parametrize("moment", [NOW, datetime.fromisoformat("2026-01-25T23:30:00+00:00")])
def test_receipt_numbers_can_be_read_out(moment: datetime) -> None:
    """A receipt number says the day, and has no letter that looks like another character."""
    number = random_receipt(moment)

    assert number[:11] == f"K-{moment:%Y%m%d}-"
    assert len(number) == 17
    assert set(number[11:]) <= set(ALPHABET)
