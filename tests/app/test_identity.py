"""Who is asking, from bearer tokens: the header, what is remembered, and that no token shows."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.identity import Identity, Signed
from app.identity.bearer import REMEMBERED_TOKENS, digest_of
from resolvers.errors import Unauthenticated
from tests.app.conftest import ISSUER, Provider
from tests.datasources.fakes import FakeClock

SOON = 100_000.0
"""A deadline that no test reaches, on the scale of the clock that is set by hand."""
ASKED_ONCE = [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/jwks"]


async def refusal(identity: Identity, authorization: str) -> str:
    """Return the message with which a header is refused."""
    with pytest.raises(Unauthenticated) as raised:
        await identity.person(authorization, SOON)
    return str(raised.value)


async def test_a_good_token_names_its_person(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """The claim that names the person is theirs; the provider's addresses are asked once for all tokens."""
    expires_at = clock.now().timestamp() + 60
    people = [
        await identity.person(f"Bearer {provider.token(clock)}", SOON),
        await identity.person(f"bearer  {provider.token(clock, sub='mikko', aud=['other', 'kanava'])} ", SOON),
    ]

    assert [Signed("anna", None, None, expires_at), Signed("mikko", None, None, expires_at)] == people
    assert ASKED_ONCE == provider.asked


async def test_other_claims_may_be_read(provider: Provider, clock: FakeClock) -> None:
    """Which claims name the person, the account and the roles is a setting; the person must be there."""
    identity = Identity(
        provider,  # type: ignore[arg-type]
        issuer=ISSUER,
        audience="kanava",
        claim_person="email",
        claim_account="account",
        claim_roles="realm_access.roles",
        clock=clock,
    )
    token = provider.token(clock, email="a@example.fi", account="C-1002", realm_access={"roles": ["buyer"]})
    signed = await identity.person(f"Bearer {token}", SOON)

    assert ("a@example.fi", "C-1002", frozenset({"buyer"})) == (signed.person, signed.account, signed.roles)
    assert "The access token's claim email names nobody." == await refusal(identity, f"Bearer {provider.token(clock)}")


@pytest.mark.parametrize(
    "claims",
    [{"aud": "other"}, {"iss": "http://evil.example"}, {"exp": None}, {"sub": ""}, {"nbf": 4102444800}, {"iat": 4e9}],
)
async def test_a_token_for_others_is_refused(
    identity: Identity, provider: Provider, clock: FakeClock, claims: dict[str, object]
) -> None:
    """Another audience or issuer, a time to come, or nobody named."""
    message = await refusal(identity, f"Bearer {provider.token(clock, **claims)}")

    assert message.startswith("The access token")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "token", "Bearer " + "x" * 8193])
async def test_another_header_is_refused(identity: Identity, provider: Provider, header: str) -> None:
    """What is no bearer token is said to be none, without asking anybody."""
    assert "The Authorization header must be: Bearer, a space, an access token." == await refusal(identity, header)
    assert [] == provider.asked


async def test_a_token_has_a_length(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """One of 8192 characters is read, and none that is longer."""
    shorter = len(provider.token(clock, more="x" * 3000))
    room = (8192 - shorter) * 3 // 4
    token = provider.token(clock, more="x" * (3000 + room))

    assert 8190 <= len(token) <= 8192
    assert "anna" == (await identity.person(f"Bearer {token}", SOON)).person
    assert "The Authorization header must be: Bearer, a space, an access token." == await refusal(
        identity, f"Bearer {provider.token(clock, more='x' * (3000 + room + 3))}"
    )


async def test_time_is_the_clocks(provider: Provider) -> None:
    """Whether a token is good now is told by the clock that was passed in, not by the machine's."""
    future = FakeClock(datetime(2100, 1, 1, tzinfo=UTC))
    identity = Identity(provider, issuer=ISSUER, audience="kanava", claim_person="sub", clock=future)  # type: ignore[arg-type]
    now = int(future.now().timestamp())

    assert "anna" == (await identity.person(f"Bearer {provider.token(future, nbf=now - 5)}", SOON)).person
    assert "The access token has expired." == await refusal(identity, f"Bearer {provider.token(future, exp=now - 35)}")


async def test_the_leeway_is_a_setting(provider: Provider, clock: FakeClock) -> None:
    """A remembered token ends when any other does: at its `exp` and the leeway, not after."""
    identity = Identity(
        provider,  # type: ignore[arg-type]
        issuer=ISSUER,
        audience="kanava",
        claim_person="sub",
        clock=clock,
        leeway_s=5.0,
    )
    token = f"Bearer {provider.token(clock)}"
    await identity.person(token, SOON)
    clock.advance(64.9)
    last = await identity.person(token, SOON)
    clock.advance(0.1)

    assert "anna" == last.person
    assert "The access token has expired." == await refusal(identity, token)


async def test_a_remembered_token_is_not_verified_again(
    identity: Identity, provider: Provider, clock: FakeClock
) -> None:
    """The same token gives the very same answer, without a signature being looked at."""
    token = f"Bearer {provider.token(clock)}"
    first = await identity.person(token, SOON)

    assert first is await identity.person(token, SOON)


async def test_a_refused_token_leaves_nothing(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """What is forged takes nobody's place among the remembered."""
    token = f"Bearer {provider.token(clock)}"
    first = await identity.person(token, SOON)
    for n in range(100):
        await refusal(identity, f"{token[:-8]}{n:08}")

    assert first is await identity.person(token, SOON)
    assert 1 == len(identity._remembered)


async def test_so_many_are_remembered(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """Of more tokens those go that came longest ago; whichever way one comes counts."""
    tokens = [f"Bearer {provider.token(clock, jti=jti)}" for jti in "abc"]
    first, second, third = [await identity.person(token, SOON) for token in tokens]
    await identity.person(tokens[0], SOON)
    identity.known(digest_of(tokens[1].removeprefix("Bearer ")))
    verified = next(iter(identity._remembered.values()))
    for number in range(REMEMBERED_TOKENS - 2):
        identity._remembered.put(b"%d" % number, verified)
    again = [await identity.person(token, SOON) for token in tokens]

    assert 10_000 == REMEMBERED_TOKENS == len(identity._remembered)
    assert [True, True, False] == [one is other for one, other in zip((first, second, third), again, strict=True)]


async def test_a_key_that_went_counts_no_more(
    identity: Identity, provider: Provider, clock: FakeClock, keys: list[rsa.RSAPrivateKey]
) -> None:
    """Once the provider publishes other keys, tokens of the old one are refused, though they were good before."""
    seen, unseen = (f"Bearer {provider.token(clock, sub=sub)}" for sub in ("anna", "mikko"))
    await identity.person(seen, SOON)
    provider.keys = {"k2": keys[1]}
    clock.advance(11)
    await identity.person(f"Bearer {provider.token(clock, kid='k2')}", SOON)

    assert ["The access token is not good: its signature is by no key that the provider publishes."] * 2 == [
        await refusal(identity, token) for token in (seen, unseen)
    ]


async def test_no_token_shows(identity: Identity, provider: Provider, clock: FakeClock) -> None:
    """Neither in what is remembered nor in what is answered: whoever sees those cannot sign in with them."""
    good = provider.token(clock)
    await identity.person(f"Bearer {good}", SOON)
    bad = provider.token(clock, header={"crit": ["token-secret"], "kid": "key-secret"}, sub="person-secret")
    message = await refusal(identity, f"Bearer {bad}")
    kept = "".join(repr(value) for value in (vars(identity), *identity._remembered.items(), vars(identity._provider)))

    assert "secret" not in message
    assert [] == [part for part in good.split(".") if part in kept]
