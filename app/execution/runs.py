"""Runs: neighbouring fields that can be read off an object, written as bytes that are kept with it."""

from collections.abc import Callable, Sequence
from typing import Any

from app.execution.foreseen import Unforeseen
from app.execution.frame import Frame
from app.execution.shapes import Column
from datasources.cache.kept import NOT_KEPT, derived

MOST_MARKS = 64
"""For so many languages and variables the bytes of one run are told apart; at one more, all are written anew."""

Build = Callable[[Any, Frame], bytes]


class Run:
    """
    Neighbouring fields that follow from the object, the languages and the arguments alone; `keys` are theirs.

    `build` writes them. `by_language`: they depend on the request's languages; `variables`: on the values of these.
    `whole`: they are all of the selection, and are written with its braces.
    """

    def __init__(
        self, keys: Sequence[str], build: Build, *, by_language: bool, variables: tuple[str, ...], whole: bool
    ) -> None:
        self.keys = keys
        self.whole = whole
        self.by_language = by_language
        self.variables = variables
        self._build = build
        self._marks: dict[tuple[tuple[str, ...], str], object] = {}
        self._only_mark = None if by_language or variables else object()

    def fill(self, parents: Sequence[Any], frame: Frame) -> Column:
        """Return the bytes for each object; raises Unforeseen."""
        return derived(parents, self._mark(frame), lambda parent: self._written(parent, frame))

    def one(self, parent: Any, frame: Frame) -> bytes:
        """Return the bytes for a single object; raises Unforeseen."""
        try:
            known: bytes = parent.kept_with_it[self._mark(frame)]
        except NOT_KEPT:
            (known,) = self.fill((parent,), frame)
        return known

    def _mark(self, frame: Frame) -> object:
        """Return by what these bytes are kept: an object that stands for everything they depend on."""
        if self._only_mark is not None:
            return self._only_mark
        depends_on = (
            frame.languages if self.by_language else (),
            frame.values_keys[self.variables] if self.variables else "",
        )
        mark = self._marks.get(depends_on)
        if mark is None:
            if len(self._marks) >= MOST_MARKS:
                self._marks.clear()
            mark = self._marks[depends_on] = object()
        return mark

    def _written(self, parent: Any, frame: Frame) -> bytes:
        try:
            return self._build(parent, frame)
        except Exception as error:
            raise Unforeseen from error
