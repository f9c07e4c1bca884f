"""Documents that clients send: how long they may be, which of their operations is meant, and how fresh it must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import DirectiveNode, OperationDefinitionNode, Undefined, ValueNode, parse, value_from_ast_untyped

from resolvers.errors import BadInput, LimitExceeded
from resolvers.ids import shown
from schema.directives import StalePolicy
from schema.schema import REMEMBERED_DOCUMENTS

MOST_DOCUMENT_CHARACTERS = 50_000
DIRECTIVE = "freshness"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, as far as it is looked at before it is executed; `defaults` of its variables."""

    name: str | None
    freshness: DirectiveNode | None
    defaults: Mapping[str, ValueNode]


def meant_operation(document: str, name: str | None) -> Operation:
    """
    Return the operation that is meant (GraphQL, section 6.1); an empty name is none.

    Raises:
        LimitExceeded: the document is too long.
        GraphQLError: it does not follow the grammar.
        BadInput: it has no operation of that name, or several and none is named.
    """
    if len(document) > MOST_DOCUMENT_CHARACTERS:
        raise LimitExceeded(
            f"A document may have at most {MOST_DOCUMENT_CHARACTERS} characters; it has {len(document)}."
        )
    try:
        operations = _operations(document)
    except RecursionError:
        raise BadInput("The document is nested too deeply.") from None
    if not operations:
        raise BadInput("The document has no operation.")
    if not name and len(operations) > 1:
        raise BadInput("The document has several operations: operationName must say which.")
    for operation in operations:
        if not name or operation.name == name:
            return operation
    raise BadInput(f"The document has no operation {shown(name or '')}.")


@lru_cache(REMEMBERED_DOCUMENTS)
def _operations(document: str) -> Sequence[Operation]:
    return [_operation(d) for d in parse(document).definitions if isinstance(d, OperationDefinitionNode)]


def _operation(definition: OperationDefinitionNode) -> Operation:
    directives = [directive for directive in definition.directives or () if directive.name.value == DIRECTIVE]
    defaults = {
        v.variable.name.value: v.default_value
        for v in definition.variable_definitions or ()
        if v.default_value is not None
    }
    name = definition.name.value if definition.name else None
    return Operation(name, directives[0] if directives else None, defaults)


@dataclass(frozen=True, slots=True)
class Wish:
    """How old values may be at most (None: as the server does), and whether an older one is better than none."""

    max_age_s: int | None
    serve_stale: bool


def wish_of(operation: Operation, variables: Mapping[str, Any] | None) -> Wish:
    """
    Return what `@freshness` on the operation says; whether it is well-formed is for validation to tell.

    Raises:
        BadInput: the age is not one.
    """
    if operation.freshness is None:
        return Wish(None, True)
    defaults = {name: value_from_ast_untyped(node) for name, node in operation.defaults.items()}
    known = {**defaults, **(variables or {})}
    said = {a.name.value: value_from_ast_untyped(a.value, known) for a in operation.freshness.arguments or ()}
    max_age_s = said.get("maxAgeSeconds")
    if max_age_s is None or max_age_s is Undefined:
        return Wish(None, said.get("onUnavailable") != StalePolicy.NULL_WITH_ERROR.value)
    if isinstance(max_age_s, bool) or not isinstance(max_age_s, int) or max_age_s < 0:
        raise BadInput(f"maxAgeSeconds must be a whole number, 0 or more; it is {shown(str(max_age_s))}.")
    return Wish(max_age_s, said.get("onUnavailable") != StalePolicy.NULL_WITH_ERROR.value)


def max_age_of(header: str | None) -> int | None:
    """
    Return what a `Kanava-Max-Age` header says.

    Raises:
        BadInput: it is not a number of seconds.
    """
    if header is None:
        return None
    text = header.strip(" \t")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"Kanava-Max-Age must be a whole number of seconds, 0 or more; it is {shown(header)}.")
    return int(text)
