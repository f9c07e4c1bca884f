"""GraphQL over HTTP: a request comes in, an answer goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app import graphiql
from app.caching import NO_STORE, cache_headers, etag_of, is_known
from app.documents import Invalid
from app.door import Door, Prepared, Visitor
from app.errors import Shown
from app.protocol.compression import FLOOR_BYTES, coding_for, packed
from app.protocol.negotiation import (
    GRAPHQL_JSON,
    JSON,
    Range,
    accepted,
    answer_type,
    prefers_events,
    wants_events,
    wants_page,
)
from app.protocol.reading import ASKING, Sent, UnsupportedMedia, read
from app.shutdown import Closing
from app.subscriptions.sse import EventStream, answering, changing
from app.telemetry.logs import REQUEST_ID_HEADER, AccessLog, Answered, client_of, in_request, request_id_of
from app.upstream import upstream_of
from app.visitors import visitor_of
from datasources.errors import SourceError
from datasources.tracing import Tracer, inside
from resolvers.errors import (
    BadInput,
    ClientError,
    Forbidden,
    LimitExceeded,
    NotFound,
    RateLimited,
    Unauthenticated,
)

VARY = "Authorization, Kanava-Account, Accept-Language, Accept"
HEADERS = {"vary": VARY, **NO_STORE}
STATUS_OF: dict[type[Exception], int] = {
    BadInput: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    LimitExceeded: 413,
    UnsupportedMedia: 415,
    RateLimited: 429,
}


class NotAcceptable(ClientError):
    """The client takes no form of answer that there is."""


class WrongMethod(ClientError):
    """Something that changes things was sent in a way that must not."""


STATUS_OF |= {NotAcceptable: 406, WrongMethod: 405}


@dataclass(slots=True)
class Seen:
    """What is known of a request so far, for who writes it down."""

    sent: Sent | None = None
    prepared: Prepared | None = None
    errors: Sequence[Shown] = ()

    def answered(self, request: Request, response: Response, took_s: float) -> Answered:
        """Return what others may know of it."""
        sent, prepared = self.sent, self.prepared
        trace = prepared.context.ask if prepared else None
        return Answered(
            operation=prepared.operation.name if prepared else sent.operation_name if sent else None,
            document=prepared.document.text if prepared else sent.query if sent else None,
            kind=prepared.operation.kind.value if prepared else None,
            status=response.status_code,
            codes=list(dict.fromkeys(error["extensions"]["code"] for error in self.errors)),
            cost=prepared.measured.cost if prepared else None,
            took_s=took_s,
            upstream_calls=trace.calls_waited_for if trace else None,
            sent_bytes=len(response.body) if hasattr(response, "body") else 0,
            client=client_of(request.client.host if request.client else None),
        )


class Endpoint:
    """Answers `/graphql`."""

    def __init__(self, door: Door, closing: Closing, tracer: Tracer) -> None:
        self._door = door
        self._closing = closing
        self._services = door.services
        self._tracer = tracer
        self._log = AccessLog()

    async def __call__(self, request: Request) -> Response:
        """Answer one request; what a client sent never ends in a 500, a bug of ours in a masked one."""
        request_id = request_id_of(request.headers.get(REQUEST_ID_HEADER))
        seen, began = Seen(), self._services.clock.monotonic()
        with in_request(request_id), inside(self._tracer.request(request.headers.get("traceparent"))) as span:
            response = await self._respond(request, seen)
            answered = seen.answered(request, response, self._services.clock.monotonic() - began)
            self._log.note(answered)
            span.note(answered.noted())
        response.headers[REQUEST_ID_HEADER] = request_id
        return response

    async def _respond(self, request: Request, seen: Seen) -> Response:
        ranges = accepted(request.headers.get("accept"))
        if self._wants_page(request, ranges):
            return graphiql.page(HEADERS)
        media_type = answer_type(ranges)
        # who takes events alone must not take a refusal for the beginning of some: the newer type has statuses for it
        refusal_type = media_type or GRAPHQL_JSON
        try:
            if media_type is None and not wants_events(ranges):
                raise NotAcceptable("Answers are application/graphql-response+json, application/json or events.")
            seen.sent = await read(request)
        except ClientDisconnect:
            return Response(status_code=400)  # to nobody: the client went away before its request was whole
        except Exception as error:
            return self._refusal(error, refusal_type, seen)
        try:
            return await self._answer(request, ranges, media_type, seen)
        except Exception as error:
            return self._refusal(error, refusal_type, seen)

    async def _answer(self, request: Request, ranges: list[Range], media_type: str | None, seen: Seen) -> Response:
        assert seen.sent is not None
        visitor = await visitor_of(request, self._services)
        ask = self._door.ask(visitor)
        prepared = seen.prepared = await self._door.prepare(seen.sent, visitor, ask)
        if request.method in ASKING and prepared.kind is OperationType.MUTATION:
            raise WrongMethod("GET is for queries: send a mutation by POST.")
        if prepared.kind is OperationType.SUBSCRIPTION and not wants_events(ranges):
            raise BadInput("A subscription is answered by a stream: accept text/event-stream, or use WebSocket.")
        if prepared.kind is OperationType.SUBSCRIPTION or media_type is None or prefers_events(ranges):
            return self._stream(prepared, visitor)
        body = await self._door.execute(prepared)
        seen.errors = body.get("errors", ())
        if "data" not in body:
            return _failure(body["errors"], media_type or JSON)
        return self._whole(body, prepared, request, media_type or JSON)

    def _stream(self, prepared: Prepared, visitor: Visitor) -> Response:
        results = self._door.results(prepared, visitor)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            return EventStream(answering(results), {"vary": VARY})
        clock, expires_at = self._services.clock, visitor.expires_at
        return EventStream(changing(results, closing=self._closing, clock=clock, expires_at=expires_at), {"vary": VARY})

    def _whole(self, body: Shown, prepared: Prepared, request: Request, media_type: str) -> Response:
        """Return an answer that was executed, with what caches may do with it."""
        ask = prepared.context.ask
        headers = {"vary": VARY, "content-type": f"{media_type}; charset=utf-8"}
        if ask.trace is not None:
            body["extensions"] = {"upstream": {**upstream_of(ask.trace), "cost": prepared.measured.cost}}
        content = orjson.dumps(body)
        if ask.trace is not None or "errors" in body or prepared.kind is not OperationType.QUERY:
            return _sized(content, request, {**headers, **NO_STORE})
        now = self._services.clock.now().timestamp()
        headers |= cache_headers(ask, now, private=prepared.context.caller is not None)
        if request.method in ASKING and headers["cache-control"] != NO_STORE["cache-control"]:
            headers["etag"] = etag_of(content)
            if is_known(headers["etag"], request.headers.get("if-none-match")):
                return Response(None, 304, headers)
        return _sized(content, request, headers)

    def _refusal(self, error: Exception, media_type: str, seen: Seen) -> Response:
        """Return why there is no answer: of what was sent as a GraphQL request, as GraphQL has it."""
        errors = seen.errors = self._door.refusal(error)
        if isinstance(error, Invalid) or (
            seen.sent is not None and isinstance(error, ClientError) and not _is_http(error)
        ):
            return _failure(errors, media_type)
        status = 503 if isinstance(error, SourceError) else STATUS_OF.get(type(error), 500)
        return _response({"errors": errors}, status, {**HEADERS, **_more_headers(error)}, media_type)

    def _wants_page(self, request: Request, ranges: list[Range]) -> bool:
        if self._services.settings.profile == "production" or request.method not in ASKING:
            return False
        return "query" not in request.query_params and wants_page(ranges)


def _is_http(error: ClientError) -> bool:
    """Return whether HTTP has a status of its own for it, whichever media type the client takes."""
    return isinstance(error, RateLimited | Unauthenticated | UnsupportedMedia | WrongMethod | NotAcceptable)


def _more_headers(error: Exception) -> Mapping[str, str]:
    if isinstance(error, Unauthenticated):
        return {"www-authenticate": "Bearer"}
    if isinstance(error, RateLimited):
        return {"retry-after": str(error.retry_after_s)}
    return {"allow": "POST"} if isinstance(error, WrongMethod) else {}


def _failure(errors: Sequence[Shown], media_type: str) -> Response:
    # a request error is 400 in the newer media type; with application/json clients expect 200 (GraphQL over HTTP, 6.4)
    return _response({"errors": errors}, 200 if media_type == JSON else 400, HEADERS, media_type)


def _response(body: Shown, status: int, headers: Mapping[str, str], media_type: str) -> Response:
    return Response(orjson.dumps(body), status, {**headers, "content-type": f"{media_type}; charset=utf-8"})


def _sized(content: bytes, request: Request, headers: Mapping[str, str]) -> Response:
    """Return a whole answer, made smaller on the way where that is worth it."""
    if len(content) < FLOOR_BYTES:
        return Response(content, 200, dict(headers))
    coding = coding_for(request.headers.get("accept-encoding"), len(content))
    varied = {**headers, "vary": f"{headers['vary']}, Accept-Encoding"}
    if coding is None:
        return Response(content, 200, varied)
    return Response(packed(content, coding), 200, {**varied, "content-encoding": coding})
