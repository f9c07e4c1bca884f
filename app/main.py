"""The web application."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from app import graphiql, health, hooks, shares
from app.circuits import operating
from app.door import Door, Visitor
from app.endpoint import Endpoint
from app.express.heads import Heads
from app.express.protocol import Lane
from app.headers import SecurityHeaders
from app.limits.rate import RateLimiter
from app.mask import Mask
from app.settings import Settings
from app.shutdown import Closing, CutOff
from app.status import page as status
from app.subscriptions.websocket import Connections
from app.telemetry import metrics
from app.telemetry.tracers import tracer_of
from app.trusted import TrustedDocuments
from app.visitors import visitor_of
from app.wiring import Services, open_services
from datasources.cache.redis import open_redis
from datasources.clock import Clock
from datasources.tracing import NoTracer
from schema.schema import build_schema

TAKEN_HEADERS = [
    "authorization",
    "content-type",
    "kanava-account",
    "kanava-max-age",
    "kanava-request-id",
    "kanava-trace",
]
SHOWN_HEADERS = ["age", "kanava-request-id", "retry-after"]
PREFLIGHT_FOR_S = 600


def create_app(
    settings: Settings,
    clock: Clock | None = None,
    *,
    closing: Closing | None = None,
    trusted: TrustedDocuments | None = None,
) -> Starlette:
    """
    Return the application; its lifespan opens and closes what it needs.

    `clock` None: the machine's. `closing` says when to stop. With `trusted` documents no others are executed.
    `app.state.lane` is for the server's protocol (`app.express`).
    """
    schema, stopping = build_schema(), closing or Closing()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            open_services(settings, clock) as services,
            open_limiter(settings, services.clock) as limiter,
            operating(services),
            tracer_of(os.environ) as tracer,
            graphiql.open_explorer(settings) as app.state.explorer,
        ):
            door = Door(schema, services, limiter=limiter, trusted=trusted)
            app.state.hooks = hooks.Hooks(services)
            app.state.endpoint = endpoint = Endpoint(door, stopping, tracer)
            if isinstance(tracer, NoTracer):
                app.state.lane.heads = Heads(services.memory.share(shares.HEADS))
                app.state.lane.answering = endpoint.express.answer
                app.state.lane.going_on = CutOff(SecurityHeaders(Mask(endpoint.go_on)), stopping)
            app.state.connections = _connections(door, services, stopping)
            app.state.metrics = metrics.Metrics(services, door.executor.tally)
            app.state.status = status.StatusPage(services)
            try:
                yield
            finally:
                app.state.lane.answering = None

    async def graphql(request: Request) -> Response:
        endpoint: Endpoint = request.app.state.endpoint
        return await endpoint(request)

    async def graphql_over_websocket(socket: WebSocket) -> None:
        connections: Connections = socket.app.state.connections
        await connections(socket)

    routes = [
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", graphql_over_websocket),
        *health.routes(stopping),
        *hooks.routes(),
        *metrics.routes(),
        *status.routes(),
        *graphiql.routes(settings),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, middleware=_middleware(settings, stopping))
    app.state.lane = Lane()
    return app


@asynccontextmanager
async def open_limiter(settings: Settings, clock: Clock) -> AsyncIterator[RateLimiter]:
    """Open what counts how much callers ask for: in Redis, when replicas share one."""
    redis = open_redis(settings.redis_url.get_secret_value()) if settings.redis_url is not None else None
    rate = settings.rate
    try:
        yield RateLimiter(person_per_minute=rate.person, address_per_minute=rate.address, clock=clock, redis=redis)
    finally:
        if redis is not None:
            await redis.aclose()


def _connections(door: Door, services: Services, closing: Closing) -> Connections:
    async def greet(socket: WebSocket, authorization: str | None) -> Visitor:
        return await visitor_of(socket, services, authorization)

    return Connections(door, greet, closing=closing, origins=services.settings.origins)


def _middleware(settings: Settings, closing: Closing) -> list[Middleware]:
    allowed = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=["GET", "POST"],
        allow_headers=TAKEN_HEADERS,
        expose_headers=SHOWN_HEADERS,
        max_age=PREFLIGHT_FOR_S,
    )
    readable = [allowed] if settings.origins else []
    return [Middleware(CutOff, closing=closing), Middleware(SecurityHeaders), *readable, Middleware(Mask)]
