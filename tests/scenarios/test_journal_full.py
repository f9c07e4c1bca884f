"""The journal full or gone: orders are refused with a clear word, all else goes on, and nothing is half-written."""

import os
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from datasources.journal.database import migrate
from tests.conftest import Sandbox
from tests.ports import free_base_port
from tests.postgres import Postgres
from tests.scenarios.load import Client
from tests.scenarios.ordering import ADD, CHANNEL, LINE, PLACE, ErpDesk
from tests.scenarios.processes import Replica, serving, until
from tests.scenarios.receipts import key_in_erp

CUSTOMER = "C-1002"
MOST_BYTES = 16 * 1024
"""Less than an order, or a trial, adds to the write-ahead log, even to one that begins anew."""
SETTINGS = {f"{system}_TIMEOUT_S": "10" for system in ("ERP", "CRM", "PIM", "WMS")} | {"DEADLINE_S": "20"}
CART = "{ viewer { cart { id revision lines { totalCount } } account { orders(first: 1) { totalCount } } } }"
PAGE = """{ products(first: 4, query: "putki") { nodes { sku price { unitPrice { amount } freshness { status } }
  availability { freshness { status } } } } }"""
FAILED = {
    "code": "SOURCE_UNAVAILABLE",
    "message": "Carts and orders cannot be kept now: nothing was changed.",
    "lineKey": None,
    "system": "CHANNEL",
    "retryable": True,
}


class Buyer:
    """A customer of a replica, who orders the same again and again."""

    def __init__(self, client: Client, replica: Replica, erp: ErpDesk) -> None:
        self._client = client
        self._replica = replica
        self._erp = erp

    async def data(self, query: str, **variables: Any) -> Any:
        return (await self._client.ask(self._replica, query, variables, person=CUSTOMER)).data

    async def filled(self) -> dict[str, Any]:
        """Put a line into the cart, and return the cart."""
        added = (await self.data(ADD, lines=[LINE]))["cartAddLines"]

        assert [] == added["userErrors"]
        return await self.cart()

    async def cart(self) -> dict[str, Any]:
        cart: dict[str, Any] = (await self.data(CART))["viewer"]["cart"]
        return cart

    async def placed(self, cart: dict[str, Any], key: str) -> Any:
        asked = {"cartId": cart["id"], "ifRevision": cart["revision"], "idempotencyKey": key}
        return (await self.data(PLACE, input=asked))["orderPlace"]

    async def orders(self) -> int:
        """Return how many orders the account has, as its buyers see them."""
        return int((await self.data(CART))["viewer"]["account"]["orders"]["totalCount"])

    async def channel(self) -> tuple[str, str]:
        """Return what the channel says of itself, and of orders."""
        status = (await self.data(CHANNEL))["channelStatus"]
        states = {one["capability"]: one["state"] for one in status["capabilities"]}
        return status["mode"], states["PLACE_ORDER"]

    async def channel_is(self, mode: str, orders: str) -> None:
        async def is_so() -> bool:
            return (mode, orders) == await self.channel()

        await until(is_so)

    async def can_browse(self) -> None:
        nodes = (await self.data(PAGE))["products"]["nodes"]

        assert 4 == len(nodes)
        assert {"LIVE", "CACHED"} >= {node["price"]["freshness"]["status"] for node in nodes}
        assert {"LIVE", "CACHED"} >= {node["availability"]["freshness"]["status"] for node in nodes}

    async def recovers(self, cart: dict[str, Any], key: str) -> None:
        """The cart is as it was, and what was refused is ordered now: once."""
        taken = len(self._erp.orders())
        await self.channel_is("NORMAL", "AVAILABLE")

        assert cart == await self.cart()
        placed = await self.placed(cart, key)
        again = await self.placed(cart, key)
        assert [] == placed["userErrors"]
        assert placed["capture"]["id"] == again["capture"]["id"]
        assert [key_in_erp(placed["capture"]["id"])] == [one["idempotency_key"] for one in self._erp.orders()[taken:]]


@pytest.fixture
def erp(sandbox: Sandbox) -> Iterator[ErpDesk]:
    desk = ErpDesk(sandbox.base_port)
    desk.trust([CUSTOMER])
    yield desk
    desk.close()


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with Client(sandbox.token) as client:
        yield client


async def test_full_then_gone(client: Client, sandbox: Sandbox, erp: ErpDesk, tmp_path: Path) -> None:
    """A file that may not grow, and then one that was taken away: no orders, and then the very same ones."""
    replica = Replica(sandbox.base_port, tmp_path / "replica", port=free_base_port(), **SETTINGS)
    with serving(replica):
        buyer = Buyer(client, replica, erp)
        await buyer.placed(await buyer.filled(), "before")
        cart, known = await buyer.filled(), await buyer.orders()
        limit(replica, MOST_BYTES)
        refused = await buyer.placed(cart, "full")

        assert {"capture": None, "userErrors": [FAILED]} == refused
        await buyer.channel_is("READ_ONLY", "UNAVAILABLE")
        await buyer.can_browse()
        assert known == await buyer.orders()
        limit(replica, resource.RLIM_INFINITY)
        await buyer.recovers(cart, "full")

        cart = await buyer.filled()
        move(replica.folder / "var", tmp_path / "elsewhere")
        refused = await buyer.placed(cart, "gone")

        assert {"capture": None, "userErrors": [FAILED]} == refused
        assert ("READ_ONLY", "UNAVAILABLE") == await buyer.channel()
        await buyer.can_browse()
        move(tmp_path / "elsewhere", replica.folder / "var")
        await buyer.recovers(cart, "gone")


def limit(replica: Replica, most_bytes: int) -> None:
    """Let the files of a process grow to so many bytes, and no further."""
    resource.prlimit(replica.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))


def move(source: Path, target: Path) -> None:
    """Move the journal with all that belongs to it."""
    target.mkdir(exist_ok=True)
    for file in source.glob("kanava.db*"):
        os.rename(file, target / file.name)


async def test_postgres_gone(
    client: Client, sandbox: Sandbox, erp: ErpDesk, postgres: Postgres, tmp_path: Path
) -> None:
    """PostgreSQL away: no orders until it is back, and then the very same one."""
    url = postgres.url(postgres.new_database())
    await migrate(url)
    replica = Replica(sandbox.base_port, tmp_path / "replica", port=free_base_port(), DATABASE_URL=url, **SETTINGS)
    with serving(replica):
        buyer = Buyer(client, replica, erp)
        cart = await buyer.filled()
        postgres.stop()
        refused = await buyer.placed(cart, "gone")

        assert {"capture": None, "userErrors": [FAILED]} == refused
        assert ("READ_ONLY", "UNAVAILABLE") == await buyer.channel()
        await buyer.can_browse()
        postgres.start()
        await buyer.recovers(cart, "gone")
