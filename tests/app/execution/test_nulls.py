"""How nulls and errors spread (GraphQL, section 6.4.4): through lists and what may not be null, as the reference has it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import strawberry

from datasources.errors import NeverSent
from datasources.model.common import System
from resolvers.batching import batched
from resolvers.errors import NotFound
from schema.schema import Schema
from tests.app.execution.small import TIMES, outcome

DOWN = NeverSent(System.PIM, "no connection")
MISSING = NotFound("There is none.")
BUG = KeyError("meant")
Node = dict[str, Any]


@dataclass
class Thing:
    """What resolvers give: its members are whatever they are said to be."""

    members: Node

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.members.get(name)


def of(name: str) -> Any:
    """Return a resolver that gives a member or raises the error in its place."""

    async def given(root: strawberry.Parent[Any]) -> Any:
        found = root.members.get(name)
        if isinstance(found, Exception):
            raise found
        return found

    return given


def at_once(name: str) -> Any:
    """Return a resolver that does so without waiting."""

    def given(root: strawberry.Parent[Any]) -> Any:
        found = root.members.get(name)
        if isinstance(found, Exception):
            raise found
        return found

    return given


def many(name: str) -> Any:
    """Return a batched resolver of a member."""

    async def given(roots: Sequence[Thing], context: Any) -> Sequence[Any]:
        return [root.members.get(name) for root in roots]

    given.__name__ = given.__qualname__ = name
    return batched(given)


field = strawberry.field


@strawberry.type(name="Thing")
class ThingView:
    """Every way a field can be nullable, of every way it can come by its value."""

    text: str | None
    must: str
    thing: Annotated["ThingView | None", field(resolver=of("thing"))]
    sure: Annotated["ThingView", field(resolver=of("sure"))]
    plain: "ThingView | None"
    plain_sure: "ThingView"
    things: Annotated["list[ThingView] | None", field(resolver=of("things"))]
    gaps: Annotated["list[ThingView | None] | None", field(resolver=of("gaps"))]
    sure_things: Annotated["list[ThingView]", field(resolver=of("sure_things"))]
    nested: Annotated["list[list[ThingView | None]] | None", field(resolver=of("nested"))]
    batch: Annotated["ThingView | None", field(resolver=many("batch"))]
    batch_sure: Annotated["ThingView", field(resolver=many("batch_sure"))]
    batch_things: Annotated["list[ThingView]", field(resolver=many("batch_things"))]
    words: Annotated[list[str | None] | None, field(resolver=at_once("words"))]
    sure_words: Annotated[list[str], field(resolver=many("sure_words"))]
    failing: Annotated[str | None, field(resolver=at_once("failing"))]
    failing_later: Annotated[str, field(resolver=of("failing_later"))]


async def thing(info: strawberry.Info[Any]) -> Any:
    """Return what the request has."""
    if isinstance(info.context.value, Exception):
        raise info.context.value
    return info.context.value


@strawberry.type
class Query:
    thing: Annotated[ThingView | None, field(resolver=thing)]
    sure: Annotated[ThingView, field(resolver=thing)]


SCHEMA = Schema(Query)
DEPTH = 45
INNER = "text must words sureWords failing failingLater"
ALL = f"{{ {INNER} batch {{ {INNER} }} things {{ {INNER} batchSure {{ must }} }} gaps {{ must sure {{ must }} }} }}"
LISTS = (
    "{ sureThings { must } nested { must failing } batchThings { must sureWords } plain { must } plainSure { must } }"
)
QUERIES = (
    f"{{ thing {ALL} }}",
    f"{{ sure {ALL} }}",
    f"{{ thing {LISTS} __typename }}",
    f"{{ a: thing {{ gaps {LISTS} }} b: thing {ALL} }}",
    f"{{ thing {{ batch {LISTS} things {LISTS} thing {{ sure {ALL} }} }} sure {{ text }} }}",
)
TEXTS = ("text", "must", "failing", "failing_later")
ONE = ("thing", "sure", "plain", "plain_sure", "batch", "batch_sure")
MANY = ("things", "gaps", "sure_things", "batch_things")
WRONG: tuple[Any, ...] = (None, None, DOWN, MISSING, BUG, 7, "x", [])


def random_thing(dice: random.Random, depth: int, wrong: float) -> Any:
    """Return a thing whose members are as they should be, but now and then."""
    if dice.random() < wrong:
        return dice.choice(WRONG)

    def text() -> Any:
        return dice.choice(WRONG) if dice.random() < wrong else f"t{dice.randrange(100)}"

    def texts() -> Any:
        return dice.choice(WRONG) if dice.random() < wrong else [text() for _ in range(dice.choice((0, 1, 2)))]

    def things() -> Any:
        if dice.random() < wrong:
            return dice.choice(WRONG)
        return [random_thing(dice, depth - 1, wrong) for _ in range(dice.choice((0, 1, 2, 3)))]

    members: Node = {name: text() for name in TEXTS}
    members |= {name: texts() for name in ("words", "sure_words")}
    if depth:
        members |= {name: random_thing(dice, depth - 1, wrong) for name in ONE}
        members |= {name: things() for name in MANY}
        members["nested"] = [things() for _ in range(dice.choice((0, 1, 2)))]
    return Thing(members)


@pytest.mark.parametrize("wrong", [0.0, 0.01, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(6))
async def test_nulls_spread_alike(seed: int, wrong: float) -> None:
    """Nulls, outages, refusals, bugs and values of other types at any place: the same is null, with the same errors."""
    value = random_thing(random.Random(f"{seed} {wrong}"), 3, wrong)
    for query in QUERIES:
        result = await outcome(SCHEMA, query, value=value)

        assert (query, [result.expected] * TIMES) == (query, result.found)


TEXT_FOR_LIST = "{ thing { must words } }"
"""Its `words` are asked for where the thing has a text."""


async def test_a_text_is_no_list() -> None:
    """Where a list belongs, a text is an error and not its letters."""
    result = await outcome(SCHEMA, TEXT_FOR_LIST, value=Thing({"must": "m", "words": "abc"}))

    assert [result.expected] * TIMES == result.found
    assert b'{"thing":{"must":"m","words":null}}' == result.expected[0]


@pytest.mark.parametrize("failure", [None, DOWN, MISSING])
async def test_where_null_may_stand_a_plan_goes_on(failure: Exception | None) -> None:
    """A null, an outage or a refusal at a nullable place is shown by the plan itself, with the error at its place."""
    good = Thing({"must": "m", "text": "t", "batch": failure})
    bad = Thing({"must": "m", "things": failure, "thing": failure})
    value = Thing({"gaps": [good, failure, bad], "batch": failure, "words": ["a", None]})
    query = "{ thing { gaps { must text thing { must } things { must } batch { must } } batch { must } words } }"
    result = await outcome(SCHEMA, query, value=value)

    assert [result.expected] * TIMES == result.found
    assert TIMES == result.by_plan
    assert (0 if failure is None else 5) == len(result.expected[1])


@pytest.mark.parametrize("at", [{"must": None}, {"failing_later": DOWN, "must": "m"}, {"sure": MISSING, "must": "m"}])
async def test_where_null_may_not_stand_the_reference_decides(at: Node) -> None:
    """What spreads upwards is left to the reference, which says how far; nothing of the plan's is told twice."""
    value = Thing({"gaps": [Thing({"must": "m", "failing_later": "f", "sure": Thing({"must": "m"})}), Thing(at)]})
    result = await outcome(SCHEMA, "{ thing { gaps { must failingLater sure { must } failing } } }", value=value)

    assert [result.expected] * TIMES == result.found
    assert 0 == result.by_plan
    assert b'"must":"m"' in (result.expected[0] or b"")


async def test_however_deep_an_object_lies() -> None:
    """What is too deep for the text of one function is written as several: the plan answers, errors at their places."""
    value = Thing({"must": "m", "thing": DOWN})
    for _ in range(DEPTH):
        value = Thing({"thing": value})
    query = "{ thing " + "{ thing " * DEPTH + "{ must thing { must } }" + " }" * DEPTH + " }"
    result = await outcome(SCHEMA, query, value=value)

    assert [result.expected] * TIMES == result.found
    assert TIMES == result.by_plan
