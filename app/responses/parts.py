"""What an answer was made of: the values it was served, and whether they are still what is remembered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from datasources.cache.entry import CLOCKS_APART_S, Entry
from datasources.sources.ask import Looked


@dataclass(frozen=True, slots=True)
class Parts:
    """
    The entries of all values, and what follows from them for the whole; times in seconds since 1970.

    Their oldest was true at `as_of`; the first of them is fresh until `fresh_until`. An answer made of them is good
    from `since`, before which a clock was set back and nobody knows how old they are, to `until`: a little earlier
    than fresh, so that looks into the sources refresh what many ask for before it is due, as they do without answers.
    `private`: no cache on the way may keep it.
    """

    entries: Sequence[Entry[Any]]
    as_of: float
    fresh_until: float
    since: float
    until: float
    private: bool


def parts_of(looks: Sequence[Looked], *, counts: Callable[[Looked], bool]) -> Parts | None:
    """
    Return what these looks served, as far as it counts; None for nothing, or when any of it is remembered no more.

    That is what was dropped meanwhile, renewed, or gone for want of room.
    """
    early_s: dict[Entry[Any], float] = {}
    private = False
    for look in looks:
        entries = _entries(look)
        if entries is None:
            return None
        if counts(look):
            early_s.update(dict.fromkeys(entries, look.source.lead_s))
            private = private or look.source.kind.private
    if not early_s:
        return None
    return Parts(
        entries=tuple(early_s),
        as_of=min(entry.as_of for entry in early_s),
        fresh_until=min(entry.fresh_until for entry in early_s),
        since=max(entry.as_of for entry in early_s) - CLOCKS_APART_S,
        until=min(entry.fresh_until - early_s[entry] for entry in early_s),
        private=private,
    )


def _entries(look: Looked) -> list[Entry[Any]] | None:
    """Return what is remembered of a look, None when it is not what was served."""
    found = [look.source.entry(key) for key in look.keys]
    entries = [
        entry for entry, value in zip(found, look.values, strict=True) if entry is not None and entry.value is value
    ]
    return entries if len(entries) == len(found) else None
