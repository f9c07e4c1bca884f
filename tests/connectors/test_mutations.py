"""
Real answers of the sandbox, spoilt in every way: the contract and Kanava's connectors agree on each.

`make test` spoils one of all places that are alike (an item of a list is like the next), `make soak` every place.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from tests.conftest import Sandbox
from tests.connectors import mutation
from tests.connectors.documents import contract
from tests.connectors.mutation import Mutants, Place
from tests.connectors.operations import OPERATIONS, Operation, Question, prepare
from tests.connectors.recording import MadeUp, opened, over
from tests.connectors.test_both_ways import url

INVALID = (msgspec.MsgspecError, UnicodeDecodeError, ValueError)
"""What the transport reports as InvalidResponse. Anything else that a connector raises is a bug in it."""
TAKES, REFUSES = "takes it", "refuses it"
SHOWN_BY_SIMULATE = {f"$.simulation.objections[].{name}" for name in ("code", "message")}
"""An order that is objected to is refused before its prices are looked at; `orders/simulate` has both."""

SOAK = os.environ.get("KANAVA_TEST_SOAK") == "1"

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


async def real_answers(operation: Operation, sandbox: Sandbox) -> list["Judges"]:
    """Return what the sandbox answers to questions that bring out all it has, with the age that it leaves out."""
    questions = (operation.rich, *operation.others)
    async with opened(operation.role, "rest", url(sandbox, operation)) as (connector, wire):
        await prepare(operation, connector)
        wire.exchanges.clear()
        for question in questions:
            await operation.ask(connector, question)
    answers = [{**exchange.answer, "as_of": "2026-11-22T08:00:00+02:00"} for exchange in wire.exchanges]
    return [Judges(operation, *both) for both in zip(questions, answers, strict=True)]


class Judges:
    """The schema and the connector, before one answer that is spoilt and mended again and again."""

    def __init__(self, operation: Operation, question: Question, answer: Any) -> None:
        self.operation = operation
        self.question = question
        self.answer = answer
        self._contract = contract(operation.role)
        self._schema = self._contract.media(operation.path, "200")["schema"]
        self._validator = self._contract.validator(operation.path, "200")
        self._transport = MadeUp(operation.role)
        self._connector = over(self._transport)

    async def verdicts(self, mutants: Callable[[Place], Mutants]) -> AsyncIterator[tuple[str, bool, str]]:
        """Yield each mutant, whether the schema takes it and what the connector does with it."""
        found = list(mutation.places(self._contract, self._schema, self.answer))
        for place in found if SOAK else mutation.one_of_each(found):
            was = place.holder[place.key]
            for name, value in list(mutants(place)):
                place.spoil(value)
                yield f"{place.path} {name}", self._validator.is_valid(self.answer), await self.reads()
                place.holder[place.key] = was

    async def reads(self) -> str:
        """Return TAKES, REFUSES, or the name of an exception that would pass for a bug."""
        self._transport.body = msgspec.json.encode(self.answer)
        try:
            await self.operation.ask(self._connector, self.question)
        except INVALID:
            return REFUSES
        except Exception as bug:
            return type(bug).__name__
        return TAKES

    def required(self) -> set[str]:
        """Return what the schema requires somewhere."""
        return set(mutation.required_paths(self._contract, self._schema))

    def seen(self) -> set[str]:
        """Return what this answer has."""
        found = mutation.places(self._contract, self._schema, self.answer)
        return {mutation.unnumbered(place.path) for place in found}


async def survivors(
    judges: Judges, mutants: Callable[[Place], Mutants], count: Counter[str]
) -> tuple[list[str], list[str]]:
    """Return which mutants the schema takes, and which the connector does not refuse."""
    schema, connector = [], []
    async for name, schema_takes_it, said in judges.verdicts(mutants):
        count[str(judges.operation)] += 1
        schema += [name] if schema_takes_it else []
        connector += [f"{name}: {said}"] if said != REFUSES else []
    return schema, connector


@every_operation
async def test_what_must_be_there_is_missed(operation: Operation, sandbox: Sandbox, mutants: Counter[str]) -> None:
    """Without any one required member, or with any member of a wrong type, an answer is refused by both."""
    answers = await real_answers(operation, sandbox)

    assert answers[0].required() <= SHOWN_BY_SIMULATE.union(*(judges.seen() for judges in answers))
    for judges in answers:
        assert TAKES == await judges.reads()
        assert ([], []) == await survivors(judges, mutation.bad, mutants)


@every_operation
async def test_what_need_not_be_there_is_not_missed(
    operation: Operation, sandbox: Sandbox, mutants: Counter[str]
) -> None:
    """Without any one optional member, with null for it, or with a member that nobody knows, both take an answer."""
    answers = await real_answers(operation, sandbox)
    found = [verdict for judges in answers async for verdict in judges.verdicts(mutation.good)]
    mutants[str(operation)] += len(found)

    assert found
    assert [] == [name for name, schema_takes_it, _ in found if not schema_takes_it]
    assert [] == [f"{name}: {said}" for name, _, said in found if said != TAKES]


@every_operation
@pytest.mark.parametrize("kind", [mutation.numbers, mutation.no_numbers, mutation.bare_times])
async def test_how_values_are_written(
    operation: Operation, kind: Callable[[Place], Mutants], sandbox: Sandbox, mutants: Counter[str]
) -> None:
    """A decimal that is a JSON number or no number at all, and a time without an offset, are refused by both."""
    for judges in await real_answers(operation, sandbox):
        assert ([], []) == await survivors(judges, kind, mutants)
