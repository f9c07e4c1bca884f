"""What a listing costs when all is remembered: larger pages, more customers, more of the catalogue remembered."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from itertools import cycle, islice

from bench.curves.curve import REPEATS, Curve, Point
from bench.curves.kanava import Kanava, Sent, kanava, request

PAGES = (1, 10, 24, 100, 300, 1000)
PAGE = 24
CUSTOMERS = (1, 10, 100, 1000, 9999)
CATALOGUES = (500, 5_000, 50_000)
KEYS_A_PRODUCT = 3
TIMES = 100
AT_ONCE = 20
MOST_IN_ROTATION = 1000
"""Of more customers or pages so many are asked for in turn, spread over all of them."""


async def by_page(sizes: Sequence[int] = PAGES) -> Curve:
    """Return what pages cost by how many products stand on them."""
    curve = Curve("A listing, by how much it lists", "products a page", "product")
    async with kanava(max(sizes) + 1) as served:
        token = served.token(1)
        for first in sizes:
            await served.list(token, first)
            times = max(5, TIMES * PAGE // max(PAGE, first))
            curve.points.append(Point(first, await _cost_us(served, [request(token, first)], times), first))
    return curve


async def by_customers(sizes: Sequence[int] = CUSTOMERS) -> Curve:
    """Return what a page costs by how many customers ask for it in turn, each with prices of their own."""
    curve = Curve(f"A listing of {PAGE} products, by how many customers ask in turn", "customers", "request")
    async with kanava(500) as served:
        tokens: list[str] = []
        for size in sizes:
            new = [served.token(number) for number in range(len(tokens) + 1, size + 1)]
            await _all(served, [request(token, PAGE) for token in new])
            tokens += new
            sent = [request(token, PAGE) for token in tokens[:: -(-size // MOST_IN_ROTATION)]]
            curve.points.append(Point(size, await _cost_us(served, sent, max(TIMES, len(sent)))))
    return curve


async def by_catalogue(sizes: Sequence[int] = CATALOGUES) -> Curve:
    """Return what a page costs by how much is remembered of the catalogue, pages at random."""
    title = f"A listing of {PAGE} products, by how many values are remembered: content, prices and stock"
    curve = Curve(title, "values remembered", "request")
    for size in sizes:
        async with kanava(size) as served:
            token = served.token(1)
            cursors = await _walk(served, token)
            spread = cursors[:: -(-len(cursors) // MOST_IN_ROTATION)]
            sent = [request(token, PAGE, cursor) for cursor in spread]
            await _all(served, sent)
            cost_us = await _cost_us(served, sent, max(TIMES, len(sent)))
            curve.points.append(Point(KEYS_A_PRODUCT * size, cost_us))
    return curve


async def _walk(served: Kanava, token: str) -> list[str | None]:
    """Have the whole catalogue remembered, and return where pages may begin."""
    cursors: list[str | None] = [None]
    while True:
        page = await served.list(token, 500, cursors[-1])
        if not page["pageInfo"]["hasNextPage"]:
            return cursors
        cursors.append(page["pageInfo"]["endCursor"])


async def _all(served: Kanava, sent: Sequence[Sent]) -> None:
    for start in range(0, len(sent), AT_ONCE):
        await asyncio.gather(*(served.send(one) for one in sent[start : start + AT_ONCE]))


async def _cost_us(served: Kanava, sent: Sequence[Sent], times: int) -> float:
    """Return what a request costs this process's processor, in microseconds: the median of some repeats."""
    costs, turns = [], cycle(sent)
    for _ in range(REPEATS + 1):  # the first is for the second use of a document, and what is worked out then
        began = time.process_time_ns()
        for one in islice(turns, times):
            await served.send(one)
        costs.append((time.process_time_ns() - began) / 1000 / times)
    return statistics.median(costs[1:])
