"""When the provider is asked for its keys, and what is done while it cannot be."""

import asyncio
import logging

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.identity import Identity
from app.identity.bearer import digest_of
from datasources.errors import InvalidResponse, NeverSent, RequestRefused, SourceError, SourceUnavailable
from datasources.model.common import StaleReason, System
from resolvers.errors import Unauthenticated
from tests.app.conftest import ISSUER, Provider
from tests.datasources.fakes import FakeClock, turns

SOON = 1_000_000.0
ASKED_ONCE = [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/jwks"]
HOUR_S = 3600.0
DOWN = NeverSent(System.IAM, "no connection")


async def person(identity: Identity, token: str) -> str | None:
    """Return the person of a token, None when it is refused."""
    try:
        return (await identity.person(f"Bearer {token}", SOON)).person
    except Unauthenticated:
        return None


async def outage(identity: Identity, token: str, deadline: float = SOON) -> SourceError:
    """Return the outage that keeps a token from being verified."""
    with pytest.raises(SourceError) as raised:
        await identity.person(f"Bearer {token}", deadline)
    return raised.value


async def test_many_at_once_ask_once(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """The first tokens after a start share one look at the provider."""
    people = await asyncio.gather(*(person(identity, provider.token(clock, sub=str(n))) for n in range(5)))

    assert ["0", "1", "2", "3", "4"] == people
    assert ASKED_ONCE == provider.asked


async def test_a_flood_of_unknown_keys_asks_once(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """10,000 tokens that each name another key within 10 s cost one look at the provider."""
    head, body, signature = provider.token(clock, kid="k1").split(".")
    await person(identity, f"{head}.{body}.{signature}")
    clock.advance(10)
    provider.asked.clear()
    tokens = [provider.token(clock, header={"kid": f"k{n}"}) for n in range(2, 12)]
    for token in tokens * 1000:
        clock.advance(0.000_9)
        await person(identity, token)

    assert ASKED_ONCE == provider.asked


async def test_a_flood_on_a_provider_that_is_down_asks_once(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """Also when it fails; meanwhile the tokens of known keys are good, and the others an outage, not bad."""
    await person(identity, provider.token(clock))
    clock.advance(10)
    provider.asked.clear()
    provider.failure = DOWN
    unknown = provider.token(clock, header={"kid": "k2"})
    outages = []
    for _ in range(10):
        clock.advance(0.9)
        outages.append(await outage(identity, unknown))

    assert [DOWN] * 10 == outages
    assert ASKED_ONCE[:1] == provider.asked
    assert "mikko" == await person(identity, provider.token(clock, sub="mikko"))


async def test_unknown_keys_ask_again_after_a_while(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """Not within 10 s of the last answer; then all that come share one look, and a new key counts."""
    await person(identity, provider.token(clock))
    new = Provider(keys={"k2": keys[1]}).token(clock, kid="k2")
    clock.advance(9.9)
    early, asked_early = await person(identity, new), len(provider.asked)
    provider.keys["k2"] = keys[1]
    clock.advance(0.2)
    late = await asyncio.gather(*(person(identity, new) for _ in range(10)))

    assert (None, 2) == (early, asked_early)
    assert ["anna"] * 10 == late
    assert ASKED_ONCE * 2 == provider.asked


async def test_a_bad_signature_of_a_known_key_asks_nobody(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """Whoever forges signatures cannot make Kanava call its provider."""
    await person(identity, provider.token(clock))
    clock.advance(60)
    forged = Provider(keys={"k1": keys[1]}).token(clock)

    assert [None] * 10 == [await person(identity, forged) for _ in range(10)]
    assert ASKED_ONCE == provider.asked


async def test_rotation_in_the_middle(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """The old key goes on while it is published, the new one counts at once, and what is taken back counts no more."""
    old = provider.token(clock, exp=int(clock.now().timestamp()) + 100_000)
    before = await person(identity, old)
    clock.advance(20)
    provider.keys["k2"] = keys[1]
    during = [await person(identity, provider.token(clock, kid=kid, sub=kid)) for kid in ("k2", "k1")]
    clock.advance(20)
    del provider.keys["k1"]
    provider.keys["k3"] = keys[0]
    after = [await person(identity, token) for token in (provider.token(clock, kid="k3"), old)]

    assert ("anna", ["k2", "k1"], ["anna", None]) == (before, during, after)
    assert ASKED_ONCE * 3 == provider.asked[:6]


async def test_another_key_without_a_name(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """A provider that names no keys may change its key, too."""
    provider.members = {"kid": None}
    before = await person(identity, provider.token(clock, header={"kid": None}))
    provider.keys = {"k2": keys[1]}
    clock.advance(10)

    assert ("anna", "anna") == (before, await person(identity, provider.token(clock, kid="k2", header={"kid": None})))


async def test_keys_are_kept_in_step_behind_the_answers(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """After ten minutes they are fetched anew, while the request at hand is answered with those known."""
    token = provider.token(clock, exp=int(clock.now().timestamp()) + 10_000)
    await person(identity, token)
    clock.advance(599)
    await person(identity, token)
    await turns()
    young = len(provider.asked)
    provider.keys = {"k2": keys[1]}
    clock.advance(1)
    meanwhile = await asyncio.gather(*(person(identity, token) for _ in range(3)))
    await turns()

    assert (2, ["anna"] * 3) == (young, meanwhile)
    assert ASKED_ONCE * 2 == provider.asked
    assert None is await person(identity, token)


async def test_keys_outlive_the_provider_for_a_day(
    identity: Identity, provider: Provider, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """While it is down, tokens of keys that are known stay good, remembered or not; it is asked every 10 s, and logged."""
    caplog.set_level(logging.WARNING, "kanava.identity")
    old = provider.token(clock, exp=int(clock.now().timestamp()) + 200_000)
    await person(identity, old)
    provider.failure = DOWN
    clock.advance(24 * HOUR_S - 1)
    people = [await person(identity, token) for token in (old, provider.token(clock, sub="mikko"), old)]
    await turns()
    asked = provider.asked[2:]
    clock.advance(1)

    assert ["anna", "mikko", "anna"] == people
    assert ASKED_ONCE[:1] == asked
    assert ["the identity provider's keys go on as they are known: IAM: no connection"] == caplog.messages
    assert DOWN is await outage(identity, old)
    assert DOWN is await outage(identity, provider.token(clock))


async def test_keys_at_hand(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """Who may not wait is told of a known token for as long as keys are kept, but for when they are to be asked for."""
    token = provider.token(clock, exp=int(clock.timestamp()) + 100_000)
    await person(identity, token)
    provider.failure = DOWN
    digest, known = digest_of(token), []
    for seconds in (599, 1, 0, 9, 1, 86_400 - 610):
        clock.advance(seconds)
        known.append(identity.known(digest) is not None)
        if seconds == 1 and len(known) == 2:
            await person(identity, token)
            await turns()

    assert [True, False, True, True, False, False] == known


async def test_after_a_day_without_the_provider_it_is_asked_soon_again(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """Once no key is known any more, a provider that is back is seen within a second."""
    await person(identity, provider.token(clock))
    provider.failure = DOWN
    clock.advance(25 * HOUR_S)
    await outage(identity, provider.token(clock))
    provider.failure = None
    clock.advance(1)

    assert "anna" == await person(identity, provider.token(clock))


@pytest.mark.parametrize("failure", [DOWN, RequestRefused(System.IAM, "gone", status=404, code=None)])
async def test_a_provider_that_does_not_answer_is_an_outage(
    identity: Identity, provider: Provider, clock: FakeClock, failure: NeverSent | RequestRefused
) -> None:
    """Without keys nobody can tell who asks: that is an outage, not a bad token, and is tried again after a second."""
    provider.failure = failure
    token = provider.token(clock)
    outages = [await outage(identity, token) for _ in range(3)]
    provider.failure = None
    clock.advance(1)

    assert [SourceUnavailable] * 3 == [type(o) if type(o) is SourceUnavailable else type(o).__mro__[1] for o in outages]
    assert ASKED_ONCE[:1] == provider.asked
    assert "anna" == await person(identity, token)


async def test_a_provider_that_hangs_costs_no_more_than_the_deadline(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """Who waits for the keys of a silent provider is told at their own deadline; those with more time get them."""
    provider.silent = asyncio.Event()
    token = provider.token(clock)
    patient = asyncio.create_task(person(identity, token))
    late = await outage(identity, token, clock.monotonic())
    provider.silent.set()

    assert (System.IAM, StaleReason.TIMEOUT) == (late.system, late.reason)
    assert "anna" == await patient
    assert ASKED_ONCE == provider.asked


async def test_a_slow_provider_keeps_nobody_waiting_once_keys_are_known(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """While it is silent, and a token of an unknown key waits for it, the others go on."""
    await person(identity, provider.token(clock))
    provider.silent = asyncio.Event()
    clock.advance(600)
    unknown = asyncio.create_task(person(identity, provider.token(clock, header={"kid": "k2"})))
    await turns()
    known = await person(identity, provider.token(clock))
    waits = not unknown.done()
    provider.silent.set()

    assert ("anna", True, None) == (known, waits, await unknown)


async def test_one_who_gives_up_takes_no_keys_from_others(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """A request that is cancelled while it waits for keys leaves the fetch alone."""
    provider.silent = asyncio.Event()
    gone, stays = (asyncio.create_task(person(identity, provider.token(clock, sub=s))) for s in ("gone", "stays"))
    await turns()
    gone.cancel()
    await turns()
    provider.silent.set()

    assert "stays" == await stays
    assert ASKED_ONCE == provider.asked


@pytest.mark.parametrize("issuer", ["http://evil.example", f"{ISSUER}/", ISSUER.upper(), ""])
async def test_a_provider_of_another_name_is_not_trusted(
    identity: Identity, provider: Provider, clock: FakeClock, issuer: str
) -> None:
    """A configuration that names another issuer is of no use (OpenID Connect Discovery 1.0, section 4.3)."""
    provider.issuer = issuer
    failure = await outage(identity, provider.token(clock))

    assert "IAM: the provider calls itself by another issuer than is set" == str(failure)
    assert ASKED_ONCE[:1] == provider.asked


async def test_a_provider_that_talks_garbage_changes_nothing(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """What is known goes on."""
    await person(identity, provider.token(clock))
    provider.failure = InvalidResponse(System.IAM, "the answer is not what was agreed")
    clock.advance(HOUR_S)

    assert ["anna", "mikko"] == [await person(identity, provider.token(clock, sub=sub)) for sub in ("anna", "mikko")]


async def test_keys_are_not_taken_over_an_open_line(provider: Provider, clock: FakeClock) -> None:
    """A provider with https has its keys there, too: on the way anybody could exchange them."""
    issuer = provider.issuer = "https://iam.example"
    identity = Identity(provider, issuer=issuer, audience="kanava", claim_person="sub", clock=clock)  # type: ignore[arg-type]
    failure = await outage(identity, provider.token(clock, iss=issuer))
    provider.jwks_uri = f"{issuer}/jwks"
    clock.advance(1)

    assert "IAM: the provider's keys are at an address that is not https" == str(failure)
    assert "anna" == await person(identity, provider.token(clock, iss=issuer))


async def test_an_issuer_may_end_in_a_slash(provider: Provider, clock: FakeClock) -> None:
    """Its configuration is below it, after one slash (OpenID Connect Discovery 1.0, section 4.1)."""
    issuer = provider.issuer = f"{ISSUER}/"
    identity = Identity(provider, issuer=issuer, audience="kanava", claim_person="sub", clock=clock)  # type: ignore[arg-type]

    assert "anna" == await person(identity, provider.token(clock, iss=issuer))
    assert ASKED_ONCE == provider.asked


async def test_keys_of_two_issuers(provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]) -> None:
    """Each provider's keys are good for its own tokens alone, even of the same name."""
    other = Provider(issuer="http://other.example", keys={"k1": keys[1]}, jwks_uri="http://other.example/jwks")

    def of(transport: Provider) -> Identity:
        return Identity(transport, issuer=transport.issuer, audience="kanava", claim_person="sub", clock=clock)  # type: ignore[arg-type]

    tokens = [p.token(clock, iss=issuer) for p in (provider, other) for issuer in (ISSUER, "http://other.example")]

    assert ["anna", None, None, None] == [await person(of(provider), token) for token in tokens]
    assert [None, None, None, "anna"] == [await person(of(other), token) for token in tokens]


async def test_a_bug_in_the_background_is_told(
    identity: Identity, provider: Provider, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for keys that are fetched behind the answers: what goes wrong there is in the log."""
    await person(identity, provider.token(clock))
    provider.failure = KeyError("of ours")
    clock.advance(600)
    await person(identity, provider.token(clock))
    await turns()

    assert ["the identity provider's keys go on as they are known: 'of ours'"] == caplog.messages
    assert caplog.records[0].exc_info is not None
