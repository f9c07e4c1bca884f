"""
Companions: who looks for exactly the keys that another look waits for already, all of them on one flight.

Where many ask for the same listing at once, and none of it is remembered, one of them looks at each key, and the others
wait with it: what it brings is a group then (`datasources.cache.groups`).
"""

from collections.abc import Hashable
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeVar

from datasources.cache.entry import Use
from datasources.cache.groups import FEWEST
from datasources.flights import Flight
from datasources.sources.ask import Ask

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[R]):
    flight: Flight[Any, R]
    not_before: float
    use: Use

    def is_for(self, ask: Ask, use: Use) -> bool:
        """Return whether what was too old for the one is for this ask, too, and it is fetched in the same way."""
        is_tight = self.not_before > -inf
        return use is self.use and is_tight == ask.is_tight and ask.not_before >= self.not_before


class Companions(Generic[R]):
    """Looks that wait for one flight each, by the keys that they are for."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, _Waiting[R]] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._waiting)

    def begin(self, keys: Any, flight: Flight[Any, R], ask: Ask, use: Use) -> None:
        """Note that an ask misses all of these keys, and waits for this flight alone; few keys are not worth it."""
        if not isinstance(keys, list) and len(keys) >= FEWEST:
            self._waiting.setdefault(keys, _Waiting(flight, ask.not_before, use))

    def end(self, keys: Any, flight: Flight[Any, R]) -> None:
        """Note that the look is over, by whatever end."""
        if not isinstance(keys, list):
            waiting = self._waiting.get(keys)
            if waiting is not None and waiting.flight is flight:
                del self._waiting[keys]

    def find(self, keys: Any, ask: Ask, use: Use) -> Flight[Any, R] | None:
        """Return the flight that an ask for these keys would have to wait for, None when it must look for itself."""
        if isinstance(keys, list) or not self._waiting:
            return None
        waiting = self._waiting.get(keys)
        if waiting is None or waiting.flight.is_over or not waiting.is_for(ask, use):
            return None
        return waiting.flight

    def part(self) -> None:
        """Have nobody join those who look already: what they wait for may bring what was before a change."""
        self._waiting.clear()
