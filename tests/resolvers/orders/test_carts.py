"""Which cart, who changes it, and what happens when others are faster or the journal fails."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from datasources.errors import NeverSent
from datasources.journal.database import open_journal
from datasources.journal.journal import Journal, JournalUnavailable
from datasources.model import captures as kept_as
from datasources.model.common import System
from datasources.model.customers import Permission, Standing, StandingKey
from resolvers.context import Caller, RequestContext
from resolvers.ids import to_id
from resolvers.orders.carts import TRIES, Which, cart_id_of, own_cart
from resolvers.orders.references import References, set_references
from tests.datasources.fakes import FakeClock, ask
from tests.resolvers.orders.carts import standing

PO = References(po_number="PO-1", given=frozenset({"po_number"}))


class Standings:
    """The one person that the CRM knows."""

    def __init__(self, found: Standing | NeverSent) -> None:
        self.found = found

    def served(self, key: StandingKey, _ask: Any) -> None:
        """Have it asked for."""

    async def get(self, key: StandingKey, _ask: Any) -> Standing:
        if isinstance(self.found, NeverSent):
            raise self.found
        return self.found


class Contended:
    """A journal to whose carts somebody else writes before each of our first writes; notes how often we try."""

    def __init__(self, journal: Journal, *, lost: int) -> None:
        self._journal, self._lost = journal, lost
        self.tries = 0

    async def cart_of(self, account: str) -> kept_as.Cart | None:
        return await self._journal.cart_of(account)

    async def save_cart(self, cart: kept_as.Cart) -> kept_as.Cart:
        self.tries += 1
        if self.tries <= self._lost:
            other = await self.cart_of(cart.account) or replace(cart, po_number=None)
            await self._journal.save_cart(replace(other, reference=f"try {self.tries}"))
        return await self._journal.save_cart(cart)


class Broken:
    """A journal that fails."""

    async def cart_of(self, account: str) -> kept_as.Cart | None:
        raise JournalUnavailable("disk full")


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with open_journal(f"sqlite:///{tmp_path}/kanava.db") as opened:
        yield opened


def context(journal: Any, found: Standing | NeverSent) -> RequestContext:
    clock = FakeClock()
    sources: Any = SimpleNamespace(customers=SimpleNamespace(standings=Standings(found)))
    orders: Any = SimpleNamespace(journal=journal)
    return RequestContext(sources, clock, Caller("anna", None), ("en",), ask(clock), False, orders)


def codes(payload: Any) -> Sequence[str]:
    return [error.code.value for error in payload.user_errors]


async def test_who_may_not_order_reads_the_cart(journal: Journal) -> None:
    """The cart is there for who acts for the account; only who may order changes it."""
    reader = context(journal, standing(Permission.VIEW_PRICES))
    cart = await own_cart(reader)
    payload = await set_references(reader, Which(), PO)

    assert cart is not None
    assert (cart_id_of("C-1"), 0) == (cart.id_key, cart.revision)
    assert (None, ["FORBIDDEN"]) == (payload.cart, codes(payload))
    assert await journal.cart_of("C-1") is None


@pytest.mark.parametrize(("cart_id", "code"), [("nonsense", "INVALID"), (to_id("Cart", "other"), "NOT_FOUND")])
async def test_a_cart_by_its_id(journal: Journal, cart_id: str, code: str) -> None:
    """An id is that of the account's cart; what is none, and that of another, are told apart."""
    buyer = context(journal, standing(Permission.PLACE_ORDER))
    right = await set_references(buyer, Which(to_id("Cart", cart_id_of("C-1")), 0), PO)
    wrong = await set_references(buyer, Which(cart_id), PO)

    assert right.cart is not None
    assert (1, "PO-1", []) == (right.cart.revision, right.cart.po_number, codes(right))
    assert (None, [code], ("input", "cartId")) == (wrong.cart, codes(wrong), wrong.user_errors[0].path)


async def test_a_change_is_made_of_what_others_made(journal: Journal) -> None:
    """Who is slower changes what is there then, and nothing of the others' is lost."""
    contended = Contended(journal, lost=3)
    payload = await set_references(context(contended, standing(Permission.PLACE_ORDER)), Which(), PO)

    assert payload.cart is not None
    assert (4, "PO-1", "try 3") == (payload.cart.revision, payload.cart.po_number, payload.cart.reference)
    assert 4 == contended.tries


async def test_a_change_is_not_tried_for_ever(journal: Journal) -> None:
    """Where others are always faster, the client is told, and shown the cart as it is."""
    contended = Contended(journal, lost=1000)
    payload = await set_references(context(contended, standing(Permission.PLACE_ORDER)), Which(), PO)

    assert payload.cart is not None
    assert (TRIES, TRIES, ["STALE_REVISION"]) == (contended.tries, payload.cart.revision, codes(payload))
    assert payload.user_errors[0].retryable


async def test_a_revision_that_is_named_is_kept_to(journal: Journal) -> None:
    """With a revision given, a change that comes too late between reading and writing is not made."""
    contended = Contended(journal, lost=1)
    payload = await set_references(context(contended, standing(Permission.PLACE_ORDER)), Which(revision=0), PO)

    assert payload.cart is not None
    assert (1, None, ["STALE_REVISION"]) == (payload.cart.revision, payload.cart.po_number, codes(payload))
    assert 1 == contended.tries


@pytest.mark.parametrize("revision", [None, 0])
async def test_no_change_is_no_revision(journal: Journal, revision: int | None) -> None:
    """What changes nothing is not written."""
    buyer = context(journal, standing(Permission.PLACE_ORDER))
    payload = await set_references(buyer, Which(revision=revision), References())

    assert payload.cart is not None
    assert (0, []) == (payload.cart.revision, codes(payload))
    assert await journal.cart_of("C-1") is None


async def test_what_fails_is_told(journal: Journal) -> None:
    """A journal or CRM that fails is an error that may be retried, with the system that failed."""
    buyer = standing(Permission.PLACE_ORDER)
    unkept = await set_references(context(Broken(), buyer), Which(), PO)
    unknown = await set_references(context(journal, NeverSent(System.CRM, "no connection")), Which(), PO)

    assert [(System.CHANNEL, True), (System.CRM, True)] == [
        (payload.user_errors[0].system, payload.user_errors[0].retryable) for payload in (unkept, unknown)
    ]
    assert ["SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE"] == [*codes(unkept), *codes(unknown)]
