"""Running a coroutine by hand up to where it waits, if it does."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from app.execution.together import released

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A coroutine that waits for something: `app.execution.together.resumed` takes it on when that is there."""

    coroutine: Coroutine[Any, Any, Any]
    awaited: Any


def stepped(coroutine: Coroutine[Any, Any, T]) -> T | Waiting:
    """Return what a coroutine returns if it does not wait, else where it waits."""
    try:
        awaited = coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    return Waiting(coroutine, released(awaited))
