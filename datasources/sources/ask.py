"""What one request wants of its sources, and what is to be said of the values that it was served."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple, Protocol

from datasources.cache.entry import Entry
from datasources.errors import SourceError
from datasources.model.common import Provenance, StaleReason, System
from datasources.sources.kind import Kind


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a system. `failure` None: it answered."""

    system: System
    kind: str
    keys: int
    took_s: float
    failure: SourceError | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One look into a source: how many values came from where, and the age of the oldest."""

    system: System
    kind: str
    remembered: int
    fetched: int
    stale: int
    failed: int
    oldest_s: float


class Remembering(Protocol):
    """A source, as far as it matters to who notes what it served."""

    @property
    def kind(self) -> Kind[Any, Any]:
        """What kind of values it has."""

    @property
    def lead_s(self) -> float:
        """How much earlier than due its looks refresh a value, but for one look in a hundred."""

    def entry(self, key: Any) -> Entry[Any] | None:
        """Return what is remembered of a key now, None for nothing."""


class Looked(NamedTuple):
    """One look into a source: what was asked for, and what was served, in this order."""

    source: Remembering
    keys: Sequence[Any]
    values: Sequence[Any]


@dataclass(slots=True)
class Trace:
    """What a request that asks for it is told: its looks into sources, and the calls it waited for, alone or not."""

    readings: list[Reading] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)


@dataclass(slots=True)
class Ask:
    """
    What a request wants: an answer by `deadline` (monotonic); values asked of their systems since `started_at`, or
    true at `not_before` (both in seconds since 1970); or, where that cannot be had and `serve_stale`, an older one.

    The rest is what it was served: `fresh_until`, when the first of the values stops being fresh; `as_of`, when the
    oldest was true; whether any is `private`; why those from some answers are stale; `failed`, whether any is missing;
    `momentary`, whether it was told something that is true only now; `calls_waited_for`, alone or with others; and,
    where somebody wants to know, all its `looks` (None: nobody does).
    """

    deadline: float
    started_at: float
    not_before: float = -inf
    serve_stale: bool = True
    trace: Trace | None = None
    fresh_until: float = inf
    as_of: float = inf
    private: bool = False
    failed: bool = False
    momentary: bool = False
    calls_waited_for: int = 0
    looks: list[Looked] | None = None
    _stale: dict[Provenance, StaleReason] = field(default_factory=dict)

    @property
    def is_tight(self) -> bool:
        """Whether it wants younger values than are usually served."""
        return self.not_before > -inf

    @property
    def any_stale(self) -> bool:
        """Whether any value was served that should have been fetched."""
        return bool(self._stale)

    def note_stale(self, origin: Provenance, reason: StaleReason) -> None:
        """Note that a value of this answer was served because no newer one could be had."""
        self._stale[origin] = reason

    def stale_reason(self, origin: Provenance) -> StaleReason | None:
        """Return why a value of this answer could not be had anew; None when it did not have to be."""
        return self._stale.get(origin) if self._stale else None
