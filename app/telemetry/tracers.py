"""Which tracer there is: none, unless a collector is named by OpenTelemetry's own setting."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from datasources.tracing import NoTracer, Tracer

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@asynccontextmanager
async def tracer_of(environment: Mapping[str, str]) -> AsyncIterator[Tracer]:
    """Open the tracer that the environment asks for."""
    if not environment.get(ENDPOINT):
        yield NoTracer()
        return
    from app.telemetry.tracing import open_tracer  # it takes a quarter of a second to import

    async with open_tracer(environment) as tracer:
        yield tracer
