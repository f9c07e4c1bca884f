"""What the page tells: gathered from what the calls so far showed, without asking any system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit

from app.settings import Settings
from app.status import values
from app.status.orders import OrderFacts, orders
from app.status.values import Goodness, Kept, KindFacts
from app.wiring import Services
from datasources.circuit import breaker
from datasources.circuit.circuit import Circuit
from datasources.health import Health, Recent
from datasources.model.common import System
from datasources.sources import Sources
from resolvers import status


class State(Enum):
    """How a system is, as its circuit and its last call show."""

    HELD_OFF = "held off"
    LEFT_ALONE = "left alone"
    BEING_TRIED = "being tried"
    SILENT = "does not answer"
    ANSWERING = "answers"
    WAITED_FOR = "no answer yet"
    NOT_ASKED = "not asked yet"


TROUBLES = (State.HELD_OFF, State.LEFT_ALONE, State.BEING_TRIED, State.SILENT)


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """One system. `host` is None where it is not to be told."""

    system: System
    state: State
    host: str | None
    health: Health
    recent: Recent
    circuit: Circuit
    kinds: Sequence[KindFacts]

    @property
    def troubled(self) -> bool:
        """Whether what it supplies is not as usual."""
        return self.state in TROUBLES

    @property
    def troubled_since(self) -> datetime:
        """Since when it has not answered, or else since when its circuit is as it is."""
        return self.circuit.since if self.health.answering else self.health.since

    @property
    def held_closed(self) -> bool:
        """Whether an operator has it asked whatever comes of it."""
        return self.circuit.forced is breaker.State.CLOSED

    @property
    def opened(self) -> int:
        """How often its circuit opened since the start; a probe that failed is not counted again."""
        return self.circuit.transitions.get((breaker.State.CLOSED.value, breaker.State.OPEN.value), 0)

    @property
    def keys_per_call(self) -> float | None:
        """How many keys a call carried on average, None before the first."""
        calls = sum(kind.tally.calls for kind in self.kinds)
        return sum(kind.tally.keys for kind in self.kinds) / calls if calls else None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the page tells. `detailed`: it may tell where systems are and what they said when they failed."""

    made_at: datetime
    started_at: datetime
    detailed: bool
    channel: status.ChannelStatus
    orders: OrderFacts
    systems: Sequence[SystemFacts]
    policies: Sequence[Goodness]
    kept: Kept

    @property
    def troubled(self) -> Sequence[SystemFacts]:
        """The systems in trouble, the one that has been so for the longest time first."""
        return sorted((s for s in self.systems if s.troubled), key=lambda s: s.troubled_since)

    @property
    def suppliers(self) -> Sequence[SystemFacts]:
        """The systems that supply values which are remembered."""
        return [s for s in self.systems if s.kinds]

    @property
    def unheard(self) -> Sequence[System]:
        """The systems that have neither answered nor failed to."""
        return [s.system for s in self.systems if s.state in (State.WAITED_FOR, State.NOT_ASKED)]

    @property
    def normal_since(self) -> datetime:
        """When the last system that had failed came back, or the start."""
        return max((s.health.since for s in self.systems), default=self.started_at)

    @property
    def tone(self) -> str:
        """How the whole is, in a word for its colour: the mode, unless that says too much."""
        if self.troubled and self.channel.mode is status.ChannelMode.NORMAL:
            return "failing"
        unheard = len(self.unheard) == len(self.systems) and self.orders.writable
        return "unheard" if unheard else self.channel.mode.value.lower()

    def trouble_with(self, system: System) -> bool:
        """Return whether a system is in trouble, whatever the circuit made of that so far."""
        return any(s.system is system for s in self.troubled)


def gather(services: Services, started_at: datetime) -> Facts:
    """Return how everything is now; the systems in trouble come first."""
    settings, sources = services.settings, services.sources
    detailed = settings.profile == "development"
    kinds = _kinds(sources)
    systems = [
        _system(health, sources.circuits[system], kinds.get(system, []), _host(settings, system) if detailed else None)
        for system, health in sources.health.items()
    ]
    systems.sort(key=lambda facts: not facts.troubled)
    return Facts(
        made_at=services.clock.now(),
        started_at=started_at,
        detailed=detailed,
        channel=status.channel(sources.circuits, services.watch.known),
        orders=orders(services),
        systems=systems,
        policies=values.goodness(kind for of in kinds.values() for kind in of),
        kept=values.kept(services),
    )


def _system(health: Health, circuit: Circuit, kinds: Sequence[KindFacts], host: str | None) -> SystemFacts:
    return SystemFacts(circuit.system, _state(health, circuit), host, health, health.recent(), circuit, kinds)


def _state(health: Health, circuit: Circuit) -> State:
    if circuit.state is breaker.State.OPEN:
        return State.HELD_OFF if circuit.forced else State.LEFT_ALONE
    if circuit.state is breaker.State.HALF_OPEN:
        return State.BEING_TRIED
    if not health.answering:
        return State.SILENT
    if health.recent().calls:
        return State.ANSWERING
    return State.WAITED_FOR if health.calls else State.NOT_ASKED


def _kinds(sources: Sources) -> Mapping[System, list[KindFacts]]:
    kinds: dict[System, list[KindFacts]] = {}
    for source in sources.all():
        kinds.setdefault(source.system, []).append(values.kind(source))
    return kinds


def _host(settings: Settings, system: System) -> str:
    """Return the host of a system, with its port."""
    url = settings.issuer if system is System.IAM else settings.connector(system).url
    return urlsplit(url).netloc
