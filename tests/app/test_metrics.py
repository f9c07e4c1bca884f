"""What Prometheus is told: the figures of known work, by the names that dashboards are made with."""

import asyncio
from contextlib import AsyncExitStack, suppress

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from app.execution.executor import Tally
from app.telemetry.metrics import Metrics, routes
from datasources.circuit.breaker import State
from datasources.errors import NeverSent, PerhapsSent, SourceError
from datasources.journal.watch import JournalState
from datasources.model.captures import CaptureState
from datasources.model.common import StaleReason, System
from tests.app.conftest import Api
from tests.datasources.fakes import ask, turns

SYSTEMS = ("ERP", "CRM", "PIM", "WMS")
CONTENT = {"system": "PIM", "kind": "content"}
ORDERS = ("kanava_orders_pending", "kanava_order_attempts_failed_total", "kanava_journal_writable")


class Scraped:
    """What was scraped."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        samples = [sample for family in self.families for sample in family.samples]
        self._figures = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}

        assert len(samples) == len(self._figures)

    def of(self, name: str, **labels: str) -> float | None:
        """Return a figure, None when there is none."""
        return self._figures.get((name, frozenset(labels.items())))

    def by_system(self, name: str, **labels: str) -> list[float | None]:
        """Return a figure of each of ERP, CRM, PIM and WMS."""
        return [self.of(name, system=system, **labels) for system in SYSTEMS]

    def buckets(self, name: str, *bounds: str, **labels: str) -> list[float | None]:
        """Return how many there were up to each of these bounds, and how many in all."""
        return [self.of(f"{name}_bucket", le=bound, **labels) for bound in (*bounds, "+Inf")]


async def scrape(api: Api) -> Scraped:
    web = Starlette(routes=routes())
    web.state.metrics = Metrics(api.services, Tally())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://kanava.example") as client:
        answer = await client.get("/metrics")

    assert (200, "text/plain; version=0.0.4; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    return Scraped(answer.text)


async def test_names(api: Api) -> None:
    """Names begin alike, counters end in `_total`, everything is explained; nought is said before there is anything."""
    scraped = await scrape(api)
    counters = [family for family in scraped.families if family.type == "counter"]

    assert [] == [family.name for family in scraped.families if not family.name.startswith("kanava_")]
    assert [] == [family.name for family in scraped.families if not family.documentation.endswith(".")]
    assert {"_total"} == {sample.name[-6:] for family in counters for sample in family.samples}
    assert [0, 0, 0, 0] == scraped.by_system("kanava_system_calls_total")
    assert [0, 0, 0, 0] == scraped.by_system("kanava_system_failures_total", reason="TIMEOUT")
    assert 0 == scraped.of("kanava_values_asked_total", **CONTENT)


async def test_calls(api: Api) -> None:
    """Calls by system, those that failed by reason, those under way, and how long answers took."""
    health = api.services.sources.health[System.PIM]
    for took_s, failure in ((0.003, None), (0.3, None), (2, PerhapsSent(System.PIM, "", reason=StaleReason.TIMEOUT))):
        with suppress(SourceError), health.call():
            api.clock.advance(took_s)
            if failure is not None:
                raise failure
    api.services.guards[System.PIM].retries = 4
    with health.call():
        scraped = await scrape(api)

    assert [0, 0, 4, 0] == scraped.by_system("kanava_system_calls_total")
    assert [0, 0, 1, 0] == scraped.by_system("kanava_system_failures_total", reason="TIMEOUT")
    assert [0, 0, 0, 0] == scraped.by_system("kanava_system_failures_total", reason="CONNECTION_FAILED")
    assert [0, 0, 1, 0] == scraped.by_system("kanava_system_calls_in_flight")
    assert [0, 0, 4, 0] == scraped.by_system("kanava_system_retries_total")
    assert [1, 1, 2, 2] == scraped.buckets("kanava_system_answer_seconds", "0.005", "0.25", "0.5", system="PIM")
    assert [0, 0, 2, 0] == scraped.by_system("kanava_system_answer_seconds_count")
    assert 0.303 == round(scraped.of("kanava_system_answer_seconds_sum", system="PIM") or 0, 6)


async def test_circuits(api: Api) -> None:
    """Each circuit is in one state; its changes are counted."""
    circuits = api.services.sources.circuits
    circuits[System.ERP].force(State.OPEN)
    circuits[System.CRM].force(State.OPEN)
    circuits[System.CRM].force(State.CLOSED)
    scraped = await scrape(api)

    assert [0, 1, 1, 1] == scraped.by_system("kanava_circuit_state", state="CLOSED")
    assert [1, 0, 0, 0] == scraped.by_system("kanava_circuit_state", state="OPEN")
    assert [0, 0, 0, 0] == scraped.by_system("kanava_circuit_state", state="HALF_OPEN")
    changes = {"from": "CLOSED", "to": "OPEN"}
    assert [1, 1, None, None] == scraped.by_system("kanava_circuit_transitions_total", **changes)
    assert 1 == scraped.of("kanava_circuit_transitions_total", system="CRM", **{"from": "OPEN", "to": "CLOSED"})


async def test_bulkheads(api: Api) -> None:
    """Who waits for a call to end, and who was turned away because too many did."""
    bulkhead = api.services.bulkheads[System.WMS]

    async def call() -> None:
        async with bulkhead.slot():
            await asyncio.sleep(0)

    async with AsyncExitStack() as held:
        for _ in range(8):
            await held.enter_async_context(bulkhead.slot())
        calls = [asyncio.create_task(call()) for _ in range(66)]
        await turns(1)
        scraped = await scrape(api)
    await asyncio.gather(*calls, return_exceptions=True)

    assert [0, 0, 0, 64] == scraped.by_system("kanava_system_calls_waiting")
    assert [0, 0, 0, 2] == scraped.by_system("kanava_system_shed_total")


async def test_values(api: Api) -> None:
    """Where values came from: memory, the system, or an earlier answer because it failed."""
    products = api.services.sources.catalog.products
    await products.get_many(["KV-1", "KV-2"], ask(api.clock))
    api.clock.advance(9)
    await products.get_many(["KV-1", "KV-1"], ask(api.clock))
    api.clock.advance(60)
    api.pim.failure = NeverSent(System.PIM, "no connection")
    await products.get_many(["KV-1", "KV-2", "KV-3"], ask(api.clock))
    scraped = await scrape(api)
    names = ("asked", "missed", "stored", "fetched", "stale", "failed", "refreshed_ahead")

    assert [7, 5, 0, 5, 1, 2, 0] == [scraped.of(f"kanava_values_{name}_total", **CONTENT) for name in names]
    assert [0, 1, 2, 2] == scraped.buckets("kanava_call_keys", "1.0", "2.0", "5.0", **CONTENT)
    assert 5 == scraped.of("kanava_call_keys_sum", **CONTENT)
    assert 2 == scraped.of("kanava_remembered_entries", **CONTENT)
    assert [1, 2, 3] == scraped.buckets("kanava_served_age_seconds", "5.0", "15.0", **CONTENT)
    assert 9 + 69 == scraped.of("kanava_served_age_seconds_sum", **CONTENT)


async def test_levels(api: Api) -> None:
    """How full the memory is, what it had to forget, and what the shared store did not do."""
    memory = api.services.memory
    await api.services.sources.catalog.products.get_many(["KV-2"], ask(api.clock))
    memory.evicted = 7
    await api.services.store.close()
    await api.services.store.get_many(["x"])
    scraped = await scrape(api)

    assert 100_000_000 == scraped.of("kanava_memory_max_bytes")
    assert memory.bytes == scraped.of("kanava_memory_bytes")
    assert 7 == scraped.of("kanava_memory_evicted_total")
    assert 1 == scraped.of("kanava_store_failures_total", method="get_many")


async def test_orders(api: Api) -> None:
    """How many wait, what the ERP said to those that were sent, and whether orders can be kept at all."""
    watch, tally = api.services.watch, api.services.forwarder.tally
    before = await scrape(api)
    watch.known = JournalState(writable=False, pending=12)
    tally.ended |= {CaptureState.ACCEPTED: 7, CaptureState.REJECTED: 2}
    tally.failed = 5
    after = await scrape(api)

    assert [0, 0, 1] == [before.of(name) for name in ORDERS]
    assert [12, 5, 0] == [after.of(name) for name in ORDERS]
    for scraped, figures in ((before, [0, 0, 0]), (after, [7, 0, 2])):
        assert figures == [
            scraped.of("kanava_orders_forwarded_total", state=state)
            for state in ("ACCEPTED", "NEEDS_CONFIRMATION", "REJECTED")
        ]
