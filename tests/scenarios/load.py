"""People who browse: pages with prices asked for over HTTP, and what is to be known of every answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

import httpx

from tests.scenarios.processes import WITHIN_S, Replica, until

PAGE = """
query Page($words: String!) {
  viewer { account { number freshness { ...known } } }
  products(first: 4, query: $words, sort: SKU) { nodes {
    sku freshness { ...known } priceStatus
    price { unitPrice { amount } freshness { ...known } }
    availability { freshness { ...known } }
  } }
}
fragment known on Freshness { system status asOf ageSeconds staleReason }
"""
LOOKED_AT_FOR_S = 1.0
STATES = ("CLOSED", "OPEN", "HALF_OPEN")


@dataclass(frozen=True, slots=True)
class Price:
    """A price as a page shows it; `as_of` in seconds since 1970."""

    sku: str
    amount: str
    status: str
    reason: str | None
    as_of: float
    age_s: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request, and from when to when it took, in seconds since 1970."""

    person: str | None
    response: httpx.Response
    began: float
    ended: float
    body: Any

    @property
    def data(self) -> Any:
        """The data of an answer that must have no errors."""
        assert (200, None) == (self.response.status_code, self.body.get("errors")), self.body
        return self.body["data"]

    @property
    def prices(self) -> list[Price]:
        """The prices on a page; one that is missing fails the test."""
        return [_price(node["sku"], node["price"]) for node in self.data["products"]["nodes"]]

    @property
    def beside_prices(self) -> set[tuple[str, str]]:
        """Systems and statuses of all that a page shows beside prices."""
        shown = [self.body["data"]["viewer"]["account"]["freshness"]]
        for node in self.body["data"]["products"]["nodes"]:
            shown += [node["freshness"], node["availability"]["freshness"]]
        return {(one["system"], one["status"]) for one in shown}


def _price(sku: str, price: dict[str, Any]) -> Price:
    known = price["freshness"]
    as_of = datetime.fromisoformat(known["asOf"]).timestamp()
    return Price(sku, price["unitPrice"]["amount"], known["status"], known["staleReason"], as_of, known["ageSeconds"])


class Client:
    """Asks replicas, as a person, as one who signs in nowhere, or as a system that wants to know its circuits."""

    def __init__(self, token: Callable[[str], str]) -> None:
        self._token = token
        # a connection for each request, so that none meets one that either side is closing
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(trust_env=False, timeout=WITHIN_S, limits=limits)

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(
        self,
        replica: Replica,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        person: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        signed = {"authorization": f"Bearer {self._token(person)}"} if person else {}
        began = time.time()
        response = await self._http.post(
            f"{replica.url}/graphql",
            json={"query": query, "variables": variables},
            headers={**signed, **(headers or {})},
        )
        return Answer(person, response, began, time.time(), response.json())

    async def page(self, replica: Replica, person: str, words: str, **headers: str) -> Answer:
        """Return the page of what is found by these words."""
        return await self.ask(replica, PAGE, {"words": words}, person=person, headers=headers)

    async def get(self, url: str, **more: Any) -> httpx.Response:
        return await self._http.get(url, **more)

    async def post(self, url: str, **more: Any) -> httpx.Response:
        return await self._http.post(url, **more)

    async def circuit(self, replica: Replica, system: str = "ERP") -> str:
        """Return the state that a replica's own circuit is in (`channelStatus` tells the worst among all replicas)."""
        lines = (await self._http.get(f"{replica.url}/metrics")).text.splitlines()
        gauges = {state: f'kanava_circuit_state{{state="{state}",system="{system}"}} 1.0' for state in STATES}
        return next(state for state, gauge in gauges.items() if gauge in lines)

    async def circuit_becomes(self, replica: Replica, state: str) -> None:
        """Wait until the ERP's circuit is in this state."""

        async def is_so() -> bool:
            return await self.circuit(replica) == state

        await until(is_so)

    async def figure(self, replica: Replica, name: str) -> int:
        """Return a figure of its metrics, named with its labels; 0 while there is none."""
        lines = (await self._http.get(f"{replica.url}/metrics")).text.splitlines()
        return next((int(float(line.rpartition(" ")[2])) for line in lines if line.startswith(f"{name} ")), 0)


@dataclass(slots=True)
class Load:
    """Clients that browse; all their answers so far."""

    answers: list[Answer] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def more(self, count: int) -> None:
        """Wait until so many more answers are there."""
        wanted = len(self.answers) + count
        async with self._answered:
            await self._answered.wait_for(lambda: len(self.answers) >= wanted)

    async def browse(self, ask: Callable[[int], Awaitable[Answer]], first: int, *, from_s: float) -> None:
        """Ask for one page after the other, and look at each for a while, until the load ends."""
        page, pause_s = first, from_s
        while not await self._ends_within(pause_s):
            self.answers.append(await ask(page))
            page, pause_s = page + 1, LOOKED_AT_FOR_S
            async with self._answered:
                self._answered.notify_all()

    async def _ends_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            return await asyncio.wait_for(self.ended.wait(), seconds)
        return False


@asynccontextmanager
async def browsing(ask: Callable[[int], Awaitable[Answer]], *, clients: int) -> AsyncIterator[Load]:
    """
    Have clients ask for pages by number, each beginning with another; a request that fails ends it all.

    They come one after the other, as evenly as they go on.
    """
    load = Load()
    async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(load.browse(ask, number, from_s=number / clients * LOOKED_AT_FOR_S))
        yield load
        load.ended.set()


def latencies(answers: Iterable[Answer]) -> str:
    """Say how long answers took: how many there were, the median, and what 99 % kept to."""
    took = sorted(answer.ended - answer.began for answer in answers)
    p50, p99 = (took[max(1, ceil(len(took) * share)) - 1] * 1000 for share in (0.50, 0.99))
    return f"{len(took)} answers, p50 {p50:.0f} ms, p99 {p99:.0f} ms"


def all_prices(answers: Iterable[Answer]) -> Iterator[tuple[Answer, Price]]:
    """Return every price of these pages, with the answer that shows it."""
    for answer in answers:
        for price in answer.prices:
            yield answer, price
