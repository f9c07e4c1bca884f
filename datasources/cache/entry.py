"""
An entry: a remembered value, and what it is good for at a time and for a use. All pure: time comes as an argument.

Ages count from `as_of`, when the value was true in its system, in seconds since 1970. What came together expires
together, so that it is fetched together again: the jitter is that of the answer, not of the key.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Generic, Protocol, TypeVar

from datasources.cache.kept import Tab

V = TypeVar("V")

_blank = object.__new__
ABSENT_FOR_S = 10.0
"""How long it is remembered at most that a system does not know a key."""
CREDIT_CEILING_S = 900.0
"""How old a value may be at most that decides on credit."""
JITTER = 0.1
CLOCKS_APART_S = 2.0
"""How far the clocks of two machines may be apart: a value from further in the future has no known age."""


class Use(Enum):
    """What a value is wanted for: to be shown, to be relied on by an order, to decide on credit."""

    BROWSE = "BROWSE"
    ORDER = "ORDER"
    CREDIT = "CREDIT"


class Verdict(Enum):
    """What an entry is good for: to be served, served and refreshed, served if its system fails, or nothing."""

    FRESH = "FRESH"
    AHEAD = "AHEAD"
    STALE = "STALE"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Policy:
    """
    How long a kind of value is good for, all ages from `as_of`.

    Up to `fresh_for_s` it is served; up to `refresh_ahead_s` it is served and refreshed in the background (not above
    `fresh_for_s`: never); up to `stale_for_s` it is served when its system fails.
    """

    fresh_for_s: float
    refresh_ahead_s: float
    stale_for_s: float

    def ceiling_s(self, use: Use) -> float:
        """Return the age above which a value is no good for this use, whatever happens to its system."""
        if use is Use.ORDER:
            return max(self.fresh_for_s, self.refresh_ahead_s)
        return min(self.stale_for_s, CREDIT_CEILING_S) if use is Use.CREDIT else self.stale_for_s

    def absent(self) -> "Policy":
        """Return how long the absence of a value is good for: briefly, and nothing of it is served later."""
        fresh_for_s = min(ABSENT_FOR_S, self.fresh_for_s)
        return Policy(fresh_for_s, 0.0, fresh_for_s)


class Dependent(Protocol):
    """Something that was made of remembered values, and is good for as long as all of them are remembered."""

    def end(self) -> None:
        """Be told that one of them is remembered no more: renewed, dropped, or gone for want of room."""


class Entry(Generic[V]):
    """
    A remembered value (None: its system does not know the key), and what follows from its age.

    `tags` say what it is about and `scope` whose it is, for when a system says that it has changed; `used` is the
    memory's mark, `tab` counts what is kept with the value, `dependents` are what was made of it and must end with it.
    `stored_as_of` is the `as_of` of what the shared store has of the same value. The ends of its ages are seconds since
    1970.
    """

    __slots__ = (
        "ahead_until",
        "as_of",
        "dependents",
        "fresh_until",
        "policy",
        "received_at",
        "scope",
        "stale_until",
        "stored_as_of",
        "tab",
        "tags",
        "used",
        "value",
        "weight_bytes",
    )

    def __init__(
        self,
        value: V | None,
        *,
        as_of: float,
        received_at: float,
        policy: Policy,
        tags: tuple[str, ...] = (),
        scope: str | None = None,
        weight_bytes: int = 0,
    ) -> None:
        self.value = value
        self.as_of = as_of
        self.received_at = received_at
        self.policy = policy
        self.tags = tags
        self.scope = scope
        self.weight_bytes = weight_bytes
        self.used = False
        self.dependents: set[Dependent] | None = None
        self.tab = Tab()
        self.stored_as_of = -inf
        ages = policy if value is not None else policy.absent()
        lasting = 1 - JITTER * jitter_of(received_at)
        self.fresh_until = as_of + ages.fresh_for_s * lasting
        self.ahead_until = max(self.fresh_until, as_of + ages.refresh_ahead_s * lasting)
        self.stale_until = as_of + ages.stale_for_s

    def sibling(self, value: V | None, tags: tuple[str, ...], scope: str | None, tab: Tab) -> "Entry[V]":
        """
        Return the entry of another value that came with the same answer and weighs as much, in an eighth of the time.

        There must be a value in both, or in neither: an absence has other ages.
        """
        made: Entry[V] = _blank(Entry)
        made.value = value
        made.as_of = self.as_of
        made.received_at = self.received_at
        made.policy = self.policy
        made.tags = tags
        made.scope = scope
        made.weight_bytes = self.weight_bytes
        made.used = False
        made.dependents = None
        made.tab = tab
        made.stored_as_of = -inf
        made.fresh_until = self.fresh_until
        made.ahead_until = self.ahead_until
        made.stale_until = self.stale_until
        return made

    def is_as_old(self, other: "Entry[V]") -> bool:
        """Return whether it is as good as another for anything, now and later."""
        return (
            self.as_of == other.as_of
            and self.received_at == other.received_at
            and self.fresh_until == other.fresh_until
            and self.stale_until == other.stale_until
        )

    def age_s(self, now: float) -> float:
        """Return how old the value is; never below nought."""
        return max(0.0, now - self.as_of)

    def add_dependent(self, dependent: Dependent) -> None:
        """Note what was made of the value, to be ended with it; who notes it sees to it that it is remembered."""
        if self.dependents is None:
            self.dependents = set()
        self.dependents.add(dependent)

    def remove_dependent(self, dependent: Dependent) -> None:
        """Forget what was noted, if it is there still."""
        if self.dependents is not None:
            self.dependents.discard(dependent)
            self.dependents = self.dependents or None

    def end_dependents(self) -> None:
        """Have what was made of the value end: it is remembered no more."""
        dependents, self.dependents = self.dependents, None
        for dependent in dependents or ():
            dependent.end()

    def verdict(self, now: float, use: Use = Use.BROWSE) -> Verdict:
        """Return what the value is good for."""
        if self.as_of > now + CLOCKS_APART_S:
            # a clock was set back: how old it is nobody knows
            return Verdict.STALE if now <= self.stale_until else Verdict.EXPIRED
        if now < self.fresh_until:
            return Verdict.FRESH
        if now > self.as_of + self.policy.ceiling_s(use) or now > self.stale_until:
            return Verdict.EXPIRED
        return Verdict.AHEAD if now < self.ahead_until else Verdict.STALE


def jitter_of(received_at: float) -> float:
    """Return a number from 0 to 1 that depends on the moment an answer arrived, by the microsecond, and no other."""
    return (int(received_at * 1_000_000) * 2_654_435_761 % 4_294_967_296) / 4_294_967_296
