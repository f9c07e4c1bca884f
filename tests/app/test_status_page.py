"""The page at `/status` of a Kanava at work: it tells what requests showed, and asks nothing itself."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.app.status.reading import Status
from tests.conftest import Api as Kanava
from tests.conftest import Sandbox
from tests.conftest import open_api as open_kanava

LISTING = """
query ($first: Int!) { products(first: $first) { nodes { price { net } availability { status } } } }
"""
FAILURES_TO_OPEN = 5
CAPABILITIES = ("Live prices", "Live stock", "Place order", "Order history", "Credit check")


@pytest.fixture
async def kanava(sandbox: Sandbox) -> AsyncIterator[Kanava]:
    async for kanava in open_kanava(sandbox):
        yield kanava


async def status_of(kanava: Kanava) -> Status:
    return Status((await kanava.client.get("/status")).text)


async def test_nothing_asked(kanava: Kanava) -> None:
    """Before the first request nothing is claimed of any system, and the page asks none."""
    status = await status_of(kanava)

    assert "NORMAL" == status.mode
    assert status.sentence.startswith("No system has answered or failed yet since the start at ")
    assert [f"{capability} not tried yet" for capability in CAPABILITIES] == status.capabilities()
    assert ["not asked yet"] * 5 == [re.findall("not asked yet|answers", card)[0] for card in status.cards()]
    assert "WMS Not asked yet: stock, warehouses." == " ".join(status.values()[-2:])
    assert kanava.sandbox.calls() == {}
    assert [] == [word for word in ("Calls", "Median", "0 ms", "None", "nan") if word in status.text]


async def test_after_listings(kanava: Kanava) -> None:
    """Calls, keys and what is remembered are those of the listings: one call to each system, none for the second."""
    for first in (24, 12):
        await kanava.data(LISTING, {"first": first}, person="anna")
    status = await status_of(kanava)
    rows = {row.split(" newest")[0]: row for row in status.values()}
    served = r"newest \d+ s ago, oldest served at most \d+ s old"

    assert "NORMAL" == status.mode
    assert status.sentence.startswith("Every system answers. No failure since ")
    assert [f"{capability} works" for capability in CAPABILITIES] == status.capabilities()
    for system, calls, keys in (("ERP", 1, "24"), ("CRM", 1, "1"), ("PIM", 2, "1"), ("WMS", 1, "24")):
        card = status.card(system)

        assert "No call has failed. Last asked " in card
        assert re.search(r"Circuit closed since \d\d:\d\d:\d\d UTC\. Calls", card)
        assert f"Calls {calls} Failed 0 In flight 0 Median time " in card
        assert f"Keys a call {keys} Times of the last {calls} call" in card
    assert "Calls 2 Failed 0 In flight 0 " in status.card("IAM")
    assert "Keys a call" not in status.card("IAM")
    assert re.fullmatch(rf"Prices {served} asked for 1 × 24 keys 24 33 %", rows["Prices"])
    assert re.fullmatch(rf"Stock {served} asked for 1 × 24 keys 24 33 %", rows["Stock"])
    assert re.fullmatch(rf"Content {served} 24 \S+( %)?", rows["Content"])
    assert (
        "Not asked yet: contracts, credit, credit holds, terms, part numbers, articles by part number, simulations, "
        "orders, lists of orders." in status.values()
    )


async def test_the_erp_goes(sandbox: Sandbox) -> None:
    """An ERP that fails stands first with its error; how many of its last prices were served is told, and how many failed."""
    set_so = {"PRICE_FRESH_FOR_S": "0.000001", "PRICE_REFRESH_AHEAD_S": "0", "CIRCUIT_OPEN_FOR_S": "60"}
    async for kanava in open_kanava(sandbox, **{f"KANAVA_{name}": value for name, value in set_so.items()}):
        await kanava.data(LISTING, {"first": 3}, person="anna")
        sandbox.fault("erp", "error")
        for first in (*[3] * FAILURES_TO_OPEN, 5):
            await kanava.ask(LISTING, {"first": first}, person="anna")
        status = await status_of(kanava)

    assert "CAPTURE_ONLY" == status.mode
    assert re.fullmatch(
        r"The ERP has not answered since [\d:]+ UTC, for \d+ s\. Now it is left alone\. "
        r"The first request that needs it after [\d:]+ UTC, in (\d+ s|1 min), tries it again\.",
        status.sentence,
    )
    assert [
        "Live prices last known",
        "Live stock works",
        "Place order kept, sent later",
        "Order history last known",
        "Credit check unavailable",
    ] == status.capabilities()
    assert "ERP prices, credit, orders left alone No answer since " in status.cards()[0]
    assert "it reported an error of its own failed with status 500" in status.cards()[0]
    assert re.search(r"^Prices newest .* keys 18 served stale, 2 failed 3 0 %$", status.values()[1])


async def test_the_identity_provider_fails(kanava: Kanava) -> None:
    """Of the identity provider nothing is remembered but its keys, and what that means is said."""
    kanava.sandbox.token("anna")
    kanava.sandbox.fault("iam", "error")
    await kanava.ask(LISTING, {"first": 3}, person="anna")
    status = await status_of(kanava)

    assert "NORMAL" == status.mode
    assert re.fullmatch(r"The IAM has not answered since [\d:]+ UTC, for \d+ s\. It is still asked\.", status.sentence)
    assert "People stay signed in as long as Kanava knows the key their token is signed with" in status.top
    assert "last known values" not in status.top
