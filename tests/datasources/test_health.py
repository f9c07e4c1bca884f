"""What calls show of a system."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from datasources.errors import NeverSent, PerhapsSent, RequestRefused, SourceError
from datasources.health import CALLS_KEPT, Failure, Health, Recent
from datasources.model.common import StaleReason, System
from tests.datasources.fakes import START, FakeClock

REFUSED = RequestRefused(System.ERP, "refused", status=422, code=None)
TOO_SLOW = PerhapsSent(System.ERP, "no answer within 2 s", reason=StaleReason.TIMEOUT)


def call(health: Health, clock: FakeClock, took_s: float, failure: SourceError | None = None) -> None:
    """Make a call that takes so long and ends so."""
    with suppress(SourceError), health.call():
        clock.advance(took_s)
        if failure is not None:
            raise failure


def test_nothing_asked() -> None:
    """Before the first call there is nothing to tell but that none has failed."""
    health = Health(FakeClock())

    assert (True, START, 0, 0, 0) == (health.answering, health.since, health.calls, health.failures, health.in_flight)
    assert (None, None) == (health.asked_at, health.last_failure)
    assert Recent(0, 0, []) == health.recent()


def test_calls_are_counted_and_timed() -> None:
    """Answers are timed, a refusal is one; failures are counted apart, and the last one is kept with its words."""
    clock = FakeClock()
    health = Health(clock)
    for took_s, failure in ((0.5, None), (2, TOO_SLOW), (0.25, REFUSED)):
        call(health, clock, took_s, failure)

    assert (3, 1, 0) == (health.calls, health.failures, health.in_flight)
    assert {StaleReason.TIMEOUT: 1} == health.failures_by
    assert (0.75, [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]) == (health.answers_s.sum, health.answers_s.cumulative())
    assert Recent(3, 1, [0.5, 0.25]) == health.recent()
    assert Failure(StaleReason.TIMEOUT, "no answer within 2 s", START + timedelta(seconds=2.5)) == health.last_failure
    assert (True, START + timedelta(seconds=2.75)) == (health.answering, health.since)
    assert START + timedelta(seconds=2.5) == health.asked_at


def test_calls_under_way() -> None:
    """A call is in flight until it ends, and says nothing of the system before."""
    health = Health(FakeClock())
    with health.call(), health.call():
        during = (health.calls, health.in_flight, health.recent().calls)

    assert (2, 2, 0) == during
    assert (0, 2) == (health.in_flight, health.recent().calls)


@pytest.mark.parametrize("thrown", [asyncio.CancelledError(), KeyError("a bug")])
def test_what_says_nothing_of_the_system(thrown: BaseException) -> None:
    """A call that is cancelled or breaks by a bug of Kanava's neither counts as an answer nor as a failure."""
    health = Health(FakeClock())
    with pytest.raises(type(thrown)), health.call():
        raise thrown

    assert (1, 0, 0, True) == (health.calls, health.in_flight, health.failures, health.answering)
    assert 0 == health.recent().calls


def test_only_the_latest_calls_are_kept() -> None:
    """However many calls there were, what is told of times and failures is of the latest ones."""
    clock = FakeClock()
    health = Health(clock)
    for n in range(CALLS_KEPT + 50):
        call(health, clock, n, NeverSent(System.ERP, "no connection") if n < 60 else None)
    recent = health.recent()

    assert (CALLS_KEPT + 50, 60) == (health.calls, health.failures)
    assert (CALLS_KEPT, 10) == (recent.calls, recent.failures)
    assert [60, CALLS_KEPT + 49] == [recent.latencies_s[0], recent.latencies_s[-1]]


@pytest.mark.parametrize(
    ("latencies_s", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 95, 7),
        ([3, 1, 2], 50, 2),
        ([4, 3, 1, 2], 50, 2),
        ([4, 3, 1, 2], 95, 4),
        (range(1, 21), 95, 19),
        (range(1, 22), 95, 20),
        (range(200, 0, -1), 50, 100),
        (range(200, 0, -1), 95, 190),
        (range(200, 0, -1), 100, 200),
        (range(1, 4), 0, 1),
    ],
)
def test_percentiles(latencies_s: list[float], percent: int, expected: float | None) -> None:
    """A percentile is the smallest latency that at least so many percent of the answers kept to."""
    assert expected == Recent(len(latencies_s), 0, latencies_s).percentile_s(percent)
