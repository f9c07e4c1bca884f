"""
Writing runs: the Python text of a function that reads the fields of a run off an object, nested ones included.

It makes a dictionary, of which orjson makes the bytes, as it does of the reference executor's answer. Whatever is not
as expected raises, and is left to the reference executor.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import orjson
from graphql import GraphQLSchema, get_named_type, is_leaf_type, is_list_type, is_non_null_type

from app.execution.arguments import Arguments
from app.execution.asked import TYPENAME, Asked
from app.execution.foreseen import Unforeseen
from app.execution.frame import Frame
from app.execution.leaves import leaf_of
from app.execution.runs import Build
from app.execution.ways import type_name_of, way_of

Write = Callable[[Any, Frame], Any]


class Writer:
    """Writes the functions of one plan; `arguments` by the identities of node and field that they are of."""

    def __init__(self, schema: GraphQLSchema, arguments: Mapping[tuple[int, int], Arguments]) -> None:
        self._schema = schema
        self._arguments = arguments
        self._numbers = count()
        self._names: dict[str, Any] = {}

    def run(self, type_name: str, fields: Sequence[Asked], *, whole: bool) -> Build:
        """Return what writes these fields of an object as JSON, without braces unless they are `whole`."""
        write = self._object(type_name, fields)

        def build(value: Any, frame: Frame) -> bytes:
            content = orjson.dumps(write(value, frame))
            # a copy: what orjson itself gives takes 4 KB, be it ever so short
            return bytes(memoryview(content)) if whole else content[1:-1]

        return build

    def _object(self, type_name: str, fields: Sequence[Asked]) -> Write:
        """Return a function that makes a dictionary of an object."""
        entries = ", ".join(f"{field.key!r}: {self._field(type_name, field)}" for field in fields)
        name = f"write_{next(self._numbers)}"
        exec(f"def {name}(v, f): return {{{entries}}}", self._names)
        write: Write = self._names[name]
        return write

    def _field(self, type_name: str, field: Asked) -> str:
        if field.name == TYPENAME:
            return repr(type_name)
        return self._completed(field.field.type, self._value(field), field)

    def _value(self, field: Asked) -> str:
        """Return an expression for what the field is resolved to."""
        way = way_of(field.field)
        if way.call is None:
            return f"v.{way.attribute}"
        given = [f"{way.root}=v"] if way.root else []
        given += [f"{way.info}=f.info"] if way.info else []
        arguments = self._arguments.get((id(field.node), id(field.field)))
        if arguments is not None and arguments.constant is None:
            given.append(f"**f.arguments[{arguments.slot}]")
        elif arguments is not None:
            given += [f"{name}={self._name(value)}" for name, value in (arguments.constant or {}).items()]
        return f"{self._name(way.call)}({', '.join(given)})"

    def _completed(self, type_: Any, value: str, field: Asked) -> str:
        """Return an expression that completes what another gives."""
        if is_non_null_type(type_):
            return self._present(type_.of_type, value, field)
        found = f"t{next(self._numbers)}"
        return f"(None if ({found} := {value}) is None else {self._present(type_, found, field)})"

    def _present(self, type_: Any, value: str, field: Asked) -> str:
        if is_list_type(type_):
            entry = f"e{next(self._numbers)}"
            return f"[{self._completed(type_.of_type, entry, field)} for {entry} in {self._name(_entries)}({value})]"
        if is_leaf_type(type_):
            return f"{self._name(leaf_of(type_))}({value})"
        return f"{self._name(self._by_type(field))}({value}, f)"

    def _by_type(self, field: Asked) -> Write:
        """Return what makes a dictionary of an object of any type that the field may give."""
        type_, schema = get_named_type(field.field.type), self._schema
        writers = {name: self._object(name, fields) for name, fields in (field.below or {}).items()}
        known: dict[type, Write] = {}

        def write(value: Any, frame: Frame) -> Any:
            writer = known.get(value.__class__)
            if writer is None:
                writer = known[value.__class__] = writers[type_name_of(value, type_, schema)]
            return writer(value, frame)

        return write

    def _name(self, thing: Any) -> str:
        """Return a name by which the functions know a thing."""
        name = f"x{next(self._numbers)}"
        self._names[name] = thing
        return name


def _entries(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return value
    raise Unforeseen
