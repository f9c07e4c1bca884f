"""
Spans for an OpenTelemetry collector. Loaded only where one is configured: what it imports costs a quarter of a second.

Spans go over HTTP, in protobuf. Other settings of the standard (`OTEL_EXPORTER_OTLP_HEADERS`, `..._CERTIFICATE`,
`..._TIMEOUT`, `OTEL_TRACES_SAMPLER`) are read by its library.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from threading import Thread
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from datasources.tracing import CANCELLED, OK, REFUSED, Span, Tracer, Value

ENDPOINT: Final = OTEL_EXPORTER_OTLP_ENDPOINT
CLOSE_WITHIN_S = 2.0
"""How long a stop waits until the last spans are sent."""
TRACEPARENT = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
PREFIX = "kanava."
WELL = (OK, REFUSED, CANCELLED)
"""Outcomes that are nobody's failure."""

_propagator = TraceContextTextMapPropagator()


class OtelSpan:
    """A span of OpenTelemetry."""

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self.context = span.get_span_context()
        self._tracer = tracer
        self._span = span

    def child(self, name: str, noted: Mapping[str, Value], others: Sequence[Span]) -> "OtelSpan":
        links = [trace.Link(other.context) for other in others if isinstance(other, OtelSpan)]
        kind = trace.SpanKind.CLIENT if name.startswith("call") else trace.SpanKind.INTERNAL
        span = self._tracer.start_span(name, self._inside(), kind, _prefixed(noted), links)
        return OtelSpan(self._tracer, span)

    def note(self, noted: Mapping[str, Value]) -> None:
        self._span.set_attributes(_prefixed(noted))

    def headers(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        _propagator.inject(headers, self._inside())
        return headers

    def end(self, outcome: str) -> None:
        self._span.set_attribute(f"{PREFIX}outcome", outcome)
        if outcome not in WELL:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()

    def _inside(self) -> Context:
        return trace.set_span_in_context(self._span, Context())


class OtelTracer:
    """Begins spans that a provider keeps."""

    def __init__(self, provider: trace.TracerProvider) -> None:
        self._tracer = provider.get_tracer("kanava")

    def request(self, traceparent: str | None) -> OtelSpan:
        context = Context()
        # what else a client may send of its trace (`tracestate`, `baggage`) is not for the systems behind Kanava
        if traceparent is not None and TRACEPARENT.fullmatch(traceparent):
            context = _propagator.extract({"traceparent": traceparent}, context)
        return OtelSpan(self._tracer, self._tracer.start_span("request", context, trace.SpanKind.SERVER))


def _prefixed(noted: Mapping[str, Value]) -> dict[str, Value]:
    """Return attributes by names of our own; those that have a dot are OpenTelemetry's."""
    return {name if "." in name else f"{PREFIX}{name}": value for name, value in noted.items()}


@asynccontextmanager
async def open_tracer(environment: Mapping[str, str], processor: SpanProcessor | None = None) -> AsyncIterator[Tracer]:
    """
    Open a tracer and, in the end, send what it has kept and was not sent yet, as far as that is done soon.

    `environment` tells where the collector is, and what the service is called; `processor` None: spans go there, in
    batches.
    """
    resource = Resource.create({SERVICE_NAME: environment.get(OTEL_SERVICE_NAME) or "kanava"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor or _to_collector(environment[ENDPOINT]))
    try:
        yield OtelTracer(provider)
    finally:
        await _close(provider)


def _to_collector(endpoint: str) -> SpanProcessor:
    # the endpoint is a base address: what is sent there has a path of its own (OpenTelemetry Protocol Exporter)
    return BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces"))


async def _close(provider: TracerProvider) -> None:
    """Close it in a thread that nobody need wait for: a collector that does not answer keeps no process from ending."""
    loop, closed = asyncio.get_running_loop(), asyncio.Event()

    def close() -> None:
        provider.shutdown()
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(closed.set)

    Thread(target=close, daemon=True).start()
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await closed.wait()
