"""
Customers who ask at the same time: what is on its way for one is not shown to another.

All use one document, so one plan, and share flights; values expire meanwhile, and some of them go away.
"""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from app.documents import Wish
from app.door import Visitor
from app.protocol.reading import Sent
from datasources.model.common import System
from resolvers.context import Caller
from resolvers.ids import to_id
from schema.schema import Schema
from tests.app.execution.comparison import by_plan, by_reference, masked, told
from tests.app.execution.goods import SKUS
from tests.app.execution.worlds import World, random_world, settle
from tests.datasources.fakes import turns

LISTING = """
query Listing($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Product {
    sku priceStatus customerPartNumber price { unitPrice { amount currency } listPrice { amount } breaks { unitPrice { amount } } }
    ten: price(quantity: 10) { unitPrice { amount } } availability { status }
  } }
  viewer { account { number name credit { available { amount } } } user { id } cart { id } }
}
"""
CALLERS = (
    *(Caller("anna", None), Caller("elena", None), Caller("mikko", "C-1000"), Caller("mikko", "C-1002"), None),
    *(Caller("olli", "C-1002"), Caller("omar", None)),
)
REQUESTS = 40
PATIENCE_S = 1e6
"""How much longer than usual they wait: the clock goes on by minutes meanwhile."""
SENT = Sent(query=LISTING, variables={"ids": [to_id("Product", sku) for sku in SKUS]})


def visitor(caller: Caller | None) -> Visitor:
    return Visitor(caller, None, ("fi", "en"), "192.0.2.1", Wish(None, True))


async def expected_of(world: World) -> dict[Caller | None, Any]:
    """Return what the reference shows each customer when they are alone, with nothing remembered."""
    answers = {}
    for caller in CALLERS:
        alone = await told(world, by_reference(world), SENT, visitor(caller))
        answers[caller] = (alone.data, alone.errors)
        world.put_back({})
    return answers


async def answer(world: World, caller: Caller | None) -> Any:
    prepared = await world.prepare(SENT, visitor(caller))
    prepared.context.ask.deadline += PATIENCE_S
    found = await by_plan(world)(prepared)
    return found.data, [masked(error) for error in found.errors]


async def go_on(world: World, dice: random.Random, running: list[tuple[Caller | None, asyncio.Task[Any]]]) -> None:
    """Let turns pass, values expire, and somebody go away."""
    await turns(dice.choice((0, 0, 1, 3, 10)))
    if dice.random() < 0.2:
        world.clock.advance(dice.choice((1, 61)))
    if dice.random() < 0.25 and running:
        dice.choice(running)[1].cancel()
    if dice.random() < 0.1:
        world.put_back({})


@pytest.mark.parametrize("seed", range(12))
async def test_nobody_is_shown_what_is_anothers(seed: int, schema: Schema, tmp_path: Path) -> None:
    """Whoever stays has exactly what they would have alone; whoever goes away has nothing, and spoils nothing."""
    world, dice = random_world(seed, schema, tmp_path, broken=False), random.Random(f"isolation {seed}")
    expected = await expected_of(world)
    running: list[tuple[Caller | None, asyncio.Task[Any]]] = []
    for _ in range(REQUESTS):
        caller = dice.choice(CALLERS)
        running.append((caller, asyncio.create_task(answer(world, caller))))
        await go_on(world, dice, running)
    await asyncio.wait([task for _, task in running])
    await settle()
    stayed = [(caller, task.result()) for caller, task in running if not task.cancelled()]

    assert len(set(map(repr, expected.values()))) == len(CALLERS)
    assert len(stayed) > REQUESTS / 2
    assert [(caller, expected[caller]) for caller, _ in stayed] == stayed


async def test_a_flight_outlives_who_boarded_it_first(schema: Schema, tmp_path: Path) -> None:
    """Of two who wait for the same prices, the first goes away: the other has them, by one call."""
    world = random_world(1, schema, tmp_path, broken=False)
    anna, mikko = Caller("anna", None), Caller("mikko", "C-1002")
    expected = await expected_of(world)
    world.weather.calls.clear()
    with world.held():
        first = asyncio.create_task(answer(world, anna))
        second = asyncio.create_task(answer(world, mikko))
        await turns(60)
        first.cancel()
        await turns(5)
    shown = await second
    await settle()

    assert first.cancelled()
    assert expected[mikko] == shown
    assert 1 == world.weather.calls[System.ERP, "prices"] == world.weather.calls[System.WMS, "levels"]


async def test_who_goes_away_leaves_no_plan_half_done(schema: Schema, tmp_path: Path) -> None:
    """Wherever it is cut short, the next run of the plan begins anew and is whole."""
    world = random_world(2, schema, tmp_path, broken=False)
    expected = await expected_of(world)
    for cut_after in range(0, 60, 3):
        world.put_back({})
        task = asyncio.create_task(answer(world, CALLERS[0]))
        await turns(cut_after)
        task.cancel()
        await asyncio.wait([task])

        assert expected[CALLERS[1]] == await answer(world, CALLERS[1])
        assert expected[CALLERS[0]] == await answer(world, CALLERS[0])
        await settle()
