"""
The circuit breaker: decides from what came of the calls to a system whether it is asked at all. All pure: time comes
as an argument, in monotonic seconds.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf

JITTER = 0.1  # by which share of itself an open time is drawn out at most
MOST_RETRY_AFTER_S = 3600.0  # how long a system, or another replica, can have the circuit stay open at most
FAILURES_IN_RAMP = 2  # how many in a row open the circuit again while calls are only let back in


class State(Enum):
    """Calls pass; calls are refused; one call finds out whether the system works again."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Outcome(Enum):
    """What a call said of its system: a refusal with a business meaning is a SUCCESS, a cancelled call is IGNORED."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    IGNORED = "IGNORED"


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What a circuit puts up with.

    It opens when, of at least `min_calls` calls in the window (the latest `buckets` of `bucket_s` each, the one under
    way among them), the share `failure_rate` failed or the share `slow_rate` took longer than `slow_call_s`; or after
    `consecutive_failures` in a row, however far apart. `ramp_to` is the number of calls at once at which it is fully
    closed again.
    """

    min_calls: int = 20
    failure_rate: float = 0.5
    slow_rate: float = 0.8
    slow_call_s: float = 1.5
    consecutive_failures: int = 5
    open_for_s: float = 5.0
    open_for_max_s: float = 60.0
    ramp_to: int = 8
    buckets: int = 10
    bucket_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many calls ended, how many of them failed, and how many of the others were slow."""

    calls: int = 0
    failures: int = 0
    slow: int = 0

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(self.calls + more.calls, self.failures + more.failures, self.slow + more.slow)


@dataclass(frozen=True, slots=True)
class Admission:
    """That a call may go. Its result counts as long as the circuit has not changed since."""

    generation: int
    is_probe: bool


class Breaker:
    """
    The state of one circuit.

    It opens as `Limits` says, for `open_for_s` and up to a tenth more; each failed probe doubles that, up to
    `open_for_max_s`. A failure that says when to come again keeps it open at least so long, up to an hour.

    When its time is over, one call may be the probe. A probe that succeeds closes the circuit and starts the ramp: one
    call at once (`most_at_once`), and one more for each that succeeds, up to `ramp_to`. A failure during the ramp
    halves the number, and two in a row open the circuit again. A probe that is IGNORED leaves its place to the next.

    `transitions` counts changes by the names of the states, from and to; `since` is the time of the latest.
    """

    def __init__(self, limits: Limits, *, jitter: Callable[[], float], now: float) -> None:
        self.state = State.CLOSED
        self.forced: State | None = None
        self.since = now
        self.open_until = now
        self.most_at_once: int | None = None
        self.transitions: Counter[tuple[str, str]] = Counter()
        self._limits = limits
        self._jitter = jitter
        self._generation = 0
        self._window = _Window(limits)
        self._failures_in_a_row = 0
        self._asked_until = -inf
        self._open_for_s = limits.open_for_s

    def probe_due(self, now: float) -> bool:
        """Return whether a call admitted now would be the probe."""
        return self.state is State.OPEN and self.forced is None and now >= self.open_until

    def admit(self, now: float) -> Admission | None:
        """Return that a call may go, None that it may not. Whatever is admitted must be ended."""
        if self.state is State.CLOSED:
            return Admission(self._generation, is_probe=False)
        if not self.probe_due(now):
            return None
        self._become(State.HALF_OPEN, now)
        return Admission(self._generation, is_probe=True)

    def counts(self, admission: Admission) -> bool:
        """Return whether the result of this call still matters: a forced circuit learns nothing."""
        return self.forced is None and admission.generation == self._generation

    def counted(self, now: float) -> Counts:
        """Return what counts of the latest calls."""
        return self._window.total(now)

    def end(
        self, admission: Admission, outcome: Outcome, now: float, *, took_s: float, retry_after_s: float | None = None
    ) -> None:
        """Take what came of a call; `retry_after_s` is how long its system asked to be left alone."""
        if not self.counts(admission):
            return
        if outcome is Outcome.FAILURE and retry_after_s is not None:
            self._asked_until = max(self._asked_until, now + min(retry_after_s, MOST_RETRY_AFTER_S))
        if admission.is_probe:
            self._end_probe(outcome, now)
        elif outcome is Outcome.FAILURE:
            self._fail(now)
        elif outcome is Outcome.SUCCESS:
            self._succeed(now, slow=took_s > self._limits.slow_call_s)

    def close(self, now: float) -> None:
        """Take that the probe of another replica succeeded."""
        if self.state is not State.CLOSED and self.forced is None:
            self._close(now)

    def extend(self, now: float, open_for_s: float) -> None:
        """Take that the probe of another replica failed, which leaves the system alone for so long from now."""
        if self.state is not State.CLOSED and self.forced is None:
            self._double()
            self.open_until = max(self.open_until, now + min(open_for_s, MOST_RETRY_AFTER_S))
            self._become(State.OPEN, now)

    def force(self, state: State | None, now: float) -> None:
        """
        Hold the circuit OPEN or CLOSED, whatever comes of calls, or let it decide again (None).

        What was forced open, the next call probes; what was forced closed begins with nothing counted.
        """
        if state is State.HALF_OPEN:
            raise ValueError("a circuit is forced open, forced closed or automatic")
        if state is self.forced:
            return
        self.forced = state
        self._forget()
        self.open_until = now
        self._become(state or self.state, now)

    def _end_probe(self, outcome: Outcome, now: float) -> None:
        if outcome is Outcome.SUCCESS:
            self._close(now)
        elif outcome is Outcome.FAILURE:
            self._double()
            self._open(now)
        else:
            self._become(State.OPEN, now)  # its time stays over: the next call may probe at once

    def _fail(self, now: float) -> None:
        self._window.add(now, Counts(1, failures=1))
        self._failures_in_a_row += 1
        bearable = self._limits.consecutive_failures
        if self.most_at_once is not None:
            bearable = min(bearable, FAILURES_IN_RAMP)
            self.most_at_once = max(1, self.most_at_once // 2)
        if self._failures_in_a_row >= bearable or self._over(now):
            self._open(now)

    def _succeed(self, now: float, *, slow: bool) -> None:
        self._window.add(now, Counts(1, slow=int(slow)))
        self._failures_in_a_row = 0
        self._asked_until = -inf  # it answers after all
        if self.most_at_once is not None:
            grown = self.most_at_once + 1
            self.most_at_once = grown if grown < self._limits.ramp_to else None
        if self._over(now):
            self._open(now)

    def _over(self, now: float) -> bool:
        seen, limits = self._window.total(now), self._limits
        return seen.calls >= limits.min_calls and (
            seen.failures / seen.calls >= limits.failure_rate or seen.slow / seen.calls >= limits.slow_rate
        )

    def _open(self, now: float) -> None:
        jittered_s = self._open_for_s * (1 + JITTER * self._jitter())
        self.open_until = max(now + min(jittered_s, self._limits.open_for_max_s), self._asked_until)
        self.most_at_once = None
        self._become(State.OPEN, now)

    def _double(self) -> None:
        self._open_for_s = min(2 * self._open_for_s, self._limits.open_for_max_s)

    def _close(self, now: float) -> None:
        self._forget()
        self.most_at_once = 1
        self._become(State.CLOSED, now)

    def _forget(self) -> None:
        self._window = _Window(self._limits)
        self._failures_in_a_row = 0
        self._asked_until = -inf
        self._open_for_s = self._limits.open_for_s
        self.most_at_once = None

    def _become(self, state: State, now: float) -> None:
        self._generation += 1
        if state is not self.state:
            self.transitions[self.state.value, state.value] += 1
            self.state, self.since = state, now


class _Window:
    """Counts by bucket of time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buckets: dict[int, Counts] = {}

    def add(self, now: float, more: Counts) -> None:
        number = self._number(now)
        self._buckets = {n: counts for n, counts in self._buckets.items() if n > number - self._limits.buckets}
        self._buckets[number] = self._buckets.get(number, Counts()) + more

    def total(self, now: float) -> Counts:
        oldest = self._number(now) - self._limits.buckets + 1
        return sum((counts for n, counts in self._buckets.items() if n >= oldest), Counts())

    def _number(self, now: float) -> int:
        return int(now // self._limits.bucket_s)
