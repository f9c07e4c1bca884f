"""One look of a request into a source: what each key's entry is good for, and what is served in the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Generic, TypeVar

from datasources.cache.entry import CLOCKS_APART_S, Entry, Use, Verdict
from datasources.errors import SourceError
from datasources.model.common import Sourced, StaleReason
from datasources.sources.ask import Ask

K = TypeVar("K")
V = TypeVar("V", bound=Sourced)


@dataclass(slots=True)
class Look(Generic[K, V]):
    """
    `missing` are the keys that must be fetched, each with what can be served if that fails; `ahead` those served and to
    be refreshed; `settled` what came of the missing ones. `fresh_until` and `as_of` are the earliest of those served.
    """

    now: float
    ask: Ask
    use: Use
    missing: dict[K, Entry[V] | None] = field(default_factory=dict)
    ahead: list[K] = field(default_factory=list)
    settled: dict[K, V | SourceError | None] = field(default_factory=dict)
    stale: list[K] = field(default_factory=list)
    failed: int = 0
    fresh_until: float = inf
    as_of: float = inf

    def over(self, keys: Sequence[K], get: Callable[[K], Entry[V] | None], early_s: float) -> list[Any]:
        """
        Return the values that can be served as they are, `MISSING` for the others, by what is remembered (`get`).

        What is due within `early_s` is refreshed. Of what came together, and is too old, one entry is judged for all.
        """
        found: list[Any] = []
        judge, missing, not_before = self.judge, self.missing, self.ask.not_before
        soon, latest = self.now + early_s, self.now + CLOCKS_APART_S
        fresh_until = as_of = inf
        too_old: Entry[V] | None = None
        for key in keys:
            entry = get(key)
            if entry is None or soon >= entry.fresh_until or not not_before <= entry.as_of <= latest:
                if entry is None or (too_old is not None and entry.is_as_old(too_old)):
                    missing[key], entry = entry, None
                else:
                    entry = judge(key, entry)
                    too_old = missing[key] if entry is None else None
                if entry is None:
                    found.append(MISSING)
                    continue
            entry.used = True
            found.append(entry.value)
            if entry.fresh_until < fresh_until:
                fresh_until = entry.fresh_until
            if entry.as_of < as_of:
                as_of = entry.as_of
        self.fresh_until, self.as_of = fresh_until, as_of
        return found

    def judge(self, key: K, entry: Entry[V]) -> Entry[V] | None:
        """Return the entry if it can be served as it is, None when the key must be fetched."""
        verdict = entry.verdict(self.now, self.use)
        if verdict is Verdict.EXPIRED:
            self.missing[key] = None
            return None
        if verdict is Verdict.STALE or not self._young_enough(entry):
            self.missing[key] = entry
            return None
        if entry.received_at < self.ask.started_at:
            self.ahead.append(key)
        return entry

    def serve(self, key: K, entry: Entry[V]) -> None:
        """Serve an entry for a key that was missing."""
        self.settled[key] = entry.value
        self.fresh_until = min(self.fresh_until, entry.fresh_until)
        self.as_of = min(self.as_of, entry.as_of)

    def serve_all(self, keys: Sequence[K], entries: Sequence[Entry[V]]) -> None:
        """Serve an entry for each of some keys that were missing."""
        self.settled.update(zip(keys, [entry.value for entry in entries], strict=True))
        self.fresh_until = min(self.fresh_until, min([entry.fresh_until for entry in entries]))
        self.as_of = min(self.as_of, min([entry.as_of for entry in entries]))

    def serve_stale(self, key: K, entry: Entry[V], reason: StaleReason) -> None:
        """Serve an entry that should have been fetched."""
        if entry.value is not None:
            self.ask.note_stale(entry.value.provenance, reason)
        self.stale.append(key)
        self.serve(key, entry)

    def make_do(self, key: K, failure: SourceError, stored: Entry[V] | None) -> None:
        """Settle a key that could not be fetched: by what is remembered, or was in the shared store, if that may be."""
        entry = max(filter(None, (self.missing[key], stored)), key=lambda one: one.as_of, default=None)
        if entry is None or not self.ask.serve_stale or entry.verdict(self.now, self.use) is Verdict.EXPIRED:
            self.settled[key] = failure
            self.failed += 1
        else:
            self.serve_stale(key, entry, failure.reason)

    def results(self, keys: Sequence[K], found: list[Any]) -> list[V | SourceError | None]:
        """Return what was found at once, with what was settled later in the places of `MISSING`."""
        if len(self.missing) == len(keys):
            return list(map(self.settled.__getitem__, keys))
        if self.missing:
            return [self.settled[key] if value is MISSING else value for key, value in zip(keys, found, strict=True)]
        return found

    def _young_enough(self, entry: Entry[V]) -> bool:
        return entry.as_of >= self.ask.not_before or entry.received_at >= self.ask.started_at


MISSING = object()
"""Stands for what must be fetched first."""
