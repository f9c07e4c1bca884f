"""The web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import graphiql, hooks
from app.circuits import operating
from app.endpoint import Endpoint
from app.health import healthz, readyz
from app.settings import Settings
from app.status import page as status
from app.telemetry import metrics
from app.wiring import open_services
from datasources.clock import Clock
from schema.schema import build_schema


def create_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Return the application; its lifespan opens and closes what it needs. `clock` None: the machine's."""
    schema = build_schema(introspection=settings.profile == "development")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            open_services(settings, clock) as services,
            hooks.open_hooks(services) as app.state.hooks,
            operating(services),
            graphiql.open_explorer(settings) as explorer,
        ):
            app.state.endpoint = Endpoint(schema, services)
            app.state.explorer = explorer
            app.state.metrics = metrics.Metrics(services)
            app.state.status = status.StatusPage(services)
            yield

    async def graphql(request: Request) -> Response:
        endpoint: Endpoint = request.app.state.endpoint
        return await endpoint(request)

    routes = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *hooks.routes(),
        *metrics.routes(),
        *status.routes(),
        *graphiql.routes(settings),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
