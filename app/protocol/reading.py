"""What a client sends: a GraphQL request by POST, as JSON, or by GET (GraphQL over HTTP, section 5)."""

import zlib
from typing import Any

import msgspec
from starlette.requests import Request

from app.protocol.negotiation import is_json
from resolvers.errors import BadInput, ClientError, Excess, LimitExceeded

ASKING = ("GET", "HEAD")
MAX_BODY_BYTES = 1_000_000
CODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""Content codings of requests, each by what zlib calls it (RFC 9110, 8.4.1)."""


class UnsupportedMedia(ClientError):
    """A body in a form that is not taken."""


class Sent(msgspec.Struct, rename="camel", kw_only=True):
    """A GraphQL request; `document_id` and `id` name a persisted document, as Relay and others do."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None
    id: str | None = None
    doc_id: str | None = msgspec.field(default=None, name="doc_id")

    @property
    def names_nothing(self) -> bool:
        """Whether there is neither a document nor anything by which one could be found."""
        given = (self.query, self.extensions, self.document_id, self.id, self.doc_id)
        return all(one is None for one in given)


_sent = msgspec.json.Decoder(Sent)
_object = msgspec.json.Decoder(dict[str, Any] | None)


async def read(request: Request) -> tuple[Sent, bytes | None]:
    """
    Return what the client asks for, and the body in which it said so, if it was in one that was not packed.

    Raises:
        BadInput: it is not a GraphQL request. UnsupportedMedia: the body is not JSON in UTF-8, or coded otherwise.
        LimitExceeded: the body is too long, packed or unpacked.
    """
    body: bytes | None = None
    if request.method in ASKING:
        sent = from_parameters(request)
    elif is_json(request.headers.get("content-type", "")):
        unpacked = await _unpacked_body(request)
        sent = from_json(unpacked)
        body = None if "content-encoding" in request.headers else bytes(unpacked)
    else:
        raise UnsupportedMedia("POST needs content-type: application/json, in UTF-8.")
    if sent.names_nothing:
        raise BadInput("A request needs what is to be executed: query.")
    return sent, body


def from_json(body: bytes | bytearray) -> Sent:
    """
    Return the request in a JSON text.

    Raises:
        BadInput: it is none.
    """
    if body.lstrip()[:1] == b"[":
        raise BadInput("The body must be one GraphQL request: several in an array are not taken.")
    try:
        return _sent.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is not a GraphQL request: {error}.") from None


def from_parameters(request: Request) -> Sent:
    """
    Return the request in the parameters of an address.

    Raises:
        BadInput: one of them is not what it must be.
    """
    given = request.query_params
    return Sent(
        query=given.get("query"),
        operation_name=given.get("operationName"),
        variables=_json_object(given.get("variables"), "variables"),
        extensions=_json_object(given.get("extensions"), "extensions"),
        document_id=given.get("documentId"),
        id=given.get("id"),
        doc_id=given.get("doc_id"),
    )


def _json_object(text: str | None, name: str) -> dict[str, Any] | None:
    try:
        decoded: dict[str, Any] | None = _object.decode(text or "null")
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadInput(f"The parameter {name} is not a JSON object: {error}.") from None
    return decoded


async def _unpacked_body(request: Request) -> bytearray:
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        return await read_body(request, MAX_BODY_BYTES)
    if coding not in CODINGS:
        raise UnsupportedMedia(f"A body may be coded with {', '.join(CODINGS)}.")
    return _unpacked(await read_body(request, MAX_BODY_BYTES), CODINGS[coding])


async def read_body(request: Request, most_bytes: int) -> bytearray:
    """
    Return the body as it was sent.

    Raises:
        LimitExceeded: it is longer than that; no more of it is read.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise _too_long(most_bytes, len(body))
    return body


def _too_long(most_bytes: int, bytes_read: int) -> LimitExceeded:
    told = f"The body may have at most {most_bytes} bytes, packed or unpacked; it has {bytes_read} or more."
    return LimitExceeded(told, Excess("bodyBytes", most_bytes, bytes_read))


def _unpacked(body: bytearray, coding: int) -> bytearray:
    """Unpack no more than a body may have: what is packed to a thousandth of itself is not unpacked first."""
    try:
        unpacking = zlib.decompressobj(coding)
        unpacked = bytearray(unpacking.decompress(body, MAX_BODY_BYTES + 1))
    except zlib.error as error:
        raise BadInput(f"The body is not packed as it says: {error}.") from None
    if len(unpacked) > MAX_BODY_BYTES:
        raise _too_long(MAX_BODY_BYTES, len(unpacked))
    if not unpacking.eof or unpacking.unused_data:
        raise BadInput("The body is not packed as it says: it ends too early, or goes on.")
    return unpacked
