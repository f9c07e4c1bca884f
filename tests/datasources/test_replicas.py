"""Replicas over a real Valkey: who fetches, who probes, what all hear of, and what happens when it is away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from datasources import redis_replicas
from datasources.cache.redis import open_redis
from datasources.cache.store import Drop, Record
from datasources.clock import SystemClock
from datasources.redis_replicas import RedisReplicas, open_replicas
from datasources.replicas import Alone, Replicas
from tests.datasources.fakes import turns
from tests.valkey import Valkey

PATIENT_S = 10.0
"""For calls that must be answered however busy this machine is."""


@dataclass
class Replica:
    """One of several, and what it has heard."""

    replicas: RedisReplicas
    heard: list[bytes] = field(default_factory=list)

    async def has_heard(self, *texts: bytes) -> bool:
        """Wait until so many have been heard, and return whether they are these, in this order."""
        await until(lambda: len(self.heard) >= len(texts))
        return list(texts) == self.heard


@pytest.fixture
async def three(valkey: Valkey) -> AsyncIterator[list[Replica]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(replica(valkey)) for _ in range(3)]


@pytest.fixture
def stopped(valkey: Valkey) -> Iterator[Valkey]:
    """Valkey, which is not running."""
    valkey.kill()
    yield valkey
    valkey.start()


@asynccontextmanager
async def replica(valkey: Valkey, *, timeout_s: float = PATIENT_S, rest_s: float = 0.0) -> AsyncIterator[Replica]:
    client = open_redis(valkey.url, timeout_s=PATIENT_S)
    reader = open_redis(valkey.url, timeout_s=redis_replicas.READ_TIMEOUT_S, connections=1)
    replicas = RedisReplicas(client, reader=reader, clock=SystemClock(), timeout_s=timeout_s, rest_s=rest_s)
    one = Replica(replicas)
    replicas.listen(lambda topic, text: one.heard.append(text))
    async with replicas.run():
        yield one
    await client.aclose()
    await reader.aclose()


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(round(PATIENT_S / 0.005)):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


async def test_one_of_many_locks_a_key(three: list[Replica]) -> None:
    """Of 500 who lock a key at once, in three replicas, one gets it; after it is given back, one again."""
    for _ in range(3):
        won = await asyncio.gather(*(three[i % 3].replicas.lock(["k"], 60) for i in range(500)))
        await asyncio.gather(*(one.replicas.unlock(["k"]) for one in three))

        assert [frozenset({"k"})] == [keys for keys in won if keys]


async def test_keys_are_locked_each_for_itself(three: list[Replica]) -> None:
    """Of several keys those are locked that nobody has; a replica gives back only its own."""
    first, second, _ = (one.replicas for one in three)
    mine = await first.lock(["a", "b"], 60)
    others = await second.lock(["b", "c"], 60)
    await second.unlock(["a", "b", "c"])

    assert (frozenset({"a", "b"}), frozenset({"c"})) == (mine, others)
    assert frozenset({"c"}) == await first.lock(["a", "c"], 60)
    assert frozenset() == await first.lock([], 60)
    await first.unlock([])


async def test_a_lock_runs_out(three: list[Replica]) -> None:
    """A lock that is not given back is free after for_s, and giving it back late takes nothing from who has it now."""
    first, second, third = (one.replicas for one in three)
    await first.lock(["k"], 0.01)
    await asyncio.sleep(0.02)  # Valkey has a clock of its own
    taken = await second.lock(["k"], 60)
    await first.unlock(["k"])

    assert frozenset({"k"}) == taken
    assert frozenset() == await third.lock(["k"], 60)


async def test_one_of_many_has_the_lease(three: list[Replica]) -> None:
    """Of many who ask at once one gets a token; another name is another lease."""
    tokens = await asyncio.gather(*(three[i % 3].replicas.lease("ERP", 60) for i in range(100)))
    other = await three[0].replicas.lease("PIM", 60)

    assert 1 == len([token for token in tokens if token is not None])
    assert other is not None


async def test_tokens_grow(three: list[Replica], valkey: Valkey) -> None:
    """Every token is above those before, whoever has it, also when Valkey has forgotten all or is away."""
    tokens = []
    for step in range(12):
        tokens.append(await three[step % 3].replicas.lease("ERP", 0.001))
        await asyncio.sleep(0.002)  # Valkey has a clock of its own
        if step == 4:
            valkey.kill()
        if step == 8:
            valkey.start()

    assert None not in tokens
    assert sorted(set(tokens)) == tokens


async def test_all_hear_what_is_announced(three: list[Replica]) -> None:
    """All hear it once and in order, who announces first and at once; who comes later does not hear what was before."""
    first, second, third = three
    for text in (b"1", b"2", b"\0\xff"):
        await first.replicas.announce("drop", text)
    at_once = list(first.heard)
    await second.has_heard(b"1", b"2", b"\0\xff")
    await second.replicas.announce("drop", b"3")

    assert [b"1", b"2", b"\0\xff"] == at_once
    for one in (first, second, third):
        assert await one.has_heard(b"1", b"2", b"\0\xff", b"3")


async def test_a_late_one_begins_at_the_end(three: list[Replica], valkey: Valkey) -> None:
    """A replica hears what is announced after its start."""
    await three[0].replicas.announce("drop", b"before")
    async with replica(valkey) as late:
        await three[0].replicas.announce("drop", b"after")

        assert await late.has_heard(b"after")


async def test_a_broken_connection_loses_nothing(three: list[Replica], valkey: Valkey) -> None:
    """What is announced while the connections of the others are broken again and again is heard all the same."""
    first, second, third = three
    for number in range(20):
        valkey.ask("CLIENT", "KILL", "TYPE", "normal")
        await first.replicas.announce("drop", b"%d" % number)
    texts = [b"%d" % number for number in range(20)]

    for one in (first, second, third):
        assert await one.has_heard(*texts)


async def test_it_stops_at_any_moment(valkey: Valkey) -> None:
    """However far a replica has come with its first steps, it can be stopped."""
    async with asyncio.timeout(60):
        for count in range(60):
            async with replica(valkey):
                await turns(count)


async def test_a_listener_may_fail(three: list[Replica]) -> None:
    """One listener that fails keeps nothing from the others, nor from what comes later."""

    def fail(topic: str, text: bytes) -> None:
        raise ValueError(text)

    first, second, _ = three
    late: list[bytes] = []
    second.replicas.listen(fail)
    second.replicas.listen(lambda topic, text: late.append(text))
    await first.replicas.announce("drop", b"1")
    await first.replicas.announce("drop", b"2")

    assert await second.has_heard(b"1", b"2")
    assert [b"1", b"2"] == late


async def test_strangers_in_the_stream_are_passed_over(three: list[Replica], valkey: Valkey) -> None:
    """What is in the stream and no announcement does not stop the reading."""
    valkey.ask("XADD", redis_replicas.STREAM, "*", "what", "ever")
    valkey.ask("XADD", redis_replicas.STREAM, "*", "replica", "r", "number", "no", "topic", "t", "text", "x")
    await three[0].replicas.announce("drop", b"1")

    assert await three[1].has_heard(b"1")


async def test_sent_twice_is_heard_once(three: list[Replica], valkey: Valkey) -> None:
    """An announcement that was sent again, because its answer was lost, is heard once."""
    for number in ("1", "1", "2", "1", "2", "3"):
        sent = ("replica", "other", "number", number, "topic", "drop", "text", f"text{number}")
        valkey.ask("XADD", redis_replicas.STREAM, "*", *sent)
    await three[0].replicas.announce("drop", b"end")

    assert await three[1].has_heard(b"text1", b"text2", b"text3", b"end")


async def test_away_each_decides_for_itself(stopped: Valkey) -> None:
    """Without Valkey a replica starts, gets all locks and leases at once, hears itself, and nothing raises."""
    async with replica(stopped) as one:
        locked = await one.replicas.lock(["a", "b"], 60)
        await one.replicas.unlock(["a", "b"])
        tokens = [await one.replicas.lease("ERP", 60) for _ in range(3)]
        await one.replicas.announce("drop", b"1")

        assert frozenset({"a", "b"}) == locked
        assert None not in tokens
        assert sorted(set(tokens)) == tokens
        assert [b"1"] == one.heard


async def test_killed_and_restarted(three: list[Replica], valkey: Valkey) -> None:
    """What is announced while Valkey is away is heard by all when it is back and empty, and so is what comes then."""
    first, second, third = three
    await first.replicas.announce("drop", b"before")
    await asyncio.gather(*(one.has_heard(b"before") for one in three))
    for turn in range(3):
        valkey.kill()
        await first.replicas.announce("drop", b"away %d" % turn)
        valkey.start()
        await until(lambda turn=turn: b"away %d" % turn in second.heard and b"away %d" % turn in third.heard)
        await second.replicas.announce("drop", b"after %d" % turn)
        await until(lambda turn=turn: all(b"after %d" % turn in one.heard for one in three))
    expected = [b"before", *(text for turn in range(3) for text in (b"away %d" % turn, b"after %d" % turn))]

    assert [expected] * 3 == [one.heard for one in three]
    assert frozenset({"k"}) == await first.replicas.lock(["k"], 60)
    assert frozenset() == await second.replicas.lock(["k"], 60)


async def test_another_stream_is_read_from_its_start(three: list[Replica], valkey: Valkey) -> None:
    """When the stream that comes back is younger than what was read, as after a clock was set back, all of it is new."""
    valkey.ask("XADD", redis_replicas.STREAM, "9999999999999-0", "what", "ever")
    await until(lambda: all(one.replicas._position == (9999999999999, 0) for one in three))
    valkey.kill()
    await three[0].replicas.announce("drop", b"1")
    valkey.start()

    assert await three[1].has_heard(b"1")
    assert await three[2].has_heard(b"1")


async def test_what_waits_is_bounded(stopped: Valkey) -> None:
    """Over the bound what waits longest is lost to the others, and counted."""
    async with replica(stopped, rest_s=60) as one:
        for number in range(redis_replicas.MOST_WAITING + 5):
            await one.replicas.announce("drop", b"%d" % number)

        assert 5 == one.replicas.lost
        assert redis_replicas.MOST_WAITING + 5 == len(one.heard)


async def test_a_stopped_redis_costs_the_timeout_once(valkey: Valkey) -> None:
    """When it takes connections and does not answer, one call waits for the timeout, and the others do not."""
    async with replica(valkey, timeout_s=0.05, rest_s=60) as one:
        valkey.ask("CLIENT", "PAUSE", "500", "ALL")
        locked = [await one.replicas.lock(["k"], 60) for _ in range(100)]
        token = await one.replicas.lease("ERP", 60)
        await one.replicas.announce("drop", b"1")

        assert [frozenset({"k"})] * 100 == locked
        assert token is not None


async def test_store_and_replicas_are_opened_together(valkey: Valkey) -> None:
    """open_replicas gives a guarded store and running replicas; killing Valkey raises nothing, and it all comes back."""
    heard: list[bytes] = []
    record = Record("k", "price", None, ("A",), b"v", 60)
    async with open_replicas(valkey.url, SystemClock()) as (store, one), replica(valkey) as other:
        one.listen(lambda topic, text: heard.append(text))
        await store.put_many([record])
        before = await store.get_many(["k"])
        valkey.kill()
        away = await store.get_many(["k"])
        await store.drop(Drop("price", frozenset({"A"}), None))
        valkey.start()
        await other.replicas.announce("drop", b"1")
        await until(lambda: heard == [b"1"])

    assert ({"k": b"v"}, {}) == (before, away)


@pytest.mark.parametrize("count", [1, 3])
async def test_alone(count: int) -> None:
    """The only replica gets every lock and every lease, and hears itself."""
    alone: Replicas = Alone()
    heard: list[bytes] = []
    for _ in range(count):
        alone.listen(lambda topic, text: heard.append(text))
    await alone.announce("drop", b"1")

    assert [b"1"] * count == heard
    assert frozenset({"a"}) == await alone.lock(["a"], 1)
    assert [1, 2] == [await alone.lease("ERP", 1), await alone.lease("ERP", 1)]
