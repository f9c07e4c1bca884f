"""GraphQL over HTTP: a request comes in, an answer goes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import graphiql
from app.answers import VARY, Whole, caching_again, content_of, made, sized
from app.caching import NO_STORE, NOT_STORED, Headers, etag_of, headers_of, is_known
from app.documents import Invalid
from app.door import Door, Prepared, Visitor
from app.errors import Shown
from app.execution.executor import Answer
from app.execution.together import resumed
from app.express.answering import BEGUN, Begun, Express
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
from app.responses.responses import Asked, Found
from app.shutdown import Closing
from app.subscriptions.sse import EventStream, answering, changing
from app.telemetry.access import AccessLog
from app.telemetry.logs import REQUEST_ID_HEADER, Answered, client_of, document_hash, in_request, request_id_of
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
    body: bytes | None = None
    prepared: Prepared | None = None
    errors: Sequence[Shown] = ()

    def answered(self, address: str | None, response: Response, took_s: float) -> Answered:
        """Return what others may know of it."""
        sent, prepared = self.sent, self.prepared
        trace = prepared.context.ask if prepared else None
        return Answered(
            operation=prepared.operation.name if prepared else sent.operation_name if sent else None,
            document=prepared.document.short_hash if prepared else document_hash(sent.query if sent else None),
            kind=prepared.operation.kind.value if prepared else None,
            status=response.status_code,
            codes=list(dict.fromkeys(error["extensions"]["code"] for error in self.errors)),
            cost=prepared.measured.cost if prepared else None,
            took_s=took_s,
            upstream_calls=trace.calls_waited_for if trace else None,
            sent_bytes=len(response.body) if hasattr(response, "body") else 0,
            client=client_of(address),
        )


class Endpoint:
    """Answers `/graphql`."""

    def __init__(self, door: Door, closing: Closing, tracer: Tracer) -> None:
        self.express = Express(door)
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
            address = request.client.host if request.client else None
            answered = seen.answered(address, response, self._services.clock.monotonic() - began)
            self._log.note(answered)
            span.note(answered.noted())
        response.headers[REQUEST_ID_HEADER] = request_id
        return response

    async def go_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what was begun on the express way, which stands in the scope: an ASGI application."""
        begun: Begun = scope[BEGUN]
        seen = Seen(begun.prepared.sent, prepared=begun.prepared)
        with in_request(begun.request_id):
            response = await self._go_on(begun, seen)
            took_s = self._services.clock.monotonic() - begun.began
            self._log.note(seen.answered(begun.head.address, response, took_s))
        response.headers[REQUEST_ID_HEADER] = begun.request_id
        await response(scope, receive, send)

    async def _go_on(self, begun: Begun, seen: Seen) -> Response:
        answer = await resumed(begun.execution, begun.awaited)
        seen.errors = answer.errors
        if answer.data is None:
            return _failure(answer.errors, begun.head.media_type)
        content, caching = self._executed(answer, begun.prepared, begun.asked)
        return _response_of(sized(content, begun.head.media_type, caching, begun.head.accept_encoding))

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
            seen.sent, seen.body = await read(request)
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
        if seen.body is not None:
            self.express.known.remember(seen.body, prepared)
        found = self._door.lookup(prepared.execution)
        if isinstance(found, Found):
            return self._again(found, request, media_type or JSON)
        answer = await self._door.answer(prepared)
        seen.errors = answer.errors
        if answer.data is None:
            return _failure(answer.errors, media_type or JSON)
        return self._whole(answer, prepared, found, request, media_type or JSON)

    def _stream(self, prepared: Prepared, visitor: Visitor) -> Response:
        results = self._door.results(prepared, visitor)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            return EventStream(answering(results), {"vary": VARY})
        clock, expires_at = self._services.clock, visitor.expires_at
        return EventStream(changing(results, closing=self._closing, clock=clock, expires_at=expires_at), {"vary": VARY})

    def _again(self, found: Found, request: Request, media_type: str) -> Response:
        """Return an answer that is remembered, with what caches may do with it."""
        answer, caching = found.answer, caching_again(found, self._services.clock.timestamp())
        if request.method in ASKING:
            caching = headers_of({**caching.named, "etag": answer.etag})
            if is_known(answer.etag, request.headers.get("if-none-match")):
                return _not_modified(caching, media_type)
        accept_encoding = request.headers.get("accept-encoding")
        return _response_of(sized(answer.body, media_type, caching, accept_encoding, answer.packed))

    def _whole(
        self, answer: Answer, prepared: Prepared, asked: Asked | None, request: Request, media_type: str
    ) -> Response:
        """Return an answer that was executed, with what caches may do with it."""
        headers = request.headers
        content, caching = self._executed(answer, prepared, asked)
        if request.method in ASKING and caching is not NOT_STORED:
            etag = etag_of(content)
            caching = headers_of({**caching.named, "etag": etag})
            if is_known(etag, headers.get("if-none-match")):
                return _not_modified(caching, media_type)
        return _response_of(sized(content, media_type, caching, headers.get("accept-encoding")))

    def _executed(self, answer: Answer, prepared: Prepared, asked: Asked | None) -> tuple[bytes, Headers]:
        """Return the JSON of an answer that was executed, remembered where it may be, and what caches may do."""
        context, cost = prepared.context, prepared.measured.cost
        if prepared.kind is not OperationType.QUERY:
            return content_of(answer, context.ask.trace, cost), NOT_STORED
        return made(self._door, asked, context, answer, cost)

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


def _response_of(whole: Whole) -> Response:
    return Response(whole.content, 200, {**whole.form.named, **whole.caching.named})


def _not_modified(caching: Headers, media_type: str) -> Response:
    return Response(None, 304, {"vary": VARY, "content-type": f"{media_type}; charset=utf-8", **caching.named})


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
