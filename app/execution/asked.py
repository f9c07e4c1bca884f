"""
What a document asks for: its operation as a tree of fields, fragments spread, equal ones merged, as graphql-core
collects them, for given values of the variables that `@skip` and `@include` look at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_location,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from app.errors import Shown
from app.execution.foreseen import Unforeseen
from schema.schema import Schema

TYPENAME = "__typename"


class Unsupported(Exception):
    """An operation that no plan is made for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One field: its `key` in the answer, at this `position` of its object; `nodes` are all that were merged.

    `below` is what is asked of its objects, by the name of their type; None of a scalar or enum.
    """

    key: str
    position: int
    name: str
    field: GraphQLField
    nodes: Sequence[FieldNode]
    below: "Mapping[str, Sequence[Asked]] | None"

    @property
    def node(self) -> FieldNode:
        """The one whose arguments count."""
        return self.nodes[0]

    @property
    def locations(self) -> list[Shown]:
        """Where it stands in the document, as errors tell it."""
        places = [get_location(node.loc.source, node.loc.start) for node in self.nodes if node.loc]
        return [{"line": place.line, "column": place.column} for place in places]


class Reader:
    """Reads one operation; `switches` are the values of the variables that `@skip` and `@include` look at."""

    def __init__(
        self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, switches: VariableValues
    ) -> None:
        self._schema = schema._schema
        self._operation = operation
        self._switches = switches
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._details = {name: FragmentDetails(one) for name, one in self.fragments.items()}

    def read(self) -> Sequence[Asked]:
        """
        Return the fields of the operation.

        Raises:
            Unsupported: it looks into the schema, or has fields that are not strawberry's.
            Unforeseen: a condition has no value, and the reference executor has an error to tell.
        """
        root = self._schema.query_type
        assert root is not None
        try:
            collected = collect_fields(self._schema, self._details, self._switches, root, self._operation)
            return list(self._fields(root, collected.grouped_field_set))
        except GraphQLError as error:
            raise Unforeseen from error

    def _fields(self, parent: GraphQLObjectType, groups: Mapping[str, FieldDetailsList]) -> Iterator[Asked]:
        for position, (key, group) in enumerate(groups.items()):
            name = group[0].node.name.value
            if name.startswith("__") and name != TYPENAME:
                raise Unsupported("it looks into the schema")
            field = self._schema.get_field(parent, name)
            if field is None or (name != TYPENAME and "strawberry-definition" not in (field.extensions or {})):
                raise Unsupported(f"{parent.name}.{name} is not strawberry's")
            yield Asked(key, position, name, field, [one.node for one in group], self._below(field, group))

    def _below(self, field: GraphQLField, group: FieldDetailsList) -> Mapping[str, Sequence[Asked]] | None:
        named: GraphQLNamedType = get_named_type(field.type)
        if is_abstract_type(named):
            possible: Sequence[Any] = self._schema.get_possible_types(named)
        elif is_object_type(named):
            possible = [named]
        else:
            return None
        return {type_.name: list(self._fields(type_, self._subfields(type_, group))) for type_ in possible}

    def _subfields(self, type_: GraphQLObjectType, group: FieldDetailsList) -> Mapping[str, FieldDetailsList]:
        return collect_subfields(
            self._schema, self._details, self._switches, self._operation, type_, group
        ).grouped_field_set
