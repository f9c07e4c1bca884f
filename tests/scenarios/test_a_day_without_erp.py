"""A day and more without the ERP, by the clock on the wall of the test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.settings import read_settings
from tests.conftest import Sandbox, kept_in, serve
from tests.datasources.fakes import FakeClock
from tests.scenarios.processes import until_prices_are_written

HOUR = 3600
WEEK_S = 7 * 24 * HOUR
QUERY = """{ products(first: 24, sort: SKU) { nodes { sku priceStatus
    price { unitPrice { amount } freshness { status staleReason ageSeconds asOf binding } }
    availability { freshness { status } } freshness { status } } } }"""


@pytest.fixture
async def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2))  # no token is of its future


@pytest.fixture
async def api(sandbox: Sandbox, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Any]:
    async for api in opened(sandbox, clock, tmp_path):
        yield api


async def opened(sandbox: Sandbox, clock: FakeClock, folder: Path) -> AsyncIterator[Any]:
    own = {"KANAVA_SANDBOX_BASE_PORT": str(sandbox.base_port), **kept_in(folder)}
    async for api in serve(create_app(read_settings(own), clock), sandbox):
        yield api


async def page(api: Any, token: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    answer = (
        await api.client.post("/graphql", json={"query": QUERY}, headers={"authorization": f"Bearer {token}"})
    ).json()
    return answer["data"]["products"]["nodes"], answer.get("errors", [])


async def test_prices_are_served_to_their_ceiling(api: Any, clock: FakeClock, tmp_path: Path) -> None:
    """
    For 24 h every page shows the last known prices, each with its age to the second; then null, and why.

    A process that starts in the middle of it, with the file of the other, goes on the same. When the ERP is back its prices are there again.
    """
    token = api.sandbox.token("anna", expires_in=2 * WEEK_S)
    nodes, _ = await page(api, token)
    await until_prices_are_written(tmp_path / "cache.db")
    amounts = [node["price"]["unitPrice"]["amount"] for node in nodes]
    as_of = {node["price"]["freshness"]["asOf"] for node in nodes}
    api.sandbox.fault("erp", "down")
    for passed_s in (11 * 60, 3 * HOUR, 12 * HOUR, 24 * HOUR):
        clock.advance(passed_s - (clock.monotonic() - 1000))
        nodes, errors = await page(api, token)

        assert [] == errors
        assert amounts == [node["price"]["unitPrice"]["amount"] for node in nodes]
        ages = [node["price"]["freshness"] for node in nodes]
        assert {("STALE", passed_s, False)} == {(age["status"], age["ageSeconds"], age["binding"]) for age in ages}
        assert {"CONNECTION_FAILED", "CIRCUIT_OPEN"} >= {age["staleReason"] for age in ages}
        assert as_of == {age["asOf"] for age in ages}
        assert {"LIVE", "CACHED"} >= {
            node["availability"]["freshness"]["status"] for node in nodes if node["availability"]
        }
        assert {"LIVE", "CACHED"} >= {node["freshness"]["status"] for node in nodes}
        if passed_s < 24 * HOUR:
            async for restarted in opened(api.sandbox, clock, tmp_path):
                again, errors = await page(restarted, token)

                assert [] == errors
                assert amounts == [node["price"]["unitPrice"]["amount"] for node in again]
                assert as_of == {node["price"]["freshness"]["asOf"] for node in again}
    clock.advance(1)
    without, errors = await page(api, token)
    api.sandbox.fault("erp", "ok")
    clock.advance(61)
    await page(api, token)
    back, no_errors = await page(api, token)

    assert {(None, "UNAVAILABLE")} == {(node["price"], node["priceStatus"]) for node in without}
    assert [["products", "nodes", n, "price"] for n in range(24)] == [error["path"] for error in errors]
    assert {"SOURCE_UNAVAILABLE"} == {error["extensions"]["code"] for error in errors}
    assert (amounts, []) == ([node["price"]["unitPrice"]["amount"] for node in back], no_errors)
    assert {"LIVE", "CACHED"} >= {node["price"]["freshness"]["status"] for node in back}
