"""Figures counted by range, as Prometheus takes them."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """How often a figure fell into each of its ranges; a range holds its upper bound."""

    __slots__ = ("_counts", "bounds", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.sum = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def note(self, figure: float) -> None:
        """Count a figure."""
        self._counts[bisect_left(self.bounds, figure)] += 1
        self.sum += figure

    def cumulative(self) -> list[int]:
        """Return how many figures were at or below each bound, and, last, how many there were."""
        total, result = 0, []
        for count in self._counts:
            total += count
            result.append(total)
        return result
