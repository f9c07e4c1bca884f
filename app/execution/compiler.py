"""From an operation to a plan: which fields are read off as bytes, which are resolved, and in which order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    OperationDefinitionNode,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.values import VariableValues

from app.execution.arguments import NO_VARIABLES, Arguments, keyword_arguments, variables_in
from app.execution.asked import TYPENAME, Asked, Reader
from app.execution.assembling import assembling
from app.execution.frame import RawInfo
from app.execution.leaves import leaf_of
from app.execution.resolved import Attribute, Awaited, Batch, Call, Computed, Resolved
from app.execution.runs import Run
from app.execution.selection import Part, Selection
from app.execution.shapes import LeafShape, ListShape, ObjectShape, Shape
from app.execution.single import Fill, filling
from app.execution.ways import Kind, Way, type_name_of, way_of
from app.execution.writing import Writer
from schema.schema import Schema

REMEMBERED = frozenset(("Sourced", "PageInfo"))
"""
The interface of what systems supplied, and where a page stands in a list that one supplied: only with such objects
bytes are kept, so a run does not begin above them.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How an operation is executed: the selection of its root, and what must be worked out for each set of variables.
    `fill` fills that selection.

    `arguments` are those with variables in them, by slot; `value_sets` the variables that runs depend on. `fields`
    are counted for every type that they may be of.
    """

    root: Selection
    fill: Fill
    arguments: Sequence[Arguments]
    value_sets: Sequence[tuple[str, ...]]
    fields: int


class Compiler:
    """Makes a plan; raises `Unsupported` where none can be made, `Unforeseen` where constant arguments are wrong."""

    def __init__(
        self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, switches: VariableValues
    ) -> None:
        self._schema = schema
        self._reader = Reader(schema, document, operation, switches)
        self._arguments: dict[tuple[int, int], Arguments] = {}
        self._slots: list[Arguments] = []
        self._value_sets: set[tuple[str, ...]] = set()
        self._writer = Writer(schema._schema, self._arguments)

    def plan(self) -> Plan:
        """Return the plan."""
        asked = self._reader.read()
        every = list(_all_of(asked))
        for field in every:
            self._note_arguments(field)
        root = self._schema._schema.query_type
        assert root is not None
        selection = self._selection(root.name, asked)
        return Plan(selection, filling(selection), self._slots, sorted(self._value_sets), len(every))

    def _note_arguments(self, asked: Asked) -> None:
        place = (id(asked.node), id(asked.field))
        if not asked.field.args or place in self._arguments:
            return
        names = variables_in(asked.node)
        constant = None if names else keyword_arguments(self._schema, asked.field, asked.node, NO_VARIABLES)
        arguments = Arguments(asked.field, asked.node, names, constant, len(self._slots))
        self._arguments[place] = arguments
        if names:
            self._slots.append(arguments)

    def _selection(self, type_name: str, fields: Sequence[Asked]) -> Selection:
        parts: list[Part] = []
        run: list[Asked] = []
        for field in fields:
            if self._is_read(type_name, field):
                run.append(field)
                continue
            if run:
                parts.append(self._run(type_name, run, whole=False))
                run = []
            parts.append(self._resolved(field))
        if run:
            parts.append(self._run(type_name, run, whole=not parts))
        return Selection(type_name, parts, assembling(parts))

    def _is_read(self, type_name: str, asked: Asked) -> bool:
        """Return whether the field, with all below it, can be read off its object."""
        if asked.name == TYPENAME:
            return True
        if not way_of(asked.field).pure:
            return False
        if self._is_remembered(get_named_type(asked.field.type).name) and not self._is_remembered(type_name):
            return False
        return all(self._is_read(name, one) for name, fields in (asked.below or {}).items() for one in fields)

    def _is_remembered(self, type_name: str) -> bool:
        type_: Any = self._schema._schema.get_type(type_name)
        interfaces = type_.interfaces if is_object_type(type_) or is_interface_type(type_) else ()
        return not REMEMBERED.isdisjoint((type_name, *(one.name for one in interfaces)))

    def _run(self, type_name: str, fields: Sequence[Asked], *, whole: bool) -> Run:
        every = [field for field in _all_of(fields) if field.name != TYPENAME]
        names = {name for field in every if (given := self._given(field)) is not None for name in given.variables}
        variables = tuple(sorted(names))
        self._value_sets.add(variables)
        return Run(
            [field.key for field in fields],
            self._writer.run(type_name, fields, whole=whole),
            by_language=any(way_of(field.field).by_language for field in every),
            variables=variables,
            whole=whole,
        )

    def _resolved(self, asked: Asked) -> Resolved:
        way, given = way_of(asked.field), self._given(asked)
        make, first = _maker(way)
        arguments: dict[str, Any] | int = {}
        if given is not None:
            arguments = given.slot if given.constant is None else given.constant
        raw = RawInfo(asked.nodes, self._reader.fragments)
        shape = self._shape(asked.field.type, asked, nullable=True)
        return make(*first, asked.name, asked.key, asked.position, shape, arguments=arguments, raw=raw)

    def _given(self, asked: Asked) -> Arguments | None:
        return self._arguments.get((id(asked.node), id(asked.field)))

    def _shape(self, type_: Any, asked: Asked, *, nullable: bool) -> Shape:
        locations = asked.locations
        if is_non_null_type(type_):
            return self._shape(type_.of_type, asked, nullable=False)
        if is_list_type(type_):
            entry = self._shape(type_.of_type, asked, nullable=True)
            return ListShape(entry, nullable=nullable, locations=locations)
        if is_leaf_type(type_):
            return LeafShape(leaf_of(type_), nullable=nullable, locations=locations)
        selections = {name: self._selection(name, fields) for name, fields in (asked.below or {}).items()}
        name_of = partial(type_name_of, type_=type_, schema=self._schema._schema)
        return ObjectShape(selections, name_of, nullable=nullable, locations=locations)


def _maker(way: Way) -> tuple[Callable[..., Resolved], tuple[Any, ...]]:
    if way.kind is Kind.ATTRIBUTE:
        return Attribute, (way.attribute,)
    if way.kind is Kind.BATCHED:
        return Batch, (way.call,)
    assert way.call is not None
    return Computed if way.kind is Kind.COMPUTED else Awaited, (Call(way.call, way.root, way.info),)


def _all_of(fields: Sequence[Asked]) -> Iterator[Asked]:
    """Yield fields and all below them."""
    for field in fields:
        yield field
        for below in (field.below or {}).values():
            yield from _all_of(below)
