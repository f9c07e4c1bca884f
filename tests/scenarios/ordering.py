"""Customers who order and do not give up before they hold a receipt, and what the ERP has of their orders."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import httpx

from tests.scenarios.load import Answer, Client
from tests.scenarios.processes import WITHIN_S, Replica, until
from tests.scenarios.receipts import Comparison, Receipt, compared, key_in_erp

CUSTOMERS = [f"C-{number}" for number in (*range(1000, 1004), 2000, 2001, *range(4000, 4004), *range(4100, 4104))]
CUSTOMERS += ["C-4110", "C-4111", "C-4200", "C-4201", "C-4300", "C-4301"]
"""Accounts of the generated data that may order, each its own customer in the ERP."""
LINE = {"code": "KV-000001", "quantity": "50"}
AGAIN_S = 0.2
PRICE = """{ product(sku: "KV-000001") { price(quantity: "50") { unitPrice { amount } } } }"""
CART = "{ viewer { cart { id revision lines { totalCount } } } }"
ADD = """mutation ($lines: [CodeLineInput!]!) { cartAddLines(input: {lines: $lines}) {
  cart { id revision } results { accepted } userErrors { code message system } } }"""
PLACE = """mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  capture { id receiptNumber state capturedAt priceBasis } userErrors { code message lineKey system retryable } } }"""
CHANNEL = "{ channelStatus { mode capturedOrdersPending capabilities { capability state } } }"


class ErpDesk:
    """What tests see of the ERP's orders, and say of its customers; it need not take Kanava's calls for that."""

    def __init__(self, base_port: int) -> None:
        self._url = f"http://127.0.0.1:{base_port + 1}/_sandbox"
        self._http = httpx.Client(trust_env=False, timeout=WITHIN_S)

    def close(self) -> None:
        self._http.close()

    def orders(self) -> list[dict[str, Any]]:
        """Return the orders that it took, as they arrived."""
        taken: list[dict[str, Any]] = self._http.get(f"{self._url}/orders").raise_for_status().json()["orders"]
        return taken

    def placings(self) -> int:
        """Return how often it was sent an order since it started."""
        calls = self._http.get(f"{self._url}/calls").raise_for_status().json()["by_operation"]
        return int(calls.get("place", 0))

    def set_credit(self, account: str, **said: str) -> None:
        self._http.put(f"{self._url}/credit", json={"account": account, **said}).raise_for_status()

    def trust(self, accounts: Iterable[str]) -> None:
        """Let accounts order as much as they like."""
        for account in accounts:
            self.set_credit(account, status="OK", limit="1000000000")


class Shop:
    """Kanava over a sandbox, in one process or several, and those who order there; `random` decides what chance would."""

    def __init__(self, client: Client, replicas: Sequence[Replica], erp: ErpDesk, random: Random) -> None:
        self.client = client
        self.replicas = replicas
        self.erp = erp
        self.random = random
        self.receipts: list[Receipt] = []
        self.placing = asyncio.Event()
        self._taken_before = len(erp.orders())

    async def know_prices(self, customers: Collection[str]) -> None:
        """Have every replica know what customers pay, so that an order placed in an outage has a price."""
        asked = [(replica, account) for replica in self.replicas for account in customers]
        answers = await asyncio.gather(*(self.client.ask(where, PRICE, person=who) for where, who in asked))

        assert all(answer.data["product"]["price"] for answer in answers)

    async def order(self, account: str) -> Receipt:
        """Place an order of one line, however often that must be tried, and return the receipt."""
        async with asyncio.timeout(WITHIN_S):
            cart = await self._filled_cart(account)
            receipt = await self._placed(account, cart)
        self.receipts.append(receipt)
        return receipt

    async def moment(self, most_s: float) -> None:
        """Wait until somebody places an order, and then for a time as chance will have it."""
        self.placing.clear()
        await asyncio.wait_for(self.placing.wait(), WITHIN_S)
        await asyncio.sleep(self.random.uniform(0, most_s))

    async def more_receipts(self, count: int) -> None:
        """Wait until so many more orders were acknowledged."""
        wanted = len(self.receipts) + count

        async def are_there() -> bool:
            return len(self.receipts) >= wanted

        await until(are_there)

    async def arriving(self) -> None:
        """Wait until another order arrives in the ERP."""
        before = self.erp.placings()

        async def is_so() -> bool:
            return self.erp.placings() > before

        await until(is_so)

    async def settled(self, replica: Replica) -> Comparison:
        """Wait until the channel has nothing to forward, and return how the ERP differs from the receipts."""

        async def is_so() -> bool:
            status = (await self.client.ask(replica, CHANNEL)).data["channelStatus"]
            # while the journal cannot be read, the count is the last one known
            return bool(status["mode"] != "READ_ONLY" and status["capturedOrdersPending"] == 0)

        await until(is_so)
        return compared(self.receipts, self.erp.orders()[self._taken_before :])

    async def _filled_cart(self, account: str) -> dict[str, Any]:
        """Put a line into the cart, unless an attempt to do so has done it; return the cart."""
        while True:
            added = await self._asked(account, ADD, {"lines": [LINE]})
            if added is not None and "errors" not in added.body and not added.data["cartAddLines"]["userErrors"]:
                return dict(added.data["cartAddLines"]["cart"])
            cart: dict[str, Any] = (await self._answered(account, CART))["viewer"]["cart"]
            if cart["lines"]["totalCount"]:
                return cart

    async def _placed(self, account: str, cart: Mapping[str, Any]) -> Receipt:
        key = str(UUID(int=self.random.getrandbits(128)))
        asked = {"cartId": cart["id"], "ifRevision": cart["revision"], "idempotencyKey": key, "poNumber": key}
        began = time.time()
        while True:
            self.placing.set()
            answer = await self._asked(account, PLACE, {"input": asked})
            if answer is not None and (capture := _acknowledged(answer)) is not None:
                at = datetime.fromisoformat(capture["capturedAt"])
                return Receipt(account, key_in_erp(capture["id"]), at, replace(answer, began=began))
            await asyncio.sleep(AGAIN_S)

    async def _answered(self, account: str, query: str) -> dict[str, Any]:
        """Return the data, asking again and again."""
        while True:
            answer = await self._asked(account, query)
            if answer is not None and "errors" not in answer.body:
                return dict(answer.data)
            await asyncio.sleep(AGAIN_S)

    async def _asked(self, account: str, query: str, variables: Mapping[str, Any] | None = None) -> Answer | None:
        """Ask any replica; None: it did not answer, or none that is whole."""
        replica = self.random.choice(self.replicas)
        try:
            answer = await self.client.ask(replica, query, variables, person=account)
        except (httpx.HTTPError, ValueError):
            return None
        codes = {error["extensions"]["code"] for error in answer.body.get("errors", ())}

        assert {"SOURCE_UNAVAILABLE"} >= codes, answer.body
        return answer


def _acknowledged(answer: Answer) -> dict[str, Any] | None:
    """Return the receipt, None when there is none yet; an order must not be refused for any other reason."""
    payload = (answer.body.get("data") or {}).get("orderPlace")
    if payload is None:
        return None

    assert {"SOURCE_UNAVAILABLE"} >= {error["code"] for error in payload["userErrors"]}, payload
    assert (payload["capture"] is None) == bool(payload["userErrors"]), payload
    capture: dict[str, Any] | None = payload["capture"]
    return capture


@asynccontextmanager
async def ordering(shop: Shop, customers: Collection[str], *, pause_s: float) -> AsyncIterator[None]:
    """Have customers order, one after the other, within the context; who has begun in the end gets their receipt."""
    ended = asyncio.Event()

    async def order_on(account: str) -> None:
        while not await _ends_within(ended, shop.random.uniform(0, pause_s)):
            await shop.order(account)

    await shop.know_prices(customers)
    async with asyncio.TaskGroup() as group:
        for account in customers:
            group.create_task(order_on(account))
        yield
        ended.set()


async def _ends_within(ended: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        return await asyncio.wait_for(ended.wait(), seconds)
    return False
