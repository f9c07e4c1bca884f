"""
Spans: what was done inside of what, and how long it took. Without a tracer none is kept, and nothing is paid for that.

A flight serves many and runs in a context of its own, so who waits for one says so (`wait_for`): what it does is then
part of what the first of them does, and linked to the others.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from datasources.errors import RequestRefused, SourceError

Value = str | int
OK, REFUSED, CANCELLED, BUG = "OK", "REFUSED", "CANCELLED", "BUG"
"""How a span ends, unless its system failed: then with the reason."""


class Span(Protocol):
    """Something under way. What is noted of it tells systems, kinds and figures; never keys, persons or tokens."""

    def child(self, name: str, noted: Mapping[str, Value], others: Sequence["Span"]) -> "Span":
        """Begin a part of it, which is done for what `others` stand for as well."""

    def note(self, noted: Mapping[str, Value]) -> None:
        """Note more of it."""

    def headers(self) -> Mapping[str, str]:
        """Return what a call inside of it carries (W3C Trace Context, section 3.2)."""

    def end(self, outcome: str) -> None:
        """End it: with `OK` or another word of this module, or with why a system failed."""


class Tracer(Protocol):
    """Begins spans."""

    def request(self, traceparent: str | None) -> Span:
        """Begin the span of a request; `traceparent` is the header of that name, as it was sent."""


class NoSpan:
    """A span that is not kept."""

    def child(self, name: str, noted: Mapping[str, Value], others: Sequence[Span]) -> Span:
        return self

    def note(self, noted: Mapping[str, Value]) -> None:
        """Keep nothing."""

    def headers(self) -> Mapping[str, str]:
        return {}

    def end(self, outcome: str) -> None:
        """Keep nothing."""


NO_SPAN = NoSpan()


class NoTracer:
    """A tracer that keeps nothing."""

    def request(self, traceparent: str | None) -> Span:
        return NO_SPAN


_around: ContextVar[Span] = ContextVar("around", default=NO_SPAN)
_waiting: WeakKeyDictionary[asyncio.Task[Any], dict[Span, None]] = WeakKeyDictionary()


@contextmanager
def inside(span: Span) -> Iterator[Span]:
    """Have what is done meanwhile be part of the span, and end it."""
    token, outcome = _around.set(span), BUG
    try:
        yield span
        outcome = OK
    except BaseException as error:
        outcome = outcome_of(error)
        raise
    finally:
        _around.reset(token)
        span.end(outcome)


@contextmanager
def part(name: str, **noted: Value) -> Iterator[None]:
    """Have what is done meanwhile be a part of what it is done for, if that is traced."""
    if wanting := _wanting():
        with inside(wanting[0].child(name, noted, wanting[1:])):
            yield
    else:
        yield


def wait_for(tasks: Iterable[asyncio.Task[Any] | None]) -> None:
    """Say that what is done here waits for these; it counts for parts of them that have not begun yet."""
    if wanting := _wanting():
        for task in set(tasks) - {None}:
            assert task is not None
            _waiting.setdefault(task, {}).update(dict.fromkeys(wanting))


def outgoing() -> Mapping[str, str]:
    """Return the headers that tell a system what a call to it is part of."""
    return _around.get().headers()


def outcome_of(error: BaseException) -> str:
    """Return how a span ends that is left with this error."""
    if isinstance(error, RequestRefused) and error.is_answer:
        return REFUSED
    if isinstance(error, SourceError):
        return error.reason.value
    return CANCELLED if isinstance(error, asyncio.CancelledError) else BUG


def _wanting() -> Sequence[Span]:
    """Return what is done here: a part of one span, or of all that wait for this task."""
    around = _around.get()
    if around is not NO_SPAN:
        return (around,)
    if not _waiting:
        return ()
    task = asyncio.current_task()
    return tuple(_waiting.get(task, ())) if task is not None else ()
