"""Visitors that came before: as the ordinary way knows them, for as long as their tokens are good."""

import random

import pytest

from app.express.visitors import MOST_BYTES, MOST_VISITORS, KnownVisitors
from app.identity.bearer import LEEWAY_S
from app.languages import MOST_CHARACTERS
from app.visitors import visitor_from
from resolvers.errors import Unauthenticated
from tests.app.conftest import Api

LANGUAGES = (None, "", "en", "sv, en;q=0.1", "nonsense;;", "x" * 5000)
ACCOUNTS = (None, "C-1002", " C-1002\t", "", " ", "\xe4", "x" * MOST_BYTES, "x" * (MOST_BYTES + 1))
ADDRESS = "192.0.2.1"


def given(**said: str | None) -> dict[bytes, bytes]:
    named = {name.replace("_", "-"): value for name, value in said.items() if value is not None}
    return {name.encode(): value.encode("latin-1") for name, value in named.items()}


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
        found = visitors.get(headers, ADDRESS)
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
        found.append(visitors.get(given(authorization=signed), ADDRESS) is not None)

    assert [True, True, True, False] == found


async def test_a_token_that_was_not_verified(api: Api) -> None:
    """Nobody is known by a token that was not verified, though others are."""
    visitors = KnownVisitors(api.services)
    await verified(api)
    other = f"Bearer {api.provider.token(api.clock, sub='carl')}"

    assert visitors.get(given(authorization=other), ADDRESS) is None


async def test_many(api: Api) -> None:
    """Those who came longest ago are forgotten, and long headers are not kept whole."""
    visitors = KnownVisitors(api.services)
    for number in range(MOST_VISITORS + 100):
        visitors.get(given(accept_language="x" * 5000), f"192.0.2.{number}")
    kept = visitors._visitors

    assert MOST_VISITORS == len(kept)
    assert (None, None, b"x" * MOST_CHARACTERS, "192.0.2.99") not in kept
    assert (None, None, b"x" * MOST_CHARACTERS, "192.0.2.100") in kept
    assert visitors.get(given(), "x" * (MOST_BYTES + 1)) is None
