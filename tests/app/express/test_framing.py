"""Every way in which one request may come: what is plain is answered at once, whatever pieces it comes in."""

import asyncio
from dataclasses import dataclass

import pytest

from app.express.known import MOST_BODY_BYTES
from app.protocol.negotiation import GRAPHQL_JSON
from tests.app.express.conftest import Served
from tests.app.express.wire import body_of, post

QUERY = '{ product(sku: "KV-1") { sku name } }'
DATA = {"product": {"sku": "KV-1", "name": "putki"}}
BODY = body_of(QUERY)
WHOLE = post(BODY)


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (1, body[at : at + 1]) for at in range(len(body))) + b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Case:
    """A request in its parts, each in a packet of its own; its way, its status, and whether the connection goes on."""

    name: str
    parts: tuple[bytes, ...]
    way: str
    status: int = 200
    goes_on: bool = True


def head_and_body(request: bytes) -> tuple[bytes, bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", body


CASES = [
    Case("in one packet", (WHOLE,), "express"),
    Case("head and body", head_and_body(WHOLE), "express"),
    Case("byte by byte", tuple(WHOLE[at : at + 1] for at in range(len(WHOLE))), "express"),
    Case("with empty lines before it", (b"\r\n\r\n" + WHOLE,), "express"),
    Case("with more headers", (post(BODY, "user-agent: test", "cookie: a=b", "if-none-match: *"),), "express"),
    Case("that says to keep alive", (post(BODY, "connection: keep-alive"),), "express"),
    Case("with zeros before the length", (post(BODY, length=f"0{len(BODY)}"),), "express"),
    Case("chunked", (post(b"", "transfer-encoding: chunked", length=None) + chunked(BODY),), "ordinary"),
    Case("by HTTP/1.0", (post(BODY, line="POST /graphql HTTP/1.0"),), "ordinary", goes_on=False),
    Case(
        "by HTTP/1.0, kept alive",
        (post(BODY, "connection: keep-alive", line="POST /graphql HTTP/1.0"),),
        "ordinary",
        goes_on=False,
    ),
    Case("that is the last", (post(BODY, "connection: close"),), "ordinary", goes_on=False),
    Case("with a header twice", (post(BODY, "x-a: 1", "x-a: 2"),), "ordinary"),
    Case("with a parameter", (post(BODY, line="POST /graphql?x=1 HTTP/1.1"),), "ordinary"),
    Case("with an escape in its path", (post(BODY, line="POST /graph%71l HTTP/1.1"),), "ordinary"),
    Case("with an absolute address", (post(BODY, line="POST http://kanava.example/graphql HTTP/1.1"),), "ordinary"),
    # after such a head the parser of uvicorn reads no body
    Case("with an upgrade", (post(BODY, "connection: upgrade", "upgrade: h2c"),), "ordinary", 400),
    Case("that is packed", (post(BODY, "content-encoding: identity"),), "ordinary"),
    Case("from another site", (post(BODY, "origin: https://shop.example"),), "ordinary"),
    Case("with an age", (post(BODY, "kanava-max-age: 100000"),), "express"),
    Case("with an age that is none", (post(BODY, "kanava-max-age: soon", f"accept: {GRAPHQL_JSON}"),), "ordinary", 400),
    Case("without a length", (post(b"", length=None),), "ordinary", 400),
    Case("without a body", (post(b""),), "ordinary", 400),
    Case("with another body", (post(BODY + b" "),), "ordinary"),
    Case("with a body that is cut", (post(BODY[:-1]),), "ordinary", 400),
    Case("of another method", (post(BODY, line="PUT /graphql HTTP/1.1"),), "", 405),
    Case("to another address", (post(BODY, line="POST /graphql/ HTTP/1.1"),), "", 307),
    Case("with a length below nought", (post(BODY, length="-1"),), "", 400, goes_on=False),
    Case("with a sign before its length", (post(BODY, length=f"+{len(BODY)}"),), "", 400, goes_on=False),
    Case("with two lengths", (post(BODY, f"content-length: {len(BODY)}"),), "", 400, goes_on=False),
    Case("with a length beyond all numbers", (post(BODY, length="9" * 30),), "", 400, goes_on=False),
    Case(
        "with a length and chunks",
        (post(b"", "transfer-encoding: chunked", length=str(len(BODY))) + chunked(BODY),),
        "",
        400,
        goes_on=False,
    ),
    Case("that is no HTTP", (b"nonsense\r\n\r\n",), "", 400, goes_on=False),
    Case("with a header that is none", (post(BODY, "no header"),), "", 400, goes_on=False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_request(served: Served, case: Case) -> None:
    """It has one answer, with the status that it must have; after it another has its own, unless the connection ends."""
    await served.make_known(BODY)
    wire = await served.connect()
    await wire.send(*case.parts)
    answer = await wire.answer()
    ways = list(served.ways)
    if case.goes_on:
        await wire.send(WHOLE)
        again = await wire.answer()
    else:
        left = await wire.ended()

    assert ([case.way] if case.way else []) == ways
    assert case.status == answer.status
    if case.status == 200:
        assert answer.data == DATA
    if case.goes_on:
        assert again.data == DATA
    else:
        assert "close" == answer.headers["connection"]
        assert b"" == left


async def test_a_client_that_asks_first(served: Served) -> None:
    """Who sends no body before it is asked for it is asked for it."""
    await served.make_known(BODY)
    wire = await served.connect()
    head, body = head_and_body(post(BODY, "expect: 100-continue"))
    await wire.send(head)
    asked = await wire.answer()
    await wire.send(body)
    answer = await wire.answer()

    assert 100 == asked.status
    assert DATA == answer.data
    assert ["ordinary"] == served.ways


async def test_get_and_head(served: Served) -> None:
    """They go the ordinary way; HEAD is answered without a body, and the connection goes on."""
    await served.make_known(BODY)
    wire = await served.connect()
    target = "/graphql?query=%7B__typename%7D"
    await wire.send(post(b"", line=f"GET {target} HTTP/1.1"))
    got = await wire.answer()
    await wire.send(post(b"", line=f"HEAD {target} HTTP/1.1"))
    looked_at = await wire.answer(to_head=True)
    await wire.send(WHOLE)
    answer = await wire.answer()

    assert (200, {"__typename": "Query"}) == (got.status, got.data)
    assert (200, str(len(got.body))) == (looked_at.status, looked_at.headers["content-length"])
    assert DATA == answer.data
    assert ["ordinary", "ordinary", "express"] == served.ways


@pytest.mark.parametrize(
    ("size", "way", "status"),
    [
        (MOST_BODY_BYTES, "express", 200),
        (MOST_BODY_BYTES + 1, "ordinary", 200),
        (99_999, "ordinary", 200),
        (200_000, "ordinary", 200),
    ],
)
async def test_a_long_body(served: Served, size: int, way: str, status: int) -> None:
    """One that fits in what is held is answered at once, one that may not be held at all is read as it comes."""
    body = await served.make_known(BODY + b" " * (size - len(BODY)))
    wire = await served.connect()
    request = post(body)
    await wire.send(request[:70_000], request[70_000:])
    answer = await wire.answer()

    assert (status, DATA) == (answer.status, answer.data)
    assert [way] == served.ways


async def test_a_body_that_nobody_reads_to_its_end(served: Served) -> None:
    """Who says that they send more than is taken gets their answer at once, and the rest is read as theirs."""
    await served.make_known(BODY)
    wire = await served.connect()
    large = 1_500_000
    await wire.send(post(b"", length=str(large)) + b" " * 1_200_000)
    refused = await wire.answer()
    await wire.send(b" " * (large - 1_200_000) + WHOLE)
    answer = await wire.answer()

    assert 413 == refused.status
    assert DATA == answer.data
    assert ["ordinary", "express"] == served.ways


async def test_what_comes_after_the_body(served: Served) -> None:
    """A byte too much begins another request, and is refused as one; what came before it has its answer first."""
    await served.make_known(BODY)
    wire = await served.connect()
    await wire.send(WHOLE + b"}")
    answers = await wire.answers(2)

    assert [200, 400] == [answer.status for answer in answers]
    assert b"" == await wire.ended()
    assert ["express"] == served.ways


async def test_a_length_that_is_too_long(served: Served) -> None:
    """What comes then belongs to the body, as far as it is said to go: no part of it is taken for a request."""
    await served.make_known(BODY)
    wire = await served.connect()
    await wire.send(post(BODY, length=str(len(BODY) + len(WHOLE))), WHOLE, WHOLE)
    answers = await wire.answers(2)

    assert [400, 200] == [answer.status for answer in answers]
    assert ["ordinary", "express"] == served.ways


async def test_nothing_is_answered_before_it_is_whole(served: Served) -> None:
    """A request of which a byte is missing waits for it, and keeps nobody else waiting."""
    await served.make_known(BODY)
    slow, quick = await served.connect(), await served.connect()
    await slow.send(WHOLE[:-1])
    await quick.send(WHOLE)
    answer = await quick.answer()
    for _ in range(10):
        await asyncio.sleep(0)
    ways = list(served.ways)
    await slow.send(WHOLE[-1:])

    assert ["express"] == ways
    assert answer.data == (await slow.answer()).data
