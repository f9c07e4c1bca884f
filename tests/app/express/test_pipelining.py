"""Several requests in one packet: their answers come in their order, whichever way each goes."""

import random
from collections.abc import Sequence

import pytest

from app.protocol.negotiation import GRAPHQL_JSON
from tests.app.express.conftest import Served
from tests.app.express.wire import body_of, post


def query(alias: str) -> str:
    return f'{{ {alias}: product(sku: "KV-1") {{ sku }} }}'


def answer_of(alias: str) -> dict[str, dict[str, str]]:
    return {alias: {"sku": "KV-1"}}


async def test_one_at_once(served: Served) -> None:
    """The first is answered at once; for what is behind it others have their turn in between."""
    bodies = [await served.known(query(f"a{number}")) for number in range(4)]
    wire = await served.connect()
    await wire.send(b"".join(post(body) for body in bodies))
    answers = await wire.answers(4)

    assert [answer_of(f"a{number}") for number in range(4)] == [answer.data for answer in answers]
    assert ["express", "ordinary", "ordinary", "ordinary"] == served.ways


async def test_the_next_packet_begins_anew(served: Served) -> None:
    """Who waits for an answer before sending more is answered at once each time."""
    body = await served.known(query("a"))
    wire = await served.connect()
    for _ in range(3):
        await wire.send(post(body))
        await wire.answer()

    assert ["express"] * 3 == served.ways


async def test_behind_one_that_takes_longer(served: Served) -> None:
    """What is known waits for its turn behind what is not, though it came with it."""
    body, other = await served.known(query("a")), body_of(query("b"))
    wire = await served.connect()
    await wire.send(post(other) + post(body) + post(other) + post(body))
    answers = await wire.answers(4)

    assert [answer_of(one) for one in ("b", "a", "b", "a")] == [answer.data for answer in answers]
    assert ["ordinary"] * 4 == served.ways


async def test_behind_one_that_waits(served: Served) -> None:
    """What came behind one that waits for a system is answered after it."""
    signed = served.signed("anna")
    priced = await served.known('{ product(sku: "KV-1") { price { unitPrice { amount } } } }', signed)
    body = await served.known(query("a"))
    served.clock.advance(61)
    await served.ask(post(body))
    served.ways.clear()
    served.erp.let.clear()
    wire = await served.connect()
    await wire.send(post(priced, signed) + post(body))
    await served.erp.is_asked.wait()
    served.erp.let.set()
    answers = await wire.answers(2)

    assert {"product": {"price": {"unitPrice": {"amount": "10"}}}} == answers[0].data
    assert answer_of("a") == answers[1].data
    assert ["begun", "ordinary"] == served.ways


async def test_before_nonsense(served: Served) -> None:
    """What came whole has its answer; what cannot be read is refused, and ends the connection."""
    body = await served.known(query("a"))
    wire = await served.connect()
    await wire.send(post(body) + b"nonsense\r\n\r\n" + post(body))
    answers = await wire.answers(2)

    assert [200, 400] == [answer.status for answer in answers]
    assert b"" == await wire.ended()
    assert ["express"] == served.ways


async def test_the_last_one(served: Served) -> None:
    """After one that is to be the last nothing is answered."""
    body = await served.known(query("a"))
    wire = await served.connect()
    await wire.send(post(body) + post(body, "connection: close") + post(body))
    answers = await wire.answers(2)

    assert [answer_of("a")] * 2 == [answer.data for answer in answers]
    assert "close" == answers[1].headers["connection"]
    assert b"" == await wire.ended()


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def pieces(sent: bytes, dice: random.Random) -> Sequence[bytes]:
    cuts = sorted(dice.sample(range(1, len(sent)), dice.choice((0, 1, 3, 20))))
    return [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


@pytest.mark.parametrize("seed", range(20))
async def test_mixtures(served: Served, seed: int) -> None:
    """Known ones, new ones, wrong ones and such as are asked otherwise, cut anywhere: each has its own answer."""
    dice = random.Random(seed)
    known = [await served.known(query(f"k{number}")) for number in range(3)]
    wire = await served.connect()
    sent, expected = [], []
    for number in range(dice.randint(2, 12)):
        alias = dice.choice((f"k{number % 3}", f"n{number}"))
        body = known[number % 3] if alias.startswith("k") else body_of(query(alias))
        request, status = dice.choice(
            (
                (post(body), 200),
                (post(body), 200),
                (post(body, "kanava-max-age: 1000"), 200),
                (post(body, "kanava-max-age: soon", f"accept: {GRAPHQL_JSON}"), 400),
                (post(body, "authorization: Bearer no"), 401),
                (post(body[:-1]), 400),
                (post(b"", "transfer-encoding: chunked", length=None) + chunked(body), 200),
            )
        )
        sent.append(request)
        expected.append((status, answer_of(alias) if status == 200 else None))
    await wire.send(*pieces(b"".join(sent), dice))
    answers = await wire.answers(len(sent))

    assert expected == [(one.status, one.data if one.status == 200 else None) for one in answers]
