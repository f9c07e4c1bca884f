"""What the page tells of values: what is remembered of each kind, how long it is good for, and where it is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from app.wiring import Services
from datasources.cache.entry import Policy
from datasources.histogram import Histogram
from datasources.sources.source import Source
from datasources.sources.tally import Tally


@dataclass(frozen=True, slots=True)
class KindFacts:
    """One kind of value: how many this process remembers, how long they are good for, and what was asked."""

    name: str
    remembered: int
    policy: Policy
    tally: Tally

    @property
    def known(self) -> bool:
        """Whether values of this kind were ever asked for, or came along with others."""
        return self.tally.values > 0 or self.tally.received_at is not None

    @property
    def keys_per_call(self) -> float | None:
        """How many keys a call carried on average, None before the first."""
        return self.tally.keys / self.tally.calls if self.tally.calls else None

    @property
    def oldest_s(self) -> float | None:
        """The age that nothing served since the start was above: see `bound_of`."""
        return bound_of(self.tally.ages_s)


@dataclass(frozen=True, slots=True)
class Goodness:
    """How long some kinds of values are good for."""

    policy: Policy
    names: Sequence[str]

    @property
    def ahead_s(self) -> float | None:
        """Up to which age they are refreshed while they are served, None when they are not."""
        return self.policy.refresh_ahead_s if self.policy.refresh_ahead_s > self.policy.fresh_for_s else None


@dataclass(frozen=True, slots=True)
class Kept:
    """Where values are: this process's memory under its ceiling, and the store that outlives it."""

    memory_bytes: int
    ceiling_bytes: int
    entries: int
    evicted: int
    store: str
    store_works: bool
    store_failures: int


def bound_of(ages: Histogram) -> float | None:
    """Return the bound of the highest range that has a figure: infinite above the last, None when there is none."""
    up_to = ages.cumulative()
    return [*ages.bounds, inf][up_to.index(up_to[-1])] if up_to[-1] else None


def kind(source: Source[Any, Any]) -> KindFacts:
    """Return what is to be told of a source."""
    return KindFacts(source.kind.name, len(source), source.kind.policy, source.tally)


def goodness(kinds: Iterable[KindFacts]) -> list[Goodness]:
    """Return each policy once, with the kinds of values it is for."""
    names: dict[Policy, list[str]] = {}
    for one in kinds:
        names.setdefault(one.policy, []).append(one.name)
    return [Goodness(policy, of) for policy, of in names.items()]


def kept(services: Services) -> Kept:
    """Return where values are kept, and whether that works."""
    memory, store = services.memory, services.store
    return Kept(
        memory_bytes=memory.bytes,
        ceiling_bytes=memory.maxsize,
        entries=len(memory),
        evicted=memory.evicted,
        store="file" if services.settings.redis_url is None else "Redis",
        store_works=store.working,
        store_failures=store.failures.total(),
    )
