"""Turns a system into a Starlette application: decoding, tokens, faults, call counts, errors."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import answered, encoded, refused
from sandbox.faults import HEALTHY, CallCount, Fault, FaultDesk
from sandbox.protocol import MAX_KEYS, ApiError, BulkRequest, Control, Json, Operation, Query, System, decoded

MAX_BODY_BYTES = 8_000_000
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Server:
    """One system behind HTTP, with the token its callers need (None: any or none)."""

    system: System
    token: str | None = None
    desk: FaultDesk = field(default_factory=FaultDesk)
    calls: CallCount = field(default_factory=CallCount)

    def app(self) -> Starlette:
        operations = [self._operation_route(operation) for operation in self.system.operations]
        controls = [self._control_route(control) for control in (*self._own_controls(), *self.system.controls)]
        handlers = {ApiError: _api_error, HTTPException: _http_error, ClientDisconnect: _gone}
        app = Starlette(routes=[*operations, *controls], exception_handlers=handlers)
        app.state.leaving = self.desk.leaving
        return app

    def _operation_route(self, operation: Operation | Query) -> Route:
        if isinstance(operation, Query):
            return Route(operation.path, self._query(operation), methods=["GET"])
        return Route(operation.path, self._bulk(operation), methods=["POST"])

    def _bulk(self, operation: Operation) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            question = _question(await _body(request), operation)
            asked = 0 if isinstance(question, ApiError) else len(question.keys())
            self.calls.note(operation.name, asked)

            async def answer() -> Response:
                self._admit(request)
                if isinstance(question, ApiError):
                    raise question
                return encoded(operation.answer(question))

            return await answered(_refusing(answer), self.desk)

        return endpoint

    def _query(self, operation: Query) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            self.calls.note(operation.name, 0)

            async def answer() -> Response:
                return encoded(operation.answer(request.query_params))

            return await answered(_refusing(answer), self.desk)

        return endpoint

    def _admit(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if self.token is not None and not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise ApiError(401, "UNAUTHENTICATED", "A bearer token that this system knows is required.")

    def _control_route(self, control: Control) -> Route:
        async def endpoint(request: Request) -> Response:
            return encoded(control.answer(request.query_params, await _body(request)))

        return Route(f"/_sandbox/{control.path}", endpoint, methods=[control.method])

    def _own_controls(self) -> tuple[Control, ...]:
        return (
            Control("GET", "health", lambda query, body: {"system": self.system.name, "ok": True}),
            Control("GET", "fault", lambda query, body: self._fault()),
            Control("PUT", "fault", lambda query, body: self._set_fault(decoded(body, Fault))),
            Control("GET", "calls", lambda query, body: self.calls.as_json()),
            Control("DELETE", "calls", lambda query, body: self._clear_calls()),
            Control("POST", "reset", lambda query, body: self._reset()),
        )

    def _fault(self) -> Json:
        fault = self.desk.fault
        return {name: getattr(fault, name) for name in fault.__struct_fields__}

    def _set_fault(self, fault: Fault) -> Json:
        self.desk.set(fault)
        return self._fault()

    def _clear_calls(self) -> Json:
        self.calls.clear()
        return self.calls.as_json()

    def _reset(self) -> Json:
        self.system.reset()
        self.desk.set(HEALTHY)
        self.calls.clear()
        return {"system": self.system.name, "ok": True}


def _question(body: bytes, operation: Operation) -> BulkRequest | ApiError:
    """Decode what is asked; what is wrong with it is kept for the answer, since a bad call counts as well."""
    try:
        question = decoded(body, operation.request)
    except ApiError as problem:
        return problem
    if len(question.keys()) > MAX_KEYS:
        return ApiError(400, "TOO_MANY_KEYS", f"{len(question.keys())} keys asked; {MAX_KEYS} are allowed in a call.")
    return question


def _refusing(answer: Callable[[], Awaitable[Response]]) -> Callable[[], Awaitable[Response]]:
    async def attempt() -> Response:
        try:
            return await answer()
        except ApiError as problem:
            return refused(problem)

    return attempt


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ApiError(413, "TOO_LARGE", f"A body may have {MAX_BODY_BYTES} bytes.")
    return bytes(body)


async def _api_error(request: Request, problem: Exception) -> Response:
    return refused(cast("ApiError", problem))


async def _gone(request: Request, problem: Exception) -> Response:
    """Answer somebody who has left before they had asked; nobody reads it."""
    return Response(status_code=400)


async def _http_error(request: Request, problem: Exception) -> Response:
    error = cast("HTTPException", problem)
    code = {404: "NO_SUCH_OPERATION", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "BAD_REQUEST")
    return refused(ApiError(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}"))
