"""Documents that clients send: parsed and validated once, and remembered; which of their operations is meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cachetools import LRUCache
from graphql import (
    ASTValidationRule,
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    ValueNode,
    parse,
    specified_rules,
    validate,
    value_from_ast_untyped,
)

from app.execution.plans import PlanMemory, Plans
from app.limits.check import Limits, check, check_overlaps, check_text
from app.limits.measure import Outline, outlines
from datasources.cache.memory import Share
from resolvers.errors import BadInput, LimitExceeded
from resolvers.ids import shown
from schema.directives import StalePolicy
from schema.schema import Schema

DIRECTIVE = "freshness"
MOST_BYTES = 32_000_000
"""Of all remembered documents together, where nothing is said of it."""
MOST_PART = 2
"""A document that weighs more than this part of what all may is not remembered."""
OWN_BYTES, BYTES_A_CHARACTER = 20_000, 160
"""What a parsed document takes, as measured."""
MOST_VALIDATION_ERRORS = 10


class Invalid(Exception):
    """A document does not follow the grammar, or not the schema; `errors` say why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, as far as it is looked at before it is executed; `defaults` of its variables."""

    name: str | None
    kind: OperationType
    freshness: DirectiveNode | None
    defaults: Mapping[str, ValueNode]
    outline: Outline
    plans: Plans = field(default_factory=Plans, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is valid. `digest` is the SHA-256 of its text, in hex."""

    text: str
    digest: str
    node: DocumentNode
    operations: Sequence[Operation]

    @property
    def short_hash(self) -> str:
        """The start of its digest, as logs show it."""
        return self.digest[:16]

    @property
    def weight_bytes(self) -> int:
        """What it takes of memory, about, without its plans."""
        return OWN_BYTES + BYTES_A_CHARACTER * len(self.text)

    def meant(self, name: str | None) -> Operation:
        """
        Return the operation that is meant (GraphQL, section 6.1); an empty name is none.

        Raises:
            BadInput: it has no operation of that name, or several and none is named.
        """
        if not self.operations:
            raise BadInput("The document has no operation.")
        if not name and len(self.operations) > 1:
            raise BadInput("The document has several operations: operationName must say which.")
        for operation in self.operations:
            if not name or operation.name == name:
                return operation
        raise BadInput(f"The document has no operation {shown(name or '')}.")


class Documents:
    """
    Documents that follow this schema and these limits; without `introspection` those that look into it do not.

    As many are remembered as their `share` allows, and of plans as `for_plans` does; those longest unused go first.
    """

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        introspection: bool,
        share: Share | None = None,
        for_plans: Share | None = None,
    ) -> None:
        self._schema = schema._schema
        self._limits = limits
        own: tuple[type[ASTValidationRule], ...] = () if introspection else (NoSchemaIntrospectionCustomRule,)
        self._rules = (*specified_rules, *own)
        self._share = share or Share(MOST_BYTES)
        self._remembered: LRUCache[str, Document] = LRUCache(
            self._share.most_bytes, getsizeof=lambda document: document.weight_bytes
        )
        self._plans = PlanMemory(for_plans)

    def get(self, text: str) -> Document:
        """
        Return the document of this text.

        Raises:
            LimitExceeded: it is too long, nested too deeply, or would be dear to validate.
            Invalid: it does not follow the grammar or the schema.
        """
        document = self._remembered.get(text)
        if document is None:
            document = self._prepared(text)
            if document.weight_bytes <= self._share.most_bytes // MOST_PART:
                self._remembered[text] = document
                self._share.takes(int(self._remembered.currsize))
        return document

    def _prepared(self, text: str) -> Document:
        try:
            check_text(text, self._limits)
            node = parse(text)
        except GraphQLError as error:
            raise Invalid([error]) from None
        check_overlaps(node, self._limits)
        errors = validate(self._schema, node, self._rules, max_errors=MOST_VALIDATION_ERRORS)
        if errors:
            raise Invalid(errors)
        plans = self._plans
        operations = [_operation(one, outline, Plans(plans)) for one, outline in outlines(node, self._schema)]
        return Document(text, sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), node, operations)


def limits_problem(document: DocumentNode, schema: GraphQLSchema, limits: Limits) -> str | None:
    """Return which limit a valid document is over whatever its variables are, None when it is over none."""
    try:
        check_overlaps(document, limits)
        for _, outline in outlines(document, schema):
            check(outline.measure({}), limits)
    except (LimitExceeded, BadInput) as error:
        return str(error)
    return None


def _operation(definition: OperationDefinitionNode, outline: Outline, plans: Plans) -> Operation:
    directives = [directive for directive in definition.directives or () if directive.name.value == DIRECTIVE]
    defaults = {
        v.variable.name.value: v.default_value
        for v in definition.variable_definitions or ()
        if v.default_value is not None
    }
    name = definition.name.value if definition.name else None
    return Operation(name, definition.operation, directives[0] if directives else None, defaults, outline, plans)


@dataclass(frozen=True, slots=True)
class Wish:
    """How old values may be at most (None: as the server does), and whether an older one is better than none."""

    max_age_s: int | None
    serve_stale: bool

    @property
    def is_none(self) -> bool:
        """Whether it wants nothing but what is served to all."""
        return self.max_age_s is None and self.serve_stale


def wish_of(operation: Operation, variables: Mapping[str, Any] | None) -> Wish:
    """
    Return what `@freshness` on the operation says.

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
