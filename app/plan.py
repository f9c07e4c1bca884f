"""What `kanava plan` says: how an operation of a file would be executed, and what the door makes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError, NonNullTypeNode, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues, get_variable_values

from app.documents import Document, Documents, Invalid, Operation
from app.execution.asked import Unsupported
from app.execution.compiler import Compiler
from app.execution.explain import Explainer
from app.execution.foreseen import Unforeseen
from app.execution.plans import operation_of, switches_in
from app.limits.check import Limits, check
from app.limits.measure import Measure
from resolvers.errors import BadInput, LimitExceeded
from schema.schema import Schema

MEASURED = ("cost", "values", "depth")
BY_PLAN = "by a plan, from its second use on"
BY_REFERENCE = "by the reference executor"
WITHOUT_PLAN = {
    OperationType.MUTATION: "a mutation's fields are executed one after the other, and never twice",
    OperationType.SUBSCRIPTION: "a subscription has many answers, each at its time",
}
WRONG = "an argument is wrong, and it says why"


class Misused(Exception):
    """What cannot be planned as it was asked for, in one line."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to say of an operation; `refusal`: why the door does not let it in, None when it does."""

    lines: list[str]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Planning:
    """Plans operations under these limits; without `introspection` none may look into the schema."""

    schema: Schema
    limits: Limits
    introspection: bool

    def planned(self, file: Path, operation_name: str | None, variables: str | None) -> Planned:
        """
        Return what there is to say of an operation of a file: the only one, unless it is named.

        `variables` is a JSON object. One that is not in it has its default, or else no value; a list that it would
        bound has as many entries as the door then counts.

        Raises:
            Misused: file, operation or variables are not what they should be.
            LimitExceeded: the document is too long, or would be dear to validate.
        """
        document = self._document(file)
        operation, sent = _meant(document, operation_name, file), _sent(variables)
        measured = operation.outline.measure(sent)
        way, *lines = self._execution(document, operation, sent)
        return Planned([*_head(operation, way, measured, self.limits), *lines], _refusal(measured, self.limits))

    def _document(self, file: Path) -> Document:
        try:
            text = file.read_text("utf-8")
            return Documents(self.schema, self.limits, introspection=self.introspection).get(text)
        except (OSError, UnicodeDecodeError, BadInput) as error:
            raise Misused(f"{file}: {error}") from None
        except Invalid as invalid:
            raise Misused(f"{file}: {_told(invalid.errors)}") from None

    def _execution(self, document: Document, operation: Operation, sent: Mapping[str, Any]) -> Iterator[str]:
        """Yield by what it is executed, then how, or why not by a plan."""
        reason = WITHOUT_PLAN.get(operation.kind)
        if reason is None:
            definition = operation_of(document.node, operation.name)
            values = self._values(document, definition, sent)
            try:
                plan = Compiler(self.schema, document.node, definition, values).plan()
            except Unsupported as unsupported:
                reason = str(unsupported)
            except Unforeseen:
                reason = WRONG
            else:
                yield BY_PLAN
                yield from Explainer(self.schema._schema, values).explain(plan).lines()
                return
        yield BY_REFERENCE
        yield f"no plan: {reason}"

    def _values(
        self, document: Document, definition: OperationDefinitionNode, sent: Mapping[str, Any]
    ) -> VariableValues:
        """Return the values of variables, as far as there are any; `@skip` and `@include` must have theirs."""
        switches = switches_in(document.node)
        wanted = [
            one
            for one in definition.variable_definitions or ()
            if (name := one.variable.name.value) in sent
            or name in switches
            or not isinstance(one.type, NonNullTypeNode)
            or one.default_value is not None
        ]
        values = get_variable_values(self.schema._schema, wanted, dict(sent))
        if isinstance(values, list):
            raise Misused(f"--variables: {_told(values)}")
        return values


def _meant(document: Document, name: str | None, file: Path) -> Operation:
    names = [operation.name or "" for operation in document.operations]
    if name is None and len(names) > 1:
        raise Misused(f"{file} has several operations: --operation says which: {', '.join(names)}")
    try:
        return document.meant(name)
    except BadInput as error:
        raise Misused(f"{file}: {error}") from None


def _sent(variables: str | None) -> dict[str, Any]:
    try:
        sent = orjson.loads(variables or "{}")
    except orjson.JSONDecodeError as error:
        raise Misused(f"--variables is not JSON: {error}") from None
    if not isinstance(sent, dict):
        raise Misused("--variables is no JSON object")
    return sent


def _told(errors: list[GraphQLError] | Any) -> str:
    """Return the first error and its place in one line."""
    first: GraphQLError = errors[0]
    places = [f" (line {place.line}, column {place.column})" for place in first.locations or ()]
    return f"{first.message}{''.join(places[:1])}"


def _head(operation: Operation, way: str, measured: Measure, limits: Limits) -> Iterator[str]:
    yield f"{operation.kind.value} {operation.name or 'without a name'}: {way}"
    yield ", ".join(f"{name} {getattr(measured, name)} of {getattr(limits, name)}" for name in MEASURED)
    yield ""


def _refusal(measured: Measure, limits: Limits) -> str | None:
    try:
        check(measured, limits)
    except LimitExceeded as error:
        return str(error)
    return None
