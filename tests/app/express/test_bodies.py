"""Which bodies are known: queries that have a plan, that are executed at once, and that nothing has to be stored of."""

import asyncio
import json
from typing import Any

import pytest

from app.persisted import hash_of
from app.trusted import TrustedDocument, TrustedDocuments
from tests.app.conftest import PRODUCTION
from tests.app.express.conftest import OpenServer, Served
from tests.app.express.wire import body_of, post

QUERY = '{ product(sku: "KV-1") { sku name } }'
DATA = {"product": {"sku": "KV-1", "name": "putki"}}


async def ways_of(served: Served, body: bytes, *headers: str, times: int = 4) -> list[str]:
    """Return which way a body goes each time."""
    served.ways.clear()
    for _ in range(times):
        await served.ask(post(body, *headers))
    return list(served.ways)


async def test_the_third_time(served: Served) -> None:
    """The second time a query has a plan, from the third on it is known; no plan is made for what comes once."""
    body = body_of(QUERY)
    first = await ways_of(served, body, times=1)
    compiled = served.express._executor.tally.compiled
    ways = await ways_of(served, body)

    assert ["ordinary"] == first
    assert 0 == compiled
    assert ["ordinary", "express", "express", "express"] == ways


@pytest.mark.parametrize(
    "query",
    [
        'mutation { removeCartLine(input: {cartId: "x", lineId: "y"}) { userErrors { message } } }',
        "subscription { channelStatus { mode } }",
        "{ __schema { queryType { name } } }",
        "{ nonsense }",
        "{",
        "",
        "query A { __typename } query B { __typename }",
    ],
)
async def test_what_is_never_known(served: Served, query: str) -> None:
    """What changes things, never ends, looks into the schema, or is wrong goes the ordinary way each time."""
    body = body_of(query)

    assert ["ordinary"] * 4 == await ways_of(served, body)
    assert served.express.known.get(body) is None


async def test_a_dear_one(open_server: OpenServer) -> None:
    """What waits for its turn among dear ones is never known: that is from three tenths of what may be asked on."""
    async with open_server(KANAVA_LIMIT_COST="4") as served:
        cheap = await ways_of(served, body_of(QUERY))
        dear = await ways_of(served, body_of('{ product(sku: "KV-1") { sku } viewer { user { name } } }'))

    assert "express" == cheap[-1]
    assert ["ordinary"] * 4 == dear


@pytest.mark.parametrize(
    "more",
    [
        {"variables": {"sku": "KV-1"}},
        {"variables": {"sku": "KV-1", "more": None}},
        {"operationName": "Q", "variables": {"sku": "KV-1"}},
        {"extensions": None, "variables": {"sku": "KV-1"}},
    ],
)
async def test_variables(served: Served, more: dict[str, Any]) -> None:
    """Each set of variables is known by itself, and answered with its own."""
    query = "query Q($sku: String!) { product(sku: $sku) { sku name } }"
    body = await served.known(query, **more)
    other = body_of(query, **{**more, "variables": {"sku": "KV-9"}})
    answers = [await served.ask(post(one)) for one in (body, other, body, other)]

    assert [DATA, {"product": None}] * 2 == [answer.data for answer in answers]
    assert ["express", "ordinary", "express", "express"] == served.ways


async def test_wrong_variables(served: Served) -> None:
    """What must be refused is refused each time."""
    body = body_of("query Q($sku: String!) { product(sku: $sku) { sku } }", variables={"sku": {}})

    assert ["ordinary"] * 4 == await ways_of(served, body)


async def test_a_limit(open_server: OpenServer) -> None:
    """What asks for too much is refused each time; what is just allowed is answered."""
    async with open_server(KANAVA_LIMIT_ALIASES="0") as served:
        over = await ways_of(served, body_of('{ product(sku: "KV-1") { sku a: name } }'))
        refused = await served.ask(post(body_of('{ product(sku: "KV-1") { sku a: name } }')))
        just = await ways_of(served, body_of(QUERY))

    assert ["ordinary"] * 4 == over
    assert ["LIMIT_EXCEEDED"] == refused.codes
    assert "express" == just[-1]


async def test_production(open_server: OpenServer) -> None:
    """What looks into the schema is refused there each time."""
    async with open_server(**PRODUCTION) as served:
        body = body_of("{ __schema { queryType { name } } }")
        ways = await ways_of(served, body)
        answer = await served.ask(post(body))

    assert ["ordinary"] * 4 == ways
    assert ["BAD_USER_INPUT", "BAD_USER_INPUT"] == answer.codes


async def test_a_hash_alone(served: Served) -> None:
    """A persisted query is known by its hash, once its text came; before it did nothing is known."""
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": hash_of(QUERY)}}
    by_hash = json.dumps({"extensions": extensions}).encode()
    unknown = await served.ask(post(by_hash))
    with_text = await ways_of(served, body_of(QUERY, extensions=extensions))
    ways = await ways_of(served, by_hash)
    answer = await served.ask(post(by_hash))

    assert ["PERSISTED_QUERY_NOT_FOUND"] == unknown.codes
    assert ["ordinary"] * 4 == with_text
    assert "express" == ways[-1]
    assert DATA == answer.data


async def test_a_hash_of_another_text(served: Served) -> None:
    """It is refused each time, though the text is known."""
    await served.known(QUERY)
    body = body_of(QUERY, extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}})
    ways = await ways_of(served, body)
    answer = await served.ask(post(body))

    assert ["ordinary"] * 4 == ways
    assert ["BAD_USER_INPUT"] == answer.codes


async def test_trusted_documents(open_server: OpenServer) -> None:
    """Where only those of a manifest run they are known, by text and by id; others are refused each time."""
    trusted = TrustedDocuments([TrustedDocument("p", "Q", QUERY)])
    async with open_server(trusted=trusted) as served:
        by_text = await ways_of(served, body_of(QUERY))
        by_id = await ways_of(served, b'{"id": "p"}')
        other = await ways_of(served, body_of("{ __typename }"))
        refused = await served.ask(post(body_of("{ __typename }")))

    assert ["express", "express"] == [by_text[-1], by_id[-1]]
    assert ["ordinary"] * 4 == other
    assert ["FORBIDDEN"] == refused.codes


async def test_what_had_to_be_fetched(served: Served) -> None:
    """A value that is not fresh any more is fetched once, by who was begun first; both are answered with it."""
    signed = served.signed("anna")
    body = await served.known('{ product(sku: "KV-1") { price { unitPrice { amount } } } }', signed)
    served.clock.advance(61)
    served.erp.amounts["S1"] = "11"
    served.erp.scopes.clear()
    answers = await asyncio.gather(*(served.ask(post(body, signed)) for _ in range(3)))

    assert [{"product": {"price": {"unitPrice": {"amount": "11"}}}}] * 3 == [answer.data for answer in answers]
    assert ["S1"] == served.erp.scopes
    assert ["begun"] * 3 == served.ways
