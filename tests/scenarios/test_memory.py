"""
What a process remembers stays under its ceiling, however much there is to remember, and so does all that it takes.

`make soak` browses 100,000 products as the buyers of 1,000 accounts; `make test` a hundredth of it under a lower ceiling.
"""

import asyncio
import json
import os
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.pages import usable
from tests.ports import free_base_port
from tests.scenarios.processes import SOAK, WITHIN_S, Replica, Systems, serving, until

PRODUCTS, ACCOUNTS, REQUESTS, MEMORY_MB = (100_000, 1_000, 4_000, 256) if SOAK else (2_000, 40, 60, 8)
SETTINGS = {
    "MEMORY_MB": str(MEMORY_MB),
    "PRICE_FRESH_FOR_S": "3600",
    "STOCK_FRESH_FOR_S": "3600",
    "DEADLINE_S": "60",
    **{f"{system}_TIMEOUT_S": "30" for system in ("ERP", "CRM", "PIM", "WMS")},
}
PROCESS_BYTES = 200 * 1024 * 1024
"""What a process takes beside what it remembers: as much as README.md says."""
CODES_A_REQUEST = 100
CLIENTS = 4
QUERY = """query ($codes: [CodeLineInput!]!) { productsByCode(codes: $codes) { product {
    sku name description price { unitPrice { amount } } availability { quantity { value } } } } }"""


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    folder = tmp_path_factory.mktemp("memory")
    write_data(folder / "data")
    with Systems(folder, f"--data={folder / 'data'}") as systems:
        yield systems


def write_data(folder: Path) -> None:
    folder.mkdir()
    with (folder / "products.ndjson").open("w") as products, (folder / "stock.ndjson").open("w") as stock:
        for number in range(PRODUCTS):
            product = {
                "sku": f"P-{number:06d}",
                "name": {"fi": f"Tuote {number}", "en": f"Product {number}"},
                "category": ["All", f"Group {number % 50}"],
                "description": {
                    "en": f"Product {number} as it is described, in a sentence or two of usual length. " * 3
                },
                "attributes": {"color": "Red", "length": str(number % 100)},
                "listPrice": f"{number % 1000}.50",
                "currency": "EUR",
                "unit": "PCE",
            }
            products.write(json.dumps(product) + "\n")
            for location in ("North", "South"):
                stock.write(json.dumps({"sku": product["sku"], "location": location, "quantity": number % 90}) + "\n")
    with (folder / "accounts.ndjson").open("w") as accounts:
        for number in range(ACCOUNTS):
            account = {"number": f"A-{number:04d}", "name": f"Shop {number}", "kind": "COMPANY", "parent": None}
            accounts.write(json.dumps(account) + "\n")


async def test_the_ceiling_holds(systems: Systems, tmp_path: Path) -> None:
    """Products and customers at random: weights stay under the ceiling, and the process takes what is said of it."""
    replica = Replica(systems.base_port, tmp_path, port=free_base_port(), **SETTINGS)
    with serving(replica):
        async with httpx.AsyncClient(base_url=replica.url, trust_env=False, timeout=WITHIN_S) as client:
            await asyncio.gather(*(browse(client, systems, seed) for seed in range(CLIENTS)))
            said = (await client.get("/metrics")).text
            resident = resident_bytes(replica)
        if usable():
            await until(partial(has_large_pages, replica))
    figures = dict(line.rsplit(" ", 1) for line in said.splitlines() if line[0] != "#")
    remembered, ceiling = float(figures["kanava_memory_bytes"]), float(figures["kanava_memory_max_bytes"])
    evicted = float(figures["kanava_memory_evicted_total"])
    print(  # noqa: T201 - for who asks with -s
        f"ceiling {ceiling / 1e6:.0f} MB, by weight {remembered / 1e6:.0f} MB, the process takes {resident / 1e6:.0f} MB; "
        f"{evicted:.0f} of the values had to go"
    )

    assert MEMORY_MB * 1024 * 1024 == ceiling
    assert 0.8 * ceiling < remembered <= ceiling
    assert evicted > 0
    assert resident < ceiling + PROCESS_BYTES


async def browse(client: httpx.AsyncClient, systems: Systems, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(REQUESTS // CLIENTS):
        token = systems.token(f"A-{dice.randrange(ACCOUNTS):04d}")
        codes = [{"code": f"P-{dice.randrange(PRODUCTS):06d}"} for _ in range(CODES_A_REQUEST)]
        answer = await client.post(
            "/graphql",
            json={"query": QUERY, "variables": {"codes": codes}},
            headers={"authorization": f"Bearer {token}"},
        )
        body = answer.json()

        assert "errors" not in body
        assert all(match["product"]["price"] for match in body["data"]["productsByCode"])


async def has_large_pages(replica: Replica) -> bool:
    """Return whether some of what the process has written to is in large pages (`/proc`)."""
    told = (Path("/proc") / str(replica.pid) / "smaps_rollup").read_text()
    return "AnonHugePages:         0 kB" not in told


def resident_bytes(replica: Replica) -> int:
    """Return how much memory the process has now (`/proc`, in pages)."""
    pages = int((Path("/proc") / str(replica.pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")
