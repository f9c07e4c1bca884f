"""
What an operation costs, as a sum that is put together once and worked out for every request's variables.

A fragment's sum stands in it once, however often the fragment is spread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.limits.lists import MOST, entries_in_json


@dataclass(frozen=True, slots=True)
class Slice:
    """How many entries a variable says: `unsaid` when it is not sent, `otherwise` when it is null."""

    variable: str
    unsaid: int
    otherwise: int

    def entries(self, variables: Mapping[str, Any]) -> int:
        """Return how many entries there are with these variables."""
        if self.variable not in variables:
            return self.unsaid
        return entries_in_json(variables[self.variable], self.otherwise)


Times = int | Slice


@dataclass(slots=True)
class Load:
    """A sum: `cost` and `values` of its own, and `parts`, each so many times the sum at a place in the program."""

    cost: int = 0
    values: int = 0
    parts: list[tuple[Times, int]] = field(default_factory=list)
    place: int | None = None


class Program:
    """Sums, each after all that it is made of."""

    def __init__(self) -> None:
        self._loads: list[Load] = []

    def add(self, total: Load, times: Times, load: Load) -> None:
        """Add a finished sum so many times to one that is being put together."""
        if isinstance(times, int) and not load.parts:
            total.cost = min(MOST, total.cost + times * load.cost)
            total.values = min(MOST, total.values + times * load.values)
        else:
            total.parts.append((times, self._place(load)))

    def finish(self, load: Load) -> "Program":
        """Make this the last sum, the one that is asked for."""
        self._place(load)
        return self

    @property
    def size(self) -> int:
        """How many steps it takes to work it out."""
        return sum(1 + len(load.parts) for load in self._loads)

    def run(self, variables: Mapping[str, Any]) -> tuple[int, int]:
        """Return cost and values of the last sum."""
        done: list[tuple[int, int]] = []
        for load in self._loads:
            done.append(_worked_out(load, done, variables))
        return done[-1]

    def _place(self, load: Load) -> int:
        if load.place is None:
            load.place = len(self._loads)
            self._loads.append(load)
        return load.place


def _worked_out(load: Load, done: Sequence[tuple[int, int]], variables: Mapping[str, Any]) -> tuple[int, int]:
    cost, values = load.cost, load.values
    for times, place in load.parts:
        entries = times if isinstance(times, int) else times.entries(variables)
        cost += entries * done[place][0]
        values += entries * done[place][1]
    return min(MOST, cost), min(MOST, values)
