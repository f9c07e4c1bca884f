"""Explaining a plan: which fields wait for which systems, level by level, and what is kept as bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphql import GraphQLError, GraphQLField, GraphQLSchema
from graphql.execution.values import VariableValues, get_argument_values

from app.execution.compiler import Plan
from app.execution.resolved import Awaited, Batch, Resolved
from app.execution.runs import Run
from app.execution.selection import Selection
from app.execution.shapes import ListShape, ObjectShape, Shape
from app.execution.systems import systems_asked
from app.limits.lists import entries_in_json
from datasources.cache.kept import Remembered
from schema.costs import declared


@dataclass(frozen=True, slots=True)
class Step:
    """
    A field that may have to wait, at a path of the answer; with those of one `level` it waits at the same time.

    `systems` are asked for so many `keys` at most, when nothing is remembered. `call`: how its resolver is called.
    """

    level: int
    path: str
    keys: int
    systems: Sequence[str]
    call: str


@dataclass(frozen=True, slots=True)
class Written:
    """Fields of a type that are written as bytes, `kept` with what is remembered; `each_for` what they differ by."""

    type_name: str
    fields: tuple[str, ...]
    each_for: tuple[str, ...]
    kept: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """What a plan does, in the order of its document."""

    steps: Sequence[Step]
    written: Sequence[Written]

    def lines(self) -> Iterator[str]:
        """Yield it for people to read."""
        yield from _step_lines(sorted(self.steps, key=lambda step: step.level))
        for kept, title in ((True, "kept as bytes"), (False, "written anew for each answer")):
            some = [one for one in self.written if one.kept is kept]
            if some:
                yield from ("", title, *_aligned([("", one.type_name, _fields(one)) for one in some]))


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the answer: `level` of what waits there, how many objects there may be, and whether in a list."""

    path: str = ""
    level: int = 1
    objects: int = 1
    listed: bool = False


@dataclass(slots=True)
class Explainer:
    """Walks through one plan. `variables` say how long lists are."""

    schema: GraphQLSchema
    variables: VariableValues
    _steps: list[Step] = field(default_factory=list, init=False)
    _written: dict[Written, None] = field(default_factory=dict, init=False)

    def explain(self, plan: Plan) -> Explained:
        """Return what the plan does."""
        self._selection(plan.root, _Place())
        return Explained(self._steps, list(self._written))

    def _selection(self, selection: Selection, place: _Place) -> None:
        for part in selection.parts:
            if isinstance(part, Run):
                self._written[_written(selection.type_name, part)] = None
            else:
                self._resolved(selection.type_name, part, place)

    def _resolved(self, type_name: str, part: Resolved, place: _Place) -> None:
        definition = self.schema.type_map[type_name].fields[part.name]  # type: ignore[attr-defined]
        path, level = f"{place.path}{part.key}", place.level
        entries = place.objects * self._entries(definition, part)
        if isinstance(part, Awaited | Batch):
            keys = entries * declared(definition).weight
            self._steps.append(Step(level, path, keys, systems_asked(part.resolver), _call(part, place)))
            level += 1
        shape, listed = _entry_of(part.shape)
        if isinstance(shape, ObjectShape):
            for name, below in shape.selections.items():
                inner = f"{path}<{name}>." if len(shape.selections) > 1 else f"{path}."
                self._selection(below, _Place(inner, level, entries, place.listed or listed))

    def _entries(self, definition: GraphQLField, part: Resolved) -> int:
        """Return how many entries the door counts a field as."""
        costs = declared(definition)
        if costs.sliced_by is None:
            return costs.entries
        try:
            values = get_argument_values(definition, part.raw.field_nodes[0], self.variables)
        except GraphQLError:
            return costs.entries  # a variable that must be sent was not
        return entries_in_json(values.get(costs.sliced_by), costs.entries)


def _entry_of(shape: Shape) -> tuple[Shape, bool]:
    """Return what the entries of lists, however nested, are completed as, and whether it is in a list."""
    return (_entry_of(shape.entry)[0], True) if isinstance(shape, ListShape) else (shape, False)


def _call(part: Resolved, place: _Place) -> str:
    if not place.listed:
        return "one call"
    return "one call for all" if isinstance(part, Batch) else "a call for each"


def _written(type_name: str, run: Run) -> Written:
    each_for = (*(("language",) if run.by_language else ()), *(f"${name}" for name in run.variables))
    return Written(type_name, tuple(run.keys), each_for, type_name in _remembered())


def _remembered(of: type = Remembered) -> set[str]:
    """Return the names of the types of values that things are kept with."""
    kinds: list[type] = of.__subclasses__()
    return {name for kind in kinds for name in (kind.__name__, *_remembered(kind))}


def _step_lines(steps: Sequence[Step]) -> Iterator[str]:
    if not steps:
        yield "nothing to wait for"
        return
    rows = [("level", "field", "keys", "asks", "")]
    level = 0
    for step in steps:
        number, level = (str(step.level) if step.level != level else ""), step.level
        rows.append((number, step.path, str(step.keys), " ".join(step.systems), step.call))
    yield from _aligned(rows)


def _fields(written: Written) -> str:
    fields = " ".join(written.fields)
    return f"{fields} (for each {', '.join(written.each_for)})" if written.each_for else fields


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
