"""Stand-ins: a clock that is set by hand, a load that is held and counted, a transport that answers from memory."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from datasources.model.common import Provenance, System
from datasources.sources.source import SourceKit

START = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed_s

    def advance(self, seconds: float) -> None:
        self._elapsed_s += seconds


class FakeLoad:
    """A load: notes what it is asked, waits while held, then answers or fails."""

    def __init__(self, *, unknown: Sequence[str] = ()) -> None:
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None
        self.unknown = frozenset(unknown)
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(list(keys))
        await self.released.wait()
        if self.failure is not None:
            raise self.failure
        return {key: value_of(key) for key in keys if key not in self.unknown}


def value_of(key: str) -> str:
    """Return what a FakeLoad answers for a key."""
    return f"value of {key}"


async def turns(count: int = 10) -> None:
    """Let the event loop turn a few times."""
    for _ in range(count):
        await asyncio.sleep(0)


def kit(
    clock: FakeClock, *, system: System = System.PIM, most_at_once: int = 8, most_entries: int = 10_000
) -> SourceKit:
    """Return what sources of one system share."""
    return SourceKit(system, asyncio.Semaphore(most_at_once), clock, most_entries)


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

    def provenance(self, as_of: datetime | None) -> Provenance:
        now = self.clock.now()
        return Provenance(self.system, min(as_of or now, now), now)
