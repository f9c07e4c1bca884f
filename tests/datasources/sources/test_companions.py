"""Looks for the same keys at the same time: one of them looks, the others wait with it and get what they would alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from datasources.cache.entry import Policy
from datasources.cache.kept import Cohort
from datasources.cache.store import Drop
from datasources.errors import PerhapsSent, SourceUnavailable
from datasources.model.common import StaleReason, System
from datasources.sources.ask import Ask, Trace
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import FakeClock, FakeLoad, Word, ask, kit, turns, value_of

KEYS = ("a", "b", "c", "d")


@dataclass
class Shop:
    """A source whose load is held, and requests that wait for it."""

    load: FakeLoad = field(default_factory=FakeLoad)

    def __post_init__(self) -> None:
        kind = Kind("words", Word, Policy(60, 0, 3600), "words", tags=lambda key, value: (key,))
        self.source: Source[str, Word] = Source(self.load, kit=kit(self.load.clock), kind=kind)

    @property
    def clock(self) -> FakeClock:
        return self.load.clock

    def fresh_ask(self, **wishes: Any) -> Ask:
        """Return what a request asks that wants no older values than from now on."""
        return ask(self.clock, not_before=self.clock.timestamp(), **wishes)

    async def waiting(self, *asks: Ask, keys: Sequence[str] = KEYS) -> list[asyncio.Task[list[Any]]]:
        """Begin looks for the keys, one after the other, each up to where it waits."""
        self.load.released.clear()
        tasks = []
        for one in asks:
            tasks.append(asyncio.create_task(self.source.get_many(keys, one)))
            await turns()
        return tasks

    async def ended(self, tasks: Sequence[asyncio.Task[list[Any]]]) -> list[list[Any]]:
        """Let the load answer, and return what the looks got."""
        self.load.released.set()
        return await asyncio.gather(*tasks)


async def test_those_who_wait_with_another_share_a_column() -> None:
    """All get the values by one call, and from the third on they are one thing."""
    shop = Shop()
    first, *_, one, other = await shop.ended(await shop.waiting(*[shop.fresh_ask() for _ in range(5)]))

    assert [value_of(key, shop.clock) for key in KEYS] == first == one
    assert isinstance(one, Cohort)
    assert one is other
    assert [list(KEYS)] == shop.load.asked


async def test_what_is_told_is_what_is_told_of_each() -> None:
    """Age, freshness and calls of a look are the same for who waits with another, and all of it counts as missed."""
    shop = Shop()
    asks = [shop.fresh_ask(), shop.fresh_ask(), shop.fresh_ask(trace=Trace()), shop.fresh_ask(looks=[])]
    await shop.ended(await shop.waiting(*asks))

    assert [1] * 4 == [one.calls_waited_for for one in asks]
    assert [(asks[0].fresh_until, asks[0].as_of)] * 4 == [(one.fresh_until, one.as_of) for one in asks]
    assert asks[2].trace is not None
    assert [4] == [reading.fetched for reading in asks[2].trace.readings]
    assert 1 == len(asks[2].trace.calls)
    assert [KEYS] == [look.keys for look in asks[3].looks or ()]
    assert (16, 16, 1) == (shop.source.tally.values, shop.source.tally.missed, shop.source.tally.calls)


async def test_an_outage_is_the_same_for_all() -> None:
    """Each gets what is remembered, as stale, or why there is none, as it would alone."""
    shop = Shop()
    await shop.source.get_many(KEYS[:2], ask(shop.clock))
    shop.clock.advance(100)
    asks = [shop.fresh_ask(), shop.fresh_ask(), shop.fresh_ask(serve_stale=False)]
    tasks = await shop.waiting(*asks)
    shop.load.failure = SourceUnavailable(System.PIM, "down")
    first, second, third = await shop.ended(tasks)

    assert [value_of("a"), value_of("b")] == first[:2] == second[:2]
    assert [shop.load.failure] * 2 == first[2:] == second[2:]
    assert [shop.load.failure] * 4 == third
    assert [True] * 2 + [False] == [one.any_stale for one in asks]


async def test_a_bug_is_everybodys() -> None:
    """What breaks in a fetch is raised by every look that waits for it."""
    shop = Shop()
    tasks = await shop.waiting(shop.fresh_ask(), shop.fresh_ask())
    shop.load.failure = ZeroDivisionError("a bug")
    shop.load.released.set()
    for task in tasks:
        with pytest.raises(ZeroDivisionError):
            await task


async def test_who_is_late_is_late_alone() -> None:
    """A look that has no more time ends, while the others wait on."""
    shop = Shop()
    long, short = await shop.waiting(shop.fresh_ask(), shop.fresh_ask(within_s=0.001))
    late = await short

    assert [StaleReason.TIMEOUT] * 4 == [one.reason for one in late if isinstance(one, PerhapsSent)]
    assert [[value_of(key, shop.clock) for key in KEYS]] == await shop.ended([long])


async def test_who_looks_may_go() -> None:
    """When the one who looks is cancelled, who waits with it gets the values, and the next looks for itself."""
    shop = Shop()
    first, second = await shop.waiting(shop.fresh_ask(), shop.fresh_ask())
    first.cancel()
    await turns()
    (third,) = await shop.waiting(shop.fresh_ask())

    assert [[value_of(key, shop.clock) for key in KEYS]] * 2 == await shop.ended([second, third])
    assert [list(KEYS)] == shop.load.asked


async def test_after_a_change_nobody_waits_with_those_before() -> None:
    """Who asks after a change is known does not wait for a call from before it."""
    shop = Shop()
    before = await shop.waiting(shop.fresh_ask())
    shop.source.drop(Drop("words", frozenset({"a"}), None))
    after = await shop.waiting(shop.fresh_ask(), shop.fresh_ask())
    await shop.ended([*before, *after])

    assert [list(KEYS), ["a"]] == shop.load.asked


async def test_who_wants_less_looks_for_itself() -> None:
    """A look that takes what is remembered is served it, whoever waits for something younger."""
    shop = Shop()
    await shop.source.get_many(KEYS, ask(shop.clock))
    shop.clock.advance(10)
    waiting = await shop.waiting(shop.fresh_ask())
    plain = await asyncio.wait_for(shop.source.get_many(KEYS, ask(shop.clock)), 1)

    assert [value_of(key) for key in KEYS] == plain
    await shop.ended(waiting)
