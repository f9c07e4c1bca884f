"""
A source against a naive model: whatever is asked, changed, said, broken, cancelled and restarted, in any order.

The model knows of every key which versions its system ever had, and since when it has told of a change.
"""

import asyncio
import os
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from datasources.cache.entry import CLOCKS_APART_S, Policy
from datasources.cache.memory import Memory
from datasources.cache.store import Drop
from datasources.errors import NeverSent, PerhapsSent, SourceError
from datasources.model.common import Provenance, StaleReason, System
from datasources.sources.ask import Ask
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import FakeCircuit, FakeClock, MemoryStore, ask, kit, turns

STEPS = int(os.environ.get("KANAVA_TEST_STEPS", "2000"))
STEPS_A_RUN = 50
POLICY = Policy(fresh_for_s=60, refresh_ahead_s=120, stale_for_s=600)
KEYS = st.sampled_from("abcd")
DOWN = NeverSent(System.PIM, "no connection")
TOO_LATE = PerhapsSent(System.PIM, "no answer in time", reason=StaleReason.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Version:
    """A value of a key: the how-manieth."""

    key: str
    number: int
    provenance: Provenance


class Registry:
    """A system that keeps values, changes them, and fails or hangs when told to; no call hangs for longer than it may."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.numbers: dict[str, int | None] = {"a": 0, "b": 0, "c": 0, "d": None}
        self.down = False
        self.calls: list[asyncio.Future[None]] = []
        self.held = False

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, Version]:
        if self.down:
            raise DOWN
        as_of = self.clock.now()
        numbers = {key: number for key in keys if (number := self.numbers[key]) is not None}
        if self.held:
            self.calls.append(asyncio.get_running_loop().create_future())
            await self.calls[-1]
        origin = Provenance(System.PIM, min(as_of, self.clock.now()), self.clock.now())
        return {key: Version(key, number, origin) for key, number in numbers.items()}

    def release(self) -> None:
        self.held = False
        for call in self.calls:
            call.set_result(None)
        self.calls.clear()

    def time_out(self) -> None:
        for call in self.calls:
            call.set_exception(TOO_LATE)
        self.calls.clear()


class SourceModel(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock, self.store, self.circuit = FakeClock(), MemoryStore(), FakeCircuit()
        self.system = Registry(self.clock)
        self.waiting: list[asyncio.Task[Any]] = []
        # what of each key may not be served any more by who asks from now on: versions below this
        self.told: dict[str, int] = dict.fromkeys("abcd", 0)
        self.set_back = False
        self.start()

    def start(self) -> None:
        store: Any = self.store
        of = kit(self.clock, memory=Memory(8_000), store=store, circuit=self.circuit)
        self.source: Source[str, Version] = Source(self.system, kit=of, kind=Kind("words", Version, POLICY, "words"))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @rule(
        keys=st.lists(KEYS, min_size=1, max_size=5),
        max_age_s=st.sampled_from([None, None, 0, 30]),
        serve_stale=st.booleans(),
    )
    def look(self, keys: list[str], max_age_s: int | None, serve_stale: bool) -> None:
        """Whoever asks gets each key's own value, no older than allowed, or the failure if there is one."""
        wishes: dict[str, Any] = {"serve_stale": serve_stale}
        if max_age_s is not None:
            wishes["not_before"] = self.clock.now().timestamp() - max_age_s
        self.system.release()
        one = ask(self.clock, **wishes)
        served = self.run(self.look_and_settle(keys, one))
        for key, value in zip(keys, served, strict=True):
            self.check(key, value, one)

    async def look_and_settle(self, keys: list[str], one: Ask) -> list[Any]:
        served = await self.source.get_many(keys, one)
        await turns(20)
        return served

    def check(self, key: str, value: Version | SourceError | None, one: Ask) -> None:
        if isinstance(value, SourceError):
            assert self.system.down
        elif value is None:
            # no version is known for certain to be absent longer than an absence is remembered
            assert self.system.numbers[key] is None or self.set_back or self.appeared_lately(key)
        else:
            self.check_value(key, value, one)

    def appeared_lately(self, key: str) -> bool:
        return self.clock.now().timestamp() - self.appeared.get(key, 0) <= 10

    appeared: dict[str, float] = {}

    def check_value(self, key: str, value: Version, one: Ask) -> None:
        as_of = value.provenance.as_of.timestamp()
        now, received_at = self.clock.now().timestamp(), value.provenance.received_at.timestamp()
        age_s = now - as_of
        stale = one.stale_reason(value.provenance) is not None

        assert key == value.key
        assert value.number >= self.told[key]
        assert age_s <= POLICY.stale_for_s
        assert one.serve_stale or not stale
        if not stale:
            assert age_s <= POLICY.refresh_ahead_s
            assert age_s >= -CLOCKS_APART_S
            assert as_of >= one.not_before or received_at >= one.started_at
        else:
            assert self.system.down

    @rule(key=KEYS, told=st.booleans())
    def change(self, key: str, told: bool) -> None:
        """A value changes; its system may say so."""
        number = self.system.numbers[key]
        self.system.numbers[key] = 1 if number is None else number + 1
        if number is None:
            self.appeared = {**self.appeared, key: self.clock.now().timestamp()}
        if told:
            self.told[key] = self.system.numbers[key] or 0
            drop = Drop("words", frozenset({key}), None)
            self.source.drop(drop)
            self.run(self.store.drop(drop))

    @rule(key=KEYS)
    def depart(self, key: str) -> None:
        """Someone asks while the system is slow, and goes away."""
        self.system.held = True
        task = self.loop.create_task(self.source.get_many([key], ask(self.clock)))
        self.run(turns(5))
        task.cancel()
        self.run(turns(2))

    @rule(key=KEYS)
    def linger(self, key: str) -> None:
        """Someone asks while the system is slow, and stays."""
        self.system.held = True
        self.waiting.append(self.loop.create_task(self.source.get_many([key], ask(self.clock, within_s=1e6))))
        self.run(turns(5))

    @precondition(lambda self: self.waiting)
    @rule()
    def answer(self) -> None:
        """The slow calls answer; everybody who stayed has something."""
        self.system.release()
        self.run(turns(30))

        assert all(task.done() and task.exception() is None for task in self.waiting)
        self.waiting.clear()

    @rule(seconds=st.sampled_from([1, 9, 11, 40, 55, 61, 119, 300, 601]))
    def wait(self, seconds: int) -> None:
        """Time passes; a call that was under way when it began has timed out when more than a call may take is past."""
        if seconds > 1:
            self.system.time_out()
            self.run(turns(30))
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([1, 30, 3000]))
    def set_clock_back(self, seconds: int) -> None:
        """An operator, or a time server, sets the clock back, while nothing is under way."""
        self.system.release()
        self.run(turns(30))
        self.clock.set_back(seconds)
        self.set_back = True

    @rule(down=st.booleans(), seen=st.booleans())
    def fail(self, down: bool, seen: bool) -> None:
        """The system goes down, and its circuit may know; or it comes back."""
        self.system.down = down
        self.circuit.closed = not (down and seen)
        self.circuit.probe_due = down and not seen

    @rule()
    def restart(self) -> None:
        """The process ends, and another begins with what the store has."""
        self.system.release()
        self.run(turns(30))
        self.waiting.clear()
        self.start()

    def teardown(self) -> None:
        self.system.release()
        self.run(turns(30))
        self.loop.close()


SourceModel.TestCase.settings = settings(
    max_examples=max(1, STEPS // STEPS_A_RUN), stateful_step_count=STEPS_A_RUN, deadline=None
)
TestSourceModel = SourceModel.TestCase
