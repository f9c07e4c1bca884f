"""What the page tells: gathered from what the calls so far showed, without asking any system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from urllib.parse import urlsplit

from app.settings import Settings
from app.wiring import Services
from datasources.health import Health, Recent
from datasources.model.common import System
from datasources.sources import Sources
from datasources.sources.source import Tally
from resolvers import status


class State(Enum):
    """How a system is, as its last call showed."""

    SILENT = "does not answer"
    ANSWERING = "answers"
    WAITED_FOR = "no answer yet"
    NOT_ASKED = "not asked yet"


@dataclass(frozen=True, slots=True)
class KindFacts:
    """One kind of value: how many are fresh, how long they stay so, and what was asked."""

    name: str
    fresh: int
    fresh_for_s: float
    tally: Tally

    @property
    def known(self) -> bool:
        """Whether values of this kind were ever asked for, or came along with others."""
        return self.tally.values > 0 or self.tally.received_at is not None

    @property
    def keys_per_call(self) -> float | None:
        """How many keys a call carried on average, None before the first."""
        return self.tally.keys / self.tally.calls if self.tally.calls else None


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """One system. `host` is None where it is not to be told."""

    system: System
    state: State
    host: str | None
    health: Health
    recent: Recent
    kinds: Sequence[KindFacts]

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
    systems: Sequence[SystemFacts]

    def in_state(self, state: State) -> Sequence[SystemFacts]:
        """Return the systems that are so, the one that has been so for the longest time first."""
        return sorted((s for s in self.systems if s.state is state), key=lambda s: s.health.since)

    @property
    def silent(self) -> Sequence[SystemFacts]:
        """The systems that do not answer."""
        return self.in_state(State.SILENT)

    @property
    def unheard(self) -> Sequence[System]:
        """The systems that have neither answered nor failed to."""
        return [s.system for s in self.systems if s.state in (State.WAITED_FOR, State.NOT_ASKED)]

    @property
    def normal_since(self) -> datetime:
        """When the last system that had failed came back, or the start."""
        return max((s.health.since for s in self.systems), default=self.started_at)


def gather(services: Services, started_at: datetime) -> Facts:
    """Return how everything is now; the systems that do not answer come first."""
    settings, sources = services.settings, services.sources
    detailed = settings.profile == "development"
    kinds = _kinds(sources)
    systems = [
        _system(system, health, kinds.get(system, []), _host(settings, system) if detailed else None)
        for system, health in sources.health.items()
    ]
    systems.sort(key=lambda facts: facts.state is not State.SILENT)
    return Facts(services.clock.now(), started_at, detailed, status.channel(sources.health), systems)


def _system(system: System, health: Health, kinds: Sequence[KindFacts], host: str | None) -> SystemFacts:
    return SystemFacts(system, _state(health), host, health, health.recent(), kinds)


def _state(health: Health) -> State:
    if not health.answering:
        return State.SILENT
    if health.recent().calls:
        return State.ANSWERING
    return State.WAITED_FOR if health.calls else State.NOT_ASKED


def _kinds(sources: Sources) -> Mapping[System, list[KindFacts]]:
    kinds: dict[System, list[KindFacts]] = {}
    for name, source in sources.by_kind().items():
        facts = KindFacts(name, source.fresh(), source.fresh_for_s, source.tally)
        kinds.setdefault(source.system, []).append(facts)
    return kinds


def _host(settings: Settings, system: System) -> str:
    """Return the host of a system, with its port."""
    url = settings.issuer if system is System.IAM else settings.connector(system).url
    return urlsplit(url).netloc
