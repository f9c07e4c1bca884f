"""The circuit breaker, rule by rule."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from datasources.circuit.breaker import Admission, Breaker, Counts, Limits, Outcome, State

NOW = 1000.0
LIMITS = Limits()
S, F, IGNORED = Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED


def breaker_of(jitter: float = 0.0, **limits: int) -> Breaker:
    """Return a closed breaker, with the default limits but for those given."""
    return Breaker(replace(LIMITS, **limits), jitter=lambda: jitter, now=NOW)


def admitted(breaker: Breaker, now: float = NOW) -> Admission:
    admission = breaker.admit(now)
    assert admission is not None
    return admission


def call(breaker: Breaker, *outcomes: Outcome, now: float = NOW, took_s: float = 0.1) -> None:
    """Make calls one after the other that end so."""
    for outcome in outcomes:
        breaker.end(admitted(breaker, now), outcome, now, took_s=took_s)


def opened(jitter: float = 0.0, **limits: int) -> Breaker:
    """Return a breaker that has just opened."""
    breaker = breaker_of(jitter, **limits)
    call(breaker, *[F] * 5)
    assert State.OPEN is breaker.state
    return breaker


def probed(breaker: Breaker, outcome: Outcome, retry_after_s: float | None = None) -> float:
    """Probe as soon as it may be; return when that was."""
    now = breaker.open_until
    breaker.end(admitted(breaker, now), outcome, now, took_s=0.1, retry_after_s=retry_after_s)
    return now


def test_closed_at_first() -> None:
    """A new circuit lets every call pass and sets no bound."""
    breaker = breaker_of()

    assert (State.CLOSED, None, None, NOW) == (breaker.state, breaker.forced, breaker.most_at_once, breaker.since)
    assert Admission(0, is_probe=False) == breaker.admit(NOW)
    assert {} == breaker.transitions


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([F] * 4, State.CLOSED),
        ([F] * 5, State.OPEN),
        ([F] * 4 + [S] + [F] * 4, State.CLOSED),
        ([F, F, IGNORED, F, F, IGNORED, F], State.OPEN),
        ([IGNORED] * 100, State.CLOSED),
    ],
)
def test_failures_in_a_row(outcomes: Sequence[Outcome], state: State) -> None:
    """Five failures in a row open it; a success breaks the run, a cancelled call does not."""
    breaker = breaker_of()
    call(breaker, *outcomes)

    assert state is breaker.state


def test_a_row_may_take_long() -> None:
    """Failures in a row count however far apart they are."""
    breaker = breaker_of()
    for n in range(5):
        call(breaker, F, now=NOW + 60 * n)

    assert (State.OPEN, NOW + 240) == (breaker.state, breaker.since)


@pytest.mark.parametrize(
    ("successes", "failures", "state"),
    [(9, 10, State.CLOSED), (10, 10, State.OPEN), (11, 10, State.CLOSED), (19, 19, State.OPEN)],
)
def test_failure_rate(successes: int, failures: int, state: State) -> None:
    """Half of at least 20 calls failing opens it; of fewer calls nothing is concluded."""
    breaker = breaker_of(consecutive_failures=100)
    calls = [admitted(breaker) for _ in range(successes + failures)]
    for n, admission in enumerate(calls):
        breaker.end(admission, S if n < successes else F, NOW, took_s=0.1)

    assert state is breaker.state


def test_a_success_may_complete_the_calls_it_takes() -> None:
    """The rate is looked at after every call, after a success too."""
    breaker = breaker_of(consecutive_failures=100)
    call(breaker, *[F] * 10, *[S] * 9)
    before = breaker.state
    call(breaker, S)

    assert (State.CLOSED, State.OPEN) == (before, breaker.state)


@pytest.mark.parametrize(
    ("slow", "fast", "state"), [(15, 4, State.CLOSED), (16, 4, State.OPEN), (15, 5, State.CLOSED), (20, 0, State.OPEN)]
)
def test_slow_rate(slow: int, fast: int, state: State) -> None:
    """Four of five calls being slow opens it, of at least 20."""
    breaker = breaker_of()
    call(breaker, *[S] * fast, took_s=1.5)
    call(breaker, *[S] * slow, took_s=1.500001)

    assert state is breaker.state


def test_a_failure_is_not_also_slow() -> None:
    """A call that failed late counts once, as a failure."""
    breaker = breaker_of()
    call(breaker, F, took_s=30)
    call(breaker, S, took_s=30)
    call(breaker, S, IGNORED)

    assert Counts(calls=3, failures=1, slow=1) == breaker.counted(NOW)


def test_the_window_slides() -> None:
    """A bucket of a second counts until ten seconds after it began, and then not at all."""
    breaker = breaker_of()
    call(breaker, F, S, now=NOW)
    call(breaker, F, now=NOW + 0.999)
    call(breaker, S, now=NOW + 1)

    assert Counts(4, 2) == breaker.counted(NOW + 9.999)
    assert Counts(1, 0) == breaker.counted(NOW + 10)
    assert Counts() == breaker.counted(NOW + 11)


def test_old_calls_do_not_open_it() -> None:
    """Failures that have left the window are forgotten."""
    breaker = breaker_of(consecutive_failures=100)
    call(breaker, *[F] * 19)
    call(breaker, *[F] * 19, now=NOW + 10)

    assert State.CLOSED is breaker.state
    assert Counts(19, 19) == breaker.counted(NOW + 10)


@pytest.mark.parametrize(("jitter", "open_for_s"), [(0.0, 5.0), (0.5, 5.25), (1.0, 5.5)])
def test_open_time(jitter: float, open_for_s: float) -> None:
    """It stays open for its time and up to a tenth more, and refuses everything until then."""
    breaker = opened(jitter)

    assert NOW + open_for_s == breaker.open_until
    assert breaker.admit(breaker.open_until - 0.001) is None
    assert not breaker.probe_due(breaker.open_until - 0.001)
    assert breaker.probe_due(breaker.open_until)


def test_one_probe() -> None:
    """When the time is over exactly one call goes; all others are refused until it has ended."""
    breaker = opened()
    probe = admitted(breaker, NOW + 5)

    assert (State.HALF_OPEN, NOW + 5) == (breaker.state, breaker.since)
    assert probe.is_probe
    assert [None] * 50 == [breaker.admit(NOW + 5 + n) for n in range(50)]
    assert not breaker.probe_due(NOW + 500)


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_each_failed_probe_doubles_the_open_time(jitter: float) -> None:
    """Each failed probe makes the next wait twice as long, up to the most, jitter and all."""
    breaker = opened(jitter)
    open_for_s = [breaker.open_until - NOW]
    for _ in range(6):
        now = probed(breaker, F)
        open_for_s.append(breaker.open_until - now)

    drawn_out = 1 + 0.1 * jitter
    expected = [5 * drawn_out, 10 * drawn_out, 20 * drawn_out, 40 * drawn_out, 60, 60, 60]
    assert pytest.approx(expected, abs=1e-9) == open_for_s


def test_a_probe_closes_it() -> None:
    """A probe that succeeds closes it with nothing counted, and the open time is at its start again."""
    breaker = opened()
    probed(breaker, F)
    now = probed(breaker, S)
    closed = (breaker.state, breaker.since, breaker.counted(now))
    call(breaker, F, F, now=now)

    assert (State.CLOSED, now, Counts()) == closed
    assert (State.OPEN, now + 5) == (breaker.state, breaker.open_until)
    assert {
        ("CLOSED", "OPEN"): 2,
        ("OPEN", "HALF_OPEN"): 2,
        ("HALF_OPEN", "OPEN"): 1,
        ("HALF_OPEN", "CLOSED"): 1,
    } == breaker.transitions


def test_a_cancelled_probe_leaves_its_place() -> None:
    """A probe that says nothing makes nobody wait: the very next call is the probe."""
    breaker = opened()
    now = probed(breaker, IGNORED)

    assert (State.OPEN, NOW + 5) == (breaker.state, breaker.open_until)
    assert admitted(breaker, now).is_probe


@pytest.mark.parametrize(
    ("asked_s", "open_for_s"), [(None, 5), (0, 5), (3, 5), (30, 30), (90, 90), (3600, 3600), (86400, 3600)]
)
def test_retry_after_of_what_opens_it(asked_s: float | None, open_for_s: float) -> None:
    """A failure that says when to come again keeps it open at least so long, up to an hour."""
    breaker = breaker_of()
    call(breaker, *[F] * 4)
    breaker.end(admitted(breaker), F, NOW, took_s=0.1, retry_after_s=asked_s)

    assert NOW + open_for_s == breaker.open_until


def test_retry_after_of_a_probe() -> None:
    """A failed probe may ask for more than the open time, once."""
    breaker = opened()
    first = probed(breaker, F, 100)
    asked = breaker.open_until - first
    second = probed(breaker, F)

    assert (100, 20) == (asked, breaker.open_until - second)


def test_retry_after_of_an_earlier_failure() -> None:
    """What an earlier failure of the run asked for still holds, counted from then; a success undoes it."""
    asked, answered = breaker_of(), breaker_of()
    for breaker in (asked, answered):
        breaker.end(admitted(breaker), F, NOW, took_s=0.1, retry_after_s=30)
    call(asked, *[F] * 4, now=NOW + 2)
    call(answered, S, *[F] * 5, now=NOW + 2)

    assert (NOW + 30, NOW + 7) == (asked.open_until, answered.open_until)


def test_results_of_an_earlier_state_do_not_count() -> None:
    """What was admitted before it opened, or before it closed again, says nothing when it ends."""
    breaker = breaker_of()
    early = [admitted(breaker) for _ in range(40)]
    call(breaker, *[F] * 5)
    for admission in early[:20]:
        breaker.end(admission, S, NOW, took_s=0.1)
    while_open = (breaker.state, breaker.open_until)
    now = probed(breaker, S)
    for admission in early[20:]:
        breaker.end(admission, F, now, took_s=0.1)

    assert (State.OPEN, NOW + 5) == while_open
    assert (State.CLOSED, Counts()) == (breaker.state, breaker.counted(now))


def test_an_old_probe_does_not_count() -> None:
    """A probe whose circuit was closed and opened again by others changes nothing when it ends."""
    breaker = opened()
    old = admitted(breaker, NOW + 5)
    breaker.close(NOW + 6)
    call(breaker, F, F, now=NOW + 6)
    breaker.end(old, S, NOW + 7, took_s=2)

    assert not breaker.counts(old)
    assert (State.OPEN, NOW + 11) == (breaker.state, breaker.open_until)


def test_ramp() -> None:
    """After the probe one call at once is let in, and one more for each success until there is no bound."""
    breaker = opened(ramp_to=4)
    now = probed(breaker, S)
    bounds = [breaker.most_at_once]
    for _ in range(4):
        call(breaker, S, IGNORED, now=now)
        bounds.append(breaker.most_at_once)

    assert [1, 2, 3, None, None] == bounds


def test_failures_in_the_ramp() -> None:
    """A failure halves the ramp, and a second in a row opens the circuit, with no bound for what is refused anyway."""
    breaker = opened()
    now = probed(breaker, S)
    call(breaker, *[S] * 4, now=now)
    bounds = [breaker.most_at_once]
    for outcome in (F, S, F, S, F):
        call(breaker, outcome, now=now)
        bounds.append(breaker.most_at_once)
    closed = breaker.state
    call(breaker, F, now=now)

    assert [5, 2, 3, 1, 2, 1] == bounds
    assert (State.CLOSED, State.OPEN, None) == (closed, breaker.state, breaker.most_at_once)


def test_after_the_ramp_it_bears_as_much_as_before() -> None:
    """Once there is no bound, it takes five failures in a row again."""
    breaker = opened(ramp_to=2)
    now = probed(breaker, S)
    call(breaker, S, *[F] * 4, now=now)
    before = breaker.state
    call(breaker, F, now=now)

    assert (State.CLOSED, State.OPEN) == (before, breaker.state)


def test_forced_open() -> None:
    """Forced open, it lets nothing pass, whatever the time, and other replicas do not close it."""
    breaker = breaker_of()
    breaker.force(State.OPEN, NOW + 1)
    breaker.close(NOW + 2)

    assert (State.OPEN, State.OPEN, NOW + 1) == (breaker.state, breaker.forced, breaker.since)
    assert not breaker.probe_due(NOW + 9999)
    assert breaker.admit(NOW + 9999) is None


def test_no_longer_forced_open() -> None:
    """What was forced open is probed by the next call."""
    breaker = breaker_of()
    breaker.force(State.OPEN, NOW)
    breaker.force(None, NOW + 50)

    assert (State.OPEN, None, NOW) == (breaker.state, breaker.forced, breaker.since)
    assert admitted(breaker, NOW + 50).is_probe


def test_forced_closed() -> None:
    """Forced closed, it lets everything pass without a ramp, and counts nothing."""
    breaker = opened()
    breaker.force(State.CLOSED, NOW + 1)
    call(breaker, *[F] * 50, now=NOW + 1)

    assert (State.CLOSED, State.CLOSED, None) == (breaker.state, breaker.forced, breaker.most_at_once)
    assert Counts() == breaker.counted(NOW + 1)


def test_no_longer_forced_closed() -> None:
    """What was forced closed decides again from nothing: calls admitted meanwhile do not count."""
    breaker = breaker_of()
    call(breaker, *[F] * 4)
    breaker.force(State.CLOSED, NOW)
    during = [admitted(breaker) for _ in range(9)]
    breaker.force(None, NOW)
    for admission in during:
        breaker.end(admission, F, NOW, took_s=0.1)
    call(breaker, *[F] * 4)

    assert (State.CLOSED, NOW, {}) == (breaker.state, breaker.since, breaker.transitions)
    assert Counts(4, 4) == breaker.counted(NOW)


def test_forcing_what_is_so_already() -> None:
    """To say automatic of an automatic circuit leaves it as it is."""
    breaker = opened()
    breaker.force(None, NOW + 1)

    assert (State.OPEN, NOW + 5) == (breaker.state, breaker.open_until)


def test_a_probe_overtaken_by_an_operator() -> None:
    """A probe that ends after the circuit was forced changes nothing."""
    breaker = opened()
    probe = admitted(breaker, NOW + 5)
    breaker.force(State.OPEN, NOW + 6)
    breaker.end(probe, S, NOW + 7, took_s=2)

    assert State.OPEN is breaker.state


def test_half_open_cannot_be_forced() -> None:
    """An operator can hold it open or closed, nothing between."""
    with pytest.raises(ValueError, match="forced open, forced closed or automatic"):
        breaker_of().force(State.HALF_OPEN, NOW)


def test_another_replica_closes_it() -> None:
    """Another's successful probe closes it with a ramp, while it is open and while it probes itself."""
    waiting, probing = opened(), opened()
    probe = admitted(probing, NOW + 5)
    for breaker in (waiting, probing):
        breaker.close(NOW + 6)
    probing.end(probe, F, NOW + 7, took_s=2)

    for breaker in (waiting, probing):
        assert (State.CLOSED, 1, NOW + 6) == (breaker.state, breaker.most_at_once, breaker.since)


def test_another_replica_extends_it() -> None:
    """Another's failed probe keeps it open from now, never shorter than before, and its own next wait grows too."""
    breaker = opened()
    breaker.extend(NOW + 1, 2)
    not_shorter = breaker.open_until
    breaker.extend(NOW + 5, 10)
    extended = breaker.open_until
    now = probed(breaker, F)

    assert (NOW + 5, NOW + 15) == (not_shorter, extended)
    assert now + 40 == breaker.open_until


def test_another_replica_may_ask_for_an_hour_at_most() -> None:
    """What another replica says is bounded as what a system says."""
    breaker = opened()
    breaker.extend(NOW, 1e9)

    assert NOW + 3600 == breaker.open_until


def test_others_do_not_matter_while_it_is_closed() -> None:
    """A replica whose own calls get through goes on, whatever others found."""
    breaker = breaker_of()
    call(breaker, S)
    breaker.extend(NOW, 60)
    breaker.close(NOW)

    assert (State.CLOSED, None, Counts(1)) == (breaker.state, breaker.most_at_once, breaker.counted(NOW))


def test_since_changes_with_the_state_only() -> None:
    """What does not change the state leaves the time since when it is so."""
    breaker = opened()
    breaker.extend(NOW + 3, 60)
    open_since = breaker.since
    probed(breaker, IGNORED)

    assert NOW == open_since
    assert NOW + 63 == breaker.since
