"""A whole answer to an operation: its bytes, and headers that tell caches and clients what they may do with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from app.caching import NO_STORE, age_headers, cache_headers
from app.door import body_of
from app.execution.executor import Answer
from app.protocol.compression import FLOOR_BYTES, coding_for, packed
from app.responses.responses import Found
from app.upstream import upstream_of
from datasources.sources.ask import Ask, Trace

VARY = "Authorization, Kanava-Account, Accept-Language, Accept"


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer as HTTP has it."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def caching_of(answer: Answer, ask: Ask, now: float, *, private: bool) -> Mapping[str, str]:
    """Return what caches may do with the answer to a query; `now` in seconds since 1970."""
    return NO_STORE if ask.trace is not None or answer.errors else cache_headers(ask, now, private=private)


def content_of(answer: Answer, trace: Trace | None, cost: int) -> bytes:
    """Return the JSON of an answer that was executed, with what was traced and the operation's cost if it was."""
    if trace is None and not answer.errors and answer.data is not None:
        return b'{"data":' + answer.data + b"}"
    body = body_of(answer)
    if trace is not None:
        body["extensions"] = {"upstream": {**upstream_of(trace), "cost": cost}}
    return orjson.dumps(body)


def caching_again(found: Found, now: float) -> Mapping[str, str]:
    """Return what caches may do with an answer that is remembered; `now` in seconds since 1970."""
    return age_headers(*found.answer.ages_for(found.viewer), now, private=found.private)


def sized(
    content: bytes,
    media_type: str,
    caching: Mapping[str, str],
    accept_encoding: str | None,
    form: Callable[[str], bytes] | None = None,
) -> Whole:
    """
    Return content as an answer, made smaller on the way where that is worth it.

    `form` gives it in a coding; None: it is packed here.
    """
    typed = f"{media_type}; charset=utf-8"
    if len(content) < FLOOR_BYTES:
        return Whole(200, {"vary": VARY, "content-type": typed, **caching}, content)
    headers = {"vary": f"{VARY}, Accept-Encoding", "content-type": typed, **caching}
    coding = coding_for(accept_encoding, len(content))
    if coding is None:
        return Whole(200, headers, content)
    smaller = packed(content, coding) if form is None else form(coding)
    return Whole(200, {**headers, "content-encoding": coding}, smaller)
