"""What is known of a viewer at hand is what access would say; who needs a closer look is not known."""

from collections.abc import Sequence
from math import inf
from typing import Any

import pytest

from app.responses.responses import told_the_same
from app.responses.viewers import Viewer, Viewers
from datasources.errors import NeverSent
from datasources.model.common import System
from datasources.model.pricing import PriceStatus
from resolvers import access
from resolvers.context import ASSORTMENTS, MOMENT, PERSON, PRICES, Caller, RequestContext
from resolvers.customers import known
from resolvers.errors import Forbidden, NotFound
from tests.app.responses.conftest import Shop
from tests.datasources.fakes import ask

PEOPLE = [
    None,
    Caller("anna", None),
    Caller("anna", "C-1"),
    Caller("mikko", "C-2"),
    Caller("carl", None),
    Caller("dora", None),
    Caller("ghost", None),
    Caller("anna", None, frozenset(["clerk"])),
    Caller("dora", None, frozenset(["clerk"])),
]


VISITOR = Viewer(None, None, frozenset(), PriceStatus.LOGIN_REQUIRED, inf, inf)


def context(shop: Shop, caller: Caller | None) -> RequestContext:
    orders: Any = None
    return RequestContext(shop.services.sources, shop.clock, caller, ("fi",), ask(shop.clock), False, orders)


def look(shop: Shop, caller: Caller | None) -> Viewer | None:
    viewers = Viewers(shop.services.sources.customers.standings, list_prices=False)
    return viewers.look(caller, shop.clock.now().timestamp())


def known_now(shop: Shop, caller: Caller | None) -> Viewer:
    viewer = look(shop, caller)
    assert viewer is not None
    return viewer


@pytest.mark.parametrize("caller", PEOPLE)
async def test_it_is_what_access_says(shop: Shop, caller: Caller | None) -> None:
    """Assortments and prices of everybody are those that a resolver is told."""
    told = context(shop, caller)
    assortments, prices = await access.assortments(told), await access.price_scope(told)
    viewer = look(shop, caller)

    assert viewer is not None
    assert (caller, assortments, prices) == (viewer.caller, viewer.assortments, viewer.prices)


@pytest.mark.parametrize(
    "caller", [Caller("anna", "C-2"), Caller("anna", "C-9"), Caller("anna", "9" * 101), Caller("ghost", "C-1")]
)
async def test_who_may_not_act_so_is_not_known(shop: Shop, caller: Caller) -> None:
    """An account that is not theirs is for access to refuse."""
    with pytest.raises((NotFound, Forbidden)):
        await access.standing(context(shop, caller))

    assert look(shop, caller) is None


async def test_a_standing_must_be_fresh(shop: Shop) -> None:
    """Who was never asked about, or too long ago, is not known; nor is anybody whom the CRM could not tell of."""
    anna = Caller("anna", None)
    before = look(shop, anna)
    await access.standing(context(shop, anna))
    fresh = look(shop, anna)
    shop.clock.advance(60)
    shop.crm.failure = NeverSent(System.CRM, "no connection")
    await access.standing(context(shop, anna))

    assert (None, True, None) == (before, fresh is not None, look(shop, anna))


async def test_the_same_viewer_again(shop: Shop) -> None:
    """Whom a look gave before is given again for as long as the CRM said nothing new of them; never another caller."""
    now, anna, berta = shop.clock.now().timestamp(), Caller("anna", None), Caller("berta", None)
    viewers = Viewers(shop.services.sources.customers.standings, list_prices=False)
    for caller in (anna, berta):
        await access.standing(context(shop, caller))
    first, other = viewers.look(anna, now), viewers.look(berta, now)
    again, from_another = viewers.look(anna, now, first), viewers.look(anna, now, other)
    shop.crm.scopes["C-1"] = "S2"
    await shop.changed("customers", "anna")
    unknown = viewers.look(anna, now, first)
    await access.standing(context(shop, anna))
    changed = viewers.look(anna, now, first)

    assert first is not None
    assert changed is not None
    assert (True, first, None) == (again is first, from_another, unknown)
    assert [("S1", "EUR"), ("S2", "EUR")] == [first.prices, changed.prices]


async def test_resolvers_and_we_must_be_told_the_same(shop: Shop) -> None:
    """An answer whose resolvers were told of the viewer by another answer of the CRM than ours is not kept."""
    of = context(shop, Caller("anna", None))
    before = told_the_same(VISITOR, of)
    await access.standing(of)
    same, nobody = told_the_same(known_now(shop, of.caller), of), told_the_same(VISITOR, of)
    await shop.changed("customers", "anna")
    await access.standing(context(shop, of.caller))

    assert (True, True, False) == (before, same, nobody)
    assert not told_the_same(known_now(shop, of.caller), of)


async def test_parts_tell_apart() -> None:
    """What an answer depends on tells those viewers apart for whom it would be another one, and no others."""
    anna = Viewer(Caller("anna", None), None, frozenset("a"), ("S1", "EUR"), 0, 0)
    others = [
        Viewer(Caller("berta", None), None, frozenset("a"), ("S1", "EUR"), 0, 0),
        Viewer(Caller("berta", None), None, frozenset("b"), ("S1", "EUR"), 0, 0),
        Viewer(Caller("berta", None), None, frozenset("a"), ("S2", "EUR"), 0, 0),
        Viewer(Caller("berta", None), None, frozenset("a"), ("S1", "SEK"), 0, 0),
        Viewer(Caller("anna", "C-1"), None, frozenset("a"), ("S1", "EUR"), 0, 0),
    ]

    def alike(depends_on: int) -> Sequence[bool]:
        return [other.part(depends_on) == anna.part(depends_on) for other in others]

    assert [True] * 5 == alike(0)
    assert [True, False, True, True, True] == alike(ASSORTMENTS)
    assert [True, True, False, False, True] == alike(PRICES)
    assert [True, False, False, False, True] == alike(ASSORTMENTS | PRICES)
    assert [False] * 5 == alike(PERSON)


@pytest.mark.parametrize(
    ("asked", "depends_on"),
    [
        (access.check_account, 0),
        (access.assortments, ASSORTMENTS),
        (access.price_scope, PRICES),
        (access.standing, PERSON),
        (access.acting_account, PERSON),
        (lambda of: access.standings(of, ["C-1"]), PERSON),
        (lambda of: access.may_act_for(of, ["C-1"]), PERSON),
        (lambda of: access.may_see_money_of(of, ["C-1"]), PERSON),
        (lambda of: known(["C-1"], of), PERSON),
    ],
)
@pytest.mark.parametrize("caller", [None, Caller("anna", "C-1")])
async def test_what_is_asked_is_noted(shop: Shop, caller: Caller | None, asked: Any, depends_on: int) -> None:
    """Whatever a resolver asks of a viewer is noted, of an anonymous one too: that there is none is an answer."""
    of = context(shop, caller)
    of.depends_on = MOMENT
    await asked(of)

    assert MOMENT | depends_on == of.depends_on
