"""The arguments of a field: worked out once where no variable stands in them, else once for each set of variables."""

from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, Undefined, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments

from app.execution.foreseen import Unforeseen
from schema.schema import Schema

NO_VARIABLES = VariableValues({}, {})


@dataclass(frozen=True, slots=True)
class Arguments:
    """
    The arguments of one field, as keyword arguments of its resolver.

    `constant` None: variables stand in them, `variables` by name. Then `slot` is their place in what `bound` returns.
    """

    field: GraphQLField
    node: FieldNode
    variables: tuple[str, ...]
    constant: dict[str, Any] | None
    slot: int

    def bound(self, schema: Schema, variables: VariableValues) -> dict[str, Any]:
        """
        Return them with these variables.

        Raises:
            Unforeseen: the reference executor has an error to tell.
        """
        return keyword_arguments(schema, self.field, self.node, variables)


def keyword_arguments(
    schema: Schema, field: GraphQLField, node: FieldNode, variables: VariableValues
) -> dict[str, Any]:
    """
    Return what a resolver is called with, converted as strawberry converts it.

    Raises:
        Unforeseen: the reference executor has an error to tell.
    """
    try:
        values = get_argument_values(field, node, variables)
        definition = field.extensions["strawberry-definition"]
        converter = schema.schema_converter
        return convert_arguments(
            values, definition.arguments, scalar_registry=converter.scalar_registry, config=converter.config
        )
    except (GraphQLError, ValueError, TypeError) as error:
        raise Unforeseen from error


def variables_in(node: FieldNode) -> tuple[str, ...]:
    """Return the variables that stand in a field's arguments."""
    finder = _Finder()
    for argument in node.arguments or ():
        visit(argument, finder)
    return tuple(dict.fromkeys(finder.names))


def values_key(names: tuple[str, ...], variables: VariableValues) -> str:
    """Return a text that differs when the values of these variables do."""
    return repr([variables.coerced.get(name, Undefined) for name in names])


class _Finder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.append(node.name.value)
