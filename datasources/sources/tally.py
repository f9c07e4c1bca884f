"""What is counted of a source."""

from dataclasses import dataclass, field
from datetime import datetime

from datasources.histogram import Histogram

AGES_S = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0)
BATCHES = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)


@dataclass(slots=True)
class Tally:
    """
    What was asked of a source since the start, and what it asked of its system; counted by batch, not by key.

    Of the `values` asked for, `missed` were not in memory, or not good any more; `stored` of those were in the shared
    store; `stale` were served because no newer one could be had, `failed` not at all. `ages_s` counts the oldest value
    of every look that was served from memory, `batches` the keys of every call.
    """

    values: int = 0
    missed: int = 0
    stored: int = 0
    stale: int = 0
    failed: int = 0
    ahead: int = 0
    calls: int = 0
    keys: int = 0
    received_at: datetime | None = None
    ages_s: Histogram = field(default_factory=lambda: Histogram(AGES_S))
    batches: Histogram = field(default_factory=lambda: Histogram(BATCHES))

    @property
    def hit_rate(self) -> float | None:
        """Which share of the values was remembered when it was asked for, None when none was."""
        return 1 - self.missed / self.values if self.values else None
