"""GraphQL over HTTP: a request comes in, an answer goes out."""

from collections.abc import Sequence
from typing import Any

import msgspec
import orjson
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from app import graphiql
from app.caching import NO_STORE, cache_headers, etag_of, is_known
from app.documents import Wish, max_age_of, meant_operation, wish_of
from app.errors import Shown, in_document_order, shown, shown_in
from app.languages import wanted_locales
from app.upstream import TRACE_HEADER, upstream_of
from app.wiring import Services
from datasources.errors import SourceError
from datasources.sources.ask import Ask, Trace
from resolvers.access import standing
from resolvers.context import Caller, RequestContext
from resolvers.errors import BadInput, Forbidden, LimitExceeded, NotFound, Unauthenticated
from schema.schema import Schema

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
ASKING = ("GET", "HEAD")
MAX_BODY_BYTES = 1_000_000
VARY = {"vary": "Authorization, Kanava-Account, Accept-Language, Accept"}
HEADERS = {**VARY, **NO_STORE}
STATUS_OF: dict[type[Exception], int] = {
    BadInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    LimitExceeded: 413,
}


class Sent(msgspec.Struct, rename="camel"):
    """What a client sends (GraphQL over HTTP, section 5.2)."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


_sent = msgspec.json.Decoder(Sent)
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
            sent = await read_operation(request)
            return await self._answer(sent, request, media_type)
        except ClientDisconnect:
            return Response(status_code=400)  # to nobody: the client went away before its request was whole
        except Exception as error:
            return _refusal(error, media_type)

    async def _answer(self, sent: Sent, request: Request, media_type: str) -> Response:
        # before the token is verified: a provider's keys are waited for within the request's time too
        ask = self._ask(request)
        context = await self._context(request, ask)
        try:
            tighten(ask, wish_of(meant_operation(sent.query, sent.operation_name), sent.variables))
            await _check_account(context)
        except GraphQLError as error:
            return _failure([self._shown(error)], media_type)
        except (BadInput, Forbidden, NotFound) as error:
            return _failure([shown(error)], media_type)
        body = await self._execute(sent, context)
        if "data" not in body:
            return _failure(body["errors"], media_type)
        return self._whole(body, context, request, media_type)

    async def _execute(self, sent: Sent, context: RequestContext) -> Shown:
        result = await self._schema.execute(
            sent.query,
            variable_values=sent.variables,
            operation_name=sent.operation_name or None,
            context_value=context,
        )
        assert isinstance(result, ExecutionResult)
        body: Shown = {}
        if result.errors:
            body["errors"] = [self._shown(error) for error in in_document_order(result.errors, result.data)]
        if result.data is not None or _has_path(result):
            body["data"] = result.data
        return body

    def _whole(self, body: Shown, context: RequestContext, request: Request, media_type: str) -> Response:
        """Return an answer that was executed, with what caches may do with it."""
        ask, headers = context.ask, {**VARY, "content-type": media_type}
        if ask.trace is not None:
            body["extensions"] = {"upstream": upstream_of(ask.trace)}
        content = orjson.dumps(body)
        if ask.trace is not None or "errors" in body:
            return Response(content, 200, {**headers, **NO_STORE})
        now = self._services.clock.now().timestamp()
        headers |= cache_headers(ask, now, private=context.caller is not None)
        if request.method in ASKING and headers["cache-control"] != NO_STORE["cache-control"]:
            headers["etag"] = etag_of(content)
            if is_known(headers["etag"], request.headers.get("if-none-match")):
                return Response(None, 304, headers)
        return Response(content, 200, headers)

    def _shown(self, error: GraphQLError) -> Shown:
        return shown_in(error, suggestions=self._services.settings.profile == "development")

    def _wants_page(self, request: Request) -> bool:
        if self._services.settings.profile == "production" or request.method not in ASKING:
            return False
        return "query" not in request.query_params and "text/html" in request.headers.get("accept", "")

    def _ask(self, request: Request) -> Ask:
        services = self._services
        ask = Ask(
            deadline=services.clock.monotonic() + services.settings.deadline_s,
            started_at=services.clock.now().timestamp(),
            trace=Trace() if request.headers.get(TRACE_HEADER) == "1" else None,
        )
        tighten(ask, Wish(max_age_of(request.headers.get("kanava-max-age")), serve_stale=True))
        return ask

    async def _context(self, request: Request, ask: Ask) -> RequestContext:
        services = self._services
        return RequestContext(
            sources=services.sources,
            clock=services.clock,
            caller=await self._caller(request, ask.deadline),
            locales=wanted_locales(request.headers.get("accept-language", "")),
            ask=ask,
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


def tighten(ask: Ask, wish: Wish) -> None:
    """Have the request ask for values as young as is wished, too."""
    if wish.max_age_s is not None:
        ask.not_before = max(ask.not_before, ask.started_at - wish.max_age_s)
    ask.serve_stale = ask.serve_stale and wish.serve_stale


async def _check_account(context: RequestContext) -> None:
    """Refuse a request for an account that is not the caller's; an outage is for the fields to tell."""
    if context.caller is None or context.caller.account_number is None:
        return
    try:
        await standing(context)
    except SourceError:
        return


async def read_operation(request: Request) -> Sent:
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
        return _sent.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is not a GraphQL request: {error}.") from None


def _from_parameters(request: Request) -> Sent:
    given = request.query_params
    if "query" not in given:
        raise BadInput("GET needs the parameter query.")
    try:
        variables = _object.decode(given.get("variables") or "null")
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadInput(f"The parameter variables is not a JSON object: {error}.") from None
    return Sent(given["query"], given.get("operationName") or None, variables)


def _has_path(result: ExecutionResult) -> bool:
    """Return whether execution began: then an error has a path, and data is there even when it is null."""
    return any(error.path is not None for error in result.errors or ())


def _failure(errors: Sequence[Shown], media_type: str) -> Response:
    # a request error is 400 in the newer media type; with application/json clients expect 200 (GraphQL over HTTP, 6.4)
    status = 200 if media_type == JSON else 400
    return Response(orjson.dumps({"errors": errors}), status, {**HEADERS, "content-type": media_type})


def _refusal(error: Exception, media_type: str) -> Response:
    status = 503 if isinstance(error, SourceError) else STATUS_OF.get(type(error), 500)
    headers = {**HEADERS, "content-type": media_type}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps({"errors": [shown(error)]}), status, headers)
