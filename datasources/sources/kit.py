"""What the sources of one system share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from datasources.cache.memory import Memory
from datasources.cache.store import SharedStore
from datasources.clock import Clock
from datasources.flights import Gate
from datasources.model.common import System
from datasources.replicas import Replicas
from datasources.said import Recall


class CircuitView(Protocol):
    """What a source must know of its system's circuit before it asks."""

    @property
    def closed(self) -> bool:
        """Whether calls simply pass."""

    @property
    def probe_due(self) -> bool:
        """Whether a call may go out to see if the system works again."""


@dataclass(frozen=True, slots=True)
class SourceKit:
    """
    What the sources of one system share.

    `origin` tells connector and address: values of another never mix with these. `gate` bounds the calls under way;
    `call_within_s` is how long one may take. `store` None: nothing is kept beside memory. `random` is from 0 to 1.
    `shelves` are where each source, by the type of its values, remembers them (`datasources.said`).
    """

    system: System
    origin: str
    gate: Gate
    call_within_s: float
    circuit: CircuitView
    clock: Clock
    random: Callable[[], float]
    memory: Memory
    store: SharedStore | None
    replicas: Replicas
    shelves: dict[type, Recall] = field(default_factory=dict)
