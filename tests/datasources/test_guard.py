"""Calls by leave of the circuit, and second tries."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from datasources.circuit.breaker import Limits, State
from datasources.circuit.circuit import Circuit
from datasources.deadline import calls_end_at
from datasources.errors import (
    CircuitOpen,
    InvalidResponse,
    NeverSent,
    Overloaded,
    PerhapsSent,
    RequestRefused,
    SourceError,
    SourceUnavailable,
)
from datasources.guard import Guard
from datasources.model.common import StaleReason, System
from datasources.replicas import Alone
from tests.datasources.fakes import FakeClock

ERP = System.ERP


def refused(status: int) -> RequestRefused:
    return RequestRefused(ERP, "no", status=status, code=None)


def busy(retry_after_s: float) -> SourceUnavailable:
    failure = SourceUnavailable(ERP, "busy", reason=StaleReason.RATE_LIMITED)
    failure.retry_after_s = retry_after_s
    return failure


def late(*, had_its_time: bool = True) -> PerhapsSent:
    failure = PerhapsSent(ERP, "late", reason=StaleReason.TIMEOUT)
    failure.had_its_time = had_its_time
    return failure


class Calls:
    """Calls that fail as listed, one after another, and then answer."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def guard_of(clock: FakeClock | None = None) -> Guard:
    clock = clock or FakeClock()
    circuit = Circuit(ERP, Limits(), clock=clock, jitter=lambda: 0.0, replicas=Alone(), probe_within_s=3)
    return Guard(circuit, clock=clock)


async def outcome(guard: Guard, calls: Callable[[], Awaitable[str]]) -> object:
    try:
        return await guard.call(calls)
    except SourceError as failure:
        return failure


@pytest.mark.parametrize(
    "failure",
    [NeverSent(ERP, "refused"), PerhapsSent(ERP, "cut off"), SourceUnavailable(ERP, "503"), busy(0.1)],
)
async def test_what_may_pass_is_tried_again(failure: SourceError) -> None:
    """A connection that broke, an error of the system's own or a short pause asked for: up to two more calls."""
    twice, thrice = Calls(failure, failure), Calls(failure, failure, failure, failure)
    guard = guard_of()

    assert ("answer", 3) == (await outcome(guard, twice), twice.made)
    assert (failure, 3) == (await outcome(guard, thrice), thrice.made)
    assert 4 == guard.retries


@pytest.mark.parametrize(
    "failure",
    [late(), busy(0.6), refused(400), refused(401), InvalidResponse(ERP, "odd"), Overloaded(ERP, "full")],
)
async def test_what_will_not_pass_is_not(failure: SourceError) -> None:
    """A system that took all its time, asks for a longer pause, refuses or answers oddly is not asked again."""
    calls = Calls(failure)

    assert (failure, 1) == (await outcome(guard_of(), calls), calls.made)


async def test_not_past_the_time_that_anybody_waits() -> None:
    """A second try that would come too late is not made."""
    clock = FakeClock()
    calls = Calls(NeverSent(ERP, "refused"))

    async def in_a_hurry() -> object:
        calls_end_at.set(clock.monotonic() + 0.04)
        return await outcome(guard_of(clock), calls)

    assert isinstance(await asyncio.create_task(in_a_hurry()), NeverSent)
    assert 1 == calls.made


async def test_retries_have_a_budget() -> None:
    """Where every call fails once, now and then, retries are spent, and then one call is one call."""
    clock = FakeClock()
    guard = guard_of(clock)
    made = []
    for _ in range(14):
        clock.advance(11)
        calls = Calls(NeverSent(ERP, "refused"))
        await outcome(guard, calls)
        made.append(calls.made)

    # 10 to begin with, and a tenth for each call
    assert [2] * 11 + [1] * 3 == made


async def test_an_open_circuit_is_not_tried_again() -> None:
    """When the circuit opens between two tries, the second is not made; then nothing is called."""
    guard = guard_of()
    failing = [Calls(*[NeverSent(ERP, "refused")] * 3) for _ in range(3)]
    outcomes = [await outcome(guard, calls) for calls in failing]

    assert [3, 2, 0] == [calls.made for calls in failing]
    assert [NeverSent, NeverSent, CircuitOpen] == [type(one) for one in outcomes]
    assert State.OPEN is guard.circuit.state


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (late(), State.OPEN),
        (busy(5), State.OPEN),
        (late(had_its_time=False), State.CLOSED),
        (refused(422), State.CLOSED),
        (refused(401), State.CLOSED),
        (InvalidResponse(ERP, "odd"), State.CLOSED),
    ],
)
async def test_what_opens_a_circuit(failure: SourceError, state: State) -> None:
    """Failures and refusals to serve do; answers that say no, odd answers and calls in a hurry do not."""
    guard = guard_of()
    for _ in range(6):
        await outcome(guard, Calls(failure))

    assert state is guard.circuit.state


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (None, State.CLOSED),
        (refused(422), State.CLOSED),
        (refused(401), State.OPEN),
        (InvalidResponse(ERP, "odd"), State.OPEN),
        (late(), State.OPEN),
    ],
)
async def test_what_a_probe_says(failure: SourceError | None, state: State) -> None:
    """An answer closes the circuit, also one that says no; an odd one does not, and no probe is tried again."""
    clock = FakeClock()
    guard = guard_of(clock)
    for _ in range(5):
        await outcome(guard, Calls(late()))
    clock.advance(6)
    probe = Calls(*([failure] if failure else []))
    await outcome(guard, probe)

    assert (state, 1) == (guard.circuit.state, probe.made)


async def test_a_cancelled_call_says_nothing() -> None:
    """Who goes away in the middle leaves the circuit as it was."""
    guard = guard_of()
    for _ in range(6):
        with pytest.raises(asyncio.CancelledError):
            await guard.call(Calls(asyncio.CancelledError()))

    assert State.CLOSED is guard.circuit.state


@pytest.mark.parametrize(
    "failure",
    [NeverSent(ERP, "refused"), PerhapsSent(ERP, "cut off"), SourceUnavailable(ERP, "503"), busy(0.1), refused(409)],
)
async def test_a_write_is_made_once(failure: SourceError) -> None:
    """Whatever comes of it, it is not made again, and the failure is told as it is."""
    guard, writes = guard_of(), Calls(failure)
    with pytest.raises(type(failure)) as raised:
        await guard.once(writes)

    assert (failure, 1, 0) == (raised.value, writes.made, guard.retries)
    assert ("answer", 2) == (await guard.once(writes), writes.made)


@pytest.mark.parametrize(("failure", "state"), [(late(), State.OPEN), (refused(422), State.CLOSED)])
async def test_writes_open_a_circuit_like_reads(failure: SourceError, state: State) -> None:
    """What came of them counts; an answer that says no is an answer."""
    guard = guard_of()
    for _ in range(5):
        with pytest.raises(SourceError):
            await guard.once(Calls(failure))

    assert state is guard.circuit.state


async def test_a_write_is_never_a_probe() -> None:
    """While the circuit is open, also when a probe is due, and while one is under way, a write is not made."""
    clock, writes = FakeClock(), Calls()
    guard = guard_of(clock)
    for _ in range(5):
        await outcome(guard, Calls(late()))
    with pytest.raises(CircuitOpen) as at_once:
        await guard.once(writes)
    clock.advance(6)
    with pytest.raises(CircuitOpen):
        await guard.once(writes)

    async def probe() -> str:
        with pytest.raises(CircuitOpen):
            await guard.once(writes)
        return "answer"

    assert (5.0, True) == (at_once.value.retry_after_s, guard.circuit.probe_due)
    assert "answer" == await guard.call(probe)
    assert 0 == writes.made
    assert "answer" == await guard.once(writes)


async def test_a_cancelled_write_says_nothing() -> None:
    """Who goes away in the middle of a write leaves the circuit as it was."""
    guard = guard_of()
    for _ in range(6):
        with pytest.raises(asyncio.CancelledError):
            await guard.once(Calls(asyncio.CancelledError()))

    assert State.CLOSED is guard.circuit.state
