"""Bytes through Starlette: a route that reads the request and answers."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.floors.serving import answer, serve

BODY = answer()


async def graphql(request: Request) -> Response:
    """Answer."""
    await request.body()
    return Response(BODY, media_type="application/json")


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"])]))
