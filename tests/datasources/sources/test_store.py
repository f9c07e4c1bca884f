"""A source over a shared store: what outlives the process, what is dropped, and what replicas do for each other."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from datasources.cache.entry import Policy
from datasources.cache.memory import Memory
from datasources.cache.store import Drop
from datasources.errors import NeverSent, SourceError
from datasources.model.common import StaleReason, System
from datasources.replicas import Alone
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import FakeClock, FakeLoad, MemoryStore, Word, ask, kit, turns, value_of

POLICY = Policy(fresh_for_s=60, refresh_ahead_s=120, stale_for_s=3600)
KIND: Kind[str, Word] = Kind("words", Word, POLICY, "words", scope=lambda key: key[0])
DOWN = NeverSent(System.PIM, "no connection")


def process(clock: FakeClock, store: MemoryStore, **more: Any) -> tuple[Source[str, Word], FakeLoad]:
    """Return a source of a process that has just started, and what it asks its system."""
    load = FakeLoad(clock=clock)
    as_store: Any = store
    return Source(load, kit=kit(clock, store=as_store, memory=Memory(1_000_000), **more), kind=KIND), load


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(clock: FakeClock) -> MemoryStore:
    """A store in which a process that has ended left a and b."""
    store = MemoryStore()
    source, _ = process(clock, store)
    await source.get_many(["a", "b"], ask(clock))
    await turns()
    return store


async def test_what_is_fresh_in_the_store_is_not_fetched(clock: FakeClock, store: MemoryStore) -> None:
    """A new process looks its keys up together and asks its system for the others alone; then it remembers."""
    source, load = process(clock, store)
    store.looked_up.clear()
    clock.advance(20)
    served = await source.get_many(["a", "c", "b"], ask(clock))
    await source.get_many(["a", "b"], ask(clock))

    assert [value_of("a"), value_of("c"), value_of("b")] == served
    assert ([["c"]], [3]) == (load.asked, store.looked_up)
    assert 2 == source.tally.stored


async def test_a_restart_in_the_middle_of_an_outage_forgets_nothing(clock: FakeClock, store: MemoryStore) -> None:
    """A new process whose system is down serves what the store has, with its age; past the ceiling nothing."""
    source, load = process(clock, store)
    load.failure = DOWN
    origin = value_of("a", clock).provenance
    clock.advance(3500)
    now = ask(clock)
    served = await source.get_many(["a", "c"], now)
    clock.advance(101)

    assert [value_of("a"), DOWN] == served
    assert StaleReason.CONNECTION_FAILED is now.stale_reason(origin)
    assert [DOWN] == await source.get_many(["a"], ask(clock))


async def test_absences_and_failures_are_not_stored(clock: FakeClock, store: MemoryStore) -> None:
    """That a system does not know a key, or could not say, does not outlive the process."""
    source, load = process(clock, store)
    load.unknown = frozenset("x")
    await source.get_many(["x"], ask(clock))
    load.failure = DOWN
    await source.get_many(["y"], ask(clock))
    await turns()

    assert 2 == len(store.records)


async def test_who_wants_younger_values_goes_past_the_store(clock: FakeClock, store: MemoryStore) -> None:
    """What is in the store is not looked at for a request that accepts no age."""
    source, load = process(clock, store)
    clock.advance(1)
    await source.get_many(["a"], ask(clock, not_before=clock.now().timestamp()))

    assert [["a"]] == load.asked


async def test_dropped(clock: FakeClock) -> None:
    """What a system says has changed is fetched again; the rest is not."""
    store, drop = MemoryStore(), Drop("words", frozenset({"a"}), None)
    source, load = process(clock, store)
    await source.get_many(["a", "b"], ask(clock))
    await turns()
    source.drop(drop)
    await store.drop(drop)
    await source.get_many(["a", "b"], ask(clock))

    assert [["a", "b"], ["a"]] == load.asked


@pytest.mark.parametrize(
    ("drop", "remembered"),
    [
        (Drop("words", frozenset({"a"}), None), False),
        (Drop("words", None, None), False),
        (Drop("words", frozenset({"a"}), "a"), False),
        (Drop("words", frozenset({"b"}), None), True),
        (Drop("words", frozenset({"a"}), "b"), True),
    ],
)
async def test_a_change_while_it_is_fetched(clock: FakeClock, drop: Drop, remembered: bool) -> None:
    """What changed while it was being fetched is served to those who waited, and not remembered anywhere."""
    store = MemoryStore()
    source, load = process(clock, store)
    load.released.clear()
    waiting = asyncio.ensure_future(source.get_many(["a"], ask(clock)))
    await turns()
    source.drop(drop)
    load.released.set()
    served = await waiting
    await turns()
    await source.get_many(["a"], ask(clock))

    assert [value_of("a")] == served
    assert ([["a"]] if remembered else [["a"], ["a"]]) == load.asked


@pytest.mark.parametrize(
    ("drop", "joins"),
    [
        (Drop("words", frozenset({"a"}), None), False),
        (Drop("words", None, None), False),
        (Drop("words", frozenset({"b"}), None), True),
        (Drop("words", frozenset({"a"}), "b"), True),
    ],
)
async def test_who_asks_after_a_change_has_it_fetched_anew(clock: FakeClock, drop: Drop, joins: bool) -> None:
    """Who asks once a change is known does not wait for a call from before it, for its answer may be the old one."""
    source, load = process(clock, MemoryStore())
    load.released.clear()
    before = asyncio.ensure_future(source.get_many(["a"], ask(clock)))
    await turns()
    source.drop(drop)
    after = asyncio.ensure_future(source.get_many(["a"], ask(clock)))
    await turns()
    load.released.set()
    await asyncio.wait({before, after})

    assert ([["a"]] if joins else [["a"], ["a"]]) == load.asked


async def test_a_change_while_the_store_is_read(clock: FakeClock, store: MemoryStore) -> None:
    """What was read from the store just before it changed is not remembered."""
    source, load = process(clock, store)
    store.held = asyncio.Event()
    waiting = asyncio.ensure_future(source.get_many(["a"], ask(clock)))
    await turns()
    drop = Drop("words", frozenset({"a"}), None)
    source.drop(drop)
    await store.drop(drop)
    store.held.set()
    await waiting
    await source.get_many(["a"], ask(clock))

    assert [["a"]] == load.asked


class Others(Alone):
    """Replicas that have locked some keys, and let go of them when told."""

    several = True

    def __init__(self) -> None:
        super().__init__()
        self.locked: set[str] = set()
        self.given_back: list[str] = []

    async def lock(self, keys: Collection[str], for_s: float) -> frozenset[str]:
        return frozenset(keys) - self.locked

    async def unlock(self, keys: Collection[str]) -> None:
        self.given_back += keys


async def test_another_replica_fetches_it(clock: FakeClock, store: MemoryStore) -> None:
    """A key that another replica is fetching is waited for, and taken from the store; nothing is asked."""
    others = Others()
    fetched = dict(store.records)
    store.records.clear()
    others.locked = set(fetched)
    source, load = process(clock, store, replicas=others)
    waiting = asyncio.ensure_future(source.get_many(["a", "b"], ask(clock)))
    await turns()
    store.records.update(fetched)

    assert [value_of("a"), value_of("b")] == await asyncio.wait_for(waiting, 5)
    assert [] == load.asked


async def test_another_replica_gives_up(clock: FakeClock) -> None:
    """When the other replica lets go without a value, this one fetches it; its own keys did not wait for that."""
    others, store = Others(), MemoryStore()
    source, load = process(clock, store, replicas=others)
    named = source_names(clock, "a")
    others.locked = {named["a"]}
    waiting = asyncio.ensure_future(source.get_many(["a", "b"], ask(clock)))
    await turns()
    asked_meanwhile = list(load.asked)
    others.locked.clear()

    assert [value_of("a"), value_of("b")] == await asyncio.wait_for(waiting, 5)
    assert [["b"]] == asked_meanwhile
    assert [["b"], ["a"]] == load.asked


async def test_another_replica_hangs(clock: FakeClock) -> None:
    """Past the time that a call may take, this replica asks for itself."""
    others, store = Others(), MemoryStore()
    source, load = process(clock, store, replicas=others)
    others.locked = set(source_names(clock, "a").values())
    waiting = asyncio.ensure_future(source.get_many(["a"], ask(clock, within_s=60)))
    await turns()
    clock.advance(2.1)

    assert [value_of("a")] == await asyncio.wait_for(waiting, 5)
    assert [["a"]] == load.asked


async def test_what_came_into_the_store_meanwhile_is_not_fetched(clock: FakeClock, store: MemoryStore) -> None:
    """Between a look into the store and the lock another replica may have finished: after the lock it is looked again."""

    class Late(Others):
        async def lock(self, keys: Collection[str], for_s: float) -> frozenset[str]:
            store.records.update(fetched)
            return await super().lock(keys, for_s)

    fetched = dict(store.records)
    store.records.clear()
    others = Late()
    source, load = process(clock, store, replicas=others)

    assert [value_of("a")] == await source.get_many(["a"], ask(clock))
    assert [] == load.asked
    assert list(source_names(clock, "a").values()) == others.given_back


@pytest.mark.parametrize("failure", [None, DOWN])
async def test_a_lock_is_given_back(clock: FakeClock, failure: SourceError | None) -> None:
    """After a fetch its keys are unlocked: once the values are in the store, or at once when it failed."""
    others, store = Others(), MemoryStore()
    source, load = process(clock, store, replicas=others)
    load.failure = failure
    await source.get_many(["a"], ask(clock))
    await turns()

    assert list(source_names(clock, "a").values()) == others.given_back
    assert (0 if failure else 1) == len(store.records)


def source_names(clock: FakeClock, *keys: str) -> dict[str, str]:
    """Return what the store calls keys."""
    source, _ = process(clock, MemoryStore())
    return {key: source._keeper.name(key) for key in keys}
