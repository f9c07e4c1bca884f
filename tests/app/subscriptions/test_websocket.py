"""GraphQL over WebSocket, as graphql-ws has it."""

import asyncio
import json
import logging
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.subscriptions.messages import MOST_OPERATIONS
from app.subscriptions.stream import SEND_WITHIN_S
from app.subscriptions.websocket import INIT_WITHIN_S, MOST_CONNECTIONS
from datasources.circuit.breaker import State
from datasources.errors import NeverSent
from datasources.model.common import System
from tests.app.conftest import sign
from tests.app.subscriptions.conftest import CHANGES, OWN_PAGE, Kanava, Socket

SUBSCRIBERS = 50
QUERY = '{ product(sku: "KV-1") { sku } }'
WHO = "{ viewer { account { number } } }"
PIPE = {"data": {"product": {"sku": "KV-1"}}}
DEEP = 100_000


def mode(name: str, id_: str = "1") -> dict[str, Any]:
    return {"type": "next", "id": id_, "payload": {"data": {"channelStatusChanged": {"mode": name}}}}


def done(id_: str = "1") -> dict[str, Any]:
    return {"type": "complete", "id": id_}


def codes(errors: Any) -> list[str]:
    return [error["extensions"]["code"] for error in errors]


def assert_no_bug(caplog: pytest.LogCaptureFixture) -> None:
    assert [] == [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_what_is_and_what_changes(kanava: Kanava) -> None:
    """The status comes at once, and whenever it changes, until the client has enough; the connection goes on."""
    socket = await kanava.socket()
    await socket.begin()
    socket.subscribe("1", CHANGES)
    told = [await socket.hear()]
    for state in (State.OPEN, State.CLOSED):
        kanava.hold(state)
        told.append(await socket.hear())
    socket.say(done())
    await asyncio.sleep(1)
    kanava.hold(State.OPEN)
    await asyncio.sleep(1)
    socket.say({"type": "ping"})

    assert [mode("NORMAL"), mode("CAPTURE_ONLY"), mode("NORMAL")] == told
    assert {"type": "pong"} == await socket.hear()
    assert 0 == kanava.board.watchers


async def test_fifty_subscribers_are_told_each_change(kanava: Kanava) -> None:
    """However many listen, each is told each change."""
    sockets = [await kanava.socket() for _ in range(SUBSCRIBERS)]
    for socket in sockets:
        await socket.begin()
        socket.subscribe("1", CHANGES)
    told = [[await socket.hear() for socket in sockets]]
    for state in (State.OPEN, State.CLOSED):
        kanava.hold(state)
        told.append([await socket.hear() for socket in sockets])

    assert [[mode(name)] * SUBSCRIBERS for name in ("NORMAL", "CAPTURE_ONLY", "NORMAL")] == told


async def test_queries_are_answered_as_over_http(kanava: Kanava) -> None:
    """A query is one result and the end; one that is not executed is only its errors."""
    socket = await kanava.socket()
    await socket.begin()
    socket.subscribe("1", QUERY)
    answered = [await socket.hear(), await socket.hear()]
    socket.subscribe("2", "{ nothing }")
    refused = await socket.hear()
    plain = await (await kanava.events("{ nothing }", accept="application/json")).body()

    assert [{"type": "next", "id": "1", "payload": PIPE}, done()] == answered
    assert {"type": "error", "id": "2", "payload": plain["errors"]} == refused


async def test_errors_of_fields_are_as_in_http(kanava: Kanava) -> None:
    """What a system does not answer is null there with its error, as in a plain answer."""
    kanava.pim.failure = NeverSent(System.PIM, "no connection")
    socket = await kanava.socket()
    await socket.begin()
    socket.subscribe("1", QUERY)
    result, end = await socket.hear(), await socket.hear()
    plain = await (await kanava.events(QUERY, accept="application/json")).body()

    assert ({"type": "next", "id": "1", "payload": plain}, done()) == (result, end)
    assert ["SOURCE_UNAVAILABLE"] == codes(plain["errors"])


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "subscription { nothing }"}, "BAD_USER_INPUT"),
        ({"query": "subscription {"}, "BAD_USER_INPUT"),
        ({"query": ""}, "BAD_USER_INPUT"),
        ({}, "BAD_USER_INPUT"),
        ({"query": "query A { __typename } query B { __typename }"}, "BAD_USER_INPUT"),
        ({"query": "query A { __typename }", "operationName": "B"}, "BAD_USER_INPUT"),
        ({"query": "query ($n: Int!) { products(first: $n) { totalCount } }"}, "BAD_USER_INPUT"),
        ({"query": "{ product(sku: 1) " + "{ a" * 20_000}, "LIMIT_EXCEEDED"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
async def test_what_cannot_begin_is_an_error(kanava: Kanava, payload: object, code: str) -> None:
    """An operation that is refused ends with why, and the connection goes on."""
    socket = await kanava.socket()
    await socket.begin()
    socket.say({"id": "1", "type": "subscribe", "payload": payload})
    refused = await socket.hear()
    socket.subscribe("1", QUERY)

    assert ("error", "1", {code}) == (refused["type"], refused["id"], set(codes(refused["payload"])))
    assert {"type": "next", "id": "1", "payload": PIPE} == await socket.hear()


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_the_token_comes_in_the_first_message(kanava: Kanava, name: str) -> None:
    """A browser cannot send headers: `connection_init` has the token."""
    socket = await kanava.socket()
    await socket.begin(**{name: f"Bearer {kanava.provider.token(kanava.clock)}"})
    socket.subscribe("1", WHO)

    assert {"data": {"viewer": {"account": {"number": "C-1002"}}}} == (await socket.hear())["payload"]


async def test_the_token_comes_in_the_header(kanava: Kanava) -> None:
    """Whoever can send headers may; what the first message says besides is not looked at."""
    socket = await kanava.socket(authorization=f"Bearer {kanava.provider.token(kanava.clock)}")
    await socket.begin(authorization="Bearer nonsense")
    socket.subscribe("1", WHO)

    assert {"data": {"viewer": {"account": {"number": "C-1002"}}}} == (await socket.hear())["payload"]


@pytest.mark.parametrize(("by_header", "left_s"), [(True, 60), (False, 60), (True, 5)])
async def test_it_ends_with_the_token(kanava: Kanava, by_header: bool, left_s: float) -> None:
    """A connection is closed in the moment in which its token expires, and not before."""
    token = f"Bearer {kanava.provider.token(kanava.clock)}"
    await asyncio.sleep(60 - left_s)
    socket = await kanava.socket(**({"authorization": token} if by_header else {}))
    await socket.begin(**({} if by_header else {"authorization": token}))
    socket.subscribe("1", CHANGES)
    first, began = await socket.hear(), kanava.clock.monotonic()
    closed = await socket.closed()

    assert (mode("NORMAL"), (4401, "the access token has expired")) == (first, closed)
    assert left_s == pytest.approx(kanava.clock.monotonic() - began)


async def test_without_a_token_it_does_not_end(kanava: Kanava) -> None:
    """An anonymous visitor's connection has no end of its own."""
    socket = await kanava.socket()
    await socket.begin()
    socket.subscribe("1", CHANGES)
    first = await socket.hear()
    await asyncio.sleep(80_000)
    kanava.hold(State.OPEN)

    assert [mode("NORMAL"), mode("CAPTURE_ONLY")] == [first, await socket.hear()]


async def test_it_ends_when_kanava_stops(kanava: Kanava) -> None:
    """Told to stop, Kanava goes away, and says so."""
    socket = await kanava.socket()
    await socket.begin()
    socket.subscribe("1", CHANGES)
    await socket.hear()
    kanava.closing.tell()

    assert (1001, "Kanava stops") == await socket.closed()


@pytest.mark.parametrize("payload", [None, {"query": CHANGES}])
async def test_who_leaves_is_let_go(kanava: Kanava, payload: object) -> None:
    """When the client goes, all that was done for it ends."""
    socket = await kanava.socket()
    await socket.begin()
    if payload:
        socket.say({"id": "1", "type": "subscribe", "payload": payload})
        await socket.hear()
    socket.client.leave()
    await socket.client.ended()

    assert 0 == kanava.board.watchers


async def test_who_does_not_read_is_dropped(kanava: Kanava, caplog: pytest.LogCaptureFixture) -> None:
    """One message waits for a slow reader, however many operations have something to say, until it is dropped."""
    socket = await kanava.socket()
    await socket.begin()
    for number in range(MOST_OPERATIONS):
        socket.subscribe(str(number), CHANGES if number % 2 else QUERY)
    socket.client.reads.clear()
    began = kanava.clock.monotonic()
    for _ in range(50):
        socket.say({"type": "ping"})
        kanava.hold(State.OPEN)
        await asyncio.sleep(0.01)
        kanava.hold(State.CLOSED)
        await asyncio.sleep(0.01)
    await socket.client.ended()

    assert SEND_WITHIN_S == pytest.approx(kanava.clock.monotonic() - began, abs=0.1)
    assert 1 == socket.client.most_waiting
    assert_no_bug(caplog)


@pytest.mark.parametrize("operation", [CHANGES, QUERY, "{ nothing }"])
async def test_who_leaves_without_reading_leaves_no_noise(
    kanava: Kanava, caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    """A client that is gone when something is sent to it is no bug."""
    socket = await kanava.socket()
    await socket.begin()
    socket.client.gone = True
    socket.subscribe("1", operation)
    await asyncio.sleep(1)
    socket.client.leave()
    await socket.client.ended()

    assert_no_bug(caplog)


async def test_who_does_not_introduce_oneself_is_let_go(kanava: Kanava) -> None:
    """The first message must come soon."""
    socket = await kanava.socket()
    began = kanava.clock.monotonic()

    assert (4408, "Connection initialisation timeout") == await socket.closed()
    assert INIT_WITHIN_S == pytest.approx(kanava.clock.monotonic() - began)


@pytest.mark.parametrize(
    "message", [{"type": "subscribe", "id": "1", "payload": {"query": QUERY}}, {"type": "ping"}, done()]
)
async def test_who_asks_first_is_refused(kanava: Kanava, message: object) -> None:
    """Nothing is answered before `connection_init`."""
    socket = await kanava.socket()
    socket.say(message)

    assert (4401, "Unauthorized") == await socket.closed()


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("Bearer nonsense", "The access token is not good"),
        ("Basic YTpi", "The Authorization header must be"),
        ("", "The Authorization header must be"),
        ("Bearer " + "ä" * 100, "The access token is not good"),
    ],
)
async def test_a_bad_token_is_refused(kanava: Kanava, authorization: str, reason: str) -> None:
    """A connection begins with a good token, or without any."""
    socket = await kanava.socket()
    socket.say({"type": "connection_init", "payload": {"authorization": authorization}})
    code, why = await socket.closed()

    assert (4401, reason) == (code, why[: len(reason)])


async def test_a_forged_token_is_refused(kanava: Kanava, keys: list[rsa.RSAPrivateKey]) -> None:
    """A token by another key is no token."""
    now = int(kanava.clock.now().timestamp())
    claims = {"iss": "http://iam.example", "aud": "kanava", "sub": "anna", "exp": now + 60}
    socket = await kanava.socket()
    forged = sign(keys[1], "RS256", {"kid": "k1"}, claims)
    socket.say({"type": "connection_init", "payload": {"authorization": f"Bearer {forged}"}})

    assert 4401 == (await socket.closed())[0]


async def test_wrong_headers_are_refused(kanava: Kanava) -> None:
    """Who sends a header that is not one is told."""
    socket = await kanava.socket(**{"kanava-max-age": "soon"})
    socket.say({"type": "connection_init"})
    code, reason = await socket.closed()

    assert (4403, True) == (code, reason.startswith("Kanava-Max-Age must be"))


async def test_an_identity_provider_that_is_down_refuses(kanava: Kanava) -> None:
    """While a token cannot be verified nobody is let in with it."""
    kanava.provider.failure = NeverSent(System.IAM, "no connection")
    socket = await kanava.socket()
    token = kanava.provider.token(kanava.clock)
    socket.say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
    code, reason = await socket.closed()

    assert (4403, "IAM: no connection") == (code, reason)


async def say_after_init(kanava: Kanava) -> Socket:
    socket = await kanava.socket()
    await socket.begin()
    return socket


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("nonsense", id="no JSON"),
        pytest.param("null", id="null"),
        pytest.param("1", id="number"),
        pytest.param("[]", id="list"),
        pytest.param("{}", id="no type"),
        pytest.param('{"type": 1}', id="type is a number"),
        pytest.param('{"type": "dance"}', id="unknown type"),
        pytest.param('{"type": "connection_ack"}', id="a server's type"),
        pytest.param('{"type": "subscribe"}', id="no id and no payload"),
        pytest.param('{"type": "subscribe", "payload": {"query": "{ __typename }"}}', id="no id"),
        pytest.param('{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}', id="empty id"),
        pytest.param('{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}', id="id is a number"),
        pytest.param('{"type": "subscribe", "id": "1"}', id="no payload"),
        pytest.param('{"type": "subscribe", "id": "1", "payload": []}', id="payload is a list"),
        pytest.param('{"type": "subscribe", "id": "1", "payload": {"query": 1}}', id="query is a number"),
        pytest.param('{"type": "subscribe", "id": "1", "payload": {"query": "{ x }", "variables": 1}}', id="variables"),
        pytest.param('{"type": "subscribe", "id": "\\ud800", "payload": {"query": "{ __typename }"}}', id="half an id"),
        pytest.param('{"type": "complete"}', id="complete without an id"),
        pytest.param('{"type": "ping"} {}', id="more behind"),
        pytest.param("[" * DEEP, id="deep"),
        pytest.param('{"type": "ping", "payload": ' + '{"a":' * DEEP, id="deep payload"),
    ],
)
async def test_what_is_no_message_ends_it(kanava: Kanava, caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Whatever comes that is not the protocol's closes the connection, and is no bug."""
    socket = await say_after_init(kanava)
    socket.say_text(text)

    assert 4400 == (await socket.closed())[0]
    assert_no_bug(caplog)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'{"type": "ping"}'])
async def test_messages_are_texts(kanava: Kanava, content: bytes) -> None:
    """A binary message is not the protocol's, whatever is in it."""
    socket = await say_after_init(kanava)
    socket.say_bytes(content)

    assert (4400, "Not a message of graphql-transport-ws") == await socket.closed()


@pytest.mark.parametrize("payload", [[], 1, "x", [{}]])
async def test_a_first_message_with_no_object_ends_it(kanava: Kanava, payload: object) -> None:
    """What `connection_init` carries is an object, or nothing."""
    socket = await kanava.socket()
    socket.say({"type": "connection_init", "payload": payload})

    assert 4400 == (await socket.closed())[0]


async def test_one_introduction_is_enough(kanava: Kanava) -> None:
    """A second `connection_init` ends the connection."""
    socket = await say_after_init(kanava)
    socket.say({"type": "connection_init"})

    assert (4429, "Too many initialisation requests") == await socket.closed()


async def test_an_id_is_of_one_operation(kanava: Kanava) -> None:
    """An id that is in use ends the connection."""
    socket = await say_after_init(kanava)
    socket.subscribe("twice", CHANGES)
    await socket.hear()
    socket.subscribe("twice", CHANGES)

    assert (4409, "Subscriber for twice already exists") == await socket.closed()


async def test_an_id_is_free_again(kanava: Kanava) -> None:
    """Who has completed an operation may use its id at once, and ends the right one later."""
    socket = await say_after_init(kanava)
    for _ in range(3):
        socket.subscribe("1", CHANGES)
        socket.say(done())
    socket.subscribe("1", CHANGES)
    told = await socket.hear()
    while socket.client.sent:
        told = await socket.hear()
    kanava.hold(State.OPEN)
    changed = await socket.hear()
    socket.say(done())
    await asyncio.sleep(1)

    assert [mode("NORMAL"), mode("CAPTURE_ONLY")] == [told, changed]
    assert 0 == kanava.board.watchers


async def test_operations_at_once_are_bounded(kanava: Kanava) -> None:
    """As many operations as allowed run; when one is over, another may begin; one too many ends the connection."""
    socket = await say_after_init(kanava)
    for number in range(MOST_OPERATIONS):
        socket.subscribe(str(number), CHANGES)
    first = [(await socket.hear())["id"] for _ in range(MOST_OPERATIONS)]
    socket.say(done("0"))
    socket.subscribe("another", CHANGES)
    another = await socket.hear()
    socket.subscribe("one too many", CHANGES)

    assert [str(number) for number in range(MOST_OPERATIONS)] == sorted(first, key=int)
    assert mode("NORMAL", "another") == another
    assert (4429, f"More than {MOST_OPERATIONS} operations on a connection") == await socket.closed()


async def test_connections_are_bounded(kanava: Kanava) -> None:
    """One too many is told to try again later; what is open goes on."""
    socket = await say_after_init(kanava)
    kanava.connections.open += MOST_CONNECTIONS - 1
    refused = await (await kanava.socket()).closed()
    kanava.connections.open -= MOST_CONNECTIONS - 1
    socket.subscribe("1", QUERY)

    assert (1013, "Try again later: too many connections") == refused
    assert {"type": "next", "id": "1", "payload": PIPE} == await socket.hear()


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("chat", "soap")])
async def test_other_protocols_are_not_spoken(kanava: Kanava, protocols: tuple[str, ...]) -> None:
    """Who does not speak the protocol is told so, by its number for that."""
    socket = kanava.knock(protocols=protocols)
    accepted = await socket.client.get()

    assert ("websocket.accept", None) == (accepted["type"], accepted["subprotocol"])
    assert (4406, "Subprotocol not acceptable") == await socket.closed()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://kanava.example.evil.example", f"{OWN_PAGE}.evil.example"]
)
async def test_pages_of_others_may_not_connect(kanava: Kanava, origin: str) -> None:
    """A browser says whose page connects: others' are refused before anything is accepted."""
    socket = kanava.knock(origin=origin)

    assert 4403 == (await socket.closed())[0]


@pytest.mark.parametrize("origin", [OWN_PAGE, "http://kanava.example", "https://kanava.example"])
async def test_own_pages_may_connect(kanava: Kanava, origin: str) -> None:
    """Pages of this host, and of those that the settings name, may."""
    await (await kanava.socket(origin=origin)).begin()


async def test_a_bug_is_masked(kanava: Kanava, caplog: pytest.LogCaptureFixture) -> None:
    """A bug is an error of its field, masked, the log has it, and the connection goes on."""
    kanava.pim.failure = ZeroDivisionError("a secret")
    socket = await say_after_init(kanava)
    socket.subscribe("1", QUERY)
    body = (await socket.hear())["payload"]
    ended = await socket.hear()
    kanava.pim.failure = None
    socket.subscribe("2", QUERY)

    assert (["INTERNAL"], done()) == (codes(body["errors"]), ended)
    assert body["errors"][0]["extensions"]["id"] in caplog.text
    assert "secret" not in json.dumps(body)
    assert PIPE == (await socket.hear())["payload"]
