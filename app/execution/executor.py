"""
Executing: by a plan where there is one, else by the reference executor, strawberry's.

The reference is the law. A plan gives the same bytes, and the same errors in the same order; where it meets anything
that it was not made for, a query is executed again by the reference, which then has the last word.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionResult

from app.documents import Document, Operation
from app.errors import Shown, in_document_order, shown, shown_at
from app.execution.foreseen import Unforeseen
from app.execution.frame import Failure, Frame, Info
from app.execution.plans import Binding, Bindings
from resolvers.context import RequestContext
from schema.prepared import PREPARED
from schema.schema import Schema

log = logging.getLogger("kanava.execution")


class Answer(NamedTuple):
    """
    The answer to an operation: `data` as JSON (None: nothing was executed), `errors` as the response shows them, in
    the order of the document.
    """

    data: bytes | None
    errors: Sequence[Shown]


@dataclass(slots=True)
class Tally:
    """How many operations went which way."""

    compiled: int = 0
    fell_back: int = 0
    by_reference: int = 0


class Execution(NamedTuple):
    """What is to be executed, and for whom."""

    document: Document
    operation: Operation
    variables: dict[str, Any] | None
    context: RequestContext


class Executor:
    """Executes queries and mutations. `shown_in` shows errors of documents and of the reference executor."""

    def __init__(self, schema: Schema, *, shown_in: Callable[[GraphQLError], Shown]) -> None:
        self.tally = Tally()
        self._bindings = Bindings()
        self._schema = schema
        self._shown_in = shown_in

    async def execute(self, asked: Execution) -> Answer:
        """Return the answer."""
        if asked.operation.kind is not OperationType.QUERY:
            return await self.by_reference(asked)
        try:
            binding = self.binding(asked.document, asked.operation, asked.variables)
        except Unforeseen:
            binding = None
        except Exception:
            log.exception("an operation cannot be compiled: the reference executor answers")
            asked.operation.plans.refused = "it cannot be compiled"
            binding = None
        return await (self.by_reference(asked) if binding is None else self.execute_bound(binding, asked))

    async def execute_bound(self, binding: Binding, asked: Execution) -> Answer:
        """Return the answer to a query that has a plan."""
        try:
            return await self.by_plan(binding, asked.context)
        except Unforeseen:
            pass
        except Exception:  # the reference decides whether it is a bug of the plan's alone
            log.exception("a plan broke: the reference executor answers in its place")
        self.tally.fell_back += 1
        return await self.by_reference(asked)

    def binding(self, document: Document, operation: Operation, variables: Mapping[str, Any] | None) -> Binding | None:
        """Return the plan of an operation with its variables, None when it has none (yet); raises Unforeseen."""
        plans = operation.plans

        def make() -> Binding | None:
            return plans.binding(self._schema, document.node, operation.name, variables)

        return self._bindings.of(plans, variables, make)

    async def by_reference(self, asked: Execution) -> Answer:
        """Return the reference executor's answer."""
        self.tally.by_reference += 1
        result = await self._schema.execute(
            asked.document.text,
            variable_values=asked.variables,
            operation_name=asked.operation.name,
            context_value=asked.context,
            operation_extensions={PREPARED: asked.document.node},
        )
        assert isinstance(result, ExecutionResult)
        return answer_of(result, self._shown_in)

    async def by_plan(self, binding: Binding, context: RequestContext) -> Answer:
        """Return the answer by a plan; raises Unforeseen."""
        frame = Frame(
            context=context,
            arguments=binding.arguments,
            values_keys=binding.values_keys,
            languages=tuple(context.locales),
            info=Info(context, None),
        )
        data = await binding.plan.fill(None, frame)
        self.tally.compiled += 1
        return Answer(data, _shown(frame.failures) if frame.failures else ())


def answer_of(result: ExecutionResult, shown_in: Callable[[GraphQLError], Shown]) -> Answer:
    """Return the reference executor's result as an answer."""
    errors = result.errors or []
    # with a path execution began, so data is there even when it is null
    executed = result.data is not None or any(error.path is not None for error in errors)
    data = orjson.dumps(result.data) if executed else None
    return Answer(data, [shown_in(error) for error in in_document_order(errors, result.data)] if errors else ())


def _shown(failures: Sequence[Failure]) -> list[Shown]:
    """Return errors as the response shows them; one that befell many fields is looked at once."""
    known: dict[int, Shown] = {}
    told = []
    for failure in sorted(failures, key=lambda one: one.order):
        said = known.get(id(failure.error))
        if said is None:
            said = known[id(failure.error)] = shown(failure.error)
        told.append(shown_at(said, failure.locations, failure.path))
    return told
