"""
The compiler with one rule broken at a time: a change of text in a copy of `app.execution`, loaded under another name.

Not here are changes that the reference makes good: where a plan meets what it was not made for, it asks again there.
"""

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import app.execution

ORIGINAL = Path(app.execution.__path__[0])


@dataclass(frozen=True, slots=True)
class Mutant:
    """A `rule` that is broken by writing `new` for `old` in a file."""

    rule: str
    file: str
    old: str
    new: str

    def __str__(self) -> str:
        return self.rule


@contextmanager
def loaded(mutant: Mutant | None, folder: Path) -> Iterator[ModuleType]:
    """Load a copy of the package as a package of its own, changed by the mutant, for as long as the context lasts."""
    name = f"mutant_{folder.name}"
    copy = folder / name
    shutil.copytree(ORIGINAL, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if mutant is not None:
        _change(copy / mutant.file, mutant)
    for path in copy.glob("*.py"):
        path.write_text(path.read_text("utf-8").replace("app.execution", name), "utf-8")
    try:
        yield _import(name, copy)
    finally:
        for module in [one for one in sys.modules if one.partition(".")[0] == name]:
            del sys.modules[module]


def _change(path: Path, mutant: Mutant) -> None:
    text = path.read_text("utf-8")
    assert 1 == text.count(mutant.old), f"{mutant.file} does not have this once, for {mutant.rule!r}: {mutant.old}"
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")


def _import(name: str, copy: Path) -> ModuleType:
    spec: Any = importlib.util.spec_from_file_location(
        name, copy / "__init__.py", submodule_search_locations=[str(copy)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    for part in ("executor", "plans"):
        importlib.import_module(f"{name}.{part}")
    return package


MUTANTS = [
    # documents
    Mutant(
        "merged fields are all selected",
        "asked.py",
        "self._fields(type_, self._subfields(type_, group))",
        "self._fields(type_, self._subfields(type_, group[:1]))",
    ),
    Mutant("an error names all places of a merged field", "asked.py", "[one.node for one in group]", "[group[0].node]"),
    Mutant(
        "an interface is read for all of its types",
        "asked.py",
        "self._schema.get_possible_types(named)\n",
        "self._schema.get_possible_types(named)[:2]\n",
    ),
    Mutant(
        "of several operations the one named is meant",
        "plans.py",
        "return next(one for one in operations if name is None or (one.name is not None and one.name.value == name))",
        "return operations[0]",
    ),
    # conditions and variables
    Mutant(
        "each set of switches has its plan",
        "plans.py",
        "key = self, tuple(values.coerced.get(name) for name in self._switches)",
        "key = self, ()",
    ),
    Mutant(
        "conditions on fragments are switches",
        "plans.py",
        "isinstance(node, FieldNode | InlineFragmentNode | FragmentSpreadNode)",
        "isinstance(node, FieldNode)",
    ),
    Mutant(
        "each set of variables has its arguments",
        "plans.py",
        "key = orjson.dumps(variables)",
        "key = orjson.dumps(sorted(variables))",
    ),
    Mutant(
        "variables inside literals count",
        "arguments.py",
        "    for argument in node.arguments or ():\n        visit(argument, finder)",
        "    for argument in node.arguments or ():\n        if isinstance(argument.value, VariableNode):\n"
        "            visit(argument, finder)",
    ),
    Mutant(
        "what is kept is told apart by variables",
        "arguments.py",
        "return repr([variables.coerced.get(name, Undefined) for name in names])",
        'return ""',
    ),
    Mutant(
        "a run depends on the variables of all its fields",
        "compiler.py",
        "variables = tuple(sorted(names))",
        "variables = tuple(sorted(names))[:0]",
    ),
    Mutant(
        "what is kept is told apart by languages",
        "compiler.py",
        "by_language=any(way_of(field.field).by_language for field in every)",
        "by_language=False",
    ),
    # what may be kept
    Mutant("only what follows from the object is kept", "ways.py", "pure = by_language or info is None", "pure = True"),
    Mutant(
        "only a run that is all has its braces",
        "writing.py",
        "bytes(memoryview(content)) if whole else content[1:-1]",
        "content",
    ),
    # nulls and errors
    Mutant(
        "what may not be null is not",
        "compiler.py",
        "return self._shape(type_.of_type, asked, nullable=False)",
        "return self._shape(type_.of_type, asked, nullable=True)",
    ),
    Mutant(
        "what may not be null is not, inside a run",
        "writing.py",
        "return self._present(type_.of_type, value, field)",
        "return self._completed(type_.of_type, value, field)",
    ),
    Mutant(
        "an error is told",
        "shapes.py",
        "        if value is not None:\n            frame.failures.append",
        "        if False:\n            frame.failures.append",
    ),
    Mutant(
        "errors are in the order of the document",
        "executor.py",
        "sorted(failures, key=lambda one: one.order)",
        "list(failures)",
    ),
    Mutant(
        "errors of entries are in their order",
        "frame.py",
        "(entry, entry)]",
        "(entry, 0)]",
    ),
    Mutant(
        "an error names its entry",
        "frame.py",
        "((owner, entry) for entry in range(len(entries)))",
        "((owner, 0) for entry in range(len(entries)))",
    ),
    Mutant(
        "an error among others of other types names its own entry",
        "frame.py",
        "return self._above(self._indexes[index])",
        "return self._above(index)",
    ),
    Mutant(
        "a batch that is refused is refused for each",
        "resolved.py",
        "            return [error] * len(parents)\n",
        "            return [None] * len(parents)\n",
    ),
    Mutant(
        "of a single object an error is told",
        "single.py",
        "{value} = error.with_traceback(None)",
        "{value} = None",
    ),
    Mutant(
        "of a single object an error names its own place",
        "single.py",
        "[*place, (part.key, part.position)]",
        "[(part.key, part.position)]",
    ),
    Mutant(
        "a single object is shown by its own type",
        "single.py",
        "{self._name(fills)}[{self._name(shape.selection)}({value})]",
        "next(iter({self._name(fills)}.values()))",
    ),
    # leaves
    Mutant(
        "an Int has 32 bits, and a Boolean is none",
        "leaves.py",
        "value.__class__ is int and LEAST_INT <= value <= MOST_INT",
        "isinstance(value, int)",
    ),
    Mutant(
        "a Float is finite",
        "leaves.py",
        "value.__class__ is float and isfinite(value)",
        "value.__class__ is float",
    ),
    Mutant("a Boolean is True or False", "leaves.py", "if value is True or value is False:", "if value is not None:"),
    Mutant(
        "a text is not a list",
        "writing.py",
        "if isinstance(value, list | tuple):",
        "if value is not None:",
    ),
    # types
    Mutant("an object is shown by its own type", "shapes.py", "if len(kinds) == 1 else None", "if kinds else None"),
    Mutant("a typename is that of the object", "writing.py", "return repr(type_name)", 'return repr("Node")'),
    Mutant(
        "a type must take the value for one of its own",
        "ways.py",
        "shown_by.is_type_of is not None and shown_by.is_type_of(value, None) is not True",
        "False",
    ),
]
