"""Small schemas of their own, for what the real one cannot show: a query in both ways, the compiled one three times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import app.execution.plans
from app.documents import Documents
from app.errors import shown_in
from app.execution.executor import Answer
from app.limits.check import Limits
from schema.schema import Schema
from tests.app.execution.comparison import masked

TIMES = 3


@dataclass
class Request:
    """As much of a request's context as executors look at; `value` is what resolvers give."""

    value: Any = None
    locales: Sequence[str] = ("fi", "en")
    loaders: dict[object, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reference's answer, the others, and how many of those a plan gave to its end."""

    expected: tuple[bytes | None, list[Mapping[str, Any]]]
    found: list[tuple[bytes | None, list[Mapping[str, Any]]]]
    by_plan: int


async def outcome(schema: Schema, text: str, *, value: Any, package: Any = app.execution) -> Outcome:
    """Execute a query by the reference, then by the `package`, so often that everything is compiled and kept."""
    document = Documents(schema, Limits(), introspection=True).get(text)
    operation = replace(document.meant(None), plans=package.plans.Plans())
    executor = package.executor.Executor(schema, shown_in=shown_in)

    def asked() -> Any:
        return package.executor.Execution(document, operation, None, Request(value))

    expected = _plain(await executor.by_reference(asked()))
    operation.plans.uses += 1
    found = [_plain(await executor.execute(asked())) for _ in range(TIMES)]
    return Outcome(expected, found, executor.tally.compiled)


def _plain(answer: Answer) -> tuple[bytes | None, list[Mapping[str, Any]]]:
    return answer.data, [masked(error) for error in answer.errors]
