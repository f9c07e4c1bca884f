"""How long a whole answer is shown: no longer than each value in it would have been."""

from dataclasses import replace
from typing import Any

import pytest

from app.responses.responses import Responses
from datasources.cache.entry import JITTER, jitter_of
from datasources.cache.store import Drop
from datasources.errors import NeverSent
from datasources.model.common import System
from tests.app.responses.conftest import Shop

DROP = Drop("prices", frozenset(["KV-1"]), None)
PRICE = '{ product(sku: "KV-1") { name price { unitPrice { amount } } } }'
NAME = '{ product(sku: "KV-1") { name } }'


def named(name: str) -> Any:
    return {"product": {"name": name}}


def priced(amount: str) -> Any:
    return {"product": {"name": "putki", "price": {"unitPrice": {"amount": amount}}}}


async def test_it_is_kept_when_it_is_wanted_again(shop: Shop) -> None:
    """The first answer is not kept, the second is, the third is that; its values are not asked for again."""
    answers = [await shop.again(NAME) for _ in range(3)]
    values = shop.services.sources.catalog.products.tally.values

    assert [(named("putki"), False), (named("putki"), False), (named("putki"), True)] == answers
    assert (2, 2, 1) == (values, shop.responses.misses, len(shop.responses.shelf))


async def test_asked_for_seldom_it_is_not_kept(shop: Shop) -> None:
    """What is wanted again only after a while is executed each time, and remembered never."""
    for _ in range(3):
        await shop.data(NAME)
        shop.clock.advance(31)

    assert 0 == len(shop.responses.shelf)


async def test_it_ends_with_the_first_value_that_is_not_fresh(shop: Shop) -> None:
    """A value that is not fresh any more is fetched, whoever else in the answer is fresh still."""
    await shop.data(NAME)
    shop.clock.advance(20)
    await shop.remember(PRICE, "anna")
    shop.erp.amounts["S1"] = "11"
    shop.clock.advance(33.9)
    before = await shop.again(PRICE, "anna")
    shop.clock.advance(6.1)
    after = await shop.again(PRICE, "anna")

    assert ((priced("10"), True), (priced("10"), False)) == (before, after)


async def test_it_ends_a_little_before_a_slow_fetch_is_due(shop: Shop) -> None:
    """As early as a look into the source may refresh a price that takes a second, the answer is not shown any more."""
    fresh_for_s = 60 * (1 - JITTER * jitter_of(shop.clock.now().timestamp()))
    shop.erp.meanwhile = lambda: shop.clock.advance(1)
    await shop.remember(PRICE, "anna")
    shop.clock.advance(fresh_for_s - 1 - 4.7)
    before = (await shop.again(PRICE, "anna"))[1]
    shop.clock.advance(0.2)
    after = (await shop.again(PRICE, "anna"))[1]

    assert (True, False) == (before, after)
    assert ["S1"] == shop.erp.scopes


@pytest.mark.parametrize(
    ("kind", "tags", "scope"),
    [
        ("prices", ("KV-1",), "S1"),
        ("prices", (), None),
        ("prices", (), "S1"),
        ("content", ("KV-9", "KV-1"), None),
    ],
)
async def test_a_change_of_anything_in_it_ends_it(shop: Shop, kind: str, tags: tuple[str, ...], scope: str) -> None:
    """A system says that something has changed: the next answer is made of what is true now."""
    await shop.remember(PRICE, "anna")
    shop.erp.amounts["S1"] = "11"
    shop.pim.names["KV-1"] = "uusi"
    await shop.changed(kind, *tags, scope=scope)

    assert 0 == len(shop.responses.shelf)
    assert (1, 0) == (shop.responses.shelf.dropped, shop.responses.shelf.bytes)
    assert (await shop.again(PRICE, "anna")) == ((priced("11") if kind == "prices" else priced("10")), False)


@pytest.mark.parametrize(
    ("kind", "tags", "scope"),
    [
        ("prices", ("KV-1",), "S2"),
        ("prices", ("KV-2",), None),
        ("stock", ("KV-1",), None),
        ("customers", ("carl",), None),
    ],
)
async def test_a_change_of_something_else_does_not(shop: Shop, kind: str, tags: tuple[str, ...], scope: str) -> None:
    """Another scope's price, another article, another system, another person: the answer is as good as before."""
    await shop.remember(PRICE, "anna")
    await shop.changed(kind, *tags, scope=scope)

    assert (priced("10"), True) == await shop.again(PRICE, "anna")


async def test_a_change_while_it_is_made(shop: Shop) -> None:
    """A price that changes after it was fetched for an answer, and before that is there, is in no later answer."""
    await shop.remember(NAME, "anna")
    await shop.data(PRICE, "anna")
    await shop.changed("prices", "KV-1")

    def change() -> None:
        shop.erp.meanwhile = None
        shop.erp.amounts["S1"] = "11"
        shop.services.sources.pricing.quotes.drop(DROP)

    shop.erp.meanwhile = change
    made, later, kept = [await shop.again(PRICE, "anna") for _ in range(3)]

    assert (priced("10"), False) == made
    assert [(priced("11"), False), (priced("11"), True)] == [later, kept]


async def test_a_value_renewed_while_it_is_made(shop: Shop) -> None:
    """An answer with a name that was looked up just before another request brought a newer one is not kept."""
    products = shop.services.sources.catalog.products
    await shop.remember(NAME, "anna")
    await shop.data(PRICE, "anna")
    await shop.changed("prices", "KV-1")

    def renew() -> None:
        shop.erp.meanwhile = None
        products.remember({"KV-1": replace(shop.pim._product("KV-1"), name={"fi": "uusi"})}, products.mark())

    shop.erp.meanwhile = renew
    made, later = [(await shop.again(PRICE, "anna"))[0]["product"]["name"] for _ in range(2)]

    assert ("putki", "uusi") == (made, later)


async def test_a_younger_value_ends_it(shop: Shop) -> None:
    """Who insists on a price of now has it fetched: nobody is shown the older one after that."""
    await shop.remember(PRICE, "anna")
    shop.erp.amounts["S1"] = "11"
    shop.clock.advance(1)
    anew = await shop.again(PRICE, "anna", kanava_max_age="0")
    after = await shop.again(PRICE, "anna")

    assert [(priced("11"), False)] * 2 == [anew, after]


async def test_an_absence_ends_soon(shop: Shop) -> None:
    """That there is no such article is as short-lived in a whole answer as it is elsewhere."""
    query = '{ product(sku: "KV-9") { name } }'
    await shop.remember(query)
    known = (await shop.again(query))[1]
    shop.clock.advance(10)
    later = (await shop.again(query))[1]

    assert (True, False) == (known, later)


async def test_a_clock_that_was_set_back(shop: Shop) -> None:
    """Nobody knows then how old the answer is, so it is not shown."""
    await shop.remember(NAME)
    shop.clock.set_back(30)

    assert (named("putki"), False) == await shop.again(NAME)


@pytest.mark.parametrize(
    "query",
    [
        '{ product(sku: "KV-1") { name freshness { ageSeconds } } }',
        "{ channelStatus { mode } }",
        "{ __typename }",
        'query @freshness(maxAgeSeconds: 30) { product(sku: "KV-1") { name } }',
        'query @freshness(onUnavailable: NULL_WITH_ERROR) { product(sku: "KV-1") { name } }',
    ],
)
async def test_what_is_not_kept(shop: Shop, query: str) -> None:
    """Ages, what is true only now, what is made of no values, and who wants values of an age of their own."""
    for _ in range(4):
        await shop.data(query)

    assert (0, 0) == (len(shop.responses.shelf), shop.responses.shelf.hits)


@pytest.mark.parametrize("headers", [{"kanava_trace": "1"}, {"kanava_max_age": "3600"}])
async def test_who_is_answered_by_execution_alone(shop: Shop, headers: dict[str, str]) -> None:
    """A request that is to be told how it was answered, or that sets an age itself, is executed."""
    await shop.remember(NAME)
    answer = await shop.post(NAME, **headers)

    assert (200, named("putki"), 1) == (answer.status_code, answer.json()["data"], shop.responses.shelf.hits)


async def test_an_error_is_not_kept(shop: Shop) -> None:
    """An answer with an error, or with a value that is stale, is made anew each time."""
    await shop.remember(PRICE, "anna")
    shop.clock.advance(61)
    await shop.data(NAME, "anna")
    shop.erp.failure = NeverSent(System.ERP, "no connection")
    stale = [await shop.again(PRICE, "anna") for _ in range(3)]
    carls = [(await shop.post(PRICE, "carl")).json() for _ in range(3)]

    assert [(priced("10"), False)] * 3 == stale
    assert ["SOURCE_UNAVAILABLE"] * 3 == [answer["errors"][0]["extensions"]["code"] for answer in carls]
    assert 0 == len(shop.responses.shelf)


async def test_a_value_that_makes_room_takes_it_along(shop: Shop) -> None:
    """What is not remembered of the values is not remembered of the answers: a hook could not find it any more."""
    await shop.remember(NAME)
    memory = shop.services.memory
    while memory:
        memory.popitem()

    assert (0, 0) == (len(shop.responses.shelf), shop.responses.shelf.bytes)
    assert (named("putki"), False) == await shop.again(NAME)


async def test_without_room_there_are_none(open_shop: Any) -> None:
    """With KANAVA_RESPONSES_MB=0 everything is executed, and nothing is counted."""
    async with open_shop(KANAVA_RESPONSES_MB="0") as shop:
        for _ in range(4):
            await shop.data(NAME)
        responses: Responses = shop.responses

    assert (0, 0, 0) == (len(responses.shelf), responses.shelf.hits, responses.misses)
