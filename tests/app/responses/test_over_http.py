"""A remembered answer over HTTP: what is said of it, how it is packed, and what it must pass before it is given."""

import gzip
from typing import Any

import brotli
import pytest

from tests.app.responses.conftest import OpenShop, Shop

NAME = '{ product(sku: "KV-1") { name } }'
PRICE = '{ product(sku: "KV-1") { price { unitPrice { amount } } } }'
LONG = "{ " + " ".join(f'p{i}: product(sku: "KV-1") {{ id name sku lifecycle }}' for i in range(25)) + " }"
KEPT = ("cache-control", "age", "etag", "content-type", "vary", "content-encoding")


def said(response: Any) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in KEPT}


@pytest.mark.parametrize("person", [None, "anna"])
@pytest.mark.parametrize("query", [NAME, PRICE, LONG])
async def test_it_is_what_an_execution_says(open_shop: OpenShop, person: str | None, query: str) -> None:
    """Body and headers are, to the byte, those of an answer that is made at the same moment."""
    async with open_shop(KANAVA_RESPONSES_MB="0") as other, open_shop() as shop:
        await other.remember(query, person)
        await shop.remember(query, person)
        shop.clock.advance(20.5)
        hits = shop.responses.shelf.hits
        made, remembered = await other.get(query, person), await shop.get(query, person)

    assert 1 == shop.responses.shelf.hits - hits
    assert (200, made.content, said(made)) == (remembered.status_code, remembered.content, said(remembered))


async def test_its_age_goes_on(shop: Shop) -> None:
    """Age grows, and what is left of it shrinks, from hit to hit; private for whoever signs in."""
    await shop.remember(NAME)
    await shop.data("{ viewer { user { name } } }", "anna")
    shop.clock.advance(20)
    nobodys, annas = await shop.post(NAME), await shop.post(NAME, "anna")
    shop.clock.advance(10)
    later = await shop.post(NAME)

    assert ["20", "20", "30"] == [one.headers["age"] for one in (nobodys, annas, later)]
    assert nobodys.headers["cache-control"] == later.headers["cache-control"]
    assert nobodys.headers["cache-control"].startswith("public, max-age=5")
    assert annas.headers["cache-control"].startswith("private, max-age=5")


async def test_whoever_has_it_is_told_so(shop: Shop) -> None:
    """A conditional GET is answered by 304, with the tag that the executed answer had."""
    tag = (await shop.get(NAME)).headers["etag"]
    await shop.remember(NAME)
    hits = shop.responses.shelf.hits
    answer = await shop.get(NAME, if_none_match=tag)

    assert (304, b"", tag) == (answer.status_code, answer.content, answer.headers["etag"])
    assert 1 == shop.responses.shelf.hits - hits


async def test_post_and_get_share(shop: Shop) -> None:
    """How the question came is not part of it, nor which of the media types is wanted."""
    await shop.remember(NAME)
    hits = shop.responses.shelf.hits
    got = await shop.get(NAME, accept="application/json")
    posted = await shop.post(NAME, accept="application/graphql-response+json")

    assert 2 == shop.responses.shelf.hits - hits
    assert got.content == posted.content
    assert "application/json; charset=utf-8" == got.headers["content-type"]
    assert "application/graphql-response+json; charset=utf-8" == posted.headers["content-type"]


async def test_it_is_packed_once(shop: Shop) -> None:
    """Each coding is made when it is first wanted, kept with the answer, and weighed with it."""
    await shop.remember(LONG)
    plain = shop.responses.shelf.bytes
    answers = [await shop.post(LONG, accept_encoding=coding) for coding in ("br", "gzip", "br", "identity")]
    packed = [len(brotli.compress(answers[3].content, mode=brotli.MODE_TEXT, quality=4))]

    assert ["br", "gzip", "br", None] == [answer.headers.get("content-encoding") for answer in answers]
    assert 1 == len({answer.content for answer in answers})
    assert (
        plain + packed[0] < shop.responses.shelf.bytes < plain + packed[0] + len(gzip.compress(answers[3].content)) + 50
    )


async def test_a_caller_pays_for_it(open_shop: OpenShop) -> None:
    """An answer that is remembered is taken from a caller's share like one that is made."""
    statuses = []
    for megabytes in ("0", "64"):
        async with open_shop(KANAVA_RATE_ADDRESS="10", KANAVA_RESPONSES_MB=megabytes) as shop:
            statuses.append([(await shop.post(NAME)).status_code for _ in range(12)])

    assert statuses[0] == statuses[1]
    assert {200, 429} == set(statuses[1])
    assert statuses[1].count(200) - 2 == shop.responses.shelf.hits


async def test_a_bad_token_is_refused(shop: Shop) -> None:
    """Whoever comes with a token that is not good, or not any more, is not answered from memory either."""
    await shop.remember(NAME, "anna")
    token = shop.provider.token(shop.clock, sub="anna", exp=int(shop.clock.now().timestamp()) - 3600)
    answer = await shop.post(NAME, authorization=f"Bearer {token}")

    assert (401, "UNAUTHENTICATED") == (answer.status_code, answer.json()["errors"][0]["extensions"]["code"])


async def test_only_the_operation_that_is_meant(shop: Shop) -> None:
    """Of a document with two operations each has its answer; naming the only one of a document changes nothing."""
    two = f"query a {NAME} query b {{ categories {{ name }} }}"
    await shop.remember(f"query a {NAME}")
    named = [
        (await shop.client.post("/graphql", json={"query": two, "operationName": name})).json()["data"]
        for name in ("a", "b") * 4
    ]
    hits = shop.responses.shelf.hits
    await shop.client.post("/graphql", json={"query": f"query a {NAME}", "operationName": "a"})

    assert [{"product": {"name": "putki"}}, {"categories": []}] * 4 == named
    assert 1 == shop.responses.shelf.hits - hits


async def test_mutations_are_executed(shop: Shop) -> None:
    """What changes something is never answered from memory."""
    query = "mutation { cartAddLines(input: {lines: []}) { userErrors { code } } }"
    for _ in range(4):
        await shop.post(query, "anna")

    assert (0, 0) == (shop.responses.shelf.hits, shop.responses.misses)
