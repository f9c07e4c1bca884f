"""`/metrics` for Prometheus: what is counted anyway, read when somebody asks, so that requests pay nothing for it."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.caching import NO_STORE
from app.execution.executor import Tally
from app.telemetry.neighbours import Post
from app.wiring import Services
from datasources.circuit.breaker import State
from datasources.histogram import Histogram
from datasources.model.captures import CaptureState
from datasources.model.common import StaleReason

OF_SYSTEM = ("system",)
OF_KIND = ("system", "kind")
VALUES = {
    "asked": ("values", "Values asked for; those that were not missed were served from memory."),
    "missed": ("missed", "Values asked for that were not in memory, or not good any more."),
    "stored": ("stored", "Values found in the shared store; what many wait for counts once."),
    "fetched": ("keys", "Values asked of the system; what many wait for counts once."),
    "stale": ("stale", "Values served though they should have been fetched, for no newer ones could be had."),
    "failed": ("failed", "Values that could not be had at all."),
    "refreshed_ahead": ("ahead", "Values served from memory and refreshed in the background."),
}
"""Names of counters, and where they stand in a tally."""

ENDS = (CaptureState.ACCEPTED, CaptureState.NEEDS_CONFIRMATION, CaptureState.REJECTED)
"""How an attempt to forward an order ends."""

Row = tuple[Sequence[str], float]


class Metrics:
    """Answers `/metrics`, in the text format of Prometheus."""

    def __init__(self, services: Services, executed: Tally) -> None:
        self._reader = _Reader(services, executed)
        self._registry = CollectorRegistry()
        self._registry.register(self._reader)

    def text(self) -> bytes:
        """Return all figures as they are now."""
        return generate_latest(self._registry)

    def families(self) -> Iterator[Metric]:
        """Return all figures as they are now, those of one name together."""
        return self._reader.collect()


class _Reader(Collector):
    """Reads what is counted of systems, circuits, each kind of value, both levels of the cache, answers, and orders."""

    def __init__(self, services: Services, executed: Tally) -> None:
        self._services = services
        self._executed = executed

    def collect(self) -> Iterator[Metric]:
        yield from self._operations()
        yield from self._systems()
        yield from self._circuits()
        yield from self._bulkheads()
        yield from self._kinds()
        yield from self._levels()
        yield from self._responses()
        yield from self._orders()

    def _operations(self) -> Iterator[Metric]:
        tally = self._executed
        ways = [
            (("plan",), tally.compiled),
            (("reference",), tally.by_reference),
            (("reference after a plan",), tally.fell_back),
        ]
        about = "Operations executed; those after a plan, which met what it was not made for, count as reference, too."
        yield _counter("kanava_operations_executed", about, ("by",), ways)

    def _systems(self) -> Iterator[Metric]:
        health = [((system.value,), health) for system, health in self._services.sources.health.items()]
        yield _counter("kanava_system_calls", "Calls begun.", OF_SYSTEM, ((of, one.calls) for of, one in health))
        failures = (((*of, reason.value), one.failures_by[reason]) for of, one in health for reason in StaleReason)
        yield _counter("kanava_system_failures", "Calls without a usable answer.", ("system", "reason"), failures)
        in_flight = ((of, one.in_flight) for of, one in health)
        yield _gauge("kanava_system_calls_in_flight", "Calls under way.", OF_SYSTEM, in_flight)
        answers_s = ((of, one.answers_s) for of, one in health)
        yield _histogram("kanava_system_answer_seconds", "How long answers took.", OF_SYSTEM, answers_s)

    def _circuits(self) -> Iterator[Metric]:
        guards = [((system.value,), guard) for system, guard in self._services.guards.items()]
        retries = ((of, guard.retries) for of, guard in guards)
        yield _counter("kanava_system_retries", "Calls that were made again.", OF_SYSTEM, retries)
        states = (((*of, state.value), guard.circuit.state is state) for of, guard in guards for state in State)
        yield _gauge("kanava_circuit_state", "1 for the state that the circuit is in.", ("system", "state"), states)
        changes = (
            ((*of, *change), count) for of, guard in guards for change, count in guard.circuit.transitions.items()
        )
        yield _counter("kanava_circuit_transitions", "Changes of the circuit.", ("system", "from", "to"), changes)

    def _bulkheads(self) -> Iterator[Metric]:
        bulkheads = [((system.value,), bulkhead) for system, bulkhead in self._services.bulkheads.items()]
        shed = ((of, bulkhead.shed) for of, bulkhead in bulkheads)
        yield _counter("kanava_system_shed", "Calls turned away, for too many waited.", OF_SYSTEM, shed)
        waiting = ((of, bulkhead.waiting) for of, bulkhead in bulkheads)
        yield _gauge("kanava_system_calls_waiting", "Calls that wait for others to end.", OF_SYSTEM, waiting)

    def _kinds(self) -> Iterator[Metric]:
        sources = [((source.system.value, source.kind.name), source) for source in self._services.sources.all()]
        for name, (count, about) in VALUES.items():
            counts = ((of, getattr(source.tally, count)) for of, source in sources)
            yield _counter(f"kanava_values_{name}", about, OF_KIND, counts)
        batches = ((of, source.tally.batches) for of, source in sources)
        yield _histogram("kanava_call_keys", "How many keys a call carried.", OF_KIND, batches)
        ages = ((of, source.tally.ages_s) for of, source in sources)
        yield _histogram("kanava_served_age_seconds", "Ages of the oldest values served at once.", OF_KIND, ages)
        entries = ((of, len(source)) for of, source in sources)
        yield _gauge("kanava_remembered_entries", "Keys remembered in this process.", OF_KIND, entries)

    def _levels(self) -> Iterator[Metric]:
        memory, store = self._services.memory, self._services.store
        yield _gauge("kanava_memory_bytes", "What is remembered weighs.", (), [((), memory.bytes)])
        yield _gauge("kanava_memory_max_bytes", "What it may weigh.", (), [((), memory.maxsize)])
        yield _counter("kanava_memory_evicted", "Values forgotten to make room.", (), [((), memory.evicted)])
        failures = (((method,), count) for method, count in store.failures.items())
        yield _counter("kanava_store_failures", "What the shared store failed to do.", ("method",), failures)

    def _responses(self) -> Iterator[Metric]:
        responses, shelf = self._services.responses, self._services.responses.shelf
        yield _counter("kanava_responses_hits", "Queries answered without execution.", (), [((), shelf.hits)])
        yield _counter("kanava_responses_misses", "Queries that were executed.", (), [((), responses.misses)])
        dropped = [((), shelf.dropped)]
        yield _counter("kanava_responses_dropped", "Answers forgotten because a value in them changed.", (), dropped)
        yield _counter("kanava_responses_evicted", "Answers forgotten to make room.", (), [((), shelf.evicted)])
        yield _gauge("kanava_responses_entries", "Answers remembered in this process.", (), [((), len(shelf))])
        yield _gauge("kanava_responses_bytes", "What remembered answers weigh.", (), [((), shelf.bytes)])
        yield _gauge("kanava_responses_max_bytes", "What they may weigh.", (), [((), shelf.max_bytes)])

    def _orders(self) -> Iterator[Metric]:
        journal, tally = self._services.watch.known, self._services.forwarder.tally
        yield _gauge("kanava_journal_writable", "1 when orders can be kept.", (), [((), journal.writable)])
        yield _gauge("kanava_orders_pending", "Captured orders that wait for the ERP.", (), [((), journal.pending)])
        ended = (((state.value,), tally.ended.get(state, 0)) for state in ENDS)
        yield _counter("kanava_orders_forwarded", "What the ERP said to captured orders.", ("state",), ended)
        failed = [((), tally.failed)]
        yield _counter("kanava_order_attempts_failed", "Attempts to forward an order that told nothing.", (), failed)


def routes() -> list[Route]:
    """Return the address of the metrics. It needs `app.state.metrics`, and one of several workers `app.state.post`."""

    async def metrics(request: Request) -> Response:
        served: Metrics = request.app.state.metrics
        post: Post | None = getattr(request.app.state, "post", None)
        text = served.text() if post is None else await post.text(served.families())
        return Response(text, headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4, **NO_STORE})

    return [Route("/metrics", metrics)]


def _counter(name: str, about: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for values, count in rows:
        family.add_metric(values, count)
    return family


def _gauge(name: str, about: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for values, figure in rows:
        family.add_metric(values, figure)
    return family


def _histogram(name: str, about: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], Histogram]]) -> Metric:
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, histogram in rows:
        bounds = [*map(str, histogram.bounds), "+Inf"]
        family.add_metric(values, list(zip(bounds, histogram.cumulative(), strict=True)), histogram.sum)
    return family
