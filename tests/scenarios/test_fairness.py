"""
While others ask for as much as one may, at once and again and again, everybody else is answered.

`make soak` looks at it for longer.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from tests.ports import free_base_port
from tests.scenarios.load import Answer, Client
from tests.scenarios.processes import WITHIN_S, Replica, Systems, serving

LISTINGS = 60 if os.environ.get("KANAVA_TEST_SOAK") == "1" else 4
DEAR = (*range(4000, 4005), *range(4100, 4105), 4110, 4111, 4200, 4201, 4300, 4301, *range(4400, 4404))
"""Accounts of which each has a buyer who asks for a lot."""
LIMITS = Settings().limit
PRODUCTS = 1000
PRICES = [f"p{n}: price(quantity: {n}) {{ unitPrice {{ amount }} }}" for n in range(1, LIMITS.cost // PRODUCTS)]
NAMES = [f"n{n}: name" for n in range(min(LIMITS.aliases, LIMITS.values // PRODUCTS - 2))]
BY_COST, BY_VALUES = (
    f"{{ products(first: {PRODUCTS}) {{ nodes {{ {' '.join(fields)} }} }} }}" for fields in (PRICES, NAMES)
)
LISTING = """{ products(first: 24) { nodes {
    sku name price { unitPrice { amount } } availability { status quantity { value } }
} } }"""
ANEW = {"kanava-max-age": "0"}
TRY_AGAIN_S = 0.5
LOOK_AGAIN_S = 0.02


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    """Systems with as many products as one may ask for."""
    with Systems(tmp_path_factory.mktemp("fairness"), f"--products={PRODUCTS}") as systems:
        yield systems


async def test_who_asks_for_little_is_answered(systems: Systems, tmp_path: Path) -> None:
    """Twenty clients with the dearest operations: the server is alive, and a listing comes as ever, fetched anew too."""
    replica = Replica(systems.base_port, tmp_path, port=free_base_port(), RATE_PERSON="1000000000")
    with serving(replica):
        async with Client(systems.token) as client:
            said = await client.ask(replica, LISTING, person="anna", headers={"kanava-trace": "1"})
            crowd = [asyncio.ensure_future(ask_for_a_lot(client, replica, number)) for number in DEAR]
            alive = asyncio.ensure_future(again_and_again(lambda: client.get(f"{replica.url}/healthz")))
            try:
                listings = [await listed(client, replica, anew=number % 2 == 1) for number in range(LISTINGS)]
            finally:
                checks = await ended(alive)
                dear = [answer for one in crowd for answer in await ended(one)]
    print(  # noqa: T201 - for who asks with -s
        f"/healthz: {figures([took_s for took_s, _ in checks])}; "
        f"listings: {figures([a.ended - a.began for a in listings])}; "
        f"dear: {dict(Counter(answer.response.status_code for answer in dear))}"
    )

    assert 72 == said.body["extensions"]["upstream"]["cost"]
    assert {200} == {response.status_code for _, response in checks}
    assert [24] * LISTINGS == [len(listing.data["products"]["nodes"]) for listing in listings]
    assert all(node["price"] and node["availability"] for one in listings for node in one.data["products"]["nodes"])
    assert {answer.response.status_code for answer in dear} <= {200, 429}
    assert {code for answer in dear for code in codes(answer)} <= {"RATE_LIMITED", "SOURCE_UNAVAILABLE"}
    assert any(answer.response.status_code == 200 for answer in dear)


async def listed(client: Client, replica: Replica, *, anew: bool) -> Answer:
    return await client.ask(replica, LISTING, person="anna", headers=ANEW if anew else {})


async def ask_for_a_lot(client: Client, replica: Replica, number: int) -> list[Answer]:
    """Ask for as much as one may until cancelled; return what came of it."""
    answers: list[Answer] = []
    query = BY_COST if number % 2 else BY_VALUES
    with suppress(asyncio.CancelledError):
        while True:
            answers.append(await client.ask(replica, query, person=f"C-{number}"))
            await asyncio.sleep(TRY_AGAIN_S)
    return answers


async def again_and_again(ask: Callable[[], Awaitable[Any]]) -> list[tuple[float, Any]]:
    """Ask until cancelled; return how long each answer took, with it."""
    answers: list[tuple[float, Any]] = []
    with suppress(asyncio.CancelledError):
        while True:
            began = time.monotonic()
            answer = await ask()
            answers.append((time.monotonic() - began, answer))
            await asyncio.sleep(LOOK_AGAIN_S)
    return answers


async def ended(task: asyncio.Future[list[Any]]) -> list[Any]:
    task.cancel()
    async with asyncio.timeout(WITHIN_S):
        return await task


def codes(answer: Answer) -> set[str]:
    return {error["extensions"]["code"] for error in answer.body.get("errors", ())}


def figures(took_s: list[float]) -> str:
    """Say how many answers there were, the median, and what 99 % kept to."""
    took_s = sorted(took_s)
    p50, p99 = (took_s[max(1, ceil(len(took_s) * share)) - 1] * 1000 for share in (0.50, 0.99))
    return f"{len(took_s)} answers, p50 {p50:.0f} ms, p99 {p99:.0f} ms"
