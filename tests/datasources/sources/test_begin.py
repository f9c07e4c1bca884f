"""Beginning to fetch what will be asked for in a moment."""

import asyncio
from math import inf

import pytest

from datasources.cache.entry import Policy
from datasources.errors import NeverSent
from datasources.model.common import System
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import FakeCircuit, FakeLoad, Word, ask, kit, turns, value_of


def source_of(load: FakeLoad, circuit: FakeCircuit | None = None) -> Source[str, Word]:
    """Return a source whose values are fresh for a minute; its system's circuit is closed but for what is said."""
    return Source(load, kit=kit(load.clock, circuit=circuit), kind=Kind("words", Word, MINUTE, "words"))


MINUTE = Policy(60, 0, 3600)


async def test_who_asks_then_waits_for_the_same_call() -> None:
    """A look that follows while the call is under way joins it: one call in all."""
    load = FakeLoad()
    load.released.clear()
    source, now = source_of(load), ask(load.clock)
    source.begin("a", now)
    await turns()
    looking = asyncio.create_task(source.get("a", now))
    await turns()
    load.released.set()

    assert value_of("a") == await looking
    assert [["a"]] == load.asked


@pytest.mark.parametrize("not_before_s", [-inf, 0.0])
async def test_what_has_come_meanwhile_is_served(not_before_s: float) -> None:
    """A look that follows when the answer is there is served that, also who wants nothing older than the request."""
    load = FakeLoad()
    source, now = source_of(load), ask(load.clock)
    now.not_before = now.started_at + not_before_s
    source.begin("a", now)
    await turns()

    assert value_of("a") == await source.get("a", now)
    assert [["a"]] == load.asked


async def test_what_is_at_hand_is_not_fetched() -> None:
    """A value that would be served as it is costs no call; one that is too old for this request does."""
    load = FakeLoad()
    source = source_of(load)
    await source.get("a", ask(load.clock))
    load.clock.advance(10)
    source.begin("a", ask(load.clock))
    await turns()
    calls = list(load.asked)
    tight = ask(load.clock)
    tight.not_before = tight.started_at
    source.begin("a", tight)
    await turns()

    assert [["a"]] == calls
    assert [["a"], ["a"]] == load.asked


async def test_a_system_that_is_left_alone_is_not_asked() -> None:
    """While a system's circuit is not closed nothing is begun."""
    load = FakeLoad()
    source = source_of(load, FakeCircuit(closed=False))
    source.begin("a", ask(load.clock))
    await turns()

    assert [] == load.asked


async def test_a_failure_is_for_who_asks_to_hear() -> None:
    """What was begun and failed raises nothing by itself; who asks then tries again."""
    load = FakeLoad()
    load.failure = NeverSent(System.PIM, "no connection")
    source, now = source_of(load), ask(load.clock)
    source.begin("a", now)
    await turns()
    load.failure = None

    assert value_of("a") == await source.get("a", now)
    assert [["a"], ["a"]] == load.asked
