"""Streams of a running Kanava, over server-sent events and WebSocket, across replicas that share a Valkey."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.ports import free_base_port
from tests.scenarios.processes import WITHIN_S, Replica, Systems, serving
from tests.valkey import Valkey

PROTOCOL = "graphql-transport-ws"
STATUS = "subscription { channelStatusChanged { mode systems { system circuit } } }"
SETTINGS = {"CIRCUIT_OPEN_FOR_S": "0.2", "CIRCUIT_OPEN_FOR_MAX_S": "0.4", "OIDC_LEEWAY_S": "0"}
SUBSCRIBERS = 50


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    with Systems(tmp_path_factory.mktemp("systems"), "--products=50") as systems:
        yield systems


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


@pytest.fixture(scope="module")
def replicas(systems: Systems, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Replica]]:
    port, settings = free_base_port(), {"REDIS_URL": valkey.url, **SETTINGS}
    replicas = [
        Replica(systems.base_port, tmp_path_factory.mktemp("replica"), port=port + number, **settings)
        for number in range(2)
    ]
    with serving(*replicas):
        yield replicas


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=WITHIN_S)) as session:
        yield session


class Events:
    """The events of one server-sent stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> tuple[str, Any]:
        """Return the next event and its data."""
        kind = data = ""
        while True:
            line = (await self.response.content.readline()).decode()
            assert line, "the stream ended"
            name, _, value = line.rstrip("\n").partition(":")
            if name == "event":
                kind = value.strip()
            elif name == "data":
                data = value.strip()
            elif not line.strip() and kind:
                return kind, json.loads(data) if data else None

    async def until_erp_is(self, circuit: str) -> str:
        """Return the mode that is told once the ERP's circuit is so."""
        while True:
            _, body = await self.next()
            status = body["data"]["channelStatusChanged"]
            if {"system": "ERP", "circuit": circuit} in status["systems"]:
                return str(status["mode"])


@asynccontextmanager
async def events(session: aiohttp.ClientSession, replica: Replica, token: str | None = None) -> AsyncIterator[Events]:
    headers = {"accept": "text/event-stream"} | ({"authorization": f"Bearer {token}"} if token else {})
    async with session.post(f"{replica.url}/graphql", json={"query": STATUS}, headers=headers) as response:
        assert (200, "text/event-stream") == (response.status, response.content_type)
        yield Events(response)


class Socket:
    """A client of graphql-transport-ws."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def begin(self, **payload: str) -> None:
        await self.socket.send_json({"type": "connection_init", "payload": payload})

        assert {"type": "connection_ack"} == await self.socket.receive_json()

    async def subscribe(self, id: str, query: str = STATUS) -> None:
        await self.socket.send_json({"type": "subscribe", "id": id, "payload": {"query": query}})

    async def closed(self) -> tuple[int | None, str]:
        """Return with which code and reason the server closes it, whatever comes before."""
        while True:
            message = await self.socket.receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                return message.data, message.extra or ""
            if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                return self.socket.close_code, ""


@asynccontextmanager
async def socket(
    session: aiohttp.ClientSession, replica: Replica, protocol: str = PROTOCOL, **headers: str
) -> AsyncIterator[Socket]:
    address = f"{replica.url}/graphql"
    async with session.ws_connect(address, protocols=[protocol], headers=headers, autoclose=False) as opened:
        yield Socket(opened)


async def fail_at(session: aiohttp.ClientSession, systems: Systems, replica: Replica) -> None:
    """Ask for prices that are not remembered until the ERP's circuit is open."""
    headers = {"authorization": f"Bearer {systems.token('anna')}", "kanava-max-age": "0"}
    query = {"query": "{ products(first: 1) { nodes { price { net } } } channelStatus { systems { system circuit } } }"}
    async with asyncio.timeout(WITHIN_S):
        while True:
            async with session.post(f"{replica.url}/graphql", json=query, headers=headers) as response:
                said = (await response.json())["data"]["channelStatus"]["systems"]
            if {"system": "ERP", "circuit": "CLOSED"} not in said:
                return


async def recover(session: aiohttp.ClientSession, systems: Systems, replica: Replica) -> None:
    """Ask for prices until they are live again."""
    headers = {"authorization": f"Bearer {systems.token('anna')}", "kanava-max-age": "0"}
    query = {"query": "{ products(first: 1) { nodes { price { freshness { status } } } } }"}
    async with asyncio.timeout(WITHIN_S):
        while True:
            async with session.post(f"{replica.url}/graphql", json=query, headers=headers) as response:
                nodes = (await response.json())["data"]["products"]["nodes"]
            if nodes[0]["price"] and nodes[0]["price"]["freshness"]["status"] == "LIVE":
                return
            await asyncio.sleep(0.05)


async def test_what_one_replica_sees_all_tell(
    session: aiohttp.ClientSession, systems: Systems, replicas: Sequence[Replica]
) -> None:
    """The ERP is killed and asked at one replica: streams of both tell that its circuit opens, and later closes."""
    async with (
        events(session, replicas[0]) as here,
        events(session, replicas[1]) as there,
        socket(session, replicas[1]) as other,
    ):
        await other.begin()
        await other.subscribe("1")
        first = [await here.until_erp_is("CLOSED"), await there.until_erp_is("CLOSED")]
        systems.erp.kill()
        await fail_at(session, systems, replicas[0])
        opened = [await here.until_erp_is("OPEN"), await there.until_erp_is("OPEN")]
        systems.erp.start()
        await recover(session, systems, replicas[0])
        closed = [await here.until_erp_is("CLOSED"), await there.until_erp_is("CLOSED")]
        told = []
        while told.count("NORMAL") < 2:
            message = await other.socket.receive_json()
            told.append(message["payload"]["data"]["channelStatusChanged"]["mode"])

    assert (["NORMAL", "NORMAL"], ["CAPTURE_ONLY", "CAPTURE_ONLY"], ["NORMAL", "NORMAL"]) == (first, opened, closed)
    assert "CAPTURE_ONLY" in told


async def test_everybody_hears_it(
    session: aiohttp.ClientSession, systems: Systems, replicas: Sequence[Replica]
) -> None:
    """Fifty subscribers at once, half of them by WebSocket, each hear that an operator holds a circuit open."""

    async def by_events(replica: Replica) -> str:
        async with events(session, replica) as stream:
            await stream.until_erp_is("CLOSED")
            listening.release()
            return await stream.until_erp_is("OPEN")

    async def by_socket(replica: Replica) -> str:
        async with socket(session, replica) as opened:
            await opened.begin()
            await opened.subscribe("1")
            await opened.socket.receive_json()
            listening.release()
            message = await opened.socket.receive_json()
            return str(message["payload"]["data"]["channelStatusChanged"]["mode"])

    listening = asyncio.Semaphore(0)
    kinds = (by_events, by_socket)
    listeners = [asyncio.ensure_future(kinds[n % 2](replicas[n // 2 % 2])) for n in range(SUBSCRIBERS)]
    for _ in listeners:
        await listening.acquire()
    systems.erp.kill()
    await fail_at(session, systems, replicas[1])
    told = await asyncio.gather(*listeners)
    systems.erp.start()
    await recover(session, systems, replicas[1])
    await recover(session, systems, replicas[0])

    assert ["CAPTURE_ONLY"] * SUBSCRIBERS == told


async def test_a_stream_ends_with_its_token(
    session: aiohttp.ClientSession, systems: Systems, replicas: Sequence[Replica]
) -> None:
    """Events end with `complete` and sockets with 4401 when the token that they stand on expires."""
    address = f"http://127.0.0.1:{systems.port('iam')}/token"
    async with session.get(address, params={"user": "anna", "expires_in": "2"}) as answer:
        token = (await answer.json())["access_token"]
    async with (
        events(session, replicas[0], token) as stream,
        socket(session, replicas[0], Authorization=f"Bearer {token}") as by_header,
        socket(session, replicas[0]) as by_message,
    ):
        await by_header.begin()
        await by_message.begin(authorization=f"Bearer {token}")
        for opened in (by_header, by_message):
            await opened.subscribe("1")
        kinds = [(await stream.next())[0]]
        while kinds[-1] == "next":
            kinds.append((await stream.next())[0])
        ends = [await by_header.closed(), await by_message.closed()]

    assert ("next", "complete") == (kinds[0], kinds[-1])
    assert [(4401, "the access token has expired")] * 2 == ends


async def test_who_is_not_known_is_refused(session: aiohttp.ClientSession, replicas: Sequence[Replica]) -> None:
    """A bad token: 401 for events, 4401 for sockets."""
    headers = {"accept": "text/event-stream", "authorization": "Bearer nobody"}
    async with session.post(f"{replicas[0].url}/graphql", json={"query": STATUS}, headers=headers) as response:
        by_events = response.status
    async with socket(session, replicas[0]) as opened:
        await opened.socket.send_json({"type": "connection_init", "payload": {"Authorization": "Bearer nobody"}})
        code, reason = await opened.closed()

    assert (401, 4401) == (by_events, code)
    assert reason.startswith("The access token is not good")


async def test_a_page_of_another_origin_is_refused(session: aiohttp.ClientSession, replicas: Sequence[Replica]) -> None:
    """A browser says whose page connects: only this host's own and those of the settings may."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        async with socket(session, replicas[0], Origin="https://evil.example"):
            pass
    async with socket(session, replicas[0], Origin=replicas[0].url) as own:
        await own.begin()

    assert 403 == refusal.value.status


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no JSON", 4400),
        ('{"type": "dance"}', 4400),
        ("[" * 50_000, 4400),
        ('{"type": "subscribe", "payload": {"query": "{ __typename }"}}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": 7}', 4400),
        ('{"type": "connection_init"}', 4429),
    ],
)
async def test_a_broken_message_ends_the_connection(
    session: aiohttp.ClientSession, replicas: Sequence[Replica], message: str, code: int
) -> None:
    """What is not a message of the protocol closes with the protocol's code, never with a bug's."""
    async with socket(session, replicas[0]) as opened:
        await opened.begin()
        await opened.socket.send_str(message)

        assert code == (await opened.closed())[0]


async def test_messages_have_a_size(session: aiohttp.ClientSession, replicas: Sequence[Replica]) -> None:
    """200 kB in one message are refused as too big (RFC 6455: 1009)."""
    async with socket(session, replicas[0]) as opened:
        await opened.begin()
        await opened.socket.send_str(json.dumps({"type": "ping", "payload": {"x": "x" * 200_000}}))

        assert 1009 == (await opened.closed())[0]


async def test_who_speaks_another_protocol_is_told(session: aiohttp.ClientSession, replicas: Sequence[Replica]) -> None:
    """The old `graphql-ws` is not spoken: 4406."""
    async with socket(session, replicas[0], "graphql-ws") as opened:
        assert 4406 == (await opened.closed())[0]


async def test_operations_on_a_connection_are_bounded(
    session: aiohttp.ClientSession, replicas: Sequence[Replica]
) -> None:
    """The twenty-first at a time closes the connection: 4429; an id that is in use: 4409."""
    ends = []
    for ids in (range(21), (1, 1)):
        async with socket(session, replicas[0]) as opened:
            await opened.begin()
            for number in ids:
                await opened.subscribe(str(number))
            ends.append((await opened.closed())[0])

    assert [4429, 4409] == ends


async def test_queries_over_streams_answer_as_over_http(
    session: aiohttp.ClientSession, replicas: Sequence[Replica]
) -> None:
    """A query by events or WebSocket has the answer that it has over plain HTTP; so has one that is wrong."""
    good, bad = '{ product(sku: "KV-000001") { sku } }', "{ nonsense }"
    answers: dict[str, list[Any]] = {"http": [], "events": [], "socket": []}
    for query in (good, bad):
        async with session.post(f"{replicas[0].url}/graphql", json={"query": query}) as response:
            answers["http"].append(await response.json())
        headers = {"accept": "text/event-stream"}
        async with session.post(f"{replicas[0].url}/graphql", json={"query": query}, headers=headers) as response:
            stream = response.content_type == "text/event-stream"
            answers["events"].append((await Events(response).next())[1] if stream else await response.json())
        async with socket(session, replicas[0]) as opened:
            await opened.begin()
            await opened.subscribe("1", query)
            message = await opened.socket.receive_json()
            body = message["payload"] if message["type"] == "next" else {"errors": message["payload"]}
            answers["socket"].append(body)

    assert {"data": {"product": {"sku": "KV-000001"}}} == answers["http"][0]
    assert "BAD_USER_INPUT" == answers["http"][1]["errors"][0]["extensions"]["code"]
    assert answers["http"] == answers["events"] == answers["socket"]


async def test_a_subscription_needs_a_stream(session: aiohttp.ClientSession, replicas: Sequence[Replica]) -> None:
    """Over plain HTTP it is refused, and the refusal says what to do."""
    async with session.post(f"{replicas[0].url}/graphql", json={"query": STATUS}) as response:
        body = await response.json()

    assert (
        "A subscription is answered by a stream: accept text/event-stream, or use WebSocket."
        == (body["errors"][0]["message"])
    )


async def test_streams_end_when_it_stops(
    session: aiohttp.ClientSession, systems: Systems, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A signal to stop ends events with `complete` and sockets with "going away", at once, and then the process."""
    replica = Replica(systems.base_port, tmp_path_factory.mktemp("alone"), port=free_base_port(), **SETTINGS)
    with serving(replica):
        async with events(session, replica) as stream, socket(session, replica) as opened:
            await opened.begin()
            await opened.subscribe("1")
            await stream.next()
            stopping = asyncio.get_running_loop().run_in_executor(None, replica.stop)
            (kind, _), closed = await stream.next(), await opened.closed()
            await stopping

    assert ("complete", (1001, "Kanava stops")) == (kind, closed)
