"""
The circuit breaker against a model that is written otherwise: it keeps what happened as plain lists, one for each
stretch of time between two changes, and works everything out from them whenever it is asked.
"""

import os
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from datasources.circuit.breaker import Admission, Breaker, Counts, Limits, Outcome, State

STEPS_AN_EXAMPLE = 50
STEPS_MADE = 25  # at least, on average: an example may end early
STEPS = int(os.environ.get("KANAVA_TEST_STEPS", "2000"))

LIMITS = (
    Limits(),
    Limits(min_calls=4, consecutive_failures=3, open_for_s=2, open_for_max_s=9, ramp_to=3, buckets=4),
    Limits(min_calls=3, consecutive_failures=9, failure_rate=0.3, slow_rate=0.6, ramp_to=5, bucket_s=2),
    Limits(min_calls=2, consecutive_failures=1, slow_rate=1, open_for_s=1, open_for_max_s=3600, ramp_to=2),
)

Ending = tuple[Outcome, float, float | None]
"""What came of a call, how long it took, and how long its system asked to be left alone."""

ENDINGS = st.tuples(
    st.sampled_from([Outcome.SUCCESS, Outcome.FAILURE, Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED]),
    st.sampled_from([0.0, 1.5, 1.5000001, 60.0]),
    st.sampled_from([None, None, None, None, 0.0, 7.0, 100.0, 86400.0]),
)

BURSTS = st.one_of(
    st.lists(ENDINGS, min_size=1, max_size=12),
    st.builds(lambda ending, count: [ending] * count, ENDINGS, st.integers(1, 25)),
)


@dataclass(eq=False)
class Stretch:
    """The time between two changes: what it began with, and the calls admitted in it that have ended."""

    state: State
    open_until: float = 0.0
    ramps: bool = False
    ended: list[tuple[float, Outcome, bool]] = field(default_factory=list)
    asked_until: list[float] = field(default_factory=list)


@dataclass(eq=False)
class Call:
    """A call under way, and the stretch that the model has it admitted in."""

    admission: Admission
    stretch: Stretch


class Model:
    """What a breaker does, worked out from lists."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.forced: State | None = None
        self.probes_failed = 0
        self.past = [Stretch(State.CLOSED)]

    @property
    def now_in(self) -> Stretch:
        return self.past[-1]

    def may_go(self, now: float) -> bool:
        stretch = self.now_in
        due = stretch.state is State.OPEN and self.forced is None and stretch.open_until <= now
        return stretch.state is State.CLOSED or due

    def counted(self, now: float) -> Counts:
        limits = self.limits
        this = now // limits.bucket_s
        seen = [(o, slow) for at, o, slow in self.now_in.ended if this - at // limits.bucket_s < limits.buckets]
        failures = [slow for outcome, slow in seen if outcome is Outcome.FAILURE]
        return Counts(len(seen), len(failures), sum(slow for o, slow in seen if o is Outcome.SUCCESS))

    def most_at_once(self) -> int | None:
        bound = 1 if self.now_in.ramps else None
        for _, outcome, _ in self.now_in.ended:
            if bound is not None:
                bound = bound + 1 if outcome is Outcome.SUCCESS else max(bound // 2, 1)
                bound = None if bound >= max(2, self.limits.ramp_to) else bound
        return bound

    def in_a_row(self) -> int:
        newest_first = [outcome for _, outcome, _ in reversed(self.now_in.ended)]
        return len(list(takewhile(lambda outcome: outcome is Outcome.FAILURE, newest_first)))

    def gives_up(self, now: float, bound_before: int | None) -> bool:
        """Whether the call that has just been noted opens the circuit."""
        limits, seen = self.limits, self.counted(now)
        bearable = limits.consecutive_failures if bound_before is None else min(2, limits.consecutive_failures)
        failing, slow = seen.failures / max(1, seen.calls), seen.slow / max(1, seen.calls)
        enough = seen.calls >= limits.min_calls
        return self.in_a_row() >= bearable or (enough and (failing >= limits.failure_rate or slow >= limits.slow_rate))

    def open_for_s(self, jitter: float) -> float:
        base = min(self.limits.open_for_s * 2.0**self.probes_failed, self.limits.open_for_max_s)
        return min(base * (1 + jitter / 10), self.limits.open_for_max_s)

    def begin(self, stretch: Stretch) -> None:
        if stretch.state is State.CLOSED:
            self.probes_failed = 0
        elif self.forced is None:
            stretch.ended = self.now_in.ended  # what opened it is shown until it closes
        self.past.append(stretch)

    def transitions(self) -> dict[tuple[str, str], int]:
        states = [stretch.state.value for stretch in self.past]
        changes = [(a, b) for a, b in pairwise(states) if a != b]
        return {change: changes.count(change) for change in changes}


class BreakerMachine(RuleBasedStateMachine):
    """Anything may happen to a breaker: calls ending in any order, time passing, operators, other replicas."""

    @initialize(limits=st.sampled_from(LIMITS), started=st.sampled_from([0.0, 1000.0]))
    def begin(self, limits: Limits, started: float) -> None:
        self.now, self.jitter, self.calls = started, 0.0, list[Call]()
        self.model = Model(limits)
        self.breaker = Breaker(limits, jitter=lambda: self.jitter, now=started)

    @rule(quarters=st.one_of(st.integers(0, 8), st.integers(0, 44), st.just(300)))
    def pass_time(self, quarters: int) -> None:
        self.now += quarters / 4

    @rule(late=st.booleans())
    def wait_for_the_probe(self, late: bool) -> None:
        """Go to the moment when a probe is due, or just before it."""
        self.now = max(self.now, self.model.now_in.open_until - (0 if late else 2**-10))

    @rule(jitter=st.sampled_from([0.0, 0.5, 1.0]))
    def draw(self, jitter: float) -> None:
        self.jitter = jitter

    @rule(count=st.integers(1, 4))
    def admit(self, count: int) -> None:
        for _ in range(count):
            may_go, due = self.model.may_go(self.now), self.model.now_in.state is State.OPEN
            admission = self.breaker.admit(self.now)
            assert may_go == (admission is not None)
            if admission is not None:
                assert due == admission.is_probe
                if due:
                    self.model.begin(Stretch(State.HALF_OPEN, self.model.now_in.open_until))
                self.calls.append(Call(admission, self.model.now_in))

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 1000), ending=ENDINGS)
    def end(self, which: int, ending: Ending) -> None:
        call = self.calls.pop(which % len(self.calls))
        counts = call.stretch is self.model.now_in and self.model.forced is None
        assert counts == self.breaker.counts(call.admission)
        outcome, took_s, retry_after_s = ending
        self.breaker.end(call.admission, outcome, self.now, took_s=took_s, retry_after_s=retry_after_s)
        if counts:
            self.note(outcome, took_s > 1.5, retry_after_s)

    @precondition(lambda self: self.model.now_in.state is State.CLOSED)
    @rule(endings=BURSTS)
    def call(self, endings: list[Ending]) -> None:
        """Make calls one after the other."""
        for ending in endings:
            under_way = len(self.calls)
            self.admit(1)
            if len(self.calls) > under_way:
                self.end(under_way, ending)
            self.the_same_state()

    @precondition(lambda self: self.model.now_in.state is State.OPEN)
    @rule(ending=ENDINGS)
    def probe(self, ending: Ending) -> None:
        """Make the next call as soon as it may be made."""
        self.wait_for_the_probe(True)
        self.call([ending])

    def note(self, outcome: Outcome, slow: bool, retry_after_s: float | None) -> None:
        """Have the model take what the breaker took."""
        model, stretch, bound = self.model, self.model.now_in, self.model.most_at_once()
        if outcome is Outcome.FAILURE and retry_after_s is not None:
            stretch.asked_until.append(self.now + min(retry_after_s, 3600))
        if stretch.state is State.CLOSED and outcome is not Outcome.IGNORED:
            stretch.ended.append((self.now, outcome, slow))
            if outcome is Outcome.SUCCESS:
                stretch.asked_until.clear()
            if model.gives_up(self.now, bound):
                self.opens(stretch)
        elif outcome is Outcome.SUCCESS:
            model.begin(Stretch(State.CLOSED, ramps=True))
        elif outcome is Outcome.FAILURE:
            model.probes_failed += 1
            self.opens(stretch)
        elif stretch.state is State.HALF_OPEN:
            model.begin(Stretch(State.OPEN, stretch.open_until))

    def opens(self, stretch: Stretch) -> None:
        """Compare how long the breaker opens for, and go on with its word for it, which is off by some rounding."""
        expected = max([self.now + self.model.open_for_s(self.jitter), *stretch.asked_until])
        assert pytest.approx(expected, abs=1e-6) == self.breaker.open_until
        least = min(self.model.limits.open_for_s, self.model.limits.open_for_max_s)
        assert (
            least - 1e-6 <= self.breaker.open_until - self.now <= max(3600.0, self.model.limits.open_for_max_s) + 1e-6
        )
        self.model.begin(Stretch(State.OPEN, self.breaker.open_until))

    @precondition(lambda self: self.model.forced is not None)
    @rule()
    def release(self) -> None:
        self.force(None)

    @precondition(lambda self: self.model.forced is None)
    @rule(state=st.sampled_from([State.OPEN, State.CLOSED, None]))
    def operate(self, state: State | None) -> None:
        self.force(state)

    def force(self, state: State | None) -> None:
        self.breaker.force(state, self.now)
        if state is not self.model.forced:
            self.model.forced = state
            self.model.probes_failed = 0
            held = state or self.model.now_in.state
            self.model.begin(Stretch(held, self.now if held is State.OPEN else 0.0))

    @rule(open_for_s=st.sampled_from([0.5, 4.0, 90.0, 1e6]), works=st.booleans())
    def hear(self, open_for_s: float, works: bool) -> None:
        """Another replica's probe ends."""
        model, stretch = self.model, self.model.now_in
        heeds = stretch.state is not State.CLOSED and model.forced is None
        if works:
            self.breaker.close(self.now)
        else:
            self.breaker.extend(self.now, open_for_s)
        if heeds and works:
            model.begin(Stretch(State.CLOSED, ramps=True))
        elif heeds:
            model.probes_failed += 1
            model.begin(Stretch(State.OPEN, max(stretch.open_until, self.now + min(open_for_s, 3600))))

    @invariant()
    def the_same_state(self) -> None:
        breaker, model = self.breaker, self.model
        assert (model.now_in.state, model.forced) == (breaker.state, breaker.forced)
        assert model.most_at_once() == breaker.most_at_once
        assert model.counted(self.now) == breaker.counted(self.now)
        assert model.transitions() == breaker.transitions

    @invariant()
    def one_probe_at_most(self) -> None:
        probes = [call for call in self.calls if call.admission.is_probe and self.breaker.counts(call.admission)]
        assert len(probes) == (self.breaker.state is State.HALF_OPEN)

    @invariant()
    def nobody_goes_before_the_time(self) -> None:
        if self.model.now_in.state is State.OPEN:
            due = self.model.may_go(self.now)
            assert due == self.breaker.probe_due(self.now)


def test_breaker_does_what_the_model_does() -> None:
    """Whatever happens, the breaker decides as its model does; KANAVA_TEST_STEPS says for how many steps."""
    examples = max(1, STEPS // STEPS_MADE)
    run_state_machine_as_test(
        BreakerMachine,
        settings=settings(max_examples=examples, stateful_step_count=STEPS_AN_EXAMPLE, deadline=None),
    )
