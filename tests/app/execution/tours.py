"""A way through a random world: operation after operation, each in three states."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.door import Visitor
from app.protocol.reading import Sent
from schema.schema import Schema
from tests.app.execution.operations import random_operation
from tests.app.execution.words import Words
from tests.app.execution.worlds import World

LATE = 0.08
"""How many operations have no time to wait for anything."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody sends something, in one `state` of the world; `words` can learn from the answer."""

    state: str
    sent: Sent
    visitor: Visitor
    late: bool
    words: Words


def tour(world: World, schema: Schema, operations: int) -> Iterator[tuple[int, Stop]]:
    """Yield each stop with the number of its operation; the world is as it should be for it when it is yielded."""
    words = Words()
    for number in range(operations):
        sent, another = random_operation(schema._schema, world.dice, words)
        visitor, late = world.visitor(), world.dice.random() < LATE
        yield number, Stop("nothing remembered", sent, visitor, late, words)
        if world.dice.random() < 0.5:
            yield number, Stop("all remembered", sent, visitor, late, words)
        else:
            yield number, Stop("somebody else", another, world.visitor(), late, words)
        world.change_weather()
        yield number, Stop("something has changed", sent, visitor, late, words)
