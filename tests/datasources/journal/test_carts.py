"""Carts: one for each account, changed by one device at a time."""

import asyncio
from dataclasses import replace

import pytest

from datasources.journal.journal import Journal, StaleRevision
from datasources.model.captures import Cart
from tests.datasources.journal.orders import ACCOUNT, cart


async def test_no_cart(journal: Journal) -> None:
    """An account has no cart before one is saved, and there is none by another id."""

    assert await journal.cart_of(ACCOUNT) is None
    assert await journal.cart("0" * 32) is None


async def test_a_saved_cart_is_found_as_it_was(journal: Journal) -> None:
    """A cart is found by account and by id, with all digits, dates and empty places."""
    made = cart()

    saved = await journal.save_cart(made)

    assert saved == replace(made, revision=1)
    assert await journal.cart_of(ACCOUNT) == saved
    assert await journal.cart(made.id) == saved
    assert [str(line.quantity) for line in saved.lines] == ["2.50"]


async def test_each_change_raises_the_revision(journal: Journal) -> None:
    """A change from the latest revision is kept."""
    saved = await journal.save_cart(cart())

    changed = await journal.save_cart(replace(saved, lines=[], deliveries=[], po_number=None, reference="Site 5"))

    assert changed == replace(saved, revision=2, lines=[], deliveries=[], po_number=None, reference="Site 5")
    assert await journal.cart_of(ACCOUNT) == changed


async def test_a_change_from_an_old_revision_is_refused(journal: Journal) -> None:
    """Who was slower is told the revision, and changes nothing."""
    saved = await journal.save_cart(cart())
    latest = await journal.save_cart(replace(saved, po_number="PO-8"))

    with pytest.raises(StaleRevision) as refusal:
        await journal.save_cart(replace(saved, po_number="PO-9"))

    assert refusal.value.current == 2
    assert await journal.cart_of(ACCOUNT) == latest


async def test_a_second_new_cart_is_refused(journal: Journal) -> None:
    """An account whose cart another device made meanwhile gets no second one."""
    first = await journal.save_cart(cart())

    with pytest.raises(StaleRevision) as refusal:
        await journal.save_cart(cart())

    assert refusal.value.current == 1
    assert await journal.cart_of(ACCOUNT) == first


async def test_of_many_changes_at_once_one_is_kept(journal: Journal) -> None:
    """Of twenty devices that change the same revision at once, one succeeds."""
    saved = await journal.save_cart(cart())
    changes = [replace(saved, po_number=f"PO-{number}") for number in range(20)]

    results = await asyncio.gather(*[journal.save_cart(change) for change in changes], return_exceptions=True)

    kept = [result for result in results if isinstance(result, Cart)]
    assert len(kept) == 1
    assert [result.current for result in results if isinstance(result, StaleRevision)] == [2] * 19
    assert await journal.cart_of(ACCOUNT) == kept[0]


async def test_carts_of_other_accounts_stay(journal: Journal) -> None:
    """Each account has its own."""
    first, second = await journal.save_cart(cart("A")), await journal.save_cart(cart("B"))

    await journal.save_cart(replace(first, lines=[]))

    assert await journal.cart_of("B") == second
