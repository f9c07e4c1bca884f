"""
Random operations in random worlds: a plan answers as the reference executor does, byte by byte.

Each is executed when nothing of it is remembered; when that is warm, by the same visitor or by another with other
variables; and after a change: of time, of what systems know, of whether they answer. `make test` has 2,000 operations,
`make soak` 20,000; a failure names its world.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from schema.schema import Schema
from tests.app.execution.comparison import both, by_plan, by_reference, guessed, told
from tests.app.execution.tours import Stop, tour
from tests.app.execution.worlds import random_world

OPERATIONS = min(20_000, int(os.environ.get("KANAVA_TEST_STEPS", "2000")))
A_WORLD = 25
WORLDS = max(1, OPERATIONS // A_WORLD)
FIRST = int(os.environ.get("KANAVA_TEST_SEED", "0"))
"""The seed of the first world; `make test` has the same ones each time."""
BY_PLAN = 0.75
"""How much of what is executed at all must be executed by a plan to its end."""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
async def test_a_plan_answers_as_the_reference_does(seed: int, schema: Schema, tmp_path: Path) -> None:
    """Data, errors and their order are the same; systems are asked for nothing more, and not more often."""
    world = random_world(seed, schema, tmp_path)
    tally, executed = world.door.executor.tally, 0
    for number, stop in tour(world, schema, A_WORLD):
        fell_back = tally.fell_back
        expected, found = await both(world, by_plan(world), stop.sent, stop.visitor, late=stop.late)
        if tally.fell_back > fell_back and (expected.data, expected.errors) != (found.data, found.errors):
            # a plan that gives up has asked already: the reference finds remembered what came along, and meets other
            # errors first where one nulls what others are within
            expected = await told(world, by_reference(world), stop.sent, stop.visitor, late=stop.late)
        stop.words.learn(expected.data)
        executed += expected.data is not None

        assert (expected.data, expected.errors) == (found.data, found.errors), told_of(seed, number, stop)
        # where a null spreads the reference stops asking, and a plan, which leaves that to it, notices at the end
        if tally.fell_back == fell_back:
            # what comes along with a search or a code in the same turn is asked for by whoever wants it a step sooner
            sooner = found.asked - expected.asked
            calls = expected.calls + Counter((system, method) for system, method, _ in sooner)
            assert sooner - guessed(sooner, expected.asked) <= expected.along, told_of(seed, number, stop)
            assert found.calls <= calls or not world.weather.is_prompt, told_of(seed, number, stop)

    assert tally.compiled >= BY_PLAN * executed


def told_of(seed: int, number: int, stop: Stop) -> str:
    return f"world {seed}, operation {number}, {stop.state}, {stop.visitor}:\n{stop.sent.query}\n{stop.sent.variables}"
