"""Nobody gets in on the express way who would not on the ordinary one, and all are counted there."""

import asyncio
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.identity.bearer import LEEWAY_S
from app.identity.provider import REFRESHED_AFTER_S
from tests.app.express.conftest import ASKS_S, OpenServer, Served
from tests.app.express.wire import Answer, post

QUERY = '{ product(sku: "KV-1") { sku name } }'
ME = '{ viewer { user { name } account { number } } product(sku: "KV-1") { price { unitPrice { amount } } } }'


def statuses(answers: list[Answer]) -> list[int]:
    return [answer.status for answer in answers]


async def test_an_expired_token(served: Served) -> None:
    """A token is good until it expires, and no longer on a connection that it was good on."""
    signed = served.signed("anna")
    body = await served.known(QUERY, signed)
    wire = await served.connect()
    answers: list[tuple[Answer, str]] = []
    for seconds in (ASKS_S - 1, LEEWAY_S, 1):
        served.clock.advance(seconds)
        # by another token of hers, so that nothing has to be fetched
        await served.make_known(body, served.signed("anna", jti=str(seconds)))
        await wire.send(post(body, signed))
        answers.append((await wire.answer(), served.ways[0]))

    assert [(200, "express"), (200, "express"), (401, "ordinary")] == [(one.status, way) for one, way in answers]
    assert ["UNAUTHENTICATED"] == answers[2][0].codes


async def test_a_key_that_was_taken_back(served: Served, keys: list[rsa.RSAPrivateKey]) -> None:
    """When the provider publishes another key the tokens of the old one are good no more."""
    served.clock.advance(1)
    signed = served.signed("anna")
    body = await served.known(QUERY, signed)
    served.provider.keys = {"k2": keys[1]}
    wire = await served.connect()
    await wire.send(post(body, signed))
    before = await wire.answer()
    served.clock.advance(REFRESHED_AFTER_S)
    await served.make_known(body, served.signed("carl", kid="k2"))
    await wire.send(post(body, signed))
    after = await wire.answer()
    await wire.send(post(body, served.signed("carl", kid="k2")))
    other = await wire.answer()

    assert [200, 401, 200] == statuses([before, after, other])
    assert ["ordinary", "express"] == served.ways


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("authorization: Bearer x.y.z", 401),
        ("authorization: Basic YW5uYTphbm5h", 401),
        ("authorization:", 401),
        ("authorization: Bearer", 401),
        ("x-authorization: Bearer x", 200),
    ],
)
async def test_a_token_that_is_none(served: Served, authorization: str, status: int) -> None:
    """Whoever sends one is refused, though everybody may ask that, and somebody else just did."""
    body = await served.known(QUERY)
    wire = await served.connect()
    await wire.send(post(body))
    await wire.answer()
    await wire.send(post(body, authorization))
    answer = await wire.answer()

    assert status == answer.status


async def test_a_token_that_nobody_verified(served: Served) -> None:
    """The first time that somebody comes their token is verified."""
    body = await served.known(QUERY)
    wire = await served.connect()
    for _ in range(2):
        await wire.send(post(body, served.signed("carl")))
        await wire.answer()

    assert ["ordinary", "express"] == served.ways


async def test_another_account(served: Served) -> None:
    """An account is for those who may act for it, whoever asked the same before on the same connection."""
    body = await served.known(ME, served.signed("carl"), "kanava-account: C-2")
    await served.make_known(body, served.signed("anna"))
    wire = await served.connect()
    answers = []
    for who, account in (("carl", "C-2"), ("anna", "C-1"), ("anna", "C-2"), ("anna", "C-9"), ("mikko", "C-2")):
        for _ in range(3 if who == "mikko" else 1):
            await wire.send(post(body, served.signed(who), f"kanava-account: {account}"))
            answers.append(await wire.answer())

    assert [[], [], ["NOT_FOUND"], ["NOT_FOUND"], [], [], []] == [answer.codes for answer in answers]
    assert "C-2" == answers[-1].data["viewer"]["account"]["number"]
    assert ["express", *["ordinary"] * 4, *["express"] * 2] == served.ways


async def test_an_account_and_nobody(served: Served) -> None:
    """Who chooses an account must be somebody."""
    body = await served.known(QUERY)
    answers = [await served.ask(post(body, f"kanava-account: {account}")) for account in ("C-1", "")]

    assert [401, 200] == statuses(answers)
    assert ["ordinary", "ordinary"] == served.ways


async def test_everybody_reads_their_own(served: Served) -> None:
    """The same body from several people, mixed on two connections: each reads their own name and their own price."""
    prices = {"anna": ("C-1", "10"), "berta": ("C-3", "10"), "carl": ("C-2", "20")}
    for who in prices:
        body = await served.known(ME, served.signed(who))
    dice = random.Random(1)

    async def ask(count: int) -> None:
        wire = await served.connect()
        for _ in range(count):
            asked = [dice.choice([*prices, None]) for _ in range(dice.choice((1, 1, 3)))]
            await wire.send(b"".join(post(body, *([served.signed(who)] if who else [])) for who in asked))
            for who, answer in zip(asked, await wire.answers(len(asked)), strict=True):
                told = answer.data

                if who is None:
                    assert {"viewer": None, "product": {"price": None}} == told
                else:
                    number, amount = prices[who]
                    assert {"user": {"name": who.title()}, "account": {"number": number}} == told["viewer"]
                    assert {"amount": amount} == told["product"]["price"]["unitPrice"]

    await asyncio.gather(ask(60), ask(60))

    assert {"express", "ordinary"} == set(served.ways)


@pytest.mark.parametrize("known", [True, False])
async def test_a_person_is_counted(open_server: OpenServer, known: bool) -> None:
    """Each has so much a minute, whichever way; then they are refused, until some of it is there again."""
    async with open_server(KANAVA_RATE_PERSON="60") as served:
        signed, other = served.signed("anna"), served.signed("carl")
        body = await served.known(QUERY, other)
        await served.ask(post(body, signed))  # the first of 60
        served.ways.clear()
        wire = await served.connect()
        answers = []
        for _ in range(60):
            await wire.send(post(body, signed, *([] if known else ["content-encoding: identity"])))
            answers.append(await wire.answer())
        others = await served.ask(post(body, other))
        served.clock.advance(1.0)
        again = await served.ask(post(body, signed))

    assert [200] * 59 + [429] == statuses(answers)
    assert "1" == answers[-1].headers["retry-after"]
    assert (["express"] * 59 if known else ["ordinary"] * 59) + ["ordinary"] == served.ways[:60]
    assert [200, 200] == statuses([others, again])


async def test_an_address_is_counted(open_server: OpenServer) -> None:
    """Whoever does not sign in is counted by address, as a proxy says it that is believed."""
    async with open_server(KANAVA_RATE_ADDRESS="5", KANAVA_RATE_PERSON="1000") as served:
        body = await served.known(QUERY)  # three of five
        answers = [await served.ask(post(body)) for _ in range(3)]
        forwarded = [await served.ask(post(body, "x-forwarded-for: 192.0.2.1, 127.0.0.1")) for _ in range(6)]
        other = await served.ask(post(body, "x-forwarded-for: 192.0.2.2"))

    assert [200, 200, 429] == statuses(answers)
    assert [200] * 5 + [429] == statuses(forwarded)
    assert 200 == other.status


async def test_what_a_proxy_says_of_tls(served: Served) -> None:
    """A browser that came over TLS is told to come so again, whichever way it is answered."""
    body = await served.known(QUERY)
    plain = await served.ask(post(body))
    over_tls = await served.ask(post(body, "x-forwarded-proto: https"))

    assert "strict-transport-security" not in plain.headers
    assert "max-age=31536000" == over_tls.headers["strict-transport-security"]
    assert ["express", "express"] == served.ways


async def test_other_sites(open_server: OpenServer) -> None:
    """A browser on a site that may read answers is told so each time, one on another site never."""
    async with open_server(KANAVA_CORS_ORIGINS="https://shop.example") as served:
        body = await served.known(QUERY)
        own = await served.ask(post(body, "origin: https://shop.example"))
        other = await served.ask(post(body, "origin: https://other.example"))
        none = await served.ask(post(body))

    assert "https://shop.example" == own.headers["access-control-allow-origin"]
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in none.headers
    assert ["ordinary", "ordinary", "express"] == served.ways
