"""Faults on demand, and the count of calls: how tests make a system misbehave and see what it was asked."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Literal

from msgspec import Meta, Struct

from sandbox.protocol import Json

Mode = Literal["ok", "down", "error", "slow", "flaky", "garbage", "throttle", "lost_answer"]


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """How a system misbehaves, for the share `rate` of its calls; `delay_ms` comes before any of it."""

    mode: Mode
    delay_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0
    rate: Annotated[float, Meta(ge=0, le=1)] = 1.0
    retry_after_s: Annotated[int, Meta(ge=0, le=86_400)] = 1


HEALTHY = Fault(mode="ok")


@dataclass(slots=True)
class FaultDesk:
    """
    The fault in force. The draw starts anew with each fault, so that a test sees the same calls hit every time.

    What waits under a fault waits no longer once another is set: so a test says when a slow system answers.
    """

    fault: Fault = HEALTHY
    draw: Random = field(default_factory=lambda: Random(1))
    garbage_given: int = 0
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, fault: Fault) -> None:
        self.fault = fault
        self.draw = Random(1)
        self.garbage_given = 0
        self._changed.set()
        self._changed = asyncio.Event()

    def strike(self) -> Fault | None:
        """Return the fault that hits this call, or None when the call is spared."""
        return self.fault if self.draw.random() < self.fault.rate else None

    async def wait(self, delay_ms: int) -> bool:
        """Wait so long; tell whether that was cut short, since the process is leaving."""
        ends = {asyncio.create_task(event.wait()) for event in (self.leaving, self._changed)}
        try:
            await asyncio.wait(ends, timeout=delay_ms / 1000, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        return self.leaving.is_set()

    def next_garbage(self) -> int:
        self.garbage_given += 1
        return (self.garbage_given - 1) % 3


@dataclass(slots=True)
class CallCount:
    """What was asked since the last clearing. A call counts when it arrives, however it ends."""

    by_operation: Counter[str] = field(default_factory=Counter)
    keys: int = 0

    def note(self, operation: str, keys: int) -> None:
        self.by_operation[operation] += 1
        self.keys += keys

    def clear(self) -> None:
        self.by_operation.clear()
        self.keys = 0

    def as_json(self) -> Json:
        return {"total": self.by_operation.total(), "by_operation": dict(self.by_operation), "keys": self.keys}
