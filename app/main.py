"""The web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import graphiql
from app.endpoint import Endpoint
from app.health import healthz, readyz
from app.settings import Settings
from app.status import page as status
from app.wiring import open_services
from schema.schema import build_schema


def create_app(settings: Settings) -> Starlette:
    """Return the application; its lifespan opens and closes what it needs."""
    schema = build_schema(introspection=settings.profile == "development")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_services(settings) as services, graphiql.open_explorer(settings) as explorer:
            app.state.endpoint = Endpoint(schema, services)
            app.state.explorer = explorer
            app.state.status = status.StatusPage(services)
            yield

    async def graphql(request: Request) -> Response:
        endpoint: Endpoint = request.app.state.endpoint
        return await endpoint(request)

    routes = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        *status.routes(),
        *graphiql.routes(settings),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
