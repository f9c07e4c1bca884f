"""Whether this process is alive, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse


async def healthz(_request: Request) -> JSONResponse:
    """Answer that the process is alive."""
    return JSONResponse({"status": "alive"})


async def readyz(_request: Request) -> JSONResponse:
    """Answer that requests can be served; a system that is down does not change that."""
    return JSONResponse({"status": "ready"})
