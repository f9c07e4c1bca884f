"""What HTTP caches may do with an answer (RFC 9111), from the parts it was made of; and conditional requests."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from math import inf
from typing import NamedTuple

from app.headers import lines_of
from datasources.sources.ask import Ask

NO_STORE = {"cache-control": "no-store"}


class Headers(NamedTuple):
    """Headers of an answer: by name, and as they are sent."""

    named: Mapping[str, str]
    lines: bytes


def headers_of(named: Mapping[str, str]) -> Headers:
    """Return headers in both forms."""
    return Headers(named, lines_of(named))


NOT_STORED = headers_of(NO_STORE)


def cache_headers(ask: Ask, now: float, *, private: bool) -> Headers:
    """
    Return `Cache-Control` and `Age` for an answer of the parts that `ask` was served; `now` in seconds since 1970.

    As old as the oldest part, and good until the first part is not fresh any more. Nothing is to be stored when a part
    is stale, missing or true only now, or when there is no part. When `private`, or with a part that is, no cache on
    the way may store it.
    """
    if ask.any_stale or ask.failed or ask.momentary or ask.as_of == inf:
        return NOT_STORED
    return age_headers(ask.as_of, ask.fresh_until, now, private=private or ask.private)


def age_headers(as_of: float, fresh_until: float, now: float, *, private: bool) -> Headers:
    """Return `Cache-Control` and `Age` for an answer as of then and fresh until then, all in seconds since 1970."""
    age_s = max(0, int(now - as_of))
    good_for_s = max(0, int(fresh_until - now))
    return _aged(age_s, age_s + good_for_s, private)


@lru_cache(1_000)  # within a second it is the same for all answers of the same values
def _aged(age_s: int, max_age_s: int, private: bool) -> Headers:
    scope = "private" if private else "public"
    return headers_of({"cache-control": f"{scope}, max-age={max_age_s}", "age": str(age_s)})


def etag_of(body: bytes) -> str:
    """Return the entity tag of an answer: weak, for compression changes the bytes but not what they say."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def is_known(etag: str, if_none_match: str | None) -> bool:
    """Return whether the client says that it has this answer (RFC 9110, 13.1.2; weak comparison)."""
    if if_none_match is None:
        return False
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in known or etag.removeprefix("W/") in known
