"""Forgetting what a system says has changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from datasources.cache.entry import Policy
from datasources.cache.guarded import Guarded
from datasources.cache.invalidation import TOPIC, Change, Invalidation, drops_of
from datasources.cache.sqlite import SqliteStore
from datasources.cache.store import Drop, Record
from datasources.replicas import Alone
from datasources.sources.kind import Kind, any_change
from datasources.sources.source import Source
from tests.datasources.fakes import FakeClock, FakeLoad, MemoryStore, Word, ask, kit

POLICY = Policy(fresh_for_s=60, refresh_ahead_s=0, stale_for_s=3600)
PRICES: Kind[str, Word] = Kind("prices", Word, POLICY, "price", scope=lambda key: key.partition("/")[2])
CONTRACTS: Kind[str, Word] = Kind("contracts", Word, POLICY, "price", any_change, scope=str)
CONTENT: Kind[str, Word] = Kind("content", Word, POLICY, "content")
KINDS = (PRICES, CONTRACTS, CONTENT)


LONG_S = 60.0
"""What no store here takes, however busy the machine is."""


def tags(*names: str) -> frozenset[str]:
    return frozenset(names)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], []),
        ([Change("order", ["KV-1"], None)], []),
        ([Change("content", ["KV-1"], None)], [Drop("content", tags("*", "KV-1"), None)]),
        ([Change("content", [], None)], [Drop("content", None, None)]),
        ([Change("content", ["KV-1"], "C-1")], [Drop("content", tags("*", "KV-1"), None)]),
        (
            [Change("price", ["KV-1"], "10002")],
            [Drop("prices", tags("*", "KV-1"), "10002"), Drop("contracts", tags("*", "KV-1"), "10002")],
        ),
        (
            [Change("content", ["KV-1", "KV-2"], None), Change("content", ["KV-3"], None)],
            [Drop("content", tags("*", "KV-1", "KV-2", "KV-3"), None)],
        ),
        (
            [Change("content", ["KV-1"], None), Change("content", [], None), Change("content", ["KV-2"], None)],
            [Drop("content", None, None)],
        ),
        (
            [Change("price", ["KV-1"], "1"), Change("price", ["KV-2"], None)],
            [
                Drop("prices", tags("*", "KV-1"), "1"),
                Drop("contracts", tags("*", "KV-1"), "1"),
                Drop("prices", tags("*", "KV-2"), None),
                Drop("contracts", tags("*", "KV-2"), None),
            ],
        ),
    ],
)
def test_what_a_change_drops(changes: list[Change], expected: list[Drop]) -> None:
    """Every kind of its subject, by its keys and what any change concerns; scopes count where values have them."""
    assert expected == drops_of(changes, KINDS)


class Everything:
    """Sources that are one."""

    def __init__(self, source: Source[str, Word]) -> None:
        self._source = source

    def all(self) -> list[Source[str, Word]]:
        return [self._source]


class Replica:
    """One with prices in memory."""

    def __init__(self, store: Any, replicas: Alone, clock: FakeClock, *, store_within_s: float = LONG_S) -> None:
        self.source = Source(FakeLoad(), kit=kit(clock, replicas=replicas), kind=PRICES)
        sources: Any = Everything(self.source)
        self.invalidation = Invalidation(sources, store, replicas, store_within_s=store_within_s)


class Slow(MemoryStore):
    """A store that forgets when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.released = asyncio.Event()
        self.drops: list[Drop] = []

    async def drop(self, drop: Drop) -> None:
        self.drops.append(drop)
        await self.released.wait()
        await super().drop(drop)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Guarded]:
    clock = FakeClock()
    store = Guarded(SqliteStore(tmp_path / "cache.db", clock=clock), clock=clock, timeout_s=LONG_S)
    yield store
    await store.close()


def price(key: str, tag: str, kind: str = "prices") -> Record:
    return Record(key, kind, None, (tag,), b"a price", 600)


async def test_everywhere(store: Guarded) -> None:
    """What one replica announces is forgotten in the memory of all and in the store; the rest is not."""
    clock, together = FakeClock(), Alone()
    first, second = (Replica(store, together, clock) for _ in range(2))
    for replica in (first, second):
        await replica.source.get_many(["KV-1/10002", "KV-2/10002"], ask(clock))
    await store.put_many([price("1", "KV-1/10002"), price("2", "KV-2/10002"), price("3", "KV-1/10002", "contracts")])
    done = await first.invalidation.announce([Drop("prices", tags("*", "KV-1/10002"), None)])

    assert done
    assert [1, 1] == [len(replica.source) for replica in (first, second)]
    assert ["2", "3"] == sorted(await store.get_many(["1", "2", "3"]))


async def test_what_another_replica_wrote_late(store: Guarded) -> None:
    """A replica that hears of it later drops in the store once more: it may have written the old value meanwhile."""
    clock, near, far = FakeClock(), Alone(), Alone()
    first, second = Replica(store, near, clock), Replica(store, far, clock)
    announced: list[bytes] = []
    near.listen(lambda _topic, text: announced.append(text))
    await first.invalidation.announce([Drop("prices", tags("*", "KV-1"), None)])
    await store.put_many([price("1", "KV-1"), price("2", "KV-2")])
    await far.announce(TOPIC, announced[0])

    assert await second.invalidation.settle()
    assert ["2"] == sorted(await store.get_many(["1", "2"]))


async def test_what_is_not_for_it(store: Guarded) -> None:
    """A kind that a replica does not have, and what it cannot understand, leave it as it was."""
    clock, together = FakeClock(), Alone()
    replica = Replica(store, together, clock)
    await replica.source.get_many(["KV-1"], ask(clock))
    for text in (msgspec.msgpack.encode([Drop("weather", None, None)]), b"\xff", b"", b"\x91\xa1\xff"):
        await together.announce(TOPIC, text)
    await together.announce("circuit", msgspec.msgpack.encode([Drop("prices", None, None)]))

    assert await replica.invalidation.settle()
    assert 1 == len(replica.source)


async def test_much_at_once() -> None:
    """The store is asked to drop a thousand tags at a time; each goes once."""
    slow = Slow()
    slow.released.set()
    await Replica(slow, Alone(), FakeClock()).invalidation.announce([Drop("prices", tags(*map(str, range(2500))), "1")])

    assert [1000, 1000, 500] == [len(drop.tags or ()) for drop in slow.drops]
    assert set(map(str, range(2500))) == {tag for drop in slow.drops for tag in drop.tags or ()}
    assert {("prices", "1")} == {(drop.kind, drop.scope) for drop in slow.drops}


async def test_nothing_to_drop(store: Guarded) -> None:
    """Nothing is announced when nothing is to be forgotten."""
    together, heard = Alone(), []
    replica = Replica(store, together, FakeClock())
    together.listen(lambda topic, _text: heard.append(topic))

    assert await replica.invalidation.announce([])
    assert [] == heard


async def test_a_slow_store() -> None:
    """Nobody waits long for the store; the memory has forgotten, and the store goes on in the background."""
    clock, slow = FakeClock(), Slow()
    replica = Replica(slow, Alone(), clock, store_within_s=0.05)
    await replica.source.get_many(["KV-1"], ask(clock))
    await slow.put_many([price("1", "KV-1")])
    done = await replica.invalidation.announce([Drop("prices", None, None)])
    meanwhile = (len(replica.source), sorted(slow.records))
    slow.released.set()

    assert not done
    assert (0, ["1"]) == meanwhile
    assert await replica.invalidation.settle()
    assert {} == slow.records
