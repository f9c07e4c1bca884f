"""Requests whose heads came before: answered without the parser, and as if it had read them."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.express.heads import MOST_HEAD_BYTES, OWN_BYTES, Digests, Head, Heads, Recognised, head_of
from app.identity.bearer import LEEWAY_S
from app.identity.provider import REFRESHED_AFTER_S
from app.telemetry.access import lines_of_requests
from datasources.cache.memory import Share
from tests.app.express.conftest import ASKS_S, OpenServer, Served
from tests.app.express.wire import Answer, Wire, body_of, post, until
from tests.app.telemetry.conftest import OpenLogs, open_logs

__all__ = ["open_logs"]

QUERY = '{ product(sku: "KV-1") { sku name } }'
DATA = {"product": {"sku": "KV-1", "name": "putki"}}
PRICED = '{ product(sku: "KV-1") { price { unitPrice { amount } } } }'
BODY = body_of(QUERY)
WHOLE = post(BODY)
HEAD = WHOLE.removesuffix(BODY)
ONCE_ONLY = ("date", "kanava-request-id")
OTHERWISE = ("timestamp", "ms", "request")
PEER = ("192.0.2.1", "http")


class Reading:
    """A parser that counts how often it is fed."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self.fed = 0

    def feed_data(self, data: bytes) -> None:
        self.fed += 1
        self._parser.feed_data(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)


async def recognised(served: Served, *headers: str) -> tuple[Wire, Reading]:
    """Have a head come before; return a connection, and the parser that reads what is not recognised on it."""
    await served.make_known(BODY, *headers)
    wire = await served.connect()
    await wire.send(post(BODY, *headers))
    await wire.answer()
    own = wire.writer.get_extra_info("sockname")
    (server_end,) = [one for one in served.connections if one.client == own]
    server_end.parser = reading = Reading(server_end.parser)
    served.ways.clear()
    return wire, reading


def shown(answer: Answer) -> object:
    headers = {name: value for name, value in answer.headers.items() if name not in ONCE_ONLY}
    return answer.status, headers, answer.body


async def test_without_the_parser(served: Served) -> None:
    """The same request has the same answer, but for its date and id, and is counted as one."""
    wire, parser = await recognised(served)
    with served.ordinarily():
        await wire.send(WHOLE)
        first = await wire.answer()
    fed, counted = parser.fed, served.server.server_state.total_requests
    await wire.send(WHOLE)
    second = await wire.answer()

    assert shown(first) == shown(second)
    assert first.headers["kanava-request-id"] != second.headers["kanava-request-id"]
    assert (1, 1, 1) == (fed, parser.fed, served.server.server_state.total_requests - counted)
    assert ["ordinary", "express"] == served.ways


async def test_on_a_connection_that_is_new(served: Served) -> None:
    """It is recognised on whichever connection of the same client; a request has come by it then."""
    await recognised(served)
    wire = await served.connect()
    await wire.send(WHOLE)
    answer = await wire.answer()
    (server_end,) = [one for one in served.connections if one.client == wire.writer.get_extra_info("sockname")]

    assert DATA == answer.data
    assert (None, False) == (server_end.cycle, server_end.is_new)


SENT: list[tuple[str, Sequence[bytes], list[int]]] = [
    ("a body in two parts", (WHOLE[:-5], WHOLE[-5:]), [200]),
    ("the head alone first", (HEAD, BODY), [200]),
    ("two in one packet", (WHOLE + WHOLE,), [200, 200]),
    ("one and a part of another", (WHOLE + WHOLE[:20], WHOLE[20:]), [200, 200]),
    ("a byte more", (WHOLE + b"}",), [200, 400]),
    ("another length", (post(BODY + b" "),), [200]),
    ("the length twice", (post(BODY, f"content-length: {len(BODY)}"),), [400]),
    ("a length and chunks", (post(BODY, "transfer-encoding: chunked"),), [400]),
    ("line feeds alone", (HEAD.replace(b"\r\n", b"\n") + BODY,), [400]),
    ("a header more", (post(BODY, "x-a: b"),), [200]),
    ("a name in other letters", (WHOLE.replace(b"host", b"Host"),), [200]),
    ("an empty line before it", (b"\r\n" + WHOLE,), [200]),
    ("the rest of a head", (HEAD[:30], HEAD[30:] + BODY), [200]),
    ("a head in the value of a header", (b"POST /graphql HTTP/1.1\r\nx-a: b\r\n", WHOLE), [400]),
    ("a body that is a request", (post(WHOLE, length=str(len(WHOLE))),), [400]),
    ("the last one", (post(BODY, "connection: close"),), [200]),
]


@pytest.mark.parametrize(("sent", "statuses"), [one[1:] for one in SENT], ids=[one[0] for one in SENT])
async def test_what_is_not_the_same(served: Served, sent: Sequence[bytes], statuses: list[int]) -> None:
    """Whatever is not one whole request with this head is read by the parser, and answered as it reads it."""
    wire, parser = await recognised(served)
    await wire.send(*sent)
    answers = await wire.answers(len(statuses))

    assert statuses == [answer.status for answer in answers]
    assert len(sent) == parser.fed


async def test_within_a_body(served: Served) -> None:
    """What looks like a request, within the body of another, is a part of that."""
    wire, parser = await recognised(served)
    await wire.send(post(b"", length=str(2 * len(WHOLE))), WHOLE, WHOLE)
    refused = await wire.answer()
    fed, ways = parser.fed, list(served.ways)
    await wire.send(WHOLE)
    answer = await wire.answer()

    assert (400, ["BAD_USER_INPUT"], DATA) == (refused.status, refused.codes, answer.data)
    assert fed > 1
    assert (fed, ["ordinary"], ["ordinary", "express"]) == (parser.fed, ways, served.ways)


async def test_behind_one_that_waits(served: Served) -> None:
    """While another request of the connection is answered it waits for its turn."""
    signed = served.signed("anna")
    priced = await served.known(PRICED, signed)
    wire, _ = await recognised(served)
    own = wire.writer.get_extra_info("sockname")
    (server_end,) = [one for one in served.connections if one.client == own]
    served.clock.advance(61)
    await served.ask(WHOLE)
    served.erp.let.clear()
    served.erp.is_asked.clear()
    served.ways.clear()
    await wire.send(post(priced, signed))
    await served.erp.is_asked.wait()
    await wire.send(WHOLE)
    await until(lambda: bool(server_end.pipeline))
    served.erp.let.set()
    answers = await wire.answers(2)

    assert [{"product": {"price": {"unitPrice": {"amount": "10"}}}}, DATA] == [answer.data for answer in answers]
    assert ["begun", "ordinary"] == served.ways


async def test_what_has_to_be_fetched(served: Served) -> None:
    """Where a value is not fresh any more the request goes on on the ordinary way, counted and fetched once."""
    signed = served.signed("anna")
    request = post(await served.known(PRICED, signed), signed)
    wire = await served.connect()
    for _ in range(2):
        await wire.send(request)
        await wire.answer()
    served.ways.clear()
    served.clock.advance(61)
    served.erp.scopes.clear()
    await wire.send(request)
    answer = await wire.answer()

    assert {"product": {"price": {"unitPrice": {"amount": "10"}}}} == answer.data
    assert (["begun"], ["S1"]) == (served.ways, served.erp.scopes)


async def test_an_expired_token(served: Served) -> None:
    """A head is recognised until its token expires, and no longer."""
    signed = served.signed("anna")
    wire, parser = await recognised(served, signed)
    answers = []
    for seconds in (ASKS_S - 1, LEEWAY_S, 1):
        served.clock.advance(seconds)
        await served.make_known(BODY, served.signed("anna", jti=str(seconds)))
        await wire.send(post(BODY, signed))
        answers.append((await wire.answer()).status)

    assert ([200, 200, 401], 1) == (answers, parser.fed)


async def test_a_key_that_was_taken_back(served: Served, keys: list[rsa.RSAPrivateKey]) -> None:
    """Nor longer than its key is published."""
    served.clock.advance(1)
    signed = served.signed("anna")
    wire, parser = await recognised(served, signed)
    served.provider.keys = {"k2": keys[1]}
    served.clock.advance(REFRESHED_AFTER_S)
    await served.make_known(BODY, served.signed("carl", kid="k2"))
    await wire.send(post(BODY, signed))
    answer = await wire.answer()

    assert (401, 1) == (answer.status, parser.fed)


async def test_it_is_counted(open_server: OpenServer) -> None:
    """What is recognised is taken from what its sender may ask for, and refused when that is used up."""
    async with open_server(KANAVA_RATE_ADDRESS="10") as served:
        wire, parser = await recognised(served)  # four of ten
        answers = []
        for _ in range(7):
            await wire.send(WHOLE)
            answers.append((await wire.answer()).status)

    assert ([200] * 6 + [429], 1) == (answers, parser.fed)


async def test_it_is_logged(served: Served, open_logs: OpenLogs) -> None:
    """Its line says the same as that of others, in the same order."""
    out, err = open_logs()
    wire, parser = await recognised(served)
    with served.ordinarily():
        await wire.send(WHOLE)
        await wire.answer()
    await wire.send(WHOLE)
    answer = await wire.answer()
    waiting = lines_of_requests()
    assert waiting is not None
    waiting.flush()
    first, second = [json.loads(line) for line in out.getvalue().splitlines()[-2:]]

    assert 1 == parser.fed
    assert (list(first), "") == (list(second), err.getvalue())
    assert {name: value for name, value in first.items() if name not in OTHERWISE} == {
        name: value for name, value in second.items() if name not in OTHERWISE
    }
    assert answer.headers["kanava-request-id"] == second["request"]


async def test_who_does_not_read(served: Served) -> None:
    """Who does not take what they were sent is read by the parser, and waits."""
    wire, parser = await recognised(served)
    (server_end,) = [one for one in served.connections if one.client == wire.writer.get_extra_info("sockname")]
    server_end.pause_writing()
    await wire.send(WHOLE)
    await until(lambda: served.ways == ["ordinary"])
    server_end.resume_writing()
    answer = await wire.answer()

    assert (DATA, 1) == (answer.data, parser.fed)


async def test_while_the_server_stops(open_server: OpenServer) -> None:
    """What comes as the server is told to stop is answered; then the idle connection is closed."""
    async with open_server() as served:
        wire, parser = await recognised(served)
        served.server.should_exit = True
        await wire.send(WHOLE)
        answer = await wire.answer()
        left = await wire.ended()
        await served.serving

    assert (DATA, b"", 0) == (answer.data, left, parser.fed)


async def test_an_id_of_its_own(served: Served) -> None:
    """A head that names its request does not come again, and is not kept."""
    before = len(served.lane.heads)
    for name in (
        "kanava-request-id: 0123456789abcdef",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ):
        await recognised(served, name)

    assert before == len(served.lane.heads)


def plain(address: str = "192.0.2.1") -> Head:
    head = head_of({b"content-type": b"application/json"}, address)
    assert head is not None
    return head


def recognised_as(sent: bytes) -> Recognised:
    return Recognised(plain(), "http", 1, len(sent))


def test_another_end() -> None:
    """The same bytes from another address, or by another scheme, are another head."""
    digests = [Digests(peer).of(b"head") for peer in (PEER, ("192.0.2.2", "http"), ("192.0.2.1", "https"), ("", ""))]
    heads, found = Heads(Share(100_000)), recognised_as(b"head")
    heads.remember(digests[0], found)

    assert [found, None, None, None] == [heads.get(digest) for digest in digests]
    assert digests[0] == Digests(PEER).of(b"head")
    assert 5 == len({*digests, Digests(PEER).of(b"heads")})


def test_they_stay_under_their_ceiling() -> None:
    """Those longest unused go first, long ones are not kept, and one counts once."""
    heads, digests = Heads(Share(3 * (OWN_BYTES + 1))), Digests(PEER)
    for sent in (b"a", b"a", b"b", b"c", b"x" * (MOST_HEAD_BYTES + 1)):
        heads.remember(digests.of(sent), recognised_as(sent))
    heads.get(digests.of(b"a"))
    heads.remember(digests.of(b"d"), recognised_as(b"d"))

    assert [True, False, True, True] == [heads.get(digests.of(sent)) is not None for sent in (b"a", b"b", b"c", b"d")]
    assert (3, 3 * (OWN_BYTES + 1)) == (len(heads), heads.bytes)


async def test_no_token_is_kept(served: Served) -> None:
    """What is remembered of a head holds no token as it was sent."""
    signed = served.signed("anna")
    await recognised(served, signed)
    token = signed.removeprefix("authorization: Bearer ")

    assert len(served.lane.heads) > 0
    assert token not in repr(served.lane.heads._heads)
