"""Whole answers that are remembered, over the real systems: nobody is told anything else than without them."""

import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import Api, Sandbox, open_api

SECRET = "erp-says-so-0123456789"
HEAD = "viewer { user { name } account { number name parent { number name } } }"
LISTING = """
products(first: 6, query: "putki", sort: SKU) { totalCount nodes {
  sku name priceStatus customerPartNumber
  price { unitPrice { amount currency } breaks { minimumQuantity unitPrice { amount } } }
  availability { status byWarehouse { warehouse { code } quantity { value } } }
} }
"""
QUERIES = {
    "all": f"{{ {HEAD} {LISTING} }}",
    "listing": f"{{ {LISTING.replace('customerPartNumber', '')} }}",
    "names": '{ products(first: 6, query: "putki", sort: SKU) { totalCount nodes { sku name } } }',
    "everything": "{ products(first: 1000, sort: SKU) { totalCount nodes { sku } } }",
}
PEOPLE: list[dict[str, Any]] = [
    {"person": "anna"},
    {"person": "mikko"},
    {"person": "mikko", "account": "C-1002"},
    {"person": "mikko", "account": "C-1003"},
    {"person": "elena"},
    {"person": "sari", "account": "C-3001"},
    {"person": "omar"},
    {"person": "anna", "account": "C-2001"},
    {},
]


@pytest.fixture
def settings() -> dict[str, str]:
    # stock is fresh for longer than a test takes on the slowest machine
    return {"KANAVA_ERP_HOOK_SECRET": SECRET, "KANAVA_STOCK_FRESH_FOR_S": "600"}


@pytest.fixture
async def executing(sandbox: Sandbox) -> AsyncIterator[Api]:
    """Kanava over the same systems, without any whole answers."""
    async for api in open_api(sandbox, KANAVA_RESPONSES_MB="0"):
        yield api


async def hits(api: Api) -> int:
    lines = (await api.client.get("/metrics")).text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("kanava_responses_hits_total"))


async def announce(api: Api, *keys: str) -> None:
    """Have the ERP say that prices have changed."""
    events = [{"id": f"e-{time.monotonic_ns()}", "kind": "price", "keys": keys, "account": None}]
    body, timestamp = json.dumps({"events": events}).encode(), str(int(time.time()))
    signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
    headers = {"kanava-timestamp": timestamp, "kanava-signature": f"sha256={signature}"}
    answer = await api.client.post("/hooks/erp", content=body, headers=headers)

    assert 200 == answer.status_code


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_everybody_is_told_what_an_execution_tells(api: Api, executing: Api, query: str) -> None:
    """People of several customers, for several accounts, and a visitor, in turns: each reads their own, every time."""
    expected = [await executing.ask(query, **who) for who in PEOPLE]
    for _ in range(4):
        told = [await api.ask(query, **who) for who in PEOPLE]

        assert expected == told
    assert await hits(api) >= len(PEOPLE)


async def test_a_change_is_told_at_once(api: Api) -> None:
    """The ERP changes a price and says so: whoever was shown the old one from memory is shown the new one."""
    query = '{ product(sku: "KV-000001") { price { unitPrice { amount } } } }'
    before = [await api.data(query, person="anna") for _ in range(4)]
    api.sandbox.set_price("C-1002", "KV-000001", "1234.5")
    again = await api.data(query, person="anna")
    await announce(api, "KV-000001")
    after = [await api.data(query, person="anna") for _ in range(4)]

    assert [again] * 4 == before
    assert [{"product": {"price": {"unitPrice": {"amount": "1234.5000"}}}}] * 4 == after
    assert await hits(api) >= 4


async def test_a_shared_page_asks_nobody(api: Api) -> None:
    """What is remembered whole is answered without a call to any system."""
    for _ in range(3):
        await api.data(QUERIES["all"], person="anna")
    api.sandbox.forget_calls()
    before = await hits(api)
    await api.data(QUERIES["all"], person="anna")

    assert (1, {}) == (await hits(api) - before, api.sandbox.calls())
