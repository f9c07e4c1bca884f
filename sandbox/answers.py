"""How a call is answered: truly, or as the fault in force says."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import orjson
from starlette.responses import Response

from sandbox.faults import Fault, FaultDesk
from sandbox.hangup import Hangup
from sandbox.protocol import ApiError, Json

ERROR_PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
Answer = Callable[[], Awaitable[Response]]


def encoded(body: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def refused(problem: ApiError, *, headers: dict[str, str] | None = None) -> Response:
    body = {"error": {"code": problem.code, "message": problem.message}}
    return encoded(body, status=problem.status, headers=headers)


async def answered(answer: Answer, desk: FaultDesk) -> Response:
    """Answer one call, or let the fault in force have it."""
    fault = desk.strike()
    if fault is None:
        return await answer()
    if fault.delay_ms and await desk.wait(fault.delay_ms):
        return Hangup()
    return await _struck(answer, desk, fault)


async def _struck(answer: Answer, desk: FaultDesk, fault: Fault) -> Response:
    match fault.mode:
        case "down":
            return Hangup()
        case "error":
            return _broken()
        case "flaky":
            return _flaky(desk.draw)
        case "garbage":
            return _garbage(await answer(), desk.next_garbage())
        case "throttle":
            problem = ApiError(429, "TOO_MANY_REQUESTS", "Too many requests; try again later.")
            return refused(problem, headers={"Retry-After": str(fault.retry_after_s)})
        case "lost_answer":
            await answer()
            return Hangup()
        case _:
            return await answer()


def _broken() -> Response:
    return refused(ApiError(500, "INTERNAL", "The system failed."))


def _flaky(draw: Random) -> Response:
    return _broken() if draw.random() < 0.5 else Hangup()


def _garbage(true: Response, kind: int) -> Response:
    body = bytes(true.body)
    if kind == 0:
        return Response(ERROR_PAGE, media_type="text/html")
    if kind == 1:
        return Response(body[: len(body) // 2], media_type="application/json")
    return encoded(_twisted(orjson.loads(body)))


def _twisted(value: Any) -> Any:
    """Keep the names and change the type of every value, so that only a reader who checks types notices."""
    if isinstance(value, dict):
        return {name: _twisted(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_twisted(item) for item in value] or {"nothing": 0}
    return 7 if isinstance(value, str) else "seven"
