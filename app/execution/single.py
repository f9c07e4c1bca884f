"""
Fields that no list stands above: the Python text of coroutines that fill them for their single object.

What waits alone is written in line, one field after the other, whatever its depth. What waits at the same time as
others is a coroutine of its own. Where lists begin, columns do (`shapes.py`).
"""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from app.execution.assembling import pieces_of
from app.execution.foreseen import FORESEEN, Unforeseen
from app.execution.frame import Fixed, Frame, Info, Place
from app.execution.resolved import Attribute, Awaited, Batch, Computed, Resolved
from app.execution.runs import Run
from app.execution.selection import Selection
from app.execution.shapes import LeafShape, ListShape, ObjectShape, Shape
from app.execution.together import begin, finish

Fill = Callable[[Any, Frame], Coroutine[Any, Any, bytes]]
DEEPEST = 40
"""So far in text is written in line; Python takes no more than 100 indentations."""


def filling(selection: Selection) -> Fill:
    """Return what fills the selection of an operation's own object: its JSON; raises Unforeseen."""
    return SingleWriter().root(selection)


class Lines:
    """The body of a function, line by line."""

    def __init__(self) -> None:
        self.depth = 1
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        """Add a line."""
        self._lines.append("    " * self.depth + line)

    @contextmanager
    def inside(self, head: str) -> Iterator[None]:
        """Have lines stand under this one."""
        self.add(head)
        self.depth += 1
        yield
        self.depth -= 1

    def __str__(self) -> str:
        """Return them."""
        return "\n".join(self._lines)


class SingleWriter:
    """Writes the functions of one plan: each takes its object, `v`, and the frame, `f`."""

    def __init__(self) -> None:
        self._numbers = count()
        self._names: dict[str, Any] = {
            "FORESEEN": FORESEEN,
            "Unforeseen": Unforeseen,
            "Info": Info,
            "begin": begin,
            "finish": finish,
        }

    def root(self, selection: Selection) -> Fill:
        """Return what fills the selection of the root."""
        name = self._function(lambda lines: self._selection(selection, "v", [], lines))
        fill: Fill = self._names[name]
        return fill

    def _function(self, body: Callable[[Lines], str]) -> str:
        """Write a function and return its name; `body` returns the expression of its result."""
        name, lines = self._new("fill"), Lines()
        lines.add(f"return {body(lines)}")
        exec(f"async def {name}(v, f):\n{lines}", self._names)
        return name

    def _selection(self, selection: Selection, of: str, place: Place, lines: Lines) -> str:
        """Write what has the parts of an object; return an expression for its JSON."""
        if not selection.parts:
            return repr(b"{}")
        if selection.whole is not None:
            return self._run(selection.whole, of)
        found = dict(self._waited_for(selection, of, place, lines))
        for index, part in selection.now:
            found[index] = self._run(part, of) if isinstance(part, Run) else self._field(part, of, place, lines)
        parts = selection.parts
        return f"b''.join(({', '.join(pieces_of(parts, [found[index] for index in range(len(parts))]))}))"

    def _waited_for(self, selection: Selection, of: str, place: Place, lines: Lines) -> Iterator[tuple[int, str]]:
        """Write the parts that wait, all at the same time; yield an expression for each."""
        waiting = selection.waiting
        if len(waiting) == 1:
            index, part = waiting[0]
            yield index, self._field(part, of, place, lines)
        elif waiting:
            begun = [self._begun(part, of, place) for _, part in waiting]
            outcomes, left = self._new("o"), self._new("w")
            lines.add(f"{outcomes} = [None] * {len(begun)}")
            lines.add(f"{left} = begin(({', '.join(begun)}), {outcomes})")
            lines.add(f"if {left}: await finish({left})")
            yield from ((index, f"{outcomes}[{order}]") for order, (index, _) in enumerate(waiting))

    def _begun(self, part: Resolved, of: str, place: Place) -> str:
        return f"{self._function(lambda inner: self._field(part, 'v', place, inner))}({of}, f)"

    def _run(self, run: Run, of: str) -> str:
        return f"{self._name(run.one)}({of}, f)"

    def _field(self, part: Resolved, of: str, place: Place, lines: Lines) -> str:
        """Write what has the field and completes it; return an expression for its JSON."""
        value = self._value(part, of, lines)
        return self._completed(part.shape, value, [*place, (part.key, part.position)], lines)

    def _value(self, part: Resolved, of: str, lines: Lines) -> str:
        """Write what has the field's value, or the error in its place; return its name."""
        value = self._new("t")
        with lines.inside("try:"):
            lines.add(f"{value} = {self._source(part, of)}")
        with lines.inside("except FORESEEN as error:"):
            # without where it was raised, for that holds this function, which holds the error
            lines.add(f"{value} = error.with_traceback(None)")
        with lines.inside("except Exception as error:"):
            lines.add("raise Unforeseen from error")
        if isinstance(part, Batch):
            with lines.inside("else:"):
                lines.add(f"if len({value}) != 1: raise Unforeseen")
                lines.add(f"{value} = {value}[0]")
        return value

    def _source(self, part: Resolved, of: str) -> str:
        """Return the expression by which the field is had."""
        if isinstance(part, Attribute):
            return f"{of}.{part.attribute}"
        if isinstance(part, Batch):
            return f"await {self._name(part.resolver)}([{of}], f.context, {self._given(part)})"
        assert isinstance(part, Computed | Awaited)
        call = part.call
        given = [f"{call.root}={of}"] if call.root else []
        given += [f"{call.info}=Info(f.context, {self._name(part.raw)})"] if call.info else []
        awaited = "await " if isinstance(part, Awaited) else ""
        return f"{awaited}{self._name(call.resolver)}({', '.join([*given, self._given(part)])})"

    def _given(self, part: Resolved) -> str:
        if isinstance(part.arguments, int):
            return f"**f.arguments[{part.arguments}]"
        return ", ".join(f"{name}={self._name(value)}" for name, value in part.arguments.items())

    def _completed(self, shape: Shape, value: str, place: Place, lines: Lines) -> str:
        """Write what completes a value; return the name of its JSON."""
        json, fixed = self._new("b"), self._name(Fixed(place))
        if isinstance(shape, ListShape):
            complete = f"{self._name(shape.complete_now)}" if shape.still else f"await {self._name(shape.complete)}"
            lines.add(f"({json},) = {complete}(({value},), f, {fixed})")
            return json
        with lines.inside(f"if {value} is None or isinstance({value}, Exception):"):
            lines.add(f"{json} = {self._name(shape.absent)}({value}, f, {fixed}, 0)")
        with lines.inside("else:"):
            lines.add(f"{json} = {self._present(shape, value, place, lines)}")
        return json

    def _present(self, shape: Shape, value: str, place: Place, lines: Lines) -> str:
        if isinstance(shape, LeafShape):
            return f"{self._name(shape.json)}({value})"
        assert isinstance(shape, ObjectShape)
        if len(shape.selections) != 1 or lines.depth > DEEPEST:
            return self._by_type(shape, value, place)
        (selection,) = shape.selections.values()
        known, look = self._name(shape.by_class), self._name(shape.selection)
        lines.add(f"if {value}.__class__ not in {known}: {look}({value})")
        return self._selection(selection, value, place, lines)

    def _by_type(self, shape: ObjectShape, value: str, place: Place) -> str:
        """Return an expression for an object's JSON by the function for its type."""
        fills = {selection: self._names[self._of_type(selection, place)] for selection in shape.selections.values()}
        return f"await {self._name(fills)}[{self._name(shape.selection)}({value})]({value}, f)"

    def _of_type(self, selection: Selection, place: Place) -> str:
        return self._function(lambda inner: self._selection(selection, "v", place, inner))

    def _new(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def _name(self, thing: Any) -> str:
        """Return a name by which the functions know a thing."""
        name = self._new("x")
        self._names[name] = thing
        return name
