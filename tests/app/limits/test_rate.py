"""What callers get in a minute: counted the same at once as by waiting, alone and by several replicas."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from app.limits.rate import MOST_BUCKETS, SHARES, RateLimiter
from datasources.cache.guarded import REST_S
from datasources.cache.redis import open_redis
from tests.datasources.fakes import FakeClock
from tests.valkey import Valkey

LONG_S = 20.0


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


@pytest.fixture(autouse=True)
def empty(valkey: Valkey) -> None:
    valkey.start()
    valkey.ask("FLUSHALL")


def alone(clock: FakeClock, person: int = 60, address: int = 30) -> RateLimiter:
    return RateLimiter(person_per_minute=person, address_per_minute=address, clock=clock)


@asynccontextmanager
async def replica(valkey: Valkey, per_minute: int, clock: FakeClock | None = None) -> AsyncIterator[RateLimiter]:
    """A replica; how the buckets fill is the server's, by its own clock."""
    redis = open_redis(valkey.url, timeout_s=LONG_S)
    yield RateLimiter(
        person_per_minute=per_minute,
        address_per_minute=per_minute,
        clock=clock or FakeClock(),
        redis=redis,
        timeout_s=LONG_S,
    )
    await redis.aclose()


def refilling(size: int) -> Callable[[], float]:
    """Return what tells how much there has been in a bucket since now: the server's fills as time passes."""
    began = time.monotonic()
    return lambda: size + (time.monotonic() - began) * size / 60 + 1


@pytest.mark.parametrize("seed", range(5))
async def test_both_ways_count_the_same(seed: int) -> None:
    """Whichever of the two an operation is counted by, the same ones are let in."""
    dice, clock = random.Random(seed), FakeClock()
    mixed, waiting = alone(clock), alone(clock)
    for _ in range(500):
        clock.advance(dice.choice((0, 0, 0.1, 1, 30)))
        key, cost, anonymous = dice.choice("ab"), dice.choice((0, 1, 2, 29, 200)), dice.random() < 0.3
        expected = await waiting.take(f"{key}{anonymous}", cost, anonymous=anonymous)
        if dice.random() < 0.5:
            wait_s = None if mixed.take_at_once(f"{key}{anonymous}", cost, anonymous=anonymous) else expected
        else:
            wait_s = await mixed.take(f"{key}{anonymous}", cost, anonymous=anonymous)

        assert expected == wait_s


def test_at_once_refuses_what_is_used_up() -> None:
    """Nothing is taken then, and after a while there is something again."""
    clock = FakeClock()
    limiter = alone(clock, person=60)
    took = [limiter.take_at_once("anna", 20, anonymous=False) for _ in range(4)]
    clock.advance(19.9)
    early = limiter.take_at_once("anna", 20, anonymous=False)
    clock.advance(0.1)

    assert [True, True, True, False] == took
    assert not early
    assert limiter.take_at_once("anna", 20, anonymous=False)


def test_everybody_has_their_own() -> None:
    """What one takes is not another's, and an address has what an address gets."""
    limiter = alone(FakeClock(), person=60, address=30)

    assert limiter.take_at_once("person anna", 60, anonymous=False)
    assert limiter.take_at_once("person carl", 60, anonymous=False)
    assert limiter.take_at_once("address 192.0.2.1", 1_000, anonymous=True)
    assert not limiter.take_at_once("address 192.0.2.1", 1, anonymous=True)


def test_so_many_are_remembered() -> None:
    """Of more callers, those who asked longest ago begin with a full bucket."""
    limiter = alone(FakeClock(), person=60)
    limiter.take_at_once("first", 60, anonymous=False)
    for number in range(MOST_BUCKETS):
        limiter.take_at_once(f"{number}", 1, anonymous=False)

    assert MOST_BUCKETS == len(limiter._buckets)
    assert limiter.take_at_once("first", 60, anonymous=False)


def test_who_asked_lately_is_remembered() -> None:
    """Asking again counts, not when somebody asked first."""
    limiter = alone(FakeClock(), person=60)
    for key in ("first", "second", "first"):
        limiter.take_at_once(key, 30, anonymous=False)
    for number in range(MOST_BUCKETS - 1):
        limiter.take_at_once(f"{number}", 1, anonymous=False)

    assert not limiter.take_at_once("first", 1, anonymous=False)
    assert limiter.take_at_once("second", 60, anonymous=False)


async def test_a_small_bucket_is_exact(valkey: Valkey) -> None:
    """Of a bucket that holds less than there are shares no replica takes anything in advance."""
    small = SHARES - 1
    async with replica(valkey, small) as one, replica(valkey, small) as other:
        took, most = 0, refilling(small)
        for limiter in (one, other) * small:
            assert not limiter.take_at_once("anna", 1, anonymous=False)
            took += await limiter.take("anna", 1, anonymous=False) is None

    assert small <= took <= most()


async def test_a_share_is_used_at_once(valkey: Valkey) -> None:
    """What was taken in advance is there without asking, to the last of it and no further."""
    share = 100
    async with replica(valkey, share * SHARES) as limiter:
        before = limiter.take_at_once("anna", 1, anonymous=False)
        first = await limiter.take("anna", 1, anonymous=False)
        took = [limiter.take_at_once("anna", 1, anonymous=False) for _ in range(share)]
        others = limiter.take_at_once("carl", 1, anonymous=False)

    assert (False, None) == (before, first)
    assert [True] * (share - 1) + [False] == took
    assert not others


async def test_shares_are_counted(valkey: Valkey) -> None:
    """What replicas take at once and by asking is together what is in the bucket, never more."""
    size = 10 * SHARES
    async with replica(valkey, size) as one, replica(valkey, size) as other:
        took, most = 0, refilling(size)
        for limiter in (one, other) * (size // 2 + 200):
            at_once = limiter.take_at_once("anna", 1, anonymous=False)
            took += at_once or await limiter.take("anna", 1, anonymous=False) is None

    assert size <= took <= most()


async def test_many_who_wait_at_the_same_time(valkey: Valkey) -> None:
    """All are counted."""
    async with replica(valkey, 60) as limiter:
        most = refilling(60)
        waits = await asyncio.gather(*(limiter.take("anna", 1, anonymous=False) for _ in range(80)))

    assert 60 <= waits.count(None) <= most()


async def test_without_redis(valkey: Valkey) -> None:
    """When nobody answers each replica counts for itself, by all of the bucket."""
    clock = FakeClock()
    async with replica(valkey, 60, clock) as limiter:
        valkey.kill()
        took = [await limiter.take("anna", 20, anonymous=False) for _ in range(4)]

    assert [None, None, None, 20.0] == took


async def test_without_redis_at_once(valkey: Valkey) -> None:
    """While it is known not to answer nobody waits for it: what is left here is taken at once."""
    clock = FakeClock()
    async with replica(valkey, 60, clock) as limiter:
        valkey.kill()
        before = limiter.take_at_once("anna", 1, anonymous=False)
        await limiter.take("anna", 20, anonymous=False)
        meanwhile = [limiter.take_at_once("anna", 20, anonymous=False) for _ in range(3)]
        clock.advance(REST_S)
        after = limiter.take_at_once("anna", 1, anonymous=False)

    assert [False, True, True, False, False] == [before, *meanwhile, after]
