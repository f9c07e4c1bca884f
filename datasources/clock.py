"""Time comes in by this door."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the time is, for ages (`now`, `timestamp`) and for waiting (`monotonic`)."""

    def now(self) -> datetime:
        """Return the time of day, aware, UTC."""

    def timestamp(self) -> float:
        """Return the same in seconds since 1970, at a tenth of the cost."""

    def monotonic(self) -> float:
        """Return seconds that never go back, from no particular start."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    timestamp = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
