"""Spans: of requests, of what they wait for, and of calls; and that a collector gets them."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from weakref import ref

import msgspec
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from app.telemetry import tracing as telemetry
from app.telemetry.tracing import open_tracer
from datasources.cache.entry import Policy
from datasources.connection import Reply
from datasources.errors import InvalidResponse, NeverSent, PerhapsSent, RequestRefused
from datasources.http import Transport
from datasources.model.common import Provenance, StaleReason, System
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from datasources.tracing import NO_SPAN, NoTracer, Tracer, inside, outcome_of, outgoing, part, wait_for
from tests.datasources.fakes import START, FakeClock, MemoryStore, Word, ask, kit

WITHIN_S = 60
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
COLLECTOR = {telemetry.ENDPOINT: "http://collector.example:4318"}
read_words = msgspec.json.Decoder(list[str]).decode


class Spans:
    """A tracer, and what it has kept so far."""

    def __init__(self, tracer: Tracer, kept: InMemorySpanExporter) -> None:
        self.tracer = tracer
        self._kept = kept

    def all(self) -> Sequence[ReadableSpan]:
        return self._kept.get_finished_spans()

    def one(self, name: str) -> ReadableSpan:
        (span,) = (span for span in self.all() if span.name == name)
        return span


@pytest.fixture
async def spans() -> AsyncIterator[Spans]:
    kept = InMemorySpanExporter()
    async with open_tracer(COLLECTOR, SimpleSpanProcessor(kept)) as tracer:
        yield Spans(tracer, kept)


class Pim:
    """A PIM whose answers come over a transport; notes the headers it gets."""

    def __init__(self, clock: FakeClock, status: int = 200) -> None:
        self.traceparents: list[str | None] = []
        self._status = status
        self._transport = Transport(System.PIM, self, url="http://pim.example", token=None, timeout_s=2.0, clock=clock)

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, **_: float
    ) -> Reply:
        """Answer as a client of the transport does."""
        self.traceparents.append(headers.get("traceparent"))
        return Reply(self._status, None, body or b"")

    async def words(self, keys: Sequence[str]) -> Mapping[str, Word]:
        found = await self._transport.post("words", list(keys), read_words)
        return {key: Word(key, Provenance(System.PIM, START, START)) for key in found}


def source_of(pim: Pim, clock: FakeClock, **more: Any) -> Source[str, Word]:
    return Source(pim.words, kit=kit(clock, **more), kind=Kind("words", Word, Policy(60, 0, 3600), "words"))


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def parents(spans: Iterable[ReadableSpan]) -> dict[str, str | None]:
    """Return the name of each span's parent."""
    names = {id_of(span): span.name for span in spans}
    return {span.name: names.get(span.parent.span_id) if span.parent else None for span in spans}


async def test_what_a_request_waits_for(spans: Spans) -> None:
    """A request, the values it misses, the batch that is asked for, and the call: each inside of the one before."""
    clock = FakeClock()
    pim = Pim(clock)
    source = source_of(pim, clock, store=MemoryStore())
    with inside(spans.tracer.request(None)):
        await source.get_many(["a", "b"], ask(clock))
    batch = {"kanava.system": "PIM", "kanava.kind": "words", "kanava.keys": 2, "kanava.outcome": "OK"}

    assert {"request": None, "fetch": "request", "batch": "fetch", "call": "batch"} == parents(spans.all())
    assert (batch, batch) == (spans.one("fetch").attributes, spans.one("batch").attributes)
    assert {"kanava.system": "PIM", "kanava.outcome": "OK"} == spans.one("call").attributes
    assert {"kanava.outcome": "OK"} == spans.one("request").attributes
    assert [SpanKind.SERVER, SpanKind.INTERNAL, SpanKind.CLIENT] == [
        spans.one(name).kind for name in ("request", "batch", "call")
    ]


async def test_nothing_when_all_is_remembered(spans: Spans) -> None:
    """A request that waits for nothing has a span of its own alone."""
    clock = FakeClock()
    source = source_of(Pim(clock), clock)
    await source.get_many(["a"], ask(clock))
    with inside(spans.tracer.request(None)):
        await source.get_many(["a"], ask(clock))

    assert ["request"] == [span.name for span in spans.all()]


async def test_a_trace_goes_on(spans: Spans) -> None:
    """The trace that a client began goes on in ours, and in the systems that are called."""
    clock = FakeClock()
    pim = Pim(clock)
    with inside(spans.tracer.request(f"00-{TRACE}-{PARENT}-01")):
        await source_of(pim, clock).get_many(["a"], ask(clock))
    request = spans.one("request")

    assert request.parent is not None
    assert (int(TRACE, 16), int(PARENT, 16)) == (request.parent.trace_id, request.parent.span_id)
    assert [f"00-{TRACE}-{id_of(spans.one('call')):016x}-01"] == pim.traceparents


async def test_a_trace_that_is_not_kept(spans: Spans) -> None:
    """Who says that a trace is not to be kept is heard, here and in the systems."""
    clock = FakeClock()
    pim = Pim(clock)
    with inside(spans.tracer.request(f"00-{TRACE}-{PARENT}-00")):
        await source_of(pim, clock).get_many(["a"], ask(clock))

    assert () == spans.all()
    assert [True] == [
        (sent or "").startswith(f"00-{TRACE}-") and (sent or "").endswith("-00") for sent in pim.traceparents
    ]


@pytest.mark.parametrize(
    "sent", ["", "x", f"00-{TRACE}-{PARENT}", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01" * 100]
)
async def test_what_is_no_trace(spans: Spans, sent: str) -> None:
    """What does not follow the grammar begins a trace of our own."""
    with inside(spans.tracer.request(sent)):
        pass

    assert spans.one("request").parent is None


async def test_a_flight_that_serves_many(spans: Spans) -> None:
    """A batch that several requests wait for is part of the first of them, and linked to the others."""
    clock = FakeClock()
    source = source_of(Pim(clock), clock)
    requests = [spans.tracer.request(None) for _ in range(3)]

    async def look(number: int, key: str) -> None:
        with inside(requests[number]):
            await source.get_many([key], ask(clock))

    await asyncio.gather(look(0, "a"), look(1, "b"), look(2, "a"))
    batch, ended = spans.one("batch"), {id_of(s) for s in spans.all() if s.name == "request"}

    assert batch.parent is not None
    assert 2 == len(batch.links)
    assert ended == {batch.parent.span_id, *(link.context.span_id for link in batch.links)}
    assert {
        "kanava.system": "PIM",
        "kanava.kind": "words",
        "kanava.keys": 2,
        "kanava.outcome": "OK",
    } == batch.attributes


async def test_background_work_is_nobodys(spans: Spans) -> None:
    """What a request sets off and does not wait for is no part of it."""
    clock = FakeClock()
    pim = Pim(clock)
    source = Source(pim.words, kit=kit(clock), kind=Kind("words", Word, Policy(60, 90, 3600), "words"))
    await source.get_many(["a"], ask(clock))
    clock.advance(70)
    with inside(spans.tracer.request(None)):
        await source.get_many(["a"], ask(clock))
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})  # type: ignore[arg-type]

    assert ["request"] == [span.name for span in spans.all()]
    assert [None, None] == pim.traceparents


async def test_a_failure(spans: Spans) -> None:
    """A failing system is told by its reason, on the call and the batch; the request that could do without is well."""
    clock = FakeClock()
    with inside(spans.tracer.request(None)):
        await source_of(Pim(clock, status=503), clock).get_many(["a"], ask(clock))

    assert {"call": StatusCode.ERROR, "batch": StatusCode.ERROR, "request": StatusCode.UNSET} == {
        span.name: span.status.status_code for span in spans.all()
    }
    assert ["UPSTREAM_ERROR", "UPSTREAM_ERROR"] == [
        (spans.one(name).attributes or {})["kanava.outcome"] for name in ("call", "batch")
    ]
    assert [()] * 3 == [tuple(span.events) for span in spans.all()]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NeverSent(System.ERP, "m"), "CONNECTION_FAILED"),
        (PerhapsSent(System.ERP, "m", reason=StaleReason.TIMEOUT), "TIMEOUT"),
        (InvalidResponse(System.ERP, "m"), "INVALID_RESPONSE"),
        (RequestRefused(System.ERP, "m", status=409, code=None), "REFUSED"),
        (RequestRefused(System.ERP, "m", status=401, code=None), "UPSTREAM_ERROR"),
        (asyncio.CancelledError(), "CANCELLED"),
        (KeyError("anna"), "BUG"),
    ],
)
def test_outcomes(error: BaseException, outcome: str) -> None:
    """How a span ends says why, and never what the error said."""
    assert outcome == outcome_of(error)


async def test_what_is_noted(spans: Spans) -> None:
    """Names of OpenTelemetry's own stay as they are, others are ours."""
    with inside(spans.tracer.request(None)) as span:
        span.note({"graphql.operation.name": "Listing", "cost": 3})

    assert {"graphql.operation.name": "Listing", "kanava.cost": 3, "kanava.outcome": "OK"} == spans.one(
        "request"
    ).attributes


async def test_without_a_tracer() -> None:
    """Where none is kept, a request is answered all the same, and no system hears of a trace."""
    clock = FakeClock()
    pim = Pim(clock)
    with inside(NoTracer().request(f"00-{TRACE}-{PARENT}-01")) as span:
        span.note({"cost": 1})
        await source_of(pim, clock).get_many(["a"], ask(clock))

    assert [None] == pim.traceparents
    assert NO_SPAN is span
    assert NO_SPAN is span.child("call", {}, ())


async def test_who_waits_is_forgotten(spans: Spans) -> None:
    """A task that is over takes with it who waited for it."""

    async def work() -> None:
        with part("batch", keys=1):
            await asyncio.sleep(0)

    with inside(spans.tracer.request(None)):
        task = asyncio.create_task(work())
        wait_for([task, None])
        await task
    over = ref(task)
    del task
    await asyncio.sleep(0)  # the event loop lets go of it as well
    gc.collect()

    assert over() is None
    assert {} == outgoing()


class Collector(BaseHTTPRequestHandler):
    """Takes what it is sent, or keeps silent until it is let go."""

    def __init__(self, got: list[tuple[str, str | None, bytes]], silent: Event | None, *more: Any) -> None:
        self._got, self._silent = got, silent
        super().__init__(*more)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._got.append((self.path, self.headers["content-type"], body))
        if self._silent is not None:
            self._silent.wait()
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep silent."""


Got = list[tuple[str, str | None, bytes]]


@contextmanager
def collecting(silent: Event | None = None) -> Iterator[tuple[str, Got]]:
    """Have a collector listen; return its address and what it gets."""
    got: Got = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Collector, got, silent)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            if silent is not None:
                silent.set()
            server.shutdown()
            thread.join()


async def test_a_collector_gets_them() -> None:
    """Spans reach a collector as protobuf over HTTP, at the latest when Kanava stops, without anything of keys."""
    clock = FakeClock()
    with collecting() as (address, got):
        async with open_tracer({telemetry.ENDPOINT: f"{address}/", "OTEL_SERVICE_NAME": "shop"}) as tracer:
            with inside(tracer.request(f"00-{TRACE}-{PARENT}-01")):
                await source_of(Pim(clock), clock).get_many(["anna@example.fi"], ask(clock))
    ((path, kind, body),) = got
    (sent,) = ExportTraceServiceRequest.FromString(body).resource_spans

    assert ("/v1/traces", "application/x-protobuf") == (path, kind)
    assert "shop" in {attribute.value.string_value for attribute in sent.resource.attributes}
    assert ["call", "batch", "request"] == [span.name for span in sent.scope_spans[0].spans]
    assert {TRACE} == {span.trace_id.hex() for span in sent.scope_spans[0].spans}
    assert b"anna" not in body


async def test_a_silent_collector_holds_nothing_up() -> None:
    """A collector that does not answer delays neither requests nor, for long, the stop."""
    silent = Event()
    with collecting(silent) as (address, _):
        async with asyncio.timeout(WITHIN_S), open_tracer({telemetry.ENDPOINT: address}) as tracer:
            with inside(tracer.request(None)):
                pass

        assert not silent.is_set()
