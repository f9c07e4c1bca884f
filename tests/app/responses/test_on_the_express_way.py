"""Remembered answers on the express way: the same as on the ordinary one, and to the same people."""

import json
from email.parser import BytesParser

import pytest

from app.express.answering import Begun, Reply
from app.express.heads import head_of
from tests.app.responses.conftest import OpenShop, Shop

PRICE = '{ product(sku: "KV-1") { priceStatus price { unitPrice { amount } } } }'
ME = '{ viewer { user { name } account { number } } product(sku: "KV-1") { sku } }'
LONG = "{ " + " ".join(f'p{i}: product(sku: "KV-1") {{ id name sku lifecycle }}' for i in range(25)) + " }"


def sent(query: str) -> bytes:
    return json.dumps({"query": query}).encode()


async def known(shop: Shop, query: str, person: str | None = None, account: str | None = None) -> None:
    """Send a query on the ordinary way until it has a plan, so that it may come on the other."""
    headers = {"content-type": "application/json", **shop.signed(person, account)}
    for _ in range(3):
        await shop.client.post("/graphql", content=sent(query), headers=headers)


def answer(
    shop: Shop, query: str, person: str | None = None, account: str | None = None, **headers: str
) -> Reply | Begun | None:
    given = {"content-type": "application/json", **shop.signed(person, account)}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    named = {name.encode(): value.encode() for name, value in given.items()}
    head = head_of(named, "127.0.0.1")

    assert head is not None
    return shop.express.answer(head, sent(query))


def read(reply: Reply | Begun | None) -> tuple[dict[str, str], bytes]:
    assert isinstance(reply, Reply)
    headers = {name.lower(): value for name, value in BytesParser().parsebytes(reply.headers).items()}
    return {name: value for name, value in headers.items() if name != "kanava-request-id"}, reply.content


@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
@pytest.mark.parametrize("query", [PRICE, LONG])
@pytest.mark.parametrize("person", [None, "anna"])
async def test_it_is_what_was_executed_there(open_shop: OpenShop, query: str, person: str | None, coding: str) -> None:
    """Headers and content are those of an answer that is executed there at the same moment, to the byte."""
    async with open_shop(KANAVA_RESPONSES_MB="0") as other, open_shop() as shop:
        await known(other, query, person)
        await known(shop, query, person)
        shop.clock.advance(20.5)
        hits = shop.responses.shelf.hits
        executed = read(answer(other, query, person, accept_encoding=coding))
        remembered = read(answer(shop, query, person, accept_encoding=coding))

    assert 1 == shop.responses.shelf.hits - hits
    assert executed == remembered


async def test_everybody_reads_their_own(shop: Shop) -> None:
    """In turns, each for their account: names, accounts and prices are never another one's."""
    who = [("anna", None), ("berta", None), ("mikko", None), ("mikko", "C-2"), ("carl", None), (None, None)]
    told = {}
    for query in (ME, PRICE):
        for person, account in who:
            await known(shop, query, person, account)
        for _ in range(3):
            for person, account in who:
                told[query, person, account] = json.loads(read(answer(shop, query, person, account))[1])["data"]
    viewers = [told[ME, *one]["viewer"] for one in who]
    prices = [told[PRICE, *one]["product"]["price"] for one in who]

    assert shop.responses.shelf.hits >= 2 * len(who)
    assert [one and (one["user"]["name"], one["account"]["number"]) for one in viewers] == [
        ("Anna", "C-1"),
        ("Berta", "C-3"),
        ("Mikko", "C-1"),
        ("Mikko", "C-2"),
        ("Carl", "C-2"),
        None,
    ]
    assert ["10", "10", "10", "20", "20", None] == [one and one["unitPrice"]["amount"] for one in prices]


async def test_an_account_that_is_not_theirs(shop: Shop) -> None:
    """Whoever chooses a foreign account gets nothing here: the ordinary way refuses them."""
    await known(shop, PRICE, "carl", "C-2")
    await shop.data("{ viewer { user { name } } }", "anna")

    assert isinstance(answer(shop, PRICE, "carl", "C-2"), Reply)
    assert answer(shop, PRICE, "anna", "C-2") is None


async def test_what_had_to_wait_is_kept_too(shop: Shop) -> None:
    """An answer that was begun here, and waited for a price, is remembered like others when it is there."""
    await known(shop, PRICE, "anna")
    await shop.changed("prices", "KV-1")
    begun = answer(shop, PRICE, "anna")
    assert isinstance(begun, Begun)
    begun.execution.close()

    assert begun.asked is not None
    assert begun.prepared.context.ask.looks is not None
