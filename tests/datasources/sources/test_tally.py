"""What a source counts."""

from datetime import timedelta

from datasources.errors import NeverSent, SourceError
from datasources.model.common import System
from datasources.sources.source import Source, Tally
from tests.datasources.fakes import START, FakeClock, FakeLoad, kit


def source_of(load: FakeLoad, clock: FakeClock) -> Source[str, str]:
    return kit(clock, system=System.WMS).source(load, fresh_for_s=60)


async def ask(source: Source[str, str], clock: FakeClock, *keys: str) -> None:
    await source.get_many(keys, clock.monotonic() + 5)


async def test_nothing_asked() -> None:
    """A source that was not asked has no hit rate, rather than one of nought."""
    source = source_of(FakeLoad(), FakeClock())

    assert (Tally(), None, 0) == (source.tally, source.tally.hit_rate, source.fresh())
    assert (System.WMS, 60) == (source.system, source.fresh_for_s)


async def test_values_and_calls_are_counted() -> None:
    """Every value asked for counts, those not remembered apart; calls count with the keys they carried, each once."""
    clock = FakeClock()
    source = source_of(FakeLoad(unknown=["x"]), clock)
    await ask(source, clock, "a", "b", "a", "x")
    clock.advance(3)
    await ask(source, clock, "a", "b", "x", "c")

    assert Tally(values=8, missed=5, calls=2, keys=4, received_at=START + timedelta(seconds=3)) == source.tally
    assert 0.375 == source.tally.hit_rate
    assert 4 == source.fresh()


async def test_what_is_not_fresh_does_not_count() -> None:
    """An absence is forgotten after its 10 s, a value when it is no longer fresh; what came along is fresh too."""
    clock = FakeClock()
    source = source_of(FakeLoad(unknown=["x"]), clock)
    await ask(source, clock, "a", "x")
    clock.advance(11)
    source.remember({"b": "came along"})
    later = source.fresh()
    clock.advance(50)

    assert (2, 1) == (later, source.fresh())
    assert START + timedelta(seconds=11) == source.tally.received_at


async def test_a_call_that_fails_is_a_call() -> None:
    """What a failed call asked for counts, but nothing was received."""
    clock, load = FakeClock(), FakeLoad()
    load.failure = NeverSent(System.WMS, "no connection")
    source = source_of(load, clock)
    (answer,) = await source.get_many(["a"], clock.monotonic() + 5)

    assert isinstance(answer, SourceError)
    assert Tally(values=1, missed=1, calls=1, keys=1, received_at=None) == source.tally
