"""A day without the ERP, by the clock on the wall of the test: 40 customers go on ordering, and it gets all of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.settings import read_settings
from tests.conftest import Api, Sandbox, serve
from tests.datasources.fakes import FakeClock
from tests.ports import free_base_port
from tests.scenarios.ordering import ErpDesk
from tests.scenarios.processes import WITHIN_S
from tests.scenarios.receipts import key_in_erp

ACCOUNTS = [f"C-{number}" for number in range(4001, 4041)]
SKUS = [f"P-{number:02}" for number in range(1, 26)]
"""Each account orders one after the other, one each hour or so: 1,000 orders."""
AT_ONCE = 8
LOOK_AGAIN_S = 0.1
DAY_S = 24 * 3600
WEEK_S = 7 * DAY_S
SLIGHTLY_DEARER, DEARER, CHEAPER = ("C-4001", "P-03"), ("C-4002", "P-07"), ("C-4003", "P-11")
AGREED = "20.0000"
NEW_PRICES = {SLIGHTLY_DEARER: "20.2000", DEARER: "25.0000", CHEAPER: "19.0000"}
BLOCKED = "C-4004"
TOLERANCE = {"percent": "2"}
PAGE = """{ products(first: 25, sort: SKU) { nodes { sku
  price { unitPrice { amount } freshness { status ageSeconds } } availability { freshness { status } } } } }"""
CART = "{ viewer { cart { id revision } } }"
ORDER = """mutation ($lines: [CodeLineInput!]!, $order: OrderPlaceInput!) {
  cartAddLines(input: {lines: $lines}) { cart { revision } userErrors { code message system } }
  orderPlace(input: $order) {
    capture { id receiptNumber state priceBasis } order { status number } userErrors { code message system } } }"""
CAPTURES = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on OrderCapture {
  state attempts lastError differences { field captured erp } order { number } } } }"""
CONFIRM = """mutation ($id: ID!) { orderCaptureConfirm(input: {captureId: $id, idempotencyKey: "yes", accept: true}) {
  capture { state } userErrors { code message system } } }"""
PENDING = "{ channelStatus { capturedOrdersPending } }"


@pytest.fixture
def wholesale(tmp_path: Path) -> Iterator[Sandbox]:
    """Systems of a wholesaler with 40 customers and 25 articles."""
    write_data(tmp_path / "data")
    sandbox = Sandbox(free_base_port(), tmp_path / "systems", f"--data={tmp_path / 'data'}")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def erp(wholesale: Sandbox) -> Iterator[ErpDesk]:
    desk = ErpDesk(wholesale.base_port)
    yield desk
    desk.close()


def write_data(folder: Path) -> None:
    common = {"category": ["All"], "listPrice": "30.00", "currency": "EUR", "unit": "PCE"}
    write(folder / "products.ndjson", [{"sku": sku, "name": f"Article {sku}", **common} for sku in SKUS])
    write(folder / "stock.ndjson", [{"sku": sku, "location": "North", "quantity": 5000} for sku in SKUS])
    write(folder / "accounts.ndjson", [{"number": n, "name": f"Shop {n}", "kind": "COMPANY"} for n in ACCOUNTS])


def write(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


class Day:
    """Kanava over these systems, and its customers, whose tokens outlast the day."""

    def __init__(self, api: Api, clock: FakeClock, erp: ErpDesk) -> None:
        self.clock = clock
        self.erp = erp
        self.carts: dict[str, str] = {}
        self._api = api
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._tokens = {account: api.sandbox.token(account, expires_in=WEEK_S) for account in ACCOUNTS}

    async def data(self, account: str, query: str, **variables: Any) -> Any:
        """Return the data of an answer that must have no errors."""
        headers = {"authorization": f"Bearer {self._tokens[account]}"}
        sent = {"query": query, "variables": variables}
        answer = (await self._api.client.post("/graphql", json=sent, headers=headers)).json()

        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def order(self, account: str, sku: str) -> Any:
        """Order an article, and return the answer to that."""
        revision = 2 * SKUS.index(sku) + 1  # each order so far was two changes of the cart
        asked = {"cartId": self.carts[account], "ifRevision": revision, "idempotencyKey": f"{account} {sku}"}
        async with self._at_once:
            answer = await self.data(
                account, ORDER, lines=[{"code": sku, "quantity": "1"}], order={**asked, "priceTolerance": TOLERANCE}
            )

        assert {"cart": {"revision": revision}, "userErrors": []} == answer["cartAddLines"]
        assert [] == answer["orderPlace"]["userErrors"]
        return answer["orderPlace"]

    async def browse(self) -> None:
        """Have everybody see their prices and their cart."""
        for account in ACCOUNTS:
            await self.data(account, PAGE)
            self.carts[account] = (await self.data(account, CART))["viewer"]["cart"]["id"]

    async def forwarded(self) -> None:
        """Wait until there is nothing to forward, while time goes on; there is always something that goes forward."""
        left = len(ACCOUNTS) * len(SKUS)
        while left:
            async with asyncio.timeout(WITHIN_S):
                while (now := await self.pending()) == left:
                    self.clock.advance(1)
                    await asyncio.sleep(LOOK_AGAIN_S)
            left = now

    async def pending(self) -> int:
        return int((await self.data(ACCOUNTS[0], PENDING))["channelStatus"]["capturedOrdersPending"])

    def in_erp(self) -> dict[str, list[tuple[str, str, str]]]:
        """Return by account what the ERP took, as it arrived: idempotency key, article and price."""
        taken: dict[str, list[tuple[str, str, str]]] = {}
        for order in self.erp.orders():
            (line,) = order["lines"]
            taken.setdefault(order["account"], []).append((order["idempotency_key"], line["sku"], line["unit_price"]))
        return taken


@pytest.fixture
async def day(wholesale: Sandbox, erp: ErpDesk, tmp_path: Path) -> AsyncIterator[Day]:
    clock = FakeClock(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2))  # no token is of its future
    files = {"CACHE_FILE": str(tmp_path / "cache.db"), "DATABASE_URL": f"sqlite:///{tmp_path / 'kanava.db'}"}
    patience = {f"{system}_TIMEOUT_S": "20" for system in ("ERP", "CRM", "PIM", "WMS")}
    own = {"SANDBOX_BASE_PORT": str(wholesale.base_port), "DEADLINE_S": "30", **patience, **files}
    settings = read_settings({f"KANAVA_{name}": value for name, value in own.items()})
    async for api in serve(create_app(settings, clock), wholesale):
        for account, sku in NEW_PRICES:
            wholesale.set_price(account, sku, AGREED)
        erp.trust(ACCOUNTS)
        yield Day(api, clock, erp)


async def test_a_day_of_orders(day: Day, wholesale: Sandbox) -> None:
    """
    1,000 orders of 40 customers, with receipts, while their prices grow old; when the ERP is back, it gets each once.

    By then three agreed prices are others and one customer is blocked: what that changes is told, and nothing else is.
    """
    await day.browse()
    wholesale.fault("erp", "down")
    receipts = await order_for_a_day(day)
    for (account, sku), price in NEW_PRICES.items():
        wholesale.set_price(account, sku, price)
    day.erp.set_credit(BLOCKED, status="ON_HOLD")
    before = day.in_erp()
    wholesale.fault("erp", "ok")
    day.clock.advance(61)
    await day.forwarded()
    captures = {account: await captures_of(day, account, receipts[account]) for account in ACCOUNTS}

    assert {} == before
    assert_taken(day, receipts)
    assert_told(captures)
    await confirm(day, receipts)


async def order_for_a_day(day: Day) -> dict[str, list[str]]:
    """Have everybody browse and order through the day; return the ids of receipts by account, as they were given."""
    receipts: dict[str, list[str]] = {account: [] for account in ACCOUNTS}
    numbers, passed_s = set(), 0
    for sku in SKUS:
        day.clock.advance(DAY_S // len(SKUS))
        passed_s += DAY_S // len(SKUS)
        nodes = (await day.data(ACCOUNTS[len(numbers) % 40], PAGE))["products"]["nodes"]
        placed = await asyncio.gather(*(day.order(account, sku) for account in ACCOUNTS))
        for account, one in zip(ACCOUNTS, placed, strict=True):
            receipts[account].append(one["capture"]["id"])
            numbers.add(one["capture"]["receiptNumber"])

        assert {("STALE", passed_s)} == {
            (node["price"]["freshness"]["status"], node["price"]["freshness"]["ageSeconds"]) for node in nodes
        }
        assert {"LIVE", "CACHED"} >= {node["availability"]["freshness"]["status"] for node in nodes}
        assert {("JOURNALED", "STALE", "CAPTURED", None)} == {
            (one["capture"]["state"], one["capture"]["priceBasis"], one["order"]["status"], one["order"]["number"])
            for one in placed
        }
    assert len(ACCOUNTS) * len(SKUS) == len(numbers) == 1000
    return receipts


async def captures_of(day: Day, account: str, ids: Sequence[str]) -> dict[str, Any]:
    """Return what became of an account's orders, by article."""
    nodes = (await day.data(account, CAPTURES, ids=ids))["nodes"]
    return dict(zip(SKUS, nodes, strict=True))


def assert_taken(day: Day, receipts: dict[str, list[str]]) -> None:
    """Every order is in the ERP once, those of an account one after the other, but for those that must not be."""
    taken = day.in_erp()
    for account in ACCOUNTS:
        meant = [
            (key_in_erp(id), sku, NEW_PRICES.get((account, sku), "30.0000"))
            for id, sku in zip(receipts[account], SKUS, strict=True)
            if account != BLOCKED and (account, sku) != DEARER
        ]

        assert meant == taken.get(account, [])
    assert 974 == sum(map(len, taken.values()))


def assert_told(captures: dict[str, dict[str, Any]]) -> None:
    """What the ERP makes other is listed, where it is beyond the tolerance the buyer is asked; the blocked hear why."""
    others = {
        (account, sku): (one["state"], *((d["field"], d["captured"], d["erp"]) for d in one["differences"]))
        for account in ACCOUNTS
        for sku, one in captures[account].items()
        if account != BLOCKED and (one["state"] != "ACCEPTED" or one["differences"])
    }
    refused = {(one["state"], one["lastError"], one["order"]["number"]) for one in captures[BLOCKED].values()}

    assert {
        SLIGHTLY_DEARER: ("ACCEPTED", ("unitPrice", "20.0000 EUR", "20.2000 EUR")),
        DEARER: ("NEEDS_CONFIRMATION", ("unitPrice", "20.0000 EUR", "25.0000 EUR")),
        CHEAPER: ("ACCEPTED", ("unitPrice", "20.0000 EUR", "19.0000 EUR")),
    } == others
    assert {("REJECTED", "The account is on credit hold.", None)} == refused


async def confirm(day: Day, receipts: dict[str, list[str]]) -> None:
    """The buyer agrees to the new price: now the ERP has that order, too."""
    account, sku = DEARER
    id = receipts[account][SKUS.index(sku)]
    decided = (await day.data(account, CONFIRM, id=id))["orderCaptureConfirm"]

    assert {"capture": {"state": "ACCEPTED"}, "userErrors": []} == decided
    assert (key_in_erp(id), sku, NEW_PRICES[DEARER]) == day.in_erp()[account][-1]
    assert 975 == sum(map(len, day.in_erp().values()))
