"""The same request, answered at once and on the ordinary way: the same to the byte, but for when and under which id."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from app.protocol.negotiation import GRAPHQL_JSON
from datasources.circuit.breaker import State
from datasources.model.common import System
from tests.app.express.conftest import OpenServer, Served
from tests.app.express.wire import Answer, Wire, body_of, post

ALWAYS_OTHER = ("date", "kanava-request-id")
ID = "0123456789abcdef"
LONG = "{ " + " ".join(f'p{i}: product(sku: "KV-1") {{ id name sku lifecycle }}' for i in range(25)) + " }"
QUERIES = {
    "product": '{ product(sku: "KV-1") { sku name } }',
    "absent": '{ product(sku: "KV-9") { sku name } }',
    "public": "{ categories { id } }",
    "wrong": "{ categories { nonsense } }",
    "price": '{ product(sku: "KV-1") { priceStatus price { unitPrice { amount } freshness { status ageSeconds } } } }',
    "viewer": '{ viewer { user { name } account { number } } product(sku: "KV-2") { sku } }',
    "fresh": 'query Q @freshness(maxAgeSeconds: 5) { product(sku: "KV-1") { price { unitPrice { amount } } } }',
    "strict": 'query Q @freshness(onUnavailable: NULL_WITH_ERROR) { product(sku: "KV-1") { price { unitPrice { amount } } } }',
    "long": LONG,
}
CHANCES: Mapping[str, tuple[str | None, ...]] = {
    "accept": (
        None,
        "*/*",
        "application/json",
        GRAPHQL_JSON,
        f"{GRAPHQL_JSON};q=0.5, application/json",
        f"{GRAPHQL_JSON}, application/json;q=0.9",
        "text/event-stream",
        "text/event-stream;q=0.1, */*",
        "text/event-stream, application/json;q=0.5",
        "text/html",
        "image/png",
        "application/json;q=0",
        "",
        "*/*, " + "a/b, " * 200,
    ),
    "accept-encoding": (None, "gzip, br", "gzip", "br;q=0.1, gzip;q=0.2", "identity", "*", "br;q=0, *", "zstd", ""),
    "accept-language": (None, "en", "en-GB, fi;q=0.1", "sv", "*", "nonsense;;;", "x" * 3000, ""),
    "kanava-account": (None, None, "C-1", " C-1 ", "C-2", "C-3", "C-9", "", " ", "x" * 101, "x" * 3000, "\xe4"),
    "content-type": (
        "application/json",
        "application/json; charset=utf-8",
        'application/json; charset="UTF-8"',
        "APPLICATION/JSON",
        "application/json; charset=latin-1",
        "text/plain",
        "application/json" + ";a=b" * 200,
        "",
    ),
    "kanava-request-id": (ID, ID, "short", "with a space in it", "x" * 65, ""),
    "kanava-max-age": (None, None, None, None, "0", "60", "-1", "soon"),
    "kanava-trace": (None, None, None, None, "1", "0"),
    "origin": (None, None, None, "https://shop.example", "https://other.example"),
    "if-none-match": (None, "*", 'W/"abc"'),
    "content-encoding": (None, None, None, None, "identity", "gzip"),
    "x-forwarded-for": (None, None, "192.0.2.1", "2001:db8::1, 127.0.0.1", ""),
    "x-forwarded-proto": (None, None, "https", "http", "wss", "gopher"),
    "traceparent": (None, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
}
USUAL = {"content-type": "application/json", "kanava-request-id": ID}
SIGNS_IN = (
    None,
    "anna",
    "carl",
    "mikko",
    "nobody",
    "late",
    "taken back",
    "forged",
    "Basic YTpi",
    "Bearer",
    "bearer  ",
    "",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A request: which query, who asks, and its headers."""

    query: str
    who: str | None
    headers: Mapping[str, str | None]

    def sent(self, served: Served) -> bytes:
        said = [f"{name}: {value}" for name, value in self.headers.items() if value is not None]
        signed = authorization(served, self.who)
        line = "POST /graphql HTTP/1.1"
        head = [line, "host: kanava.example", *said, *([] if signed is None else [signed])]
        body = body_of(QUERIES[self.query])
        head.append(f"content-length: {len(body)}")
        return "".join(f"{one}\r\n" for one in head).encode("latin-1") + b"\r\n" + body


def authorization(served: Served, who: str | None) -> str | None:
    if who is None:
        return None
    if who == "late":
        return served.signed("anna", exp=int(served.clock.timestamp()) - 100)
    if who == "taken back":
        return served.signed("anna", kid="k2")
    if who == "forged":
        return served.signed("anna")[:-4] + "AAAA"
    return served.signed(who) if who in ("anna", "carl", "mikko", "nobody") else f"authorization: {who}"


def cases_one_by_one() -> list[Case]:
    """Each chance of each header, for a few who ask."""
    by_header = [
        Case("long", who, {**USUAL, name: value})
        for name, values in CHANCES.items()
        for value in dict.fromkeys(values)
        for who in (None, "anna")
    ]
    by_person = [Case(query, who, USUAL) for query in QUERIES for who in SIGNS_IN]
    return [*by_header, *by_person]


def cases_at_random(dice: random.Random, count: int) -> list[Case]:
    """Mixtures, each with a few headers that are not usual; a trace tells of the second that it asked nobody."""
    found = []
    for _ in range(count):
        named = dice.sample([name for name in CHANCES if name != "kanava-trace"], dice.choice((1, 2, 3, 5)))
        chosen = {name: dice.choice(CHANCES[name]) for name in named}
        found.append(Case(dice.choice(list(QUERIES)), dice.choice(SIGNS_IN[:6]), {**USUAL, **chosen}))
    return found


def shown(answer: Answer) -> object:
    """Return all of an answer but what is another's each time; an id that was sent must come back."""
    headers = {name: value for name, value in answer.headers.items() if name not in ALWAYS_OTHER}
    return answer.status, headers, answer.body, answer.headers["kanava-request-id"] == ID


async def both_ways(served: Served, wire: Wire, case: Case) -> tuple[object, object]:
    """Return what is shown at once, where it is, and what is on the ordinary way."""
    request = case.sent(served)
    await wire.send(request)
    first = shown(await wire.answer())
    with served.ordinarily():
        await wire.send(request)
        return first, shown(await wire.answer())


async def prepare(served: Served) -> None:
    """Have all queries known, and all people who may sign in."""
    keys = served.provider.keys
    keys["k2"] = keys["k1"]
    for who in ("anna", "carl", "mikko", None):
        for query in QUERIES:
            await served.make_known(body_of(QUERIES[query]), *([served.signed(who)] if who else ()))
    await served.ask(post(body_of(QUERIES["product"]), served.signed("anna", kid="k2")))
    del keys["k2"]
    served.clock.advance(601)
    await served.ask(post(body_of(QUERIES["product"]), served.signed("anna")))
    for who in ("anna", "carl", "mikko"):
        await served.make_known(body_of(QUERIES["product"]), served.signed(who))
    served.ways.clear()


@pytest.mark.parametrize("remembered_mb", [0, 8])
async def test_every_header(open_server: OpenServer, remembered_mb: int) -> None:
    """Whatever one header says, and whoever asks, it is the same answer; most that is plain is answered at once."""
    async with open_server(KANAVA_RESPONSES_MB=str(remembered_mb)) as served:
        await prepare(served)
        wire = await served.connect()
        for case in cases_one_by_one():
            first, second = await both_ways(served, wire, case)

            assert second == first, case
    assert 110 < served.ways.count("express")


@pytest.mark.parametrize("seed", range(4))
async def test_mixtures(served: Served, seed: int) -> None:
    """Likewise for headers together, as time goes by, while a system answers, fails, or is left alone."""
    dice = random.Random(seed)
    await prepare(served)
    wire = await served.connect()
    for case in cases_at_random(dice, 80):
        served.clock.advance(dice.choice((0, 0, 0.4, 7, 61)))
        alone = dice.random() < 0.2
        served.erp.failure = served.erp.left_alone() if alone else served.erp.down() if dice.random() < 0.2 else None
        served.services.guards[System.ERP].circuit.force(State.OPEN if alone else State.CLOSED)
        first, second = await both_ways(served, wire, case)

        assert second == first, case
    assert {"express", "begun", "ordinary"} == set(served.ways)
