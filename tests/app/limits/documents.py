"""Documents over Kanava's own schema: measured, drawn at random, and measured again by plainly writing out spreads."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    ListValueNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    visit,
)
from hypothesis import strategies as st

from app.limits.measure import Measure, measure
from schema.costs import declared
from schema.schema import build_schema

SCHEMA: GraphQLSchema = build_schema()._schema
ROOT = Path(__file__).resolve().parents[3]
STOREFRONT = (*(ROOT / "app/examples").glob("*.graphql"), *(ROOT / "tests/audit/schema/operations").glob("*.graphql"))


def operations_of(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]


def measured(text: str, **variables: Any) -> Measure:
    """Return the figures of the first operation of a document."""
    document = parse(text)
    return measure(document, operations_of(document)[0], SCHEMA, variables)


def doublings(levels: int, leaf: str = "__typename") -> str:
    """Return a small document in which a field stands two to the power of `levels` times."""
    spreads = " ".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels))
    return f"{{ ...F0 }} {spreads} fragment F{levels} on Query {{ {leaf} }}"


def nodes_in(document: DocumentNode) -> int:
    """Return how many nodes a document has."""
    seen: list[object] = []

    class Count(Visitor):
        def enter(self, node: object, *_: object) -> None:
            seen.append(node)

    visit(document, Count())
    return len(seen)


@dataclass
class Plain:
    """The figures of an operation, by writing out every spread."""

    document: DocumentNode
    variables: Mapping[str, Any]
    depth: int = 0
    root_fields: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0
    values: int = 0
    names: Counter[tuple[int, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        fragments = [d for d in self.document.definitions if isinstance(d, FragmentDefinitionNode)]
        self.fragments = {d.name.value: d for d in fragments}

    def look_at(self, definition: OperationDefinitionNode | FragmentDefinitionNode, on: Any) -> "Plain":
        self.directives += len(definition.directives or ())
        self._selections(definition.selection_set, on, 0, 1)
        return self

    def _selections(self, node: Any, on: Any, depth: int, times: int) -> None:
        for selection in node.selections if node else ():
            self.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                self._field(selection, on, depth, times)
            elif isinstance(selection, FragmentSpreadNode):
                self.names[depth, "..."] += 1
                fragment = self.fragments.get(selection.name.value)
                if fragment is not None:
                    self.directives += len(fragment.directives or ())
                    inner = SCHEMA.get_type(fragment.type_condition.name.value)
                    self._selections(fragment.selection_set, inner, depth, times)
            else:
                condition = selection.type_condition
                inner = SCHEMA.get_type(condition.name.value) if condition else on
                self._selections(selection.selection_set, inner, depth, times)

    def _field(self, node: FieldNode, on: Any, depth: int, times: int) -> None:
        self.depth = max(self.depth, depth + 1)
        self.root_fields += depth == 0
        self.fields += 1
        self.aliases += node.alias is not None
        self.names[depth, (node.alias or node.name).value] += 1
        known = isinstance(on, GraphQLObjectType | GraphQLInterfaceType) and SCHEMA.get_field(on, node.name.value)
        weight, entries = 0, 1
        if known:
            costs = declared(known)
            weight, entries = costs.weight, self._entries(node, costs.sliced_by, costs.entries)
        self.cost += times * entries * weight
        self.values += times * entries
        self._selections(node.selection_set, get_named_type(known.type) if known else None, depth + 1, times * entries)

    def _entries(self, node: FieldNode, sliced_by: str | None, otherwise: int) -> int:
        said = [a.value for a in node.arguments or () if a.name.value == sliced_by]
        if not said:
            return otherwise
        if isinstance(said[0], VariableNode):
            value = self.variables.get(said[0].name.value)
            return otherwise if value is None else value if isinstance(value, int) else len(value)
        return len(said[0].values) if isinstance(said[0], ListValueNode) else int(said[0].value)


NAMES = ("F0", "F1", "F2", "F3")
ON = ("Query", "Product", "Category", "ProductConnection", "Account", "Nothing")
VARIABLES = ("n", "list", "unsaid")
COMPOSITE = GraphQLObjectType | GraphQLInterfaceType


@st.composite
def selections(draw: st.DrawFn, on: Any, spreads: tuple[str, ...], levels: int) -> str:
    chosen = [draw(selection(on, spreads, levels)) for _ in range(draw(st.integers(1, 4)))]
    return "{ " + " ".join(chosen) + " }"


@st.composite
def selection(draw: st.DrawFn, on: Any, spreads: tuple[str, ...], levels: int) -> str:
    directive = draw(st.sampled_from(("", "", "", " @skip(if: false)", " @a @b")))
    kind = draw(st.integers(0, 9))
    if kind == 0 and spreads:
        return f"...{draw(st.sampled_from(spreads))}{directive}"
    if kind == 1 and levels:
        condition = draw(st.sampled_from(("", *ON)))
        inner = SCHEMA.get_type(condition) if condition else on
        return f"...{condition and f' on {condition}'}{directive} {draw(selections(inner, spreads, levels - 1))}"
    return draw(a_field(on, spreads, levels, directive))


@st.composite
def a_field(draw: st.DrawFn, on: Any, spreads: tuple[str, ...], levels: int, directive: str) -> str:
    fields = on.fields if isinstance(on, COMPOSITE) else {}
    name = draw(st.sampled_from((*fields, "__typename", "unknown")))
    of = get_named_type(fields[name].type) if name in fields else None
    alias = draw(st.sampled_from(("", "", "a: ", "b: ")))
    arguments = draw(slicing(fields.get(name)))
    inner = draw(selections(of, spreads, levels - 1)) if levels and draw(st.booleans()) else ""
    return f"{alias}{name}{arguments}{directive} {inner}"


@st.composite
def slicing(draw: st.DrawFn, definition: Any) -> str:
    sliced_by = declared(definition).sliced_by if definition else None
    if sliced_by is None or draw(st.booleans()):
        return ""
    value = draw(st.sampled_from(("3", "0", "[1, 2]", "[]", *(f"${name}" for name in VARIABLES))))
    return f"({sliced_by}: {value})"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a document whose fields mostly exist, and whose fragments spread only those that come after them."""
    operation = draw(selections(SCHEMA.query_type, (*NAMES, "Unknown"), 4))
    fragments = [
        f"fragment {name} on {(on := draw(st.sampled_from(ON)))}"
        f" {draw(selections(SCHEMA.get_type(on), NAMES[i + 1 :], 2))}"
        for i, name in enumerate(NAMES)
    ]
    return " ".join((f"query Q {operation}", *fragments))


def definitions_of(document: DocumentNode) -> Iterator[OperationDefinitionNode | FragmentDefinitionNode]:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            yield definition
