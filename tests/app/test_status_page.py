"""The page at `/status`: what it tells, in which words, and what it keeps to itself."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from app.identity import Identity
from app.status import page
from app.wiring import Services
from datasources.errors import NeverSent, PerhapsSent, SourceError
from datasources.model.common import StaleReason, System
from datasources.sources.source import Source
from tests.app.conftest import PRODUCTION, Absent, MemoryCrm, MemoryPim, services_of
from tests.app.status.reading import Status
from tests.conftest import Api as Kanava
from tests.conftest import Sandbox
from tests.conftest import open_api as open_kanava
from tests.datasources.fakes import FakeClock

LISTING = """
query ($first: Int!) { products(first: $first) { nodes { price { net } availability { status } } } }
"""
MORNING = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
NO_CONNECTION = NeverSent(System.ERP, "no connection")


@dataclass
class Behind:
    """Services whose systems are what the test says they are."""

    services: Services
    clock: FakeClock

    def call(self, system: System, failure: SourceError | None = None, took_s: float = 0.012) -> None:
        """Make a call to a system that ends so."""
        with suppress(SourceError), self.services.sources.health[system].call():
            self.clock.advance(took_s)
            if failure is not None:
                raise failure


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MORNING)


@pytest.fixture
def behind(clock: FakeClock, identity: Identity) -> Callable[..., Behind]:
    def made(**environment: str) -> Behind:
        return Behind(services_of(MemoryPim(clock), MemoryCrm(clock), Absent(), identity, clock, **environment), clock)

    return made


def seen(behind: Behind, after_s: float = 0) -> Status:
    """Return the page of a Kanava that started now, as it is so much later."""
    status = page.StatusPage(behind.services)
    behind.clock.advance(after_s)
    return Status(status.html())


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
    assert [f"{c} not tried yet" for c in ("Live prices", "Live stock", "Credit check")] == status.capabilities()
    assert ["not asked yet"] * 5 == [re.findall("not asked yet|answers", card)[0] for card in status.cards()]
    assert "WMS Not asked yet: stock, warehouses." == " ".join(status.values()[-2:])
    assert kanava.sandbox.calls() == {}
    assert [] == [word for word in ("Calls", "Median", "0 ms", "None", "nan") if word in status.text]


async def test_after_listings(kanava: Kanava) -> None:
    """Calls, keys and what is fresh are those of the listings: one call to each system, and none for the second."""
    for first in (24, 12):
        await kanava.data(LISTING, {"first": first}, person="anna")
    status = await status_of(kanava)
    rows = {row.split(" received")[0]: row for row in status.values()}

    assert "NORMAL" == status.mode
    assert status.sentence.startswith("Every system answers. No failure since ")
    assert ["Live prices works", "Live stock works", "Credit check works"] == status.capabilities()
    for system, calls, keys in (("ERP", 1, "24"), ("CRM", 1, "1"), ("PIM", 2, "1"), ("WMS", 1, "24")):
        card = status.card(system)

        assert f"Calls {calls} Failed 0 In flight 0 Median time " in card
        assert f"Keys a call {keys} Times of the last {calls} call" in card
    assert "Calls 2 Failed 0 In flight 0 " in status.card("IAM")
    assert "Keys a call" not in status.card("IAM")
    assert re.fullmatch(r"Prices received \d+ s ago, 1 × 24 keys 24 33 % 5 min", rows["Prices"])
    assert re.fullmatch(r"Stock received \d+ s ago, 1 × 24 keys (24|0) 33 % 15 s", rows["Stock"])
    assert re.fullmatch(r"Content received \d+ s ago 24 \S+( %)? 10 min", rows["Content"])
    assert "Not asked yet: credit, contracts, terms, part numbers, articles by part number." in status.values()


async def test_the_erp_goes_and_comes_back(kanava: Kanava) -> None:
    """An ERP that fails stands first with its error; when it is back the error stays to be read."""
    kanava.sandbox.fault("erp", "error")
    await kanava.ask(LISTING, {"first": 3}, person="anna")
    without = await status_of(kanava)
    kanava.sandbox.fault("erp", "ok")
    await kanava.data(LISTING, {"first": 3}, person="anna")
    again = await status_of(kanava)

    assert "READ_ONLY" == without.mode
    assert re.fullmatch(r"The ERP has not answered since [\d:]+ UTC, for \d+ s\.", without.sentence)
    assert ["Live prices unavailable", "Live stock works", "Credit check unavailable"] == without.capabilities()
    assert "ERP prices, credit does not answer Since " in without.cards()[0]
    assert "it reported an error of its own failed with status 500" in without.cards()[0]
    assert "Calls 1 Failed 1 In flight 0 Median time – 95 % within –" in without.cards()[0]
    assert "NORMAL" == again.mode
    assert "ERP prices, credit answers Since " in again.card("ERP")
    assert "it reported an error of its own failed with status 500" in again.card("ERP")
    assert "of the last 2 calls, of which 1 failed." in again.card("ERP")


def test_since_when(behind: Callable[..., Behind]) -> None:
    """A system is down since its first failure in a row, however often it was asked since, and well since it is back."""
    at = behind()
    status = page.StatusPage(at.services)
    for system in (System.ERP, System.CRM, System.PIM):
        at.call(system)
    at.clock.advance(600)
    at.call(System.CRM, NO_CONNECTION)
    at.clock.advance(60)
    at.call(System.CRM, PerhapsSent(System.CRM, "no answer within 2 s", reason=StaleReason.TIMEOUT))
    at.clock.advance(30)
    at.call(System.PIM, NO_CONNECTION)
    at.clock.advance(4000)
    down = Status(status.html())
    at.call(System.CRM)
    at.call(System.PIM)
    at.clock.advance(90_000)
    well = Status(status.html())

    assert "DEGRADED" == down.mode
    assert (
        "The CRM has not answered since 03:10:00 UTC, for 1 h 8 min; "
        "the PIM has not answered since 03:11:30 UTC, for 1 h 6 min." == down.sentence
    )
    assert ["CRM", "PIM", "ERP", "WMS"] == [card.split()[0] for card in down.cards()]
    assert (
        "Last asked 1 h 7 min ago. Last error 1 h 7 min ago, at 03:11:00 UTC: it took too long no answer within 2 s."
        in down.card("CRM")
    )
    assert "NORMAL" == well.mode
    assert "Every system asked so far answers. No failure since 22 Nov 04:18:10 UTC, for 1 d 1 h." == well.sentence


def test_a_system_that_keeps_silent(behind: Callable[..., Behind]) -> None:
    """A first call that has not come back yet is neither an answer nor a failure."""
    at = behind()
    with at.services.sources.health[System.WMS].call():
        status = seen(at, 3)

    assert "WMS stock no answer yet Asked 3 s ago. Calls 1 Failed 0 In flight 1" in status.card("WMS")
    assert "Live stock not tried yet" in status.capabilities()


def test_latencies(behind: Callable[..., Behind]) -> None:
    """Median and 95th percentile are those of the answers; failures are counted, not timed."""
    at = behind()
    for n in range(1, 101):
        at.call(System.ERP, took_s=n / 1000)
    at.call(System.ERP, NO_CONNECTION, took_s=30)
    at.call(System.ERP, took_s=1.5)

    assert "Calls 102 Failed 1 In flight 0 Median time 51 ms 95 % within 96 ms" in seen(at).card("ERP")
    assert "Times of the last 102 calls, of which 1 failed." in seen(at).card("ERP")


def test_what_systems_say_is_text(behind: Callable[..., Behind]) -> None:
    """Markup in an error is shown as it stands, and a long error is cut."""
    at = behind(KANAVA_ERP_URL="http://erp.example:8080")
    at.call(System.ERP, NeverSent(System.ERP, "<script>alert('x')</script> & \"more\" " + "x" * 500))
    html = seen(at).html

    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &#34;more&#34; xxx" in html
    assert 1 == html.count("<script")
    assert "x" * 201 not in html


def test_addresses_are_hosts(behind: Callable[..., Behind]) -> None:
    """Of an address the host and port are shown: no path, no token."""
    at = behind(KANAVA_ERP_URL="https://erp.example:8443/tenant-7", KANAVA_ERP_TOKEN="t0k3n")
    status = seen(at)

    assert "At erp.example:8443." in status.card("ERP")
    assert [] == [word for word in ("tenant-7", "t0k3n") if word in status.html]


def test_production_tells_no_addresses_and_quotes_nobody(behind: Callable[..., Behind]) -> None:
    """In production the page says what kind of error it was; neither the system's words nor where it is."""
    at = behind(**PRODUCTION)
    at.call(System.ERP, PerhapsSent(System.ERP, "no answer within 2 s", reason=StaleReason.TIMEOUT))
    at.call(System.PIM)
    status = seen(at, 5)

    assert "READ_ONLY" == status.mode
    assert "Last error 5 s ago, at 03:00:00 UTC: it took too long. Calls 1 Failed 1" in status.card("ERP")
    assert "Calls 1 Failed 0 In flight 0 Median time 12 ms" in status.card("PIM")
    assert [] == [
        word for word in ("example", "http", "no answer within") if word in status.html.replace("http-equiv", "")
    ]


def test_every_kind_of_value_is_told(behind: Callable[..., Behind]) -> None:
    """No source is left out of the page, and none stands in it twice."""
    sources = behind().services.sources
    subjects = (sources.catalog, sources.pricing, sources.stock, sources.customers)
    all_of_them = [id(s) for subject in subjects for s in vars(subject).values() if isinstance(s, Source)]

    assert sorted(all_of_them) == sorted(id(source) for source in sources.by_kind().values())
