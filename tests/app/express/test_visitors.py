"""Visitors that came before: as the ordinary way knows them, for as long as their tokens are good."""

import random

import pytest

from app.door import Visitor
from app.express.heads import MOST_NAME_BYTES, head_of
from app.express.visitors import KnownVisitors
from app.identity.bearer import LEEWAY_S
from app.visitors import visitor_from
from resolvers.errors import Unauthenticated
from tests.app.conftest import Api

LANGUAGES = (None, "", "en", "sv, en;q=0.1", "nonsense;;", "x" * 5000)
ACCOUNTS = (None, "C-1002", " C-1002\t", "", " ", "\xe4", "x" * MOST_NAME_BYTES, "x" * (MOST_NAME_BYTES + 1))
ADDRESS = "192.0.2.1"


def given(**said: str | None) -> dict[bytes, bytes]:
    named = {name.replace("_", "-"): value for name, value in said.items() if value is not None}
    return {name.encode(): value.encode("latin-1") for name, value in named.items()}


def came(visitors: KnownVisitors, headers: dict[bytes, bytes], address: str = ADDRESS) -> Visitor | None:
    """Return who is known to come with these headers."""
    head = head_of({b"content-type": b"application/json", **headers}, address)
    return None if head is None else visitors.get(head)


async def verified(api: Api) -> str:
    """Return what anna signs in with, verified."""
    signed = f"Bearer {api.provider.token(api.clock)}"
    await api.services.identity.person(signed, api.clock.monotonic() + 5)
    return signed


@pytest.mark.parametrize("seed", range(3))
async def test_they_are_as_on_the_ordinary_way(api: Api, seed: int) -> None:
    """Whoever is known is who they would be there; who would be refused there is not known."""
    dice = random.Random(seed)
    visitors, signed = KnownVisitors(api.services), await verified(api)
    seen = 0
    for _ in range(200):
        who = dice.choice((None, signed, signed, f"bearer  {signed[7:]} ", "Bearer x", "", "Basic YTpi"))
        headers = given(authorization=who, kanava_account=dice.choice(ACCOUNTS), accept_language=dice.choice(LANGUAGES))
        found = came(visitors, headers)
        try:
            said = {name.decode(): value.decode("latin-1") for name, value in headers.items()}
            expected = await visitor_from(said, ADDRESS, api.services)
        except Unauthenticated:
            expected = None
        seen += found is not None

        assert found is None or expected == found
        assert expected is None or found is not None or b"kanava-account" in headers
    assert seen > 60


async def test_a_token_that_expired(api: Api) -> None:
    """It is looked at each time whether the token is still good."""
    visitors, signed = KnownVisitors(api.services), await verified(api)
    found = []
    for seconds in (0, 59, LEEWAY_S, 1):
        api.clock.advance(seconds)
        found.append(came(visitors, given(authorization=signed)) is not None)

    assert [True, True, True, False] == found


async def test_a_token_that_was_not_verified(api: Api) -> None:
    """Nobody is known by a token that was not verified, though others are."""
    visitors = KnownVisitors(api.services)
    await verified(api)
    other = f"Bearer {api.provider.token(api.clock, sub='carl')}"

    assert came(visitors, given(authorization=other)) is None


async def test_the_same_head_again(api: Api) -> None:
    """Whose a head is is worked out once, and anew when the token was verified anew."""
    visitors, signed = KnownVisitors(api.services), await verified(api)
    head = head_of({b"content-type": b"application/json", **given(authorization=signed)}, ADDRESS)
    assert head is not None
    first, second = visitors.get(head), visitors.get(head)
    api.services.identity._remembered.clear()
    forgotten = visitors.get(head)
    await api.services.identity.person(signed, api.clock.monotonic() + 5)
    third = visitors.get(head)

    assert first is not None
    assert first is second
    assert forgotten is None
    assert first is not third
    assert first == third


def test_an_address_that_is_long() -> None:
    """Such as no connection has goes the ordinary way."""
    assert head_of({b"content-type": b"application/json"}, "x" * (MOST_NAME_BYTES + 1)) is None
