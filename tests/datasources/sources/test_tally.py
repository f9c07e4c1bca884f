"""What a source counts."""

from datetime import timedelta

from datasources.cache.entry import Policy
from datasources.errors import NeverSent, SourceError
from datasources.histogram import Histogram
from datasources.model.common import System
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import START, FakeClock, FakeLoad, Word, ask, kit, value_of


def source_of(load: FakeLoad, clock: FakeClock) -> Source[str, Word]:
    load.clock = clock
    return Source(load, kit=kit(clock, system=System.WMS), kind=Kind("words", Word, Policy(60, 0, 3600), "words"))


async def test_nothing_asked() -> None:
    """A source that was not asked has no hit rate, rather than one of nought."""
    source = source_of(FakeLoad(), FakeClock())

    assert (0, 0, None, None) == (
        source.tally.values,
        source.tally.calls,
        source.tally.hit_rate,
        source.tally.received_at,
    )
    assert (System.WMS, 60, 0) == (source.system, source.kind.policy.fresh_for_s, len(source))


async def test_values_and_calls_are_counted() -> None:
    """Every value asked for counts; keys that had to be fetched, once a look; calls with the keys they carried."""
    clock = FakeClock()
    source = source_of(FakeLoad(unknown=["x"]), clock)
    await source.get_many(["a", "b", "a", "x"], ask(clock))
    clock.advance(3)
    await source.get_many(["a", "b", "x", "c"], ask(clock))
    tally = source.tally

    assert (8, 4, 2, 4) == (tally.values, tally.missed, tally.calls, tally.keys)
    assert (0.5, START + timedelta(seconds=3), 4) == (tally.hit_rate, tally.received_at, len(source))
    assert [1, 1, 2] == tally.batches.cumulative()[:3]
    assert [1, 2] == tally.ages_s.cumulative()[:2]
    assert 3.0 == tally.ages_s.sum


async def test_what_came_along_is_remembered() -> None:
    """What came along with another answer counts as received, and is there."""
    clock = FakeClock()
    source = source_of(FakeLoad(), clock)
    clock.advance(11)
    source.remember({"b": value_of("b", clock)}, source.mark())

    assert (1, START + timedelta(seconds=11)) == (len(source), source.tally.received_at)


async def test_a_call_that_fails_is_a_call() -> None:
    """What a failed call asked for counts, but nothing was received."""
    clock, load = FakeClock(), FakeLoad()
    load.failure = NeverSent(System.WMS, "no connection")
    source = source_of(load, clock)
    (answer,) = await source.get_many(["a"], ask(clock))
    tally = source.tally

    assert isinstance(answer, SourceError)
    assert (1, 1, 1, 1, 1, None) == (
        tally.values,
        tally.missed,
        tally.calls,
        tally.keys,
        tally.failed,
        tally.received_at,
    )


def test_a_range_holds_its_upper_bound() -> None:
    """A figure counts for the first bound that is not below it, and for the end when it is above all."""
    histogram = Histogram((1.0, 5.0))
    for figure in (0.5, 1.0, 1.1, 5.0, 6.0):
        histogram.note(figure)

    assert ([2, 4, 5], 13.6) == (histogram.cumulative(), histogram.sum)
