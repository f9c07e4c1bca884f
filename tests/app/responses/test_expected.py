"""A search begins while the CRM is asked who somebody is: by who they were, and never is that what they are shown."""

from typing import Any

import pytest

from datasources.model.customers import StandingKey
from resolvers.access import assortments, expected_assortments
from resolvers.context import Caller, RequestContext
from tests.app.responses.conftest import Shop
from tests.datasources.fakes import ask

LISTING = "{ products(first: 10) { totalCount nodes { sku } } }"
NOW = {"kanava_max_age": "0"}


def context(shop: Shop, caller: Caller | None, *, tight: bool = False) -> RequestContext:
    orders: Any = None
    wants = ask(shop.clock)
    if tight:
        wants.not_before = wants.started_at
    return RequestContext(shop.services.sources, shop.clock, caller, ("fi",), wants, False, orders)


async def listed(shop: Shop, person: str | None) -> list[str]:
    nodes = (await shop.data(LISTING, person, **NOW))["products"]["nodes"]
    return [node["sku"] for node in nodes]


async def test_nothing_is_expected_of_who_is_known(shop: Shop) -> None:
    """Of a visitor, of whoever is at hand, and of whoever never came there is nothing to guess."""
    anna = Caller("anna", None)
    first = expected_assortments(context(shop, anna))
    await assortments(context(shop, anna))

    at_hand, visitor = expected_assortments(context(shop, anna)), expected_assortments(context(shop, None))

    assert (None, None, None) == (first, at_hand, visitor)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller("anna", None), frozenset(["own"])),
        (Caller("carl", None), frozenset()),
        (Caller("anna", "C-2"), None),
        (Caller("ghost", None), None),
    ],
)
async def test_who_is_asked_for_anew_is_expected_to_be_who_they_were(
    shop: Shop, caller: Caller, expected: frozenset[str] | None
) -> None:
    """Where a request wants younger values, the last ones are the guess; none for whom the CRM gave nothing."""
    await shop.services.sources.customers.standings.get(
        StandingKey(caller.person, caller.account_number), ask(shop.clock)
    )
    shop.clock.advance(1)

    assert expected == expected_assortments(context(shop, caller, tight=True))


async def test_a_right_guess_costs_no_call(shop: Shop) -> None:
    """The search that was begun is the one that is shown: one a request."""
    await listed(shop, "anna")
    shop.clock.advance(1)
    skus = await listed(shop, "anna")

    assert ["KV-1", "KV-2"] == skus
    assert [("own",), ("own",)] == shop.pim.searched


async def test_a_wrong_guess_shows_nothing(shop: Shop) -> None:
    """Who has lost an assortment since is shown none of it; the guess costs one search."""
    before = await listed(shop, "anna")
    shop.crm.own["anna"] = "C-2"
    shop.clock.advance(1)
    skus = await listed(shop, "anna")

    assert (["KV-1", "KV-2"], ["KV-1"]) == (before, skus)
    assert [("own",), ("own",), ()] == shop.pim.searched
