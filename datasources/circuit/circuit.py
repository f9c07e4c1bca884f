"""The circuit of one system in this process: the breaker with a clock, and one probe among all replicas."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

import msgspec

from datasources.circuit.breaker import Admission, Breaker, Limits, Outcome, State
from datasources.clock import Clock
from datasources.errors import CircuitOpen
from datasources.model.common import System
from datasources.replicas import Replicas

log = logging.getLogger("kanava.systems")

TOPIC = "circuit"


class ProbeEnded(msgspec.Struct):
    """What replicas tell each other of a probe; `token` orders the probes of a system."""

    system: System
    token: int
    closed: bool
    open_for_s: float


_probe_ended = msgspec.json.Decoder(ProbeEnded)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to probe, for as long as nobody else can have it; `until` is monotonic."""

    token: int
    until: float


@dataclass(frozen=True, slots=True)
class Permit:
    """That one call may go to the system now. Its time runs from here."""

    circuit: "Circuit"
    admission: Admission
    started: float
    lease: Lease | None

    @property
    def is_probe(self) -> bool:
        """Whether this call finds out if the system works again."""
        return self.lease is not None

    def end(self, outcome: Outcome, retry_after_s: float | None = None) -> None:
        """
        Say what came of the call: exactly once, also when it is cancelled (IGNORED).

        It does not suspend, so it is safe in a `finally`; what the other replicas must hear is told in the background.
        """
        self.circuit.end(self, outcome, retry_after_s)


class Circuit:
    """
    Whether one system is asked.

    `probe_within_s` is how long a probe may take: it must be more than a call can. Over that another replica may
    probe, so what comes later is ignored, and so is whatever is heard of an older probe than the latest known.
    """

    def __init__(
        self,
        system: System,
        limits: Limits,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        replicas: Replicas,
        probe_within_s: float,
    ) -> None:
        self.system = system
        self.since: datetime = clock.now()
        self._breaker = Breaker(limits, jitter=jitter, now=clock.monotonic())
        self._noted = self._breaker.state
        self._clock = clock
        self._replicas = replicas
        self._probe_within_s = probe_within_s
        self._asking = False
        self._ask_again_at = -inf
        self._latest_token = 0
        self._announcing: set[asyncio.Task[None]] = set()
        self._watchers: list[Callable[[], None]] = []
        replicas.listen(self._hear)

    @property
    def state(self) -> State:
        return self._breaker.state

    @property
    def closed(self) -> bool:
        """Whether calls simply pass."""
        return self._breaker.state is State.CLOSED

    @property
    def probe_due(self) -> bool:
        """Whether the next call may be the probe: none is under way that this replica knows of."""
        now = self._clock.monotonic()
        return self._breaker.probe_due(now) and now >= self._ask_again_at and not self._asking

    @property
    def forced(self) -> State | None:
        """What an operator holds it at, None when it decides by itself."""
        return self._breaker.forced

    @property
    def retry_at(self) -> datetime | None:
        """When a probe may go, None when the circuit is not open or is held open."""
        if self.state is not State.OPEN or self.forced is not None:
            return None
        return self.since + timedelta(seconds=self._probe_at() - self._breaker.since)

    @property
    def most_at_once(self) -> int | None:
        """How many calls may be under way while they are let back in, None when the circuit sets no bound."""
        return self._breaker.most_at_once

    @property
    def transitions(self) -> Mapping[tuple[str, str], int]:
        """How often the state changed, by the names of the states: from, to."""
        return self._breaker.transitions

    def watch(self, changed: Callable[[], None]) -> None:
        """Have `changed` called after each change of the state; it must not block."""
        self._watchers.append(changed)

    async def admit(self) -> Permit:
        """
        Return a permit for one call, which must be ended; without suspending when the circuit is closed.

        Raises:
            CircuitOpen: the system is left alone; `retry_after_s` is None when an operator holds the circuit open.
        """
        lease = None if self.closed else await self._lease()
        now = self._clock.monotonic()
        # while the lease was asked for, the circuit may have closed, or another replica's probe have failed
        admission = self._breaker.admit(now) if lease or self.closed else None
        if admission is None:
            raise self._refusal()
        probing = lease if admission.is_probe else None
        if probing:
            self._latest_token = probing.token
        self._note()
        return Permit(self, admission, now, probing)

    def admit_once(self) -> Permit:
        """
        Return a permit for one call that must not be a probe, such as a write; it must be ended.

        Raises:
            CircuitOpen: the circuit is not closed.
        """
        now = self._clock.monotonic()
        admission = self._breaker.admit(now) if self.closed else None
        if admission is None:
            raise self._refusal()
        return Permit(self, admission, now, None)

    def end(self, permit: Permit, outcome: Outcome, retry_after_s: float | None) -> None:
        """Take what came of a permitted call: `Permit.end` says it."""
        now, lease = self._clock.monotonic(), permit.lease
        if lease and now >= lease.until:
            outcome = Outcome.IGNORED
        tell = outcome is not Outcome.IGNORED and self._breaker.counts(permit.admission)
        self._breaker.end(permit.admission, outcome, now, took_s=now - permit.started, retry_after_s=retry_after_s)
        self._note()
        if lease and tell:
            self._announce(lease, now)

    def force(self, state: State | None) -> None:
        """Hold the circuit OPEN or CLOSED in this process, or let it decide again (None)."""
        self._breaker.force(state, self._clock.monotonic())
        self._note()

    async def _lease(self) -> Lease | None:
        if not self.probe_due:
            return None
        self._asking = True
        # from before it was asked for, so that it ends here before it does where leases are given
        until = self._clock.monotonic() + self._probe_within_s
        try:
            token = await self._replicas.lease(f"probe:{self.system.value}", self._probe_within_s)
        finally:
            self._asking = False
        if token is None:
            self._ask_again_at = self._clock.monotonic() + self._probe_within_s
            return None
        return Lease(token, until)

    def _announce(self, lease: Lease, now: float) -> None:
        open_for_s = 0.0 if self.closed else self._breaker.open_until - now
        text = msgspec.json.encode(ProbeEnded(self.system, lease.token, self.closed, open_for_s))
        # a task, so that a caller who is being cancelled need not wait; a fresh context: nothing of the asker leaks
        task = asyncio.get_running_loop().create_task(
            self._replicas.announce(TOPIC, text), context=contextvars.Context()
        )
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    def _hear(self, topic: str, text: bytes) -> None:
        if topic != TOPIC:
            return
        try:
            said = _probe_ended.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("a replica says of a circuit what this one does not understand: %s", error)
            return
        if said.system is self.system and said.token > self._latest_token:
            self._follow(said)

    def _follow(self, said: ProbeEnded) -> None:
        self._latest_token = said.token
        now = self._clock.monotonic()
        if said.closed:
            self._breaker.close(now)
        else:
            self._breaker.extend(now, said.open_for_s)
        self._note()

    def _note(self) -> None:
        if self._breaker.state is not self._noted:
            self._noted, self.since = self._breaker.state, self._clock.now()
            log.warning("%s: the circuit is %s", self.system.value, self._noted.value)
            for changed in self._watchers:
                changed()

    def _probe_at(self) -> float:
        return max(self._breaker.open_until, self._ask_again_at)

    def _refusal(self) -> CircuitOpen:
        if self.forced is not None:
            return CircuitOpen(self.system, "an operator holds its circuit open")
        refusal = CircuitOpen(self.system, "failed lately and is left alone for a while")
        refusal.retry_after_s = max(0.0, self._probe_at() - self._clock.monotonic())
        return refusal
