"""Two executors before the same state: the same bytes, the same errors, and no more calls than the reference makes."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from app.door import Prepared, Visitor
from app.execution.executor import Answer
from app.protocol.reading import Sent
from resolvers.errors import ClientError
from tests.app.execution.worlds import World, settle

Execute = Callable[[Prepared], Awaitable[Answer]]
Asked = tuple[Any, str, Any]
"""A system, the method of its port, and what it is asked for."""
INCIDENT = re.compile("[0-9a-f]{12}")
"""What stands for a bug in an answer: another one each time."""


@dataclass(frozen=True, slots=True)
class Told:
    """
    What one executor answers, the calls that it makes by system and method, and what they ask for.

    `along` is what came along with other answers, as it would be asked for.
    """

    data: bytes | None
    errors: list[Any]
    calls: Counter[Any]
    asked: frozenset[Asked]
    along: frozenset[Asked]


async def told(world: World, execute: Execute, sent: Sent, visitor: Visitor, *, late: bool = False) -> Told:
    """Return what is answered now, once all that this set going has come to its end; `late`: by no system in time."""
    weather = world.weather
    weather.calls.clear()
    weather.asked.clear()
    weather.along.clear()
    with world.held() if late else nullcontext():
        try:
            prepared = await world.prepare(sent, visitor, late=late)
        except ClientError as refusal:
            answer = Answer(None, world.door.refusal(refusal))
        else:
            answer = await execute(prepared)
    await settle()
    shown = [masked(error) for error in answer.errors]
    return Told(answer.data, shown, Counter(weather.calls), frozenset(weather.asked), frozenset(weather.along))


def masked(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an error without the id that it has in the log."""
    extensions = error["extensions"]
    if extensions["code"] != "INTERNAL":
        return error
    return {**error, "message": INCIDENT.sub("…", error["message"]), "extensions": {**extensions, "id": "…"}}


async def both(
    world: World, execute: Execute, sent: Sent, visitor: Visitor, *, late: bool = False
) -> tuple[Told, Told]:
    """Return what the reference and the other executor answer from what is remembered now; the other's is kept."""
    state = world.remembered()
    expected = await told(world, by_reference(world), sent, visitor, late=late)
    world.put_back(state)
    return expected, await told(world, execute, sent, visitor, late=late)


def by_reference(world: World) -> Execute:
    """Return the reference executor of a world."""
    return lambda prepared: world.door.executor.by_reference(prepared.execution)


def by_plan(world: World) -> Execute:
    """Return the executor of a world, for which every document has been used before."""

    async def execute(prepared: Prepared) -> Answer:
        prepared.operation.plans.uses += 1
        return await world.door.executor.execute(prepared.execution)

    return execute


def guessed(asked: AbstractSet[Asked], settled: AbstractSet[Asked]) -> AbstractSet[Asked]:
    """
    Return what of `asked` was looked for on a guess: searches that only by assortments differ from one in `settled`.

    Whose assortments may be others than the last time is guessed while the CRM is asked, and who wants a search a step
    sooner guesses where the other knows already (`resolvers.access.expected_assortments`).
    """
    searches = {_whatever_the_assortments(one) for one in settled}
    return {one for one in asked if one[1] == "search" and _whatever_the_assortments(one) in searches}


def _whatever_the_assortments(asked: Asked) -> Asked:
    system, method, key = asked
    return system, method, key._replace(assortments=()) if method == "search" else key
