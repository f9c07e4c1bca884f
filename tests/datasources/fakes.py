"""Stand-ins: a clock that is set by hand, a load that is held and counted, a transport that answers from memory."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from datasources.cache.memory import Memory
from datasources.cache.store import Drop, Record, SharedStore
from datasources.circuit.bulkhead import Bulkhead
from datasources.model.common import Provenance, System
from datasources.replicas import Alone, Replicas
from datasources.sources.ask import Ask
from datasources.sources.kit import SourceKit

START = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def timestamp(self) -> float:
        return self.now().timestamp()

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed_s

    def advance(self, seconds: float) -> None:
        self._elapsed_s += seconds

    def set_back(self, seconds: float) -> None:
        """Set the time of day back; what is measured with it goes on."""
        self._start -= timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Word:
    """A value of a FakeLoad; two of them are alike wherever they come from."""

    text: str
    provenance: Provenance = field(compare=False)


class FakeLoad:
    """A load: notes what it is asked, waits while held, then answers or fails."""

    def __init__(self, *, unknown: Sequence[str] = (), clock: FakeClock | None = None) -> None:
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None
        self.unknown = frozenset(unknown)
        self.clock = clock or FakeClock()
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, Word]:
        self.asked.append(list(keys))
        await self.released.wait()
        if self.failure is not None:
            raise self.failure
        return {key: value_of(key, self.clock) for key in keys if key not in self.unknown}


def value_of(key: str, clock: FakeClock | None = None) -> Word:
    """Return what a FakeLoad answers for a key."""
    now = clock.now() if clock else START
    return Word(f"value of {key}", Provenance(System.PIM, now, now))


async def turns(count: int = 10) -> None:
    """Let the event loop turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


@dataclass
class FakeCircuit:
    """A circuit that is as it is told to be."""

    closed: bool = True
    probe_due: bool = False


def kit(
    clock: FakeClock,
    *,
    system: System = System.PIM,
    most_at_once: int = 8,
    memory: Memory | None = None,
    store: SharedStore | None = None,
    replicas: Replicas | None = None,
    circuit: FakeCircuit | None = None,
    random: Callable[[], float] = lambda: 0.0,
) -> SourceKit:
    """Return what sources of one system share; with this `random` nothing is refreshed earlier than it must."""
    bulkhead = Bulkhead(system, most_at_once=most_at_once, most_waiting=1000, limit=lambda: None)
    return SourceKit(
        system=system,
        origin="fake",
        gate=bulkhead.slot,
        call_within_s=2.0,
        circuit=circuit or FakeCircuit(),
        clock=clock,
        random=random,
        memory=Memory(10_000_000) if memory is None else memory,
        store=store,
        replicas=replicas or Alone(),
    )


def ask(clock: FakeClock, within_s: float = 5.0, **wishes: Any) -> Ask:
    """Return what a request asks that starts now."""
    return Ask(deadline=clock.monotonic() + within_s, started_at=clock.now().timestamp(), **wishes)


class FakeTransport:
    """A transport over memory: notes every path and question, and lets the connector decode the answer set for it."""

    def __init__(self, system: System, *answers: object) -> None:
        self.system = system
        self.asked: list[tuple[str, Any]] = []
        self.clock = FakeClock()
        self._answers = list(answers)

    async def post(self, path: str, question: object, decode: Callable[[bytes], Any]) -> Any:
        self.asked.append((path, msgspec.json.decode(msgspec.json.encode(question))))
        return decode(msgspec.json.encode(self._answers.pop(0)))

    async def post_once(self, path: str, question: object, decode: Callable[[bytes], Any]) -> Any:
        return await self.post(path, question, decode)

    def provenance(self, as_of: datetime | None) -> Provenance:
        now = self.clock.now()
        return Provenance(self.system, min(as_of or now, now), now)


class MemoryStore:
    """A shared store of records that is a dictionary; notes how much it is asked for."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.looked_up: list[int] = []
        self.held: asyncio.Event | None = None

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self.looked_up.append(len(keys))
        found = {key: self.records[key].value for key in keys if key in self.records}
        if self.held is not None:
            await self.held.wait()
        return found

    async def put_many(self, records: Sequence[Record]) -> None:
        self.records.update({record.key: record for record in records})

    async def drop(self, drop: Drop) -> None:
        self.records = {
            key: record
            for key, record in self.records.items()
            if record.kind != drop.kind or not drop.concerns(record.tags, record.scope)
        }

    async def close(self) -> None:
        """Nothing to let go."""
