"""What a source serves of values that are old: refreshed behind, fetched, or, when their system fails, as they are."""

import asyncio
from typing import Any

import pytest

from datasources.cache.entry import Policy, Use
from datasources.errors import CircuitOpen, NeverSent, PerhapsSent, SourceError
from datasources.model.common import StaleReason, System
from datasources.sources.ask import Ask
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import FakeCircuit, FakeClock, FakeLoad, Word, ask, kit, turns, value_of

POLICY = Policy(fresh_for_s=60, refresh_ahead_s=120, stale_for_s=3600)
DOWN = NeverSent(System.PIM, "no connection")


class World:
    """A source that remembers a and b since the start, and what it asks."""

    def __init__(self, policy: Policy = POLICY, **more: Any) -> None:
        self.clock = FakeClock()
        self.load = FakeLoad(clock=self.clock)
        self.circuit = FakeCircuit()
        of = kit(self.clock, circuit=self.circuit, **more)
        self.source: Source[str, Word] = Source(self.load, kit=of, kind=Kind("words", Word, policy, "words"))

    async def warm(self, *keys: str) -> "World":
        await self.source.get_many(keys, self.ask())
        self.load.asked.clear()
        return self

    def ask(self, **wishes: Any) -> Ask:
        return ask(self.clock, **wishes)

    def open_circuit(self, *, probe_due: bool = False) -> None:
        self.circuit.closed, self.circuit.probe_due = False, probe_due
        self.load.failure = CircuitOpen(System.PIM, "left alone")


@pytest.fixture
async def world() -> World:
    return await World().warm("a", "b")


async def test_ahead_is_served_and_refreshed_behind(world: World) -> None:
    """Past its freshness but within the time for it, a value is served at once; all such keys are fetched in one call."""
    world.clock.advance(61)
    world.load.released.clear()
    with pytest.raises(StopIteration) as served:
        world.source.get_many(["a", "b"], world.ask()).send(None)
    await world.source.get_many(["b", "a"], world.ask())
    await turns()
    world.load.released.set()
    await turns()
    again = world.ask()
    await world.source.get_many(["a", "b"], again)

    assert [value_of("a"), value_of("b")] == served.value.value
    assert [["a", "b"]] == world.load.asked
    assert world.clock.now().timestamp() == again.as_of


async def test_a_refresh_that_fails_changes_nothing(world: World) -> None:
    """What is served while it is refreshed stays what it is when that fails."""
    world.clock.advance(61)
    world.load.failure = DOWN
    first = world.ask()
    await world.source.get_many(["a"], first)
    await turns()
    second = world.ask()

    assert [value_of("a")] == await world.source.get_many(["a"], second)
    assert not first.any_stale
    assert not second.any_stale


async def test_old_is_fetched(world: World) -> None:
    """Older than that a value is fetched before it is served."""
    world.clock.advance(121)
    now = world.ask()

    assert [value_of("a")] == await world.source.get_many(["a"], now)
    assert [["a"]] == world.load.asked
    assert world.clock.now().timestamp() == now.as_of
    assert not now.any_stale


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (DOWN, StaleReason.CONNECTION_FAILED),
        (PerhapsSent(System.PIM, "slow", reason=StaleReason.TIMEOUT), StaleReason.TIMEOUT),
        (CircuitOpen(System.PIM, "left alone"), StaleReason.CIRCUIT_OPEN),
    ],
)
async def test_old_is_served_when_its_system_fails(world: World, failure: SourceError, reason: StaleReason) -> None:
    """The last known value is served, and why; a key never seen is the failure."""
    origin = value_of("a", world.clock).provenance
    world.clock.advance(3599)
    world.load.failure = failure
    now = world.ask()
    served = await world.source.get_many(["a", "new", "a"], now)

    assert [value_of("a"), failure, value_of("a")] == served
    assert reason is now.stale_reason(origin)
    assert (True, True) == (now.any_stale, now.failed)
    assert (2, 1) == (world.source.tally.stale + 1, world.source.tally.failed)


async def test_a_ceiling_is_a_ceiling(world: World) -> None:
    """Past the time for which old values are served there is the failure, and no value."""
    world.clock.advance(3601)
    world.load.failure = DOWN

    assert [DOWN] == await world.source.get_many(["a"], world.ask())


@pytest.mark.parametrize(
    ("use", "age_s", "served"), [(Use.ORDER, 130, False), (Use.CREDIT, 800, True), (Use.CREDIT, 901, False)]
)
async def test_each_use_has_its_ceiling(world: World, use: Use, age_s: float, served: bool) -> None:
    """What may be shown still is not good for an order, nor after 15 minutes for credit."""
    world.clock.advance(age_s)
    world.load.failure = DOWN
    (found,) = await world.source.get_many(["a"], world.ask(), use)

    assert (value_of("a") if served else DOWN) == found


async def test_an_absence_is_not_served_old() -> None:
    """That a system did not know a key says nothing 11 s later, when it cannot be asked."""
    world = World()
    world.load.unknown = frozenset("x")
    await world.warm("x")
    world.clock.advance(11)
    world.load.failure = DOWN

    assert [DOWN] == await world.source.get_many(["x"], world.ask())


async def test_a_deadline_serves_what_there_is(world: World) -> None:
    """Who cannot wait for the fetch is served the old value, for the reason TIMEOUT."""
    origin = value_of("a", world.clock).provenance
    world.clock.advance(200)
    world.load.released.clear()
    now = world.ask(within_s=0)
    served = await asyncio.wait_for(world.source.get_many(["a"], now), 10)
    world.load.released.set()
    await turns()

    assert [value_of("a")] == served
    assert StaleReason.TIMEOUT is now.stale_reason(origin)


async def test_a_system_left_alone_is_not_waited_for(world: World) -> None:
    """With the circuit open, old values are served without suspending and nothing is asked; fresh ones stay as they are."""
    world.clock.advance(200)
    world.open_circuit()
    now = world.ask()
    with pytest.raises(StopIteration) as served:
        world.source.get_many(["a", "b"], now).send(None)

    assert [value_of("a"), value_of("b")] == served.value.value
    assert now.any_stale
    assert [] == world.load.asked


async def test_nobody_waits_for_a_probe(world: World) -> None:
    """When the system may be probed, who has old values is served them at once, and the probe is made behind."""
    world.clock.advance(200)
    world.open_circuit(probe_due=True)
    world.load.failure = None
    world.load.released.clear()
    with pytest.raises(StopIteration) as served:
        world.source.get_many(["a"], world.ask()).send(None)
    await turns()
    asked = list(world.load.asked)
    world.load.released.set()
    world.circuit.closed = True
    await turns()
    after = world.ask()
    await world.source.get_many(["a"], after)

    assert [value_of("a")] == served.value.value
    assert [["a"]] == asked == world.load.asked
    assert not after.any_stale


async def test_who_wants_younger_values_has_them_fetched(world: World) -> None:
    """A value older than a request accepts is fetched, once in that request; others go on as before."""
    world.clock.advance(30)
    tight = world.ask(not_before=world.clock.now().timestamp() - 20)
    await world.source.get_many(["a"], tight)
    await world.source.get_many(["a"], tight)
    await world.source.get_many(["a", "b"], world.ask())

    assert [["a"]] == world.load.asked


async def test_what_arrived_for_a_request_is_young_enough_for_it(world: World) -> None:
    """A request that accepts no age at all is content with what was fetched since it began."""
    world.clock.advance(30)
    tight = world.ask(not_before=world.clock.now().timestamp())
    await world.source.get_many(["a"], tight)
    world.clock.advance(1)
    await world.source.get_many(["a"], tight)

    assert [["a"]] == world.load.asked


@pytest.mark.parametrize("opened", [True, False])
async def test_who_wants_no_old_values_has_none(world: World, opened: bool) -> None:
    """A request that would rather have nothing than an old value gets the failure, with the circuit open or not."""
    world.clock.advance(200)
    world.load.failure = DOWN
    if opened:
        world.open_circuit()
    now = world.ask(serve_stale=False)

    assert [world.load.failure] == await world.source.get_many(["a"], now)
    assert not now.any_stale


async def test_a_fresh_value_too_old_for_a_request_is_better_than_none(world: World) -> None:
    """Fetching what a request wants younger may fail: it is served what others are served, marked."""
    world.clock.advance(30)
    world.load.failure = DOWN
    tight = world.ask(not_before=world.clock.now().timestamp())

    assert [value_of("a")] == await world.source.get_many(["a"], tight)
    assert tight.any_stale


async def test_a_value_of_the_future_has_no_age(world: World) -> None:
    """When the clock was set back, what is remembered from later is fetched again, and served only when that fails."""
    world.clock.set_back(30)
    await world.source.get_many(["a"], world.ask())
    world.load.failure = DOWN
    old = world.ask()

    assert [value_of("b")] == await world.source.get_many(["b"], old)
    assert old.any_stale
    assert [["a"], ["b"]] == world.load.asked


async def test_under_load_what_many_ask_for_is_refreshed_before_it_is_due() -> None:
    """The look that chance picks refreshes a value a few fetch times before its freshness ends; the others serve it."""
    chance = [0.0, 0.5, 0.99]
    world = World(random=lambda: chance.pop(0) if chance else 0.0)
    slow = asyncio.ensure_future(world.source.get_many(["a"], world.ask()))
    world.load.released.clear()
    await turns()
    world.clock.advance(2)
    world.load.released.set()
    await slow
    world.clock.advance(50)
    for _ in range(3):
        await world.source.get_many(["a"], world.ask())
    await turns()

    assert [["a"], ["a"]] == world.load.asked
    assert 1 == world.source.tally.ahead


async def test_what_is_said_of_a_request(world: World) -> None:
    """A request knows its oldest value, when the first stops being fresh, and whether any is not for everybody."""
    world.clock.advance(10)
    now = world.ask()
    await world.source.get_many(["a", "new"], now)
    start = world.clock.now().timestamp() - 10

    assert start == now.as_of
    assert 54 <= now.fresh_until - start <= 60
    assert not now.private
