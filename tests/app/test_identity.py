"""Who is asking, from bearer tokens."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.identity import Identity
from datasources.errors import NeverSent, RequestRefused, SourceUnavailable
from datasources.model.common import StaleReason, System
from resolvers.errors import Unauthenticated
from tests.app.conftest import ISSUER, Provider
from tests.datasources.fakes import FakeClock

SOON = 100_000.0
"""A deadline that no test reaches, on the scale of the clock that is set by hand."""
ASKED_ONCE = [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/jwks"]


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def refusal(identity: Identity, authorization: str) -> str:
    """Return the message with which a header is refused."""
    with pytest.raises(Unauthenticated) as raised:
        await identity.person(authorization, SOON)
    return str(raised.value)


async def test_a_good_token_names_its_person(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """The claim that names the person is theirs; the provider's addresses are asked once for all tokens."""
    people = [
        await identity.person(f"Bearer {provider.token(clock)}", SOON),
        await identity.person(f"bearer  {provider.token(clock, sub='mikko', aud=['other', 'kanava'])} ", SOON),
    ]

    assert ["anna", "mikko"] == people
    assert ASKED_ONCE == provider.asked


async def test_another_claim_may_name_the_person(provider: Provider, clock: FakeClock) -> None:
    """Which claim it is, is a setting; it must be there."""
    of_mail = Identity(provider, issuer=ISSUER, audience="kanava", claim_person="email", clock=clock)  # type: ignore[arg-type]

    assert "a@example.fi" == await of_mail.person(f"Bearer {provider.token(clock, email='a@example.fi')}", SOON)
    assert 'The access token is not good: Token is missing the "email" claim.' == await refusal(
        of_mail, f"Bearer {provider.token(clock)}"
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other"},
        {"aud": None},
        {"iss": "http://evil.example"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["anna"]},
        {"nbf": 4102444800},
    ],
)
async def test_a_token_for_others_is_refused(
    identity: Identity, provider: Provider, clock: FakeClock, claims: dict[str, object]
) -> None:
    """Another audience or issuer, a time to come, or nobody named."""
    message = await refusal(identity, f"Bearer {provider.token(clock, **claims)}")

    assert message.startswith("The access token")


async def test_an_expired_token_is_refused(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """A token is good until `exp` and not after."""
    expired = provider.token(clock, exp=int(clock.now().timestamp()) - 1)

    assert "The access token has expired." == await refusal(identity, f"Bearer {expired}")


async def test_time_is_the_clocks(provider: Provider) -> None:
    """Whether a token is good now is told by the clock that was passed in, not by the machine's."""
    future = FakeClock(datetime(2100, 1, 1, tzinfo=UTC))
    identity = Identity(provider, issuer=ISSUER, audience="kanava", claim_person="sub", clock=future)  # type: ignore[arg-type]
    now = int(future.now().timestamp())

    assert "anna" == await identity.person(f"Bearer {provider.token(future, nbf=now - 5)}", SOON)
    assert "The access token has expired." == await refusal(identity, f"Bearer {provider.token(future, exp=now - 5)}")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token", "Bearer " + "x" * 8193])
async def test_another_header_is_refused(identity: Identity, provider: Provider, header: str) -> None:
    """What is no bearer token is said to be none, without asking anybody."""
    assert "The Authorization header must be: Bearer, a space, an access token." == await refusal(identity, header)
    assert [] == provider.asked


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "x.y.z",
        "..",
        "\u00e4.\u00e4.\u00e4",
        f"{encoded([])}.{encoded({})}.x",
        f"{encoded({'alg': []})}.{encoded({})}.",
    ],
)
async def test_what_is_no_token_is_refused(identity: Identity, provider: Provider, token: str) -> None:
    """Garbage is refused without asking anybody."""
    assert (await refusal(identity, f"Bearer {token}")).startswith("The access token is not good: ")
    assert [] == provider.asked


async def test_an_unsigned_token_is_refused(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """`alg: none`, in any case, is no signature; nor is a good token without its signature, or with another body."""
    head, body, signature = provider.token(clock).split(".")
    other = encoded({"iss": ISSUER, "aud": "kanava", "sub": "mikko", "exp": 4102444800})
    forged = [
        *(f"{encoded({'alg': alg, 'kid': 'k1'})}.{body}." for alg in ("none", "None", "NONE")),
        f"{head}.{body}.",
        f"{head}.{other}.{signature}",
    ]
    messages = [await refusal(identity, f"Bearer {token}") for token in forged]

    assert [] == [message for message in messages if not message.startswith("The access token is not good: ")]


async def test_a_public_key_is_no_secret(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """HS256 with the published key as its secret is refused."""
    _, body, _ = provider.token(clock).split(".")
    signed = f"{encoded({'alg': 'HS256', 'kid': 'k1', 'typ': 'JWT'})}.{body}"
    secret = provider.keys["k1"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode().rstrip("=")

    assert "The access token is not good: its algorithm is not RS256." == await refusal(
        identity, f"Bearer {signed}.{mac}"
    )


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
async def test_another_algorithm_is_refused(
    identity: Identity, provider: Provider, clock: FakeClock, algorithm: str
) -> None:
    """Only the algorithms that are agreed on count, even with the right key."""
    claims = jwt.decode(provider.token(clock), options={"verify_signature": False})
    token = jwt.encode(claims, provider.keys["k1"], algorithm, {"kid": "k1"})

    assert "The access token is not good: its algorithm is not RS256." == await refusal(identity, f"Bearer {token}")


async def test_another_key_of_the_same_name_is_refused(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """A signature counts under the published key alone."""
    forger = Provider(keys={"k1": keys[1]})

    assert (await refusal(identity, f"Bearer {forger.token(clock)}")).startswith("The access token is not good: ")
    assert "anna" == await identity.person(f"Bearer {provider.token(clock)}", SOON)


async def test_unknown_keys_ask_the_provider_seldom(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """A token of a key that is not known asks again, but only once in 10 s, however many come; then a new key counts."""
    forger = Provider(keys={"k2": keys[1]})
    await identity.person(f"Bearer {provider.token(clock)}", SOON)
    unknown = [f"Bearer {forger.token(clock, kid='k2', jti=str(n))}" for n in range(5)]
    clock.advance(9.9)
    messages = [await refusal(identity, token) for token in unknown]
    asked_before = len(provider.asked)
    clock.advance(0.2)
    messages += await asyncio.gather(*(refusal(identity, token) for token in unknown))
    asked_after = len(provider.asked)
    provider.keys["k2"] = keys[1]
    clock.advance(10)

    assert [
        "The access token is not good: it is signed with a key that the provider does not publish."
    ] * 10 == messages
    assert (2, 4) == (asked_before, asked_after)
    assert "anna" == await identity.person(unknown[0], SOON)
    assert ASKED_ONCE * 3 == provider.asked


async def test_a_verified_token_is_remembered_until_it_expires(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """A token that was good stays so until `exp`, even when its key has gone meanwhile; then it is looked at anew."""
    token = f"Bearer {provider.token(clock)}"
    await identity.person(token, SOON)
    provider.keys = {"k2": keys[1]}
    clock.advance(30)
    rotated = await identity.person(f"Bearer {provider.token(clock, kid='k2')}", SOON)
    clock.advance(29)
    before = await identity.person(token, SOON)
    clock.advance(2)

    assert ("anna", "anna") == (rotated, before)
    assert (await refusal(identity, token)).startswith("The access token ")


async def test_a_key_that_went_counts_no_more(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """Once the provider publishes other keys, new tokens of the old one are refused."""
    old = provider.token(clock, jti="new")
    await identity.person(f"Bearer {provider.token(clock)}", SOON)
    provider.keys = {"k2": keys[1]}
    clock.advance(11)
    await identity.person(f"Bearer {provider.token(clock, kid='k2')}", SOON)

    assert (await refusal(identity, f"Bearer {old}")).startswith("The access token is not good: ")


async def test_many_at_once_ask_once(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """The first tokens after a start share one look at the provider."""
    people = await asyncio.gather(
        *(identity.person(f"Bearer {provider.token(clock, sub=str(n))}", SOON) for n in range(5))
    )

    assert ["0", "1", "2", "3", "4"] == people
    assert ASKED_ONCE == provider.asked


@pytest.mark.parametrize(
    "more",
    [
        {"kty": "RSA", "kid": "enc", "use": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AQAB", "y": "AQAB"},
        {"kty": "oct", "kid": "oct", "k": "AQAB"},
        {"kty": "RSA", "kid": "broken"},
        {"kty": "RSA", "kid": "broken", "n": 1, "e": None},
        {"kty": "OKP", "kid": "x", "crv": "X448"},
        {"kty": "RSA"},
        {},
    ],
)
async def test_other_keys_of_the_provider_do_no_harm(
    identity: Identity, provider: Provider, clock: FakeClock, more: dict[str, object]
) -> None:
    """Keys for other uses and kinds that Kanava does not know are passed over (RFC 7517, section 5)."""
    provider.more_keys = [more]

    assert "anna" == await identity.person(f"Bearer {provider.token(clock)}", SOON)


@pytest.mark.parametrize(
    "failure",
    [NeverSent(System.IAM, "no connection"), RequestRefused(System.IAM, "gone", status=404, code=None)],
)
async def test_a_provider_that_does_not_answer_is_an_outage(
    identity: Identity, provider: Provider, clock: FakeClock, failure: NeverSent | RequestRefused
) -> None:
    """Without keys nobody can tell who asks: that is an outage, not a bad token, and is tried again at once."""
    provider.failure = failure
    token = f"Bearer {provider.token(clock)}"
    with pytest.raises(SourceUnavailable) as raised:
        await identity.person(token, SOON)
    provider.failure = None

    assert System.IAM is raised.value.system
    assert "anna" == await identity.person(token, SOON)


async def test_a_provider_that_hangs_costs_no_more_than_the_deadline(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """Who waits for the keys of a silent provider is told at their own deadline; those with more time get them."""
    provider.silent = asyncio.Event()
    token = f"Bearer {provider.token(clock)}"
    patient = asyncio.create_task(identity.person(token, SOON))
    with pytest.raises(SourceUnavailable) as raised:
        await identity.person(token, clock.monotonic())
    provider.silent.set()

    assert (System.IAM, StaleReason.TIMEOUT) == (raised.value.system, raised.value.reason)
    assert "anna" == await patient
    assert ASKED_ONCE == provider.asked


async def test_known_keys_outlive_the_provider(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """While the provider is down, tokens of keys that are known stay good."""
    await identity.person(f"Bearer {provider.token(clock)}", SOON)
    provider.failure = NeverSent(System.IAM, "no connection")
    clock.advance(20)

    assert "mikko" == await identity.person(f"Bearer {provider.token(clock, sub='mikko')}", SOON)


async def test_a_provider_of_another_name_is_not_trusted(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """A configuration that names another issuer is of no use (OpenID Connect Discovery 1.0, section 4.3)."""
    provider.issuer = "http://evil.example"
    with pytest.raises(SourceUnavailable):
        await identity.person(f"Bearer {provider.token(clock)}", SOON)

    assert ASKED_ONCE[:1] == provider.asked


async def test_an_issuer_may_end_in_a_slash(provider: Provider, clock: FakeClock) -> None:
    """Its configuration is below it, after one slash (OpenID Connect Discovery 1.0, section 4.1)."""
    issuer = provider.issuer = f"{ISSUER}/"
    identity = Identity(provider, issuer=issuer, audience="kanava", claim_person="sub", clock=clock)  # type: ignore[arg-type]

    assert "anna" == await identity.person(f"Bearer {provider.token(clock, iss=issuer)}", SOON)
    assert ASKED_ONCE == provider.asked
