"""A whole answer to an operation: its bytes, and headers that tell caches and clients what they may do with them."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import orjson

from app.caching import NOT_STORED, Headers, age_headers, cache_headers, headers_of
from app.door import Door, body_of
from app.execution.executor import Answer
from app.protocol.compression import FLOOR_BYTES, coding_for, packed
from app.responses.responses import Asked, Found
from app.upstream import upstream_of
from datasources.sources.ask import Ask, Trace
from resolvers.context import RequestContext

VARY = "Authorization, Kanava-Account, Accept-Language, Accept"


class Whole(NamedTuple):
    """An answer as HTTP has it: headers that say what its content is, and what caches may do with it; the content."""

    form: Headers
    caching: Headers
    content: bytes


def made(door: Door, asked: Asked | None, context: RequestContext, answer: Answer, cost: int) -> tuple[bytes, Headers]:
    """
    Return the JSON of an answer to a query that was executed, and what caches may do with it.

    It is remembered where it may be.
    """
    content = content_of(answer, context.ask.trace, cost)
    door.keep(asked, context, answer, content)
    now = door.services.clock.timestamp()
    return content, caching_of(answer, context.ask, now, private=context.caller is not None)


def caching_of(answer: Answer, ask: Ask, now: float, *, private: bool) -> Headers:
    """Return what caches may do with the answer to a query; `now` in seconds since 1970."""
    return NOT_STORED if ask.trace is not None or answer.errors else cache_headers(ask, now, private=private)


def content_of(answer: Answer, trace: Trace | None, cost: int) -> bytes:
    """Return the JSON of an answer that was executed, with what was traced and the operation's cost if it was."""
    if trace is None and not answer.errors and answer.data is not None:
        return b'{"data":' + answer.data + b"}"
    body = body_of(answer)
    if trace is not None:
        body["extensions"] = {"upstream": {**upstream_of(trace), "cost": cost}}
    return orjson.dumps(body)


def caching_again(found: Found, now: float) -> Headers:
    """Return what caches may do with an answer that is remembered; `now` in seconds since 1970."""
    return age_headers(*found.answer.ages_for(found.viewer), now, private=found.private)


def sized(
    content: bytes,
    media_type: str,
    caching: Headers,
    accept_encoding: str | None,
    form: Callable[[str], bytes] | None = None,
) -> Whole:
    """
    Return content as an answer, made smaller on the way where that is worth it.

    `form` gives it in a coding; None: it is packed here.
    """
    coding = coding_for(accept_encoding, len(content))
    said = _form(media_type, coding, len(content) >= FLOOR_BYTES)
    if coding is None:
        return Whole(said, caching, content)
    return Whole(said, caching, packed(content, coding) if form is None else form(coding))


@lru_cache(20)
def _form(media_type: str, coding: str | None, by_coding: bool) -> Headers:
    """Return what says how content is sent; `by_coding`: to who takes another coding it would be sent otherwise."""
    named = {
        "vary": f"{VARY}, Accept-Encoding" if by_coding else VARY,
        "content-type": f"{media_type}; charset=utf-8",
    }
    return headers_of(named if coding is None else {**named, "content-encoding": coding})
