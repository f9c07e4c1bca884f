"""Whose an answer is, also when a resolver looks something up without asking access."""

from typing import Any

import pytest

from app.responses.whose import Whose
from datasources.model.customers import AccountsKey, StandingKey
from datasources.model.pricing import ContractKey, PartNumberKey
from datasources.sources.ask import Looked
from resolvers.context import ASSORTMENTS, MOMENT, PERSON, PRICES, Caller, RequestContext
from tests.app.responses.conftest import Shop
from tests.datasources.fakes import ask

ANNA = Caller("anna", "C-1")
OWN = StandingKey("anna", "C-1")
KEYS: dict[str, Any] = {
    "quotes": "a key of a price",
    "contracts": ContractKey("S1", "K-1"),
    "part_numbers": PartNumberKey("10001", "KV-1"),
    "credit": "10001",
    "terms": "10001",
    "standings": OWN,
    "pages": AccountsKey("anna", None, 20, None),
    "products": "KV-1",
    "levels": "KV-1",
}


def context(shop: Shop, depends_on: int, *looks: tuple[str, Any]) -> RequestContext:
    sources = shop.services.sources
    known = {**vars(sources.pricing), **vars(sources.customers), **vars(sources.catalog), **vars(sources.stock)}
    orders: Any = None
    made = RequestContext(sources, shop.clock, ANNA, ("fi",), ask(shop.clock), False, orders, depends_on=depends_on)
    made.ask.looks = [Looked(known[name], [key], [None]) for name, key in looks]
    return made


@pytest.mark.parametrize("depends_on", [0, ASSORTMENTS, PRICES, ASSORTMENTS | PRICES, PERSON])
async def test_what_was_asked_of_access_says_it(shop: Shop, depends_on: int) -> None:
    """Content and stock are everybody's; the rest is as access was asked, and what follows from the person is theirs."""
    made = context(shop, depends_on | MOMENT, ("products", "KV-1"), ("levels", "KV-1"))

    assert depends_on == Whose(shop.services.sources).depends_on(made)
    assert PERSON == Whose(shop.services.sources).depends_on(context(shop, PERSON | PRICES))


@pytest.mark.parametrize(
    ("source", "explained_by"),
    [("quotes", PRICES), ("contracts", PRICES), ("standings", PRICES), ("standings", ASSORTMENTS)],
)
async def test_a_look_that_access_explains(shop: Shop, source: str, explained_by: int) -> None:
    """Prices are of a price scope that was asked for, and who the viewer is was looked at for one of the two."""
    whose = Whose(shop.services.sources)
    look = (source, KEYS[source])

    assert explained_by == whose.depends_on(context(shop, explained_by, look))
    assert PERSON == whose.depends_on(context(shop, 0, look))


@pytest.mark.parametrize("source", ["part_numbers", "credit", "terms", "pages"])
async def test_a_look_past_access(shop: Shop, source: str) -> None:
    """Whatever else is not for everybody makes the answer the person's alone, whether access was asked or not."""
    made = context(shop, ASSORTMENTS | PRICES, ("products", "KV-1"), (source, KEYS[source]))

    assert PERSON == Whose(shop.services.sources).depends_on(made)


@pytest.mark.parametrize("key", [StandingKey("anna", None), StandingKey("anna", "C-2"), StandingKey("berta", "C-1")])
async def test_a_look_at_another_account(shop: Shop, key: StandingKey) -> None:
    """So does a look at what the person is to an account that they do not act for now."""
    whose = Whose(shop.services.sources)

    assert PERSON == whose.depends_on(context(shop, ASSORTMENTS | PRICES, ("standings", OWN), ("standings", key)))


async def test_who_it_was_made_for_is_no_part_of_it(shop: Shop) -> None:
    """Of an answer for all of a price scope the maker's own standing is no part; of one for the person it is."""
    whose, made = Whose(shop.services.sources), context(shop, PRICES, ("standings", OWN), ("products", "KV-1"))
    standing, product = made.ask.looks or ()

    assert (False, True) == (whose.counts(standing, made, PRICES), whose.counts(product, made, PRICES))
    assert (True, True) == (whose.counts(standing, made, PERSON), whose.counts(product, made, PERSON))
