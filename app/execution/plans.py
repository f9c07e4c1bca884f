"""The plans of one operation: made at its second use, one for each set of what `@skip` and `@include` may leave out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

from app.execution.arguments import values_key
from app.execution.asked import Unsupported
from app.execution.compiler import Compiler, Plan
from app.execution.foreseen import Unforeseen
from datasources.cache.memory import Share
from schema.schema import Schema

MOST_BYTES = 32_000_000
"""Of all remembered plans together, where nothing is said of it."""
OWN_BYTES, BYTES_A_FIELD = 6_000, 1_300
"""What a plan takes, as measured."""
MOST_FIELDS = 20_000
"""Of all plans that are bound to variables together."""
FIELDS_A_BINDING = 10
"""What variables count for beside the fields of their plan, which they have in common with others mostly."""
MOST_VARIABLES_BYTES = 2_000
SWITCHES = ("skip", "include")


@dataclass(frozen=True, slots=True)
class Binding:
    """A plan with a set of variables: the arguments by slot, and keys of the values of variables."""

    plan: Plan
    arguments: Sequence[dict[str, Any]]
    values_keys: dict[tuple[str, ...], str]


class Bindings:
    """Bindings of all operations by the variables that came with them; those longest unused go first."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[Plans, bytes], Binding] = LRUCache(
            MOST_FIELDS, getsizeof=lambda binding: binding.plan.fields + FIELDS_A_BINDING
        )

    def of(
        self,
        plans: "Plans",
        variables: Mapping[str, Any] | None,
        make: Callable[[], Binding | None],
    ) -> Binding | None:
        """Return the binding of these variables: the one that is known, else what `make` makes."""
        sent = _sent(variables)
        if sent is None:
            return make()
        known = self._known.get((plans, sent))
        if known is None and (known := make()) is not None:
            self._known[plans, sent] = known
        return known


class PlanMemory(LRUCache["tuple[Plans, tuple[object, ...]]", Plan]):
    """The plans of all operations, by their switches; those longest unused are made again."""

    def __init__(self, share: Share | None = None) -> None:
        self._share = share or Share(MOST_BYTES)
        super().__init__(self._share.most_bytes, getsizeof=weight_of)

    def __setitem__(self, key: "tuple[Plans, tuple[object, ...]]", plan: Plan) -> None:
        super().__setitem__(key, plan)
        self._share.takes(int(self.currsize))


class Plans:
    """The plans of one operation, kept in a memory that many share; `refused` says why none is made."""

    def __init__(self, memory: PlanMemory | None = None) -> None:
        self.uses = 0
        self.refused: str | None = None
        self._switches: tuple[str, ...] | None = None
        self._memory = PlanMemory() if memory is None else memory

    def binding(
        self, schema: Schema, document: DocumentNode, name: str | None, variables: Mapping[str, Any] | None
    ) -> Binding | None:
        """
        Return the plan with these variables; None when it is used for the first time, or none is made for it.

        Raises:
            Unforeseen: the reference executor has an error to tell.
        """
        self.uses += 1
        if self.uses < 2 or self.refused is not None:
            return None
        try:
            return self._bind(schema, document, operation_of(document, name), dict(variables or {}))
        except Unsupported as reason:
            self.refused = str(reason)
            return None

    def _bind(
        self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, sent: dict[str, Any]
    ) -> Binding:
        values = get_variable_values(schema._schema, operation.variable_definitions or (), sent)
        if isinstance(values, list):
            raise Unforeseen
        plan = self._plan(schema, document, operation, values)
        arguments = [one.bound(schema, values) for one in plan.arguments]
        return Binding(plan, arguments, {names: values_key(names, values) for names in plan.value_sets})

    def _plan(
        self, schema: Schema, document: DocumentNode, operation: OperationDefinitionNode, values: VariableValues
    ) -> Plan:
        if self._switches is None:
            self._switches = switches_in(document)
        key = self, tuple(values.coerced.get(name) for name in self._switches)
        plan = self._memory.get(key)
        if plan is None:
            plan = Compiler(schema, document, operation, values).plan()
            if weight_of(plan) > self._memory.maxsize:
                raise Unsupported("it has too many fields, each counted for every type that it may be of")
            self._memory[key] = plan
        return plan


def weight_of(plan: Plan) -> int:
    """Return what a plan takes of memory, about."""
    return OWN_BYTES + BYTES_A_FIELD * plan.fields


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation of this name, or the only one; the document is known to have it."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return next(one for one in operations if name is None or (one.name is not None and one.name.value == name))


def switches_in(document: DocumentNode) -> tuple[str, ...]:
    """Return the variables that `@skip` and `@include` look at."""
    finder = _Switches()
    visit(document, finder)
    return tuple(dict.fromkeys(finder.names))


def _sent(variables: Mapping[str, Any] | None) -> bytes | None:
    """Return what tells sets of variables apart as they were sent; None for such as are not worth remembering."""
    if not variables:
        return b""
    try:
        key = orjson.dumps(variables)
    except TypeError:
        return None
    return key if len(key) <= MOST_VARIABLES_BYTES else None


class _Switches(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter(self, node: Any, *_: Any) -> None:
        if isinstance(node, FieldNode | InlineFragmentNode | FragmentSpreadNode):
            for directive in node.directives or ():
                if directive.name.value in SWITCHES:
                    values = [argument.value for argument in directive.arguments or ()]
                    self.names += [value.name.value for value in values if isinstance(value, VariableNode)]
