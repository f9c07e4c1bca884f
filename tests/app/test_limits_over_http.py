"""Every limit from outside: one just under passes, one just over is refused before any system is asked."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings, read_settings
from tests.conftest import Sandbox, kept_in, open_api
from tests.datasources.fakes import FakeClock

GRAPHQL = "application/graphql-response+json"
PATIENT = {"KANAVA_DEADLINE_S": "60", **{f"KANAVA_{system}_TIMEOUT_S": "30" for system in ("ERP", "CRM", "PIM", "WMS")}}
"""However busy the machine is, what is allowed is answered."""
CODES = 'query ($codes: [String!]) { product(sku: "KV-000001") { attributes(codes: $codes) { code } } }'


def product(selection: str) -> str:
    return f'{{ product(sku: "KV-000001") {{ {selection} }} }}'


def nested(levels: int) -> str:
    """Return so many selection sets in one another."""
    return "{ ..." * (levels - 1) + "{ __typename }" + " }" * (levels - 1)


def deep(levels: int) -> str:
    """Return an operation of so many levels of fields."""
    parents = levels - 3
    return f"{{ viewer {{ account {{ {'parent { ' * parents} number {'} ' * parents} }} }} }}"


def listed(entries: int) -> str:
    """Return an operation with a list of so many entries."""
    return product(f"attributes(codes: [{'1 ' * entries}]) {{ code }}").replace("1 ", '"a" ')


def many_lists(values: int) -> list[list[int]]:
    """Return short lists with so many values in all, the variable itself and the lists included."""
    return [[0] * 99 for _ in range((values - 1) // 100)] + [[]] * ((values - 1) % 100)


def by_cost(cost: int) -> str:
    """Return an operation that costs a thousand times something, and the rest."""
    prices = " ".join(f"p{number}: price {{ net }}" for number in range(cost // 1000 - 1))
    more = " ".join(f"v{number}: viewer {{ user {{ id }} }}" for number in range(cost % 1000))
    return f"{{ products(first: 1000) {{ nodes {{ {prices} }} }} {more} }}"


def by_values(values: int) -> str:
    """Return an operation whose answer could have so many fields."""
    in_nodes = "sku " * (values // 1000 - 2)
    return f"{{ products(first: 1000) {{ nodes {{ {in_nodes} }} }} {'__typename ' * (values % 1000)} }}"


@dataclass(frozen=True, slots=True)
class Case:
    """A limit: how much it allows, what has that much, and what has one more; `settings` where another is lower."""

    limit: str
    most: int
    under: str
    over: str
    figure: int
    variables: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    settings: dict[str, str] = field(default_factory=dict)


LIMITS = Settings().limit
CASES = [
    Case("characters", 50_000, product("sku").ljust(50_000), product("sku").ljust(50_001), 50_001),
    Case("tokens", 5000, "{ __typename }" + "\n#" * 4997, "{ __typename }" + "\n#" * 4998, 5001),
    Case("brackets", 64, nested(64), nested(65), 65, settings={"KANAVA_LIMIT_NESTING": "100"}),
    Case("nesting", 50, nested(50), nested(51), 51),
    Case("overlaps", 20_000, product("sku " * 141), product("sku " * 142), 142 * 142 + 1),
    Case("depth", 20, deep(20), deep(21), 21),
    Case("rootFields", 30, f"{{ {'__typename ' * 30} }}", f"{{ {'__typename ' * 31} }}", 31),
    Case("fields", 99, product("sku " * 98), product("sku " * 99), 100, settings={"KANAVA_LIMIT_FIELDS": "99"}),
    Case(
        "aliases",
        100,
        product(" ".join(f"a{number}: sku" for number in range(100))),
        product(" ".join(f"a{number}: sku" for number in range(101))),
        101,
    ),
    Case("directives", 100, product("sku @skip(if: false) " * 100), product("sku @skip(if: false) " * 101), 101),
    Case("listItems", 1000, listed(1000), listed(1001), 1001),
    Case("listItems", 1000, CODES, CODES, 1001, ({"codes": ["a"] * 1000}, {"codes": ["a"] * 1001})),
    Case("listItems", 1000, CODES, CODES, 1001, ({"x": [{"y": [1] * 1000}]}, {"x": [{"y": [1] * 1001}]})),
    Case("variables", 10_000, CODES, CODES, 10_001, ({"x": many_lists(10_000)}, {"x": many_lists(10_001)})),
    Case("cost", LIMITS.cost, by_cost(LIMITS.cost), by_cost(LIMITS.cost + 1), LIMITS.cost + 1),
    Case(
        "cost",
        72,
        "query ($n: Int) { products(first: $n) { nodes { price { net } availability { status } } } }",
        "query ($n: Int) { products(first: $n) { nodes { price { net } availability { status } } } }",
        75,
        ({"n": 24}, {"n": 25}),
        {"KANAVA_LIMIT_COST": "72"},
    ),
    Case("values", LIMITS.values, by_values(LIMITS.values), by_values(LIMITS.values + 1), LIMITS.values + 1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.limit} {case.most}")
async def test_a_limit(sandbox: Sandbox, case: Case) -> None:
    """As much as is allowed is answered; one more is not, with the limit and the figure, and no system is asked."""
    async for api in open_api(sandbox, **PATIENT, **case.settings):
        over = await api.post(case.over, case.variables[1])
        strict = await api.post(case.over, case.variables[1], headers={"accept": GRAPHQL})
        calls = sandbox.calls()
        under = await api.post(case.under, case.variables[0])

    assert {} == calls
    assert [(200, 1), (400, 1)] == [(answer.status_code, len(answer.json()["errors"])) for answer in (over, strict)]
    assert {"errors"} == over.json().keys()
    (error,) = over.json()["errors"]
    assert {
        "code": "LIMIT_EXCEEDED",
        "limit": case.limit,
        "most": case.most,
        "figure": case.figure,
    } == error["extensions"]
    assert str(case.most) in error["message"]
    assert str(case.figure) in error["message"]
    assert (200, {"data"}) == (under.status_code, under.json().keys())


async def test_a_body(sandbox: Sandbox) -> None:
    """A body of a million bytes is read; of one that is longer nothing is executed."""
    whole = json.dumps({"query": product("sku")}).encode()
    bodies = [whole[:-1] + b" " * (size - len(whole)) + whole[-1:] for size in (1_000_000, 1_000_001)]
    headers = {"content-type": "application/json"}
    async for api in open_api(sandbox):
        over = await api.client.post("/graphql", content=bodies[1], headers=headers)
        calls = sandbox.calls()
        under = await api.client.post("/graphql", content=bodies[0], headers=headers)

    assert ({}, 413) == (calls, over.status_code)
    assert {
        "code": "LIMIT_EXCEEDED",
        "limit": "bodyBytes",
        "most": 1_000_000,
        "figure": 1_000_001,
    } == over.json()["errors"][0]["extensions"]
    assert (200, {"data"}) == (under.status_code, under.json().keys())


@pytest.mark.parametrize("batch", [[], [{"query": product("sku")}], [{"query": product("sku")}] * 1000])
async def test_batches_are_off(sandbox: Sandbox, batch: list[dict[str, str]]) -> None:
    """Several requests in an array are not taken, not even one: each would have limits of its own."""
    async for api in open_api(sandbox):
        answer = await api.client.post("/graphql", json=batch)

    assert (400, "BAD_USER_INPUT") == (answer.status_code, answer.json()["errors"][0]["extensions"]["code"])
    assert {} == sandbox.calls()


async def test_what_an_operation_costs_is_shown(sandbox: Sandbox) -> None:
    """Who asks for a trace is told what the operation costs, whatever is remembered."""
    query = "{ products(first: 24) { nodes { price { net } availability { status } } } }"
    async for api in open_api(sandbox):
        answers = [await api.post(query, headers={"kanava-trace": "1"}) for _ in range(2)]
        silent = await api.post(query)

    assert [72, 72] == [answer.json()["extensions"]["upstream"]["cost"] for answer in answers]
    assert "extensions" not in silent.json()


@dataclass(frozen=True, slots=True)
class Callers:
    """An application whose clock is set by hand, and who calls it from where."""

    clock: FakeClock
    app: Any
    sandbox: Sandbox

    async def cost(self, cost: int, *, address: str = "192.0.2.1", person: str | None = None) -> httpx.Response:
        """Ask for something of this cost."""
        query = f"{{ {' '.join(f'v{number}: viewer {{ user {{ id }} }}' for number in range(cost))} }}"
        headers = {"authorization": f"Bearer {self.sandbox.token(person)}"} if person else {}
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://kanava") as client:
            return await client.post("/graphql", json={"query": query}, headers=headers)


@asynccontextmanager
async def callers(sandbox: Sandbox, folder: Any) -> AsyncIterator[Callers]:
    """Open an application in which persons have 30 a minute, and addresses 20."""
    clock = FakeClock(datetime.now(UTC))
    settings = {
        "KANAVA_SANDBOX_BASE_PORT": str(sandbox.base_port),
        **kept_in(folder),
        "KANAVA_RATE_PERSON": "30",
        "KANAVA_RATE_ADDRESS": "20",
    }
    app = create_app(read_settings(settings), clock)
    async with app.router.lifespan_context(app):
        yield Callers(clock, app, sandbox)


async def statuses(*answers: Any) -> list[int]:
    return [(await answer).status_code for answer in answers]


def told(answer: httpx.Response) -> tuple[int, str, dict[str, Any]]:
    return answer.status_code, answer.headers["retry-after"], answer.json()["errors"][0]["extensions"]


async def test_a_person_has_so_much_a_minute(sandbox: Sandbox, tmp_path: Any) -> None:
    """Who has had their share is told when to come back, before any system is asked; others go on."""
    async with callers(sandbox, tmp_path) as all_of_them:
        cost, clock = all_of_them.cost, all_of_them.clock

        assert [200, 200] == await statuses(cost(10, person="anna"), cost(19, person="anna"))
        sandbox.forget_calls()
        refused = await cost(5, person="anna")
        elsewhere = await cost(5, person="anna", address="192.0.2.2")

        assert {} == sandbox.calls()
        assert (429, "8", {"code": "RATE_LIMITED", "retryAfterSeconds": 8}) == told(refused) == told(elsewhere)
        assert [200, 200] == await statuses(cost(20, person="elena"), cost(20))
        clock.advance(7.9)
        assert [429] == await statuses(cost(5, person="anna"))
        clock.advance(0.1)
        assert [200, 429] == await statuses(cost(5, person="anna"), cost(1, person="anna"))


async def test_an_address_has_so_much_a_minute(sandbox: Sandbox, tmp_path: Any) -> None:
    """Visitors share what their address has; who signs in there does not, nor does another address."""
    async with callers(sandbox, tmp_path) as all_of_them:
        cost, clock = all_of_them.cost, all_of_them.clock

        assert [200, 200] == await statuses(cost(1), cost(19))
        assert (429, "3", {"code": "RATE_LIMITED", "retryAfterSeconds": 3}) == told(await cost(1))
        assert [200, 200] == await statuses(cost(20, address="192.0.2.2"), cost(30, person="anna"))
        clock.advance(60)
        assert [200, 429] == await statuses(cost(20), cost(1))


async def test_what_is_refused_takes_nothing_of_the_share(sandbox: Sandbox, tmp_path: Any) -> None:
    """An operation over a limit is not executed, and not counted."""
    async with callers(sandbox, tmp_path) as all_of_them:
        answers = [await all_of_them.cost(31) for _ in range(20)]

        assert {"LIMIT_EXCEEDED"} == {answer.json()["errors"][0]["extensions"]["code"] for answer in answers}
        assert [200] == await statuses(all_of_them.cost(20))
