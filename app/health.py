"""Whether this process is alive, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.shutdown import Closing


def routes(closing: Closing) -> list[Route]:
    """Return the addresses that load balancers ask."""

    async def healthz(_request: Request) -> JSONResponse:
        """Answer that the process is alive."""
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> JSONResponse:
        """Answer whether requests can be served; a system that is down does not change that, stopping does."""
        if closing.begun:
            return JSONResponse({"status": "stopping"}, 503)
        return JSONResponse({"status": "ready"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
