"""How a system answers, as the calls to it showed."""

import logging
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from datasources.clock import Clock
from datasources.errors import RequestRefused, SourceError
from datasources.histogram import Histogram
from datasources.model.common import StaleReason

log = logging.getLogger("kanava.systems")

LATENCIES_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
CALLS_KEPT = 200
"""How many of the latest calls `Health.recent` speaks of."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call brought no usable answer. `message` is for who operates Kanava: it may quote the system."""

    reason: StaleReason
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recent:
    """The latest calls that have ended: how many, how many of them failed, and how long those took that did not."""

    calls: int
    failures: int
    latencies_s: Sequence[float]

    def percentile_s(self, percent: int) -> float | None:
        """Return the latency that so many percent of the answers kept to (nearest rank), None without an answer."""
        if not self.latencies_s:
            return None
        return sorted(self.latencies_s)[max(1, ceil(len(self.latencies_s) * percent / 100)) - 1]


class Health:
    """
    What came of the calls to one system: whether it answers, and since when; how many there were, and how fast.

    `answers_s` counts how long answers took, `failures_by` why there was none.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.answering = True
        self.since: datetime = clock.now()
        self.calls = 0
        self.failures_by: Counter[StaleReason] = Counter()
        self.answers_s = Histogram(LATENCIES_S)
        self.in_flight = 0
        self.asked_at: datetime | None = None
        self.last_failure: Failure | None = None
        self._ended: deque[float | None] = deque(maxlen=CALLS_KEPT)

    @property
    def failures(self) -> int:
        """How many calls brought no usable answer."""
        return self.failures_by.total()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Note one call, from its start to its end. A refusal may be an answer; a cancelled call says nothing."""
        self.calls += 1
        self.in_flight += 1
        self.asked_at, started = self._clock.now(), self._clock.monotonic()
        try:
            yield
        except SourceError as error:
            if isinstance(error, RequestRefused) and error.is_answer:
                self._answered(started)
            else:
                self._failed(error)
            raise
        else:
            self._answered(started)
        finally:
            self.in_flight -= 1

    def recent(self) -> Recent:
        """Return what is known of the latest calls."""
        latencies_s = [latency_s for latency_s in self._ended if latency_s is not None]
        return Recent(len(self._ended), len(self._ended) - len(latencies_s), latencies_s)

    def _answered(self, started: float) -> None:
        latency_s = self._clock.monotonic() - started
        self._ended.append(latency_s)
        self.answers_s.note(latency_s)
        self._note(True)

    def _failed(self, error: SourceError) -> None:
        self.failures_by[error.reason] += 1
        self._ended.append(None)
        self.last_failure = Failure(error.reason, error.message, self._clock.now())
        if self.answering:
            log.warning("%s does not answer: %s", error.system.value, error.message)
        self._note(False)

    def _note(self, answering: bool) -> None:
        if answering != self.answering:
            self.answering, self.since = answering, self._clock.now()
