"""
The compiler with one rule broken: the differential tests find it out.

What the reference answers is noted once; then the copies of the compiler go the same way through the same worlds.
"""

import asyncio
import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.door import Prepared
from app.execution.executor import Answer
from schema.schema import Schema
from tests.app.execution import test_leaves, test_nulls, test_types
from tests.app.execution.comparison import Execute, Told, by_reference, told
from tests.app.execution.documents import DOCUMENTS, visits
from tests.app.execution.mutations import MUTANTS, Mutant, loaded
from tests.app.execution.small import TIMES, outcome
from tests.app.execution.tours import Stop, tour
from tests.app.execution.worlds import Moment, World, random_world

WORLDS, OPERATIONS = 3, 25
LEAVES = {"Int": (True, 2**31), "Float": (float("nan"), 1), "Boolean": (1, "x"), "String": ("x", 1)}


@dataclass(frozen=True, slots=True)
class Scene:
    """A stop in a world, and what the reference answered there."""

    world: World
    moment: Moment
    stop: Stop
    expected: Told


@pytest.fixture(scope="module")
def scenes(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[Scene]]:
    logger = logging.getLogger("kanava")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield asyncio.run(noted(schema, tmp_path_factory.mktemp("worlds")))
    logger.setLevel(level)


async def noted(schema: Schema, folder: Path) -> list[Scene]:
    """Visit the written documents, go through some worlds, and note what the reference answers."""
    found = []
    for world, stop in stops(schema, folder):
        moment = world.now()
        expected = await told(world, by_reference(world), stop.sent, stop.visitor, late=stop.late)
        stop.words.learn(expected.data)
        found.append(Scene(world, moment, stop, expected))
    return found


def stops(schema: Schema, folder: Path) -> Iterator[tuple[World, Stop]]:
    world = random_world(5, schema, folder, broken=False)
    for what in DOCUMENTS:
        yield from ((world, stop) for stop in visits(world, what))
    for seed in range(WORLDS):
        world = random_world(seed, schema, folder)
        yield from ((world, stop) for _, stop in tour(world, schema, OPERATIONS))


async def is_found_out(package: Any, schema: Schema, scenes: Sequence[Scene]) -> bool:
    """Return whether a copy of the compiler answers otherwise than the reference, or breaks and says so."""
    with said_by(logging.getLogger("kanava.execution")) as said:
        try:
            return await differs_in(package, schema, scenes) or await differs_in_small(package) or bool(said)
        except Exception:
            return True


@contextmanager
def said_by(logger: logging.Logger) -> Iterator[list[logging.LogRecord]]:
    """Gather what is logged there meanwhile."""
    said: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = said.append  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)


async def differs_in_small(package: Any) -> bool:
    for schema, query, value in small():
        result = await outcome(schema, query, value=value, package=package)
        if [result.expected] * TIMES != result.found:
            return True
    return False


def small() -> Iterator[tuple[Schema, str, Any]]:
    """Yield queries of the tests over small schemas."""
    for name, values in LEAVES.items():
        schema = test_leaves.schema_of(name)
        yield from ((schema, "{ holder { value plain batch gaps } }", value) for value in values)
    for value in test_types.VALUES:
        yield from ((test_types.SCHEMA, query, value) for query in test_types.QUERIES)
    yield test_nulls.SCHEMA, test_nulls.TEXT_FOR_LIST, test_nulls.Thing({"must": "m", "words": "abc"})
    for seed in range(12):
        value = test_nulls.random_thing(random.Random(seed), 2, 0.02)
        yield from ((test_nulls.SCHEMA, query, value) for query in test_nulls.QUERIES)


async def differs_in(package: Any, schema: Schema, scenes: Sequence[Scene]) -> bool:
    executes: dict[int, Execute] = {}
    for scene in scenes:
        scene.world.go_back(scene.moment)
        execute = executes.setdefault(id(scene.world), executing(package, schema, scene.world))
        found = await told(scene.world, execute, scene.stop.sent, scene.stop.visitor, late=scene.stop.late)
        if (scene.expected.data, scene.expected.errors) != (found.data, found.errors):
            return True
    return False


def executing(package: Any, schema: Schema, world: World) -> Execute:
    """Return a copy's executor, with plans of its own for each operation."""
    plans: dict[int, Any] = {}
    executor = package.executor.Executor(schema, shown_in=world.door.shown_in)

    async def execute(prepared: Prepared) -> Answer:
        own = plans.setdefault(id(prepared.operation), package.plans.Plans())
        own.uses += 1
        operation, sent = replace(prepared.operation, plans=own), prepared.sent
        asked = package.executor.Execution(prepared.document, operation, sent.variables, prepared.context)
        answer: Answer = await executor.execute(asked)
        return answer

    return execute


async def test_nothing_is_found_where_nothing_is_broken(
    scenes: Sequence[Scene], schema: Schema, tmp_path: Path
) -> None:
    """A copy in which nothing is changed answers as the reference does."""
    with loaded(None, tmp_path) as package:
        assert not await differs_in_small(package)
        assert not await differs_in(package, schema, scenes)


# a copy that breaks in the middle leaves coroutines behind that nobody awaits
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
async def test_a_broken_rule_is_found_out(
    mutant: Mutant, scenes: Sequence[Scene], schema: Schema, tmp_path: Path
) -> None:
    """Some answer is another, or there is none."""
    with loaded(mutant, tmp_path) as package:
        assert await is_found_out(package, schema, scenes)
