"""The circuits of all processes together: what this one sees at once, and what the others said of late."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from datasources.circuit.breaker import State
from datasources.circuit.circuit import Circuit
from datasources.model.common import System

WORST_FIRST = (State.OPEN, State.HALF_OPEN, State.CLOSED)


@dataclass(frozen=True, slots=True)
class CircuitStatus:
    """How the circuit of a system is, since when, and when it may be tried again if it is open."""

    state: State
    since: datetime
    retry_at: datetime | None


class Board:
    """
    A system is as the process has it that sees it worst: one that cannot reach it cannot serve what it knows anew.
    """

    def __init__(self, circuits: Mapping[System, Circuit]) -> None:
        self._circuits = circuits
        self._others: Sequence[Mapping[System, CircuitStatus]] = ()
        self._watching: set[asyncio.Event] = set()
        for circuit in circuits.values():
            circuit.watch(self._changed)

    def statuses(self) -> dict[System, CircuitStatus]:
        """Return how each system is."""
        return {system: self._worst(system, circuit) for system, circuit in self._circuits.items()}

    def hear(self, others: Iterable[Mapping[System, CircuitStatus]]) -> None:
        """Take what the other processes say now, in the place of what they said before."""
        before = self._states()
        self._others = tuple(others)
        if self._states() != before:
            self._changed()

    @contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        """Have an event set at every change, for as long as the context lasts: several are one for who is slow."""
        event = asyncio.Event()
        self._watching.add(event)
        try:
            yield event
        finally:
            self._watching.discard(event)

    def _worst(self, system: System, circuit: Circuit) -> CircuitStatus:
        own = CircuitStatus(circuit.state, circuit.since, circuit.retry_at)
        said = [own, *(other[system] for other in self._others if system in other)]
        return min(said, key=lambda status: (WORST_FIRST.index(status.state), status.since))

    def _states(self) -> dict[System, State]:
        return {system: status.state for system, status in self.statuses().items()}

    def _changed(self) -> None:
        for event in self._watching:
            event.set()
