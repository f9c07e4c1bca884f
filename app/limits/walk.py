"""One walk over the selections of each definition, which need not be valid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from app.limits.lists import MOST, Lists, entries_in_document
from app.limits.load import Load, Program, Slice, Times
from app.limits.survey import Definition
from schema.costs import FREE, Declared, declared

INTROSPECTION = {"__schema": Declared(100, 1, None), "__type": Declared(10, 1, None)}
"""Looking into the schema asks no system, but is work: what it costs whatever is selected."""


@dataclass(slots=True)
class Figures:
    """What a definition has, with every spread in the place of what it stands for."""

    depth: int = 0
    roots: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    load: Load = field(default_factory=Load)


class Walk:
    """
    Walks over definitions, those that are spread before those that spread them; remembers the fragments.

    `defaults` are what the operation's variables are when they are not sent.
    """

    def __init__(self, schema: GraphQLSchema, defaults: Mapping[str, ValueNode]) -> None:
        self.program = Program()
        self.lists = Lists()
        self.steps = 0
        self._schema = schema
        self._defaults = defaults
        self._fragments: dict[str, Figures] = {}

    def fragment(self, definition: FragmentDefinitionNode) -> None:
        """Walk over a fragment."""
        on = self._schema.get_type(definition.type_condition.name.value)
        self._fragments[definition.name.value] = self._definition(definition, on)

    def operation(self, definition: OperationDefinitionNode) -> Figures:
        """Return what an operation has."""
        figures = self._definition(definition, self._schema.get_root_type(definition.operation))
        for variable in definition.variable_definitions or ():
            self._directives(variable.directives, figures)
            if variable.default_value is not None:
                self.lists.in_document(variable.default_value)
        return figures

    def _definition(self, definition: Definition, on: GraphQLNamedType | None) -> Figures:
        """Return what a definition on a type has; None: there is no such type, and nothing in it costs anything."""
        figures = Figures()
        self._directives(definition.directives, figures)
        self._selections(definition.selection_set, on, figures, figures.load, 0)
        return figures

    def _selections(
        self, node: SelectionSetNode, on: GraphQLNamedType | None, figures: Figures, load: Load, depth: int
    ) -> None:
        for selection in node.selections:
            self.steps += 1
            self._directives(selection.directives, figures)
            if isinstance(selection, FieldNode):
                self._field(selection, on, figures, load, depth)
            elif isinstance(selection, FragmentSpreadNode):
                self._spread(selection.name.value, figures, load, depth)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = on if condition is None else self._schema.get_type(condition.name.value)
                self._selections(selection.selection_set, inner, figures, load, depth)

    def _field(self, node: FieldNode, on: GraphQLNamedType | None, figures: Figures, load: Load, depth: int) -> None:
        figures.depth = max(figures.depth, depth + 1)
        figures.roots = min(MOST, figures.roots + (depth == 0))
        figures.fields = min(MOST, figures.fields + 1)
        figures.aliases = min(MOST, figures.aliases + (node.alias is not None))
        self._arguments(node)
        definition = self._declaration(node, on)
        costs = _costs(node, definition)
        entry = Load(cost=costs.weight, values=1)
        if node.selection_set is not None:
            of = get_named_type(definition.type) if definition else None
            self._selections(node.selection_set, of, figures, entry, depth + 1)
        self.program.add(load, self._times(node, costs), entry)

    def _spread(self, name: str, figures: Figures, load: Load, depth: int) -> None:
        fragment = self._fragments.get(name)
        if fragment is None:
            return  # there is none: validation tells
        figures.depth = max(figures.depth, depth + fragment.depth)
        figures.roots = min(MOST, figures.roots + (fragment.roots if depth == 0 else 0))
        figures.fields = min(MOST, figures.fields + fragment.fields)
        figures.aliases = min(MOST, figures.aliases + fragment.aliases)
        figures.directives = min(MOST, figures.directives + fragment.directives)
        self.program.add(load, 1, fragment.load)

    def _directives(self, directives: Iterable[DirectiveNode] | None, figures: Figures) -> None:
        for directive in directives or ():
            self.steps += 1
            figures.directives = min(MOST, figures.directives + 1)
            self._arguments(directive)

    def _arguments(self, node: FieldNode | DirectiveNode) -> None:
        for argument in node.arguments or ():
            self.lists.in_document(argument.value)

    def _declaration(self, node: FieldNode, on: GraphQLNamedType | None) -> GraphQLField | None:
        if isinstance(on, GraphQLObjectType | GraphQLInterfaceType):
            return self._schema.get_field(on, node.name.value)
        return None

    def _times(self, node: FieldNode, costs: Declared) -> Times:
        """Return how many entries of a field there are."""
        for argument in node.arguments or ():
            if argument.name.value == costs.sliced_by:
                return self._said(argument.value, costs.entries)
        return costs.entries

    def _said(self, value: Any, otherwise: int) -> Times:
        if not isinstance(value, VariableNode):
            return entries_in_document(value, otherwise)
        name = value.name.value
        default = self._defaults.get(name)
        unsaid = otherwise if default is None else entries_in_document(default, otherwise)
        return Slice(name, unsaid, otherwise)


def _costs(node: FieldNode, definition: GraphQLField | None) -> Declared:
    if definition is None:
        return FREE
    return INTROSPECTION.get(node.name.value) or declared(definition)
