"""GraphQL over HTTP: a request comes in, an answer goes out."""

from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from app.errors import Shown, in_document_order, shown, shown_in
from app.languages import wanted_locales
from app.page import PAGE
from app.wiring import Services
from datasources.errors import SourceError
from resolvers.access import standing
from resolvers.context import Caller, RequestContext
from resolvers.errors import BadInput, ClientError, Forbidden, LimitExceeded, NotFound, Unauthenticated
from schema.schema import Schema

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
MAX_BODY_BYTES = 1_000_000
HEADERS = {"vary": "Authorization, Kanava-Account, Accept-Language, Accept", "cache-control": "no-store"}
STATUS_OF: dict[type[ClientError], int] = {
    BadInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    LimitExceeded: 413,
}


class Operation(msgspec.Struct, rename="camel"):
    """What a client sends (GraphQL over HTTP, section 5.2)."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


_operation = msgspec.json.Decoder(Operation)
_object = msgspec.json.Decoder(dict[str, Any] | None)


class Endpoint:
    """Answers `/graphql`."""

    def __init__(self, schema: Schema, services: Services) -> None:
        self._schema = schema
        self._services = services

    async def __call__(self, request: Request) -> Response:
        """Answer one request; what a client sent never ends in a 500."""
        if self._wants_page(request):
            return Response(PAGE, media_type="text/html", headers=HEADERS)
        media_type = GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else JSON
        try:
            operation = await read_operation(request)
            context = await self._context(request)
        except (ClientError, SourceError) as error:
            return _refusal(error, media_type)
        try:
            await _check_account(context)
        except ClientError as error:
            return _answer({"errors": [shown(error)]}, media_type, executed=False)
        result = await self._schema.execute(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.operation_name,
            context_value=context,
        )
        assert isinstance(result, ExecutionResult)
        return _answer(_body(result), media_type, executed=result.data is not None or _has_path(result))

    def _wants_page(self, request: Request) -> bool:
        if self._services.settings.profile == "production" or request.method != "GET":
            return False
        return "query" not in request.query_params and "text/html" in request.headers.get("accept", "")

    async def _context(self, request: Request) -> RequestContext:
        services = self._services
        started_at, deadline = services.clock.now(), services.clock.monotonic() + services.settings.deadline_s
        return RequestContext(
            sources=services.sources,
            clock=services.clock,
            caller=await self._caller(request),
            locales=wanted_locales(request.headers.get("accept-language", "")),
            started_at=started_at,
            deadline=deadline,
            anonymous_prices=services.settings.anonymous_prices == "list",
        )

    async def _caller(self, request: Request) -> Caller | None:
        authorization = request.headers.get("authorization")
        account = request.headers.get("kanava-account", "").strip() or None
        if authorization is None:
            if account is not None:
                raise Unauthenticated("Kanava-Account chooses among your accounts: it needs an access token.")
            return None
        return Caller(await self._services.identity.person(authorization), account)


async def _check_account(context: RequestContext) -> None:
    """Refuse a request for an account that is not the caller's; an outage is for the fields to tell."""
    if context.caller is None or context.caller.account_number is None:
        return
    try:
        await standing(context)
    except SourceError:
        return


async def read_operation(request: Request) -> Operation:
    """
    Return what the client asks for.

    Raises:
        BadInput: it is not GraphQL over HTTP. LimitExceeded: the body is too long.
    """
    if request.method == "GET":
        return _from_parameters(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise BadInput(f"POST needs content-type: {JSON}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise LimitExceeded(f"The body may have at most {MAX_BODY_BYTES} bytes.")
    try:
        return _operation.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is not a GraphQL request: {error}.") from None


def _from_parameters(request: Request) -> Operation:
    given = request.query_params
    if "query" not in given:
        raise BadInput("GET needs the parameter query.")
    try:
        variables = _object.decode(given.get("variables") or "null")
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadInput(f"The parameter variables is not a JSON object: {error}.") from None
    return Operation(given["query"], given.get("operationName") or None, variables)


def _body(result: ExecutionResult) -> Shown:
    body: Shown = {}
    if result.errors:
        body["errors"] = [shown_in(error) for error in in_document_order(result.errors, result.data)]
    if result.data is not None or _has_path(result):
        body["data"] = result.data
    return body


def _has_path(result: ExecutionResult) -> bool:
    """Return whether execution began: then an error has a path, and data is there even when it is null."""
    return any(error.path is not None for error in result.errors or ())


def _answer(body: Shown, media_type: str, *, executed: bool) -> Response:
    # a request error is 400 in the newer media type; with application/json clients expect 200 (GraphQL over HTTP, 6.4)
    status = 200 if executed or media_type == JSON else 400
    return Response(orjson.dumps(body), status, {**HEADERS, "content-type": media_type})


def _refusal(error: ClientError | SourceError, media_type: str) -> Response:
    status = STATUS_OF[type(error)] if isinstance(error, ClientError) else 503
    headers = {**HEADERS, "content-type": media_type}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps({"errors": [shown(error)]}), status, headers)
