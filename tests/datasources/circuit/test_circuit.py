"""The circuit of one system, alone and among replicas."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasources.circuit.breaker import Limits, Outcome, State
from datasources.circuit.circuit import Circuit, Permit
from datasources.errors import CircuitOpen
from datasources.model.common import StaleReason, System
from datasources.replicas import Alone, Hear, Replicas
from tests.datasources.fakes import START, FakeClock, turns

PROBE_WITHIN_S = 3.0
S, F, IGNORED = Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED


@dataclass
class Between:
    """What lies between replicas: leases that run out on the clock, and announcements that are told when a test says."""

    clock: FakeClock
    tokens: int = 0
    leases: dict[str, tuple["Replica", float]] = field(default_factory=dict)
    asked: int = 0
    replicas: list["Replica"] = field(default_factory=list)
    on_the_way: list[tuple["Replica", str, bytes]] = field(default_factory=list)

    def replica(self) -> "Replica":
        self.replicas.append(Replica(self))
        return self.replicas[-1]

    def tell(self, which: int = 0) -> None:
        """Have one of the announcements on the way arrive where it goes."""
        replica, topic, text = self.on_the_way.pop(which)
        replica.hear(topic, text)

    def tell_all(self) -> None:
        while self.on_the_way:
            self.tell()


class Replica:
    """What one replica sees of the others."""

    several = True

    def __init__(self, between: Between) -> None:
        self._between = between
        self._listeners: list[Hear] = []
        self.answers = asyncio.Event()
        self.answers.set()

    async def lock(self, keys: Collection[str], for_s: float) -> frozenset[str]:
        return frozenset(keys)

    async def unlock(self, keys: Collection[str]) -> None:
        return None

    async def lease(self, name: str, for_s: float) -> int | None:
        between = self._between
        between.asked += 1
        now = between.clock.monotonic()
        holder, until = between.leases.get(name, (self, 0.0))
        token = None
        if holder is self or now >= until:
            between.tokens += 1
            between.leases[name] = (self, now + for_s)
            token = between.tokens
        await asyncio.sleep(0)
        await self.answers.wait()
        return token

    async def announce(self, topic: str, text: bytes) -> None:
        self.hear(topic, text)
        others = [replica for replica in self._between.replicas if replica is not self]
        self._between.on_the_way += [(replica, topic, text) for replica in others]

    def listen(self, hear: Hear) -> None:
        self._listeners.append(hear)

    def hear(self, topic: str, text: bytes) -> None:
        for hear in self._listeners:
            hear(topic, text)


def circuit_of(clock: FakeClock, replicas: Replicas | None = None, system: System = System.ERP) -> Circuit:
    """Return a closed circuit with the default limits."""
    return Circuit(
        system,
        Limits(),
        clock=clock,
        jitter=lambda: 0.0,
        replicas=replicas or Alone(),
        probe_within_s=PROBE_WITHIN_S,
    )


async def fail(*circuits: Circuit, times: int = 5) -> None:
    """Have calls fail, five to open a circuit."""
    for circuit in circuits:
        for _ in range(times):
            (await circuit.admit()).end(F)


async def refusal(circuit: Circuit) -> CircuitOpen:
    with pytest.raises(CircuitOpen) as refused:
        await circuit.admit()
    return refused.value


def three(clock: FakeClock) -> tuple[Between, list[Circuit]]:
    """Return three replicas' circuits of one system."""
    between = Between(clock)
    return between, [circuit_of(clock, between.replica()) for _ in range(3)]


def states(circuits: list[Circuit]) -> list[State]:
    return [circuit.state for circuit in circuits]


def test_closed_passes_without_suspending() -> None:
    """While it is closed, a permit is had in the same step of the event loop."""
    circuit = circuit_of(FakeClock())
    with pytest.raises(StopIteration) as returned:
        circuit.admit().send(None)
    permit = returned.value.value

    assert isinstance(permit, Permit)
    assert not permit.is_probe
    assert (True, False, State.CLOSED, START) == (circuit.closed, circuit.probe_due, circuit.state, circuit.since)
    assert (None, None, None, {}) == (circuit.retry_at, circuit.forced, circuit.most_at_once, circuit.transitions)


async def test_open_refuses() -> None:
    """Open, it refuses with the time left, and says since when and until when, whatever time passes."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    clock.advance(100)
    await fail(circuit)
    clock.advance(2)
    refused = await refusal(circuit)

    assert (System.ERP, StaleReason.CIRCUIT_OPEN, 3.0) == (refused.system, refused.reason, refused.retry_after_s)
    assert (False, False, State.OPEN) == (circuit.closed, circuit.probe_due, circuit.state)
    assert START + timedelta(seconds=100) == circuit.since
    assert START + timedelta(seconds=105) == circuit.retry_at


async def test_the_permit_measures() -> None:
    """A call's time runs from its permit to its end: 20 slow ones open the circuit."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    permits = [await circuit.admit() for _ in range(20)]
    clock.advance(1.6)
    for permit in permits[:19]:
        permit.end(S)
    before = circuit.state
    permits[19].end(S)

    assert (State.CLOSED, State.OPEN) == (before, circuit.state)


async def test_retry_after() -> None:
    """What a failure asked for is when the circuit is tried again."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    await fail(circuit, times=4)
    (await circuit.admit()).end(F, 30)

    assert START + timedelta(seconds=30) == circuit.retry_at


async def test_one_of_many_probes() -> None:
    """When the time is over, one of many callers at once is the probe, and one lease is asked for."""
    clock = FakeClock()
    between = Between(clock)
    circuit = circuit_of(clock, between.replica())
    await fail(circuit)
    clock.advance(5)
    due = circuit.probe_due
    came = await asyncio.gather(*(circuit.admit() for _ in range(50)), return_exceptions=True)
    permits = [permit for permit in came if isinstance(permit, Permit)]
    refused = [error.retry_after_s for error in came if isinstance(error, CircuitOpen)]

    assert due
    assert [True] == [permit.is_probe for permit in permits]
    assert [0.0] * 49 == refused
    assert (1, State.HALF_OPEN, False, None) == (between.asked, circuit.state, circuit.probe_due, circuit.retry_at)


async def test_a_probe_that_succeeds() -> None:
    """A probe that succeeds closes the circuit, which lets calls back in one by one."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    await fail(circuit)
    clock.advance(5)
    probe = await circuit.admit()
    clock.advance(0.5)
    probe.end(S)
    bounds = [circuit.most_at_once]
    (await circuit.admit()).end(S)
    bounds.append(circuit.most_at_once)

    assert (True, START + timedelta(seconds=5.5)) == (circuit.closed, circuit.since)
    assert [1, 2] == bounds
    assert {("CLOSED", "OPEN"): 1, ("OPEN", "HALF_OPEN"): 1, ("HALF_OPEN", "CLOSED"): 1} == circuit.transitions


async def test_a_probe_that_fails() -> None:
    """A probe that fails opens the circuit for twice as long."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    await fail(circuit)
    clock.advance(5)
    (await circuit.admit()).end(F)

    assert START + timedelta(seconds=15) == circuit.retry_at


async def test_a_cancelled_probe() -> None:
    """A probe that is cancelled ends in its `finally`, tells nobody, and the next call is the probe at once."""
    clock = FakeClock()
    between = Between(clock)
    circuit, _ = circuit_of(clock, between.replica()), between.replica()
    await fail(circuit)
    clock.advance(5)

    async def call() -> None:
        permit = await circuit.admit()
        outcome = Outcome.IGNORED
        try:
            await asyncio.Event().wait()
            outcome = Outcome.SUCCESS
        finally:
            permit.end(outcome)

    task = asyncio.create_task(call())
    await turns()
    during = circuit.state
    task.cancel()
    await turns()

    assert task.cancelled()
    assert (State.HALF_OPEN, State.OPEN, True) == (during, circuit.state, circuit.probe_due)
    assert [] == between.on_the_way
    assert (await circuit.admit()).is_probe


async def test_cancelled_while_it_asks_for_the_lease() -> None:
    """Who is cancelled before becoming the probe leaves the place to the next."""
    clock = FakeClock()
    between = Between(clock)
    replica = between.replica()
    circuit = circuit_of(clock, replica)
    await fail(circuit)
    clock.advance(5)
    replica.answers.clear()
    task = asyncio.create_task(circuit.admit())
    await turns()
    asking = circuit.probe_due
    task.cancel()
    await turns()
    replica.answers.set()

    assert (False, True) == (asking, circuit.probe_due)
    assert (await circuit.admit()).is_probe


async def test_one_probe_in_three_replicas() -> None:
    """Of three replicas that may all probe, with many callers each, one call goes; its success closes all three."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    calls = [circuit.admit() for circuit in circuits for _ in range(50)]
    came = await asyncio.gather(*calls, return_exceptions=True)
    permits = [permit for permit in came if isinstance(permit, Permit)]
    during = states(circuits)
    permits[0].end(S)
    await turns()
    between.tell_all()

    assert (1, 149) == (len(permits), sum(isinstance(error, CircuitOpen) for error in came))
    assert [State.HALF_OPEN, State.OPEN, State.OPEN] == during
    assert [State.CLOSED] * 3 == states(circuits)
    assert [1, 1, 1] == [circuit.most_at_once for circuit in circuits]
    assert 3 == between.asked


async def test_a_failed_probe_holds_three_replicas_off() -> None:
    """Another's failed probe is one's own: all wait for its open time, and twice as long after the next."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    (await circuits[0].admit()).end(F)
    await turns()
    between.tell_all()
    until = [circuit.retry_at for circuit in circuits]
    clock.advance(10)
    (await circuits[1].admit()).end(F)

    assert [START + timedelta(seconds=15)] * 3 == until
    assert START + timedelta(seconds=35) == circuits[1].retry_at


async def test_who_gets_no_lease_does_not_ask_again_before_it_can_have_ended() -> None:
    """While another replica probes, one question is enough, until its lease has ended for certain."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    probe = await circuits[0].admit()
    first = (await refusal(circuits[1])).retry_after_s
    clock.advance(PROBE_WITHIN_S - 0.5)
    second = (await refusal(circuits[1])).retry_after_s
    asked, due = between.asked, circuits[1].probe_due
    clock.advance(0.5)

    assert (PROBE_WITHIN_S, 0.5) == (first, second)
    assert (2, False) == (asked, due)
    assert probe.is_probe
    assert circuits[1].probe_due
    assert (await circuits[1].admit()).is_probe


async def test_a_dead_prober_is_replaced() -> None:
    """When a prober is never heard of again, the next takes its place once its lease has run out."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    await circuits[0].admit()
    clock.advance(PROBE_WITHIN_S)
    (await circuits[2].admit()).end(S)
    await turns()
    between.tell_all()

    assert [State.CLOSED] * 3 == states(circuits)


@pytest.mark.parametrize("outcome", [S, F])
async def test_a_prober_that_slept_past_its_lease(outcome: Outcome) -> None:
    """What comes after the lease neither closes nor opens anything, here or elsewhere: another may probe by then."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    sleeper = await circuits[0].admit()
    clock.advance(PROBE_WITHIN_S)
    sleeper.end(outcome)
    await turns()

    assert [] == between.on_the_way
    assert [State.OPEN] * 3 == states(circuits)
    assert START + timedelta(seconds=5) == circuits[0].retry_at


async def test_a_sleeper_that_heard_of_the_next_probe() -> None:
    """A late failure says nothing to a circuit that another replica's later probe has closed."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    sleeper = await circuits[0].admit()
    clock.advance(PROBE_WITHIN_S)
    (await circuits[1].admit()).end(S)
    await turns()
    between.tell_all()
    sleeper.end(F)
    await turns()

    assert [] == between.on_the_way
    assert [State.CLOSED] * 3 == states(circuits)


async def test_announcements_out_of_order() -> None:
    """What is told of an older probe after a newer one is ignored, be it good or bad."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    (await circuits[0].admit()).end(F)
    await turns()
    clock.advance(10)
    (await circuits[0].admit()).end(S)
    await turns()
    for which in (3, 1, 0, 0):  # the third replica hears the newer first, the second the older
        between.tell(which)

    assert [State.CLOSED] * 3 == states(circuits)
    assert {("CLOSED", "OPEN"): 1, ("OPEN", "CLOSED"): 1} == circuits[2].transitions


async def test_an_older_success_told_after_a_newer_failure() -> None:
    """A success that arrives late closes nothing when a later probe is known to have failed."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    (await circuits[0].admit()).end(S)
    await fail(circuits[0], times=2)
    clock.advance(5)
    (await circuits[0].admit()).end(F)
    await turns()
    between.tell(3)
    between.tell(1)

    assert [State.OPEN] * 3 == states(circuits)
    assert START + timedelta(seconds=20) == circuits[2].retry_at


async def test_a_success_told_after_an_own_later_probe() -> None:
    """Who has the lease for a probe of its own heeds nothing of older ones."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    (await circuits[0].admit()).end(S)
    await turns()
    clock.advance(PROBE_WITHIN_S)
    probe = await circuits[1].admit()
    between.tell(0)
    while_probing = circuits[1].state
    probe.end(F)
    between.tell(0)

    assert (State.HALF_OPEN, State.OPEN) == (while_probing, circuits[1].state)
    assert State.CLOSED is circuits[2].state


async def test_what_it_says_itself_is_no_news() -> None:
    """A replica hears its own announcements too; a failed probe doubles its open time once."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    await fail(circuit)
    for open_for_s in (5, 10, 20):
        clock.advance(open_for_s)
        (await circuit.admit()).end(F)
        await turns()

    assert START + timedelta(seconds=5 + 10 + 20 + 40) == circuit.retry_at


async def test_a_probe_overtaken_by_an_operator_tells_nobody() -> None:
    """What a probe brings after an operator took over is not for the other replicas either."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    probe = await circuits[0].admit()
    circuits[0].force(State.OPEN)
    probe.end(S)
    await turns()

    assert [] == between.on_the_way
    assert [State.OPEN] * 3 == states(circuits)


async def test_a_lease_that_is_not_needed_any_more() -> None:
    """Who gets the lease when the circuit has just closed makes an ordinary call, which may take its time."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    (await circuits[0].admit()).end(S)
    await turns()
    clock.advance(PROBE_WITHIN_S)
    between.replicas[1].answers.clear()
    task = asyncio.create_task(circuits[1].admit())
    await turns()
    between.tell_all()
    between.replicas[1].answers.set()
    permit = await task
    clock.advance(PROBE_WITHIN_S)
    permit.end(S)

    assert not permit.is_probe
    assert (State.CLOSED, 2) == (circuits[1].state, circuits[1].most_at_once)


async def test_closed_by_another_while_asking() -> None:
    """Who asked for the lease while another's probe closed the circuit passes as an ordinary call."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    probe = await circuits[0].admit()
    between.replicas[1].answers.clear()
    task = asyncio.create_task(circuits[1].admit())
    await turns()
    probe.end(S)
    await turns()
    between.tell_all()
    between.replicas[1].answers.set()
    permit = await task

    assert not permit.is_probe
    assert State.CLOSED is circuits[1].state


async def test_extended_by_another_while_asking() -> None:
    """Whose lease comes after another's failed probe has been heard of is refused."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    clock.advance(5)
    between.replicas[1].answers.clear()
    task = asyncio.create_task(circuits[1].admit())
    await turns()
    clock.advance(PROBE_WITHIN_S)
    (await circuits[0].admit()).end(F)
    await turns()
    between.tell_all()
    between.replicas[1].answers.set()
    with pytest.raises(CircuitOpen) as refused:
        await task

    assert 10.0 == refused.value.retry_after_s
    assert [State.OPEN] * 3 == states(circuits)


async def test_other_systems_and_topics() -> None:
    """A circuit heeds what is said of its own system's circuit, and survives what it does not understand."""
    clock = FakeClock()
    between = Between(clock)
    erp, wms = circuit_of(clock, between.replica()), circuit_of(clock, between.replica(), System.WMS)
    await fail(erp, wms)
    clock.advance(5)
    (await erp.admit()).end(S)
    await turns()
    between.tell_all()
    for topic, text in (("circuit", b"{}"), ("circuit", b"\xff"), ("drop", b'{"system":"WMS"}')):
        between.replicas[1].hear(topic, text)

    assert [State.CLOSED, State.OPEN] == states([erp, wms])


async def test_forced() -> None:
    """An operator's word holds until it is taken back; held open, there is no time to tell."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    circuit.force(State.OPEN)
    refused = await refusal(circuit)
    held = (circuit.closed, circuit.probe_due, circuit.forced, circuit.retry_at, circuit.since)
    clock.advance(60)
    circuit.force(State.CLOSED)
    await fail(circuit, times=50)
    closed = (circuit.closed, circuit.forced, circuit.since)
    circuit.force(None)
    await fail(circuit)

    assert refused.retry_after_s is None
    assert (False, False, State.OPEN, None, START) == held
    assert (True, State.CLOSED, START + timedelta(seconds=60)) == closed
    assert (State.OPEN, None) == (circuit.state, circuit.forced)


async def test_forced_while_another_closes() -> None:
    """What an operator holds open in one replica stays so when the others close."""
    clock = FakeClock()
    between, circuits = three(clock)
    await fail(*circuits)
    circuits[1].force(State.OPEN)
    clock.advance(5)
    (await circuits[0].admit()).end(S)
    await turns()
    between.tell_all()

    assert [State.CLOSED, State.OPEN, State.CLOSED] == states(circuits)


def test_ending_needs_no_event_loop() -> None:
    """Ending an ordinary call needs no event loop."""
    circuit = circuit_of(FakeClock())
    permit = asyncio.run(circuit.admit())
    permit.end(F)

    assert State.CLOSED is circuit.state


ADMIT, END, TELL, WAIT = "admit", "end", "tell", "wait"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([ADMIT, ADMIT, END, TELL, WAIT]), st.integers(0, 99), st.sampled_from([S, F, F, IGNORED])
        ),
        max_size=60,
    )
)
def test_never_two_probes_within_their_leases(steps: list[tuple[str, int, Outcome]]) -> None:
    """However calls end and announcements arrive, no two replicas probe at once while their leases last."""

    async def run() -> None:
        clock = FakeClock()
        between, circuits = three(clock)
        await fail(*circuits)
        clock.advance(5)
        probes: list[tuple[float, Permit]] = []
        for step, choice, outcome in steps:
            if step == ADMIT:
                came = await asyncio.gather(*(c.admit() for c in circuits), return_exceptions=True)
                probes += [(clock.monotonic(), p) for p in came if isinstance(p, Permit) and p.is_probe]
            elif step == END and probes:
                probes.pop(choice % len(probes))[1].end(outcome)
                await turns(2)
            elif step == TELL and between.on_the_way:
                between.tell(choice % len(between.on_the_way))
            elif step == WAIT:
                clock.advance(choice / 10)

            assert sum(clock.monotonic() - began < PROBE_WITHIN_S for began, _ in probes) <= 1

    asyncio.run(run())
