"""A curve: what one unit of work costs at different sizes, and whether it stays what it was."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

REPEATS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """At a size: what was measured `costs_us` of the processor in all, for so many `units` of work."""

    size: int
    costs_us: float
    units: int = 1

    @property
    def unit_us(self) -> float:
        """What one unit costs."""
        return self.costs_us / self.units


@dataclass(slots=True)
class Curve:
    """What was measured, what its sizes and units are called, and what it came to, in order of size."""

    title: str
    size: str
    unit: str
    points: list[Point] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """How many times as dear a unit is at the largest size as where it is cheapest among the smaller ones."""
        *smaller, largest = self.points
        return largest.unit_us / min((point.unit_us for point in smaller), default=largest.unit_us)

    def lines(self) -> Iterator[str]:
        """Return it as a table."""
        yield f"### {self.title}\n"
        yield f"| {self.size} | CPU ms | us per {self.unit} |"
        yield "|---:|---:|---:|"
        for point in self.points:
            yield f"| {point.size:,} | {point.costs_us / 1000:,.3f} | {point.unit_us:,.2f} |"
        yield f"\nA unit at the end: {self.growth:.2f} times the cheapest before.\n"


def cpu_us(work: Callable[[], object], times: int = 1) -> float:
    """Return what doing it once costs this process's processor, in microseconds: the median of some repeats."""
    costs = []
    for _ in range(REPEATS):
        began = time.process_time_ns()
        for _ in range(times):
            work()
        costs.append((time.process_time_ns() - began) / 1000 / times)
    return statistics.median(costs)


class Longest:
    """How long the longest collection of garbage took, of those that Python began by itself."""

    def __init__(self) -> None:
        self.took_us = 0.0
        self._began_ns = 0

    def __call__(self, phase: str, _info: object) -> None:
        """Note one: what Python calls before and after each."""
        if phase == "start":
            self._began_ns = time.thread_time_ns()
        else:
            self.took_us = max(self.took_us, (time.thread_time_ns() - self._began_ns) / 1000)


@contextmanager
def longest_collection() -> Iterator[Longest]:
    """Find out how long collections take meanwhile."""
    longest = Longest()
    gc.callbacks.append(longest)
    try:
        yield longest
    finally:
        gc.callbacks.remove(longest)


def printed(curves: Sequence[Curve]) -> str:
    """Return all curves as tables."""
    return "\n".join(line for curve in curves for line in curve.lines())
