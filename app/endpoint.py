"""GraphQL over HTTP: a request comes in, an answer goes out."""

from typing import Any

import msgspec
import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from app import graphiql
from app.documents import check_operation
from app.errors import Shown, in_document_order, shown, shown_in
from app.languages import wanted_locales
from app.wiring import Services
from datasources.errors import SourceError
from resolvers.access import standing
from resolvers.context import Caller, RequestContext
from resolvers.errors import BadInput, Forbidden, LimitExceeded, NotFound, Unauthenticated
from schema.schema import Schema

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
ASKING = ("GET", "HEAD")
MAX_BODY_BYTES = 1_000_000
HEADERS = {"vary": "Authorization, Kanava-Account, Accept-Language, Accept", "cache-control": "no-store"}
STATUS_OF: dict[type[Exception], int] = {
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
        """Answer one request; what a client sent never ends in a 500, a bug of ours in a masked one."""
        if self._wants_page(request):
            return graphiql.page(HEADERS)
        media_type = GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else JSON
        try:
            operation = await read_operation(request)
            return await self._run(operation, await self._context(request), media_type)
        except ClientDisconnect:
            return Response(status_code=400)  # to nobody: the client went away before its request was whole
        except Exception as error:
            return _refusal(error, media_type)

    async def _run(self, operation: Operation, context: RequestContext, media_type: str) -> Response:
        try:
            check_operation(operation.query, operation.operation_name)
            await _check_account(context)
        except GraphQLError as error:
            return _answer({"errors": [self._shown(error)]}, media_type, executed=False)
        except (BadInput, Forbidden, NotFound) as error:
            return _answer({"errors": [shown(error)]}, media_type, executed=False)
        result = await self._schema.execute(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.operation_name or None,
            context_value=context,
        )
        assert isinstance(result, ExecutionResult)
        body = self._body(result)
        return _answer(body, media_type, executed="data" in body)

    def _body(self, result: ExecutionResult) -> Shown:
        body: Shown = {}
        if result.errors:
            body["errors"] = [self._shown(error) for error in in_document_order(result.errors, result.data)]
        if result.data is not None or _has_path(result):
            body["data"] = result.data
        return body

    def _shown(self, error: GraphQLError) -> Shown:
        return shown_in(error, suggestions=self._services.settings.profile == "development")

    def _wants_page(self, request: Request) -> bool:
        if self._services.settings.profile == "production" or request.method not in ASKING:
            return False
        return "query" not in request.query_params and "text/html" in request.headers.get("accept", "")

    async def _context(self, request: Request) -> RequestContext:
        services = self._services
        # before the token is verified: a provider's keys are waited for within the request's time too
        started_at, deadline = services.clock.now(), services.clock.monotonic() + services.settings.deadline_s
        return RequestContext(
            sources=services.sources,
            clock=services.clock,
            caller=await self._caller(request, deadline),
            locales=wanted_locales(request.headers.get("accept-language", "")),
            started_at=started_at,
            deadline=deadline,
            anonymous_prices=services.settings.anonymous_prices == "list",
        )

    async def _caller(self, request: Request, deadline: float) -> Caller | None:
        authorization = request.headers.get("authorization")
        account = request.headers.get("kanava-account", "").strip(" \t") or None
        if authorization is None:
            if account is not None:
                raise Unauthenticated("Kanava-Account chooses among your accounts: it needs an access token.")
            return None
        return Caller(await self._services.identity.person(authorization, deadline), account)


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
    if request.method in ASKING:
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


def _has_path(result: ExecutionResult) -> bool:
    """Return whether execution began: then an error has a path, and data is there even when it is null."""
    return any(error.path is not None for error in result.errors or ())


def _answer(body: Shown, media_type: str, *, executed: bool) -> Response:
    # a request error is 400 in the newer media type; with application/json clients expect 200 (GraphQL over HTTP, 6.4)
    status = 200 if executed or media_type == JSON else 400
    return Response(orjson.dumps(body), status, {**HEADERS, "content-type": media_type})


def _refusal(error: Exception, media_type: str) -> Response:
    status = 503 if isinstance(error, SourceError) else STATUS_OF.get(type(error), 500)
    headers = {**HEADERS, "content-type": media_type}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps({"errors": [shown(error)]}), status, headers)
