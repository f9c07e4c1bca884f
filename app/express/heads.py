"""Heads of requests: what they say, read once; and such as came before, by their bytes."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from app.documents import max_age_of
from app.door import Visitor
from app.identity.bearer import bearer_token, digest_of
from app.identity.claims import Signed
from app.languages import MOST_CHARACTERS
from app.protocol.negotiation import accepted, answer_type, is_json, prefers_events
from app.responses.viewers import Viewer
from app.telemetry.logs import REQUEST_ID_HEADER, sent_request_id
from datasources.cache.memory import Share
from resolvers.errors import BadInput, Unauthenticated

ORDINARY = frozenset((b"content-encoding", b"kanava-trace", b"origin", b"expect", b"upgrade"))
"""Requests with these headers go the ordinary way."""
OF_ONE_REQUEST = frozenset((REQUEST_ID_HEADER.encode(), b"traceparent"))
"""A head with one of these does not come again."""
MOST_HEADER_BYTES = 500
"""Of such as what they mean is remembered for; requests with longer ones go the ordinary way."""
MOST_NAME_BYTES = 200
"""Of an account's number and of an address; who sends longer ones goes the ordinary way."""
MOST_HEAD_BYTES = 8_000
OWN_BYTES = 1_500
"""What a remembered head takes, as measured, beside its text, of which parts are kept: what it says, whose it is."""

Peer = tuple[str, str]
"""A connection's other end: its address, empty for none, and the scheme it speaks."""


@dataclass(slots=True, eq=False)
class Head:
    """
    What the head of a plain request says, and by whom it comes: `address`.

    `digest` is that of its token, `accept_encoding` and `request_id` as they were sent. `signed` and `visitor` are
    whose it was when it was last looked at, and `viewer` as whom the CRM knew them; see `KnownVisitors`.
    """

    address: str
    media_type: str
    accept_encoding: str | None
    request_id: str | None
    digest: bytes | None
    account: str | None
    languages: str
    max_age_s: int | None
    once: bool
    signed: Signed | None = None
    visitor: Visitor | None = None
    viewer: Viewer | None = None


class Recognised(NamedTuple):
    """A head that came before, the scheme it was sent by, and how many bytes of body it announces, and has itself."""

    head: Head
    scheme: str
    length: int
    head_bytes: int


class Digests:
    """Tells what heads that come over one connection are remembered by: a digest of its other end and their bytes."""

    def __init__(self, peer: Peer) -> None:
        self._begun = sha256("\n".join((*peer, "")).encode())

    def of(self, sent: bytes) -> bytes:
        """Return that of a head that was sent in these bytes, with the empty line that ends it."""
        digest = self._begun.copy()
        digest.update(sent)
        return digest.digest()


def head_of(headers: Mapping[bytes, bytes], address: str) -> Head | None:
    """Return what a head says; None for one that is not plain, or wrong: its request goes the ordinary way."""
    if not headers.keys().isdisjoint(ORDINARY) or not _is_json(headers.get(b"content-type", b"")):
        return None
    media_type = _media_type(headers.get(b"accept"))
    account = headers.get(b"kanava-account")
    if media_type is None or max(len(address), len(account or b"")) > MOST_NAME_BYTES:
        return None
    try:
        max_age_s = max_age_of(_text(headers, b"kanava-max-age"))
        authorization = _text(headers, b"authorization")
        digest = None if authorization is None else digest_of(bearer_token(authorization))
    except (BadInput, Unauthenticated):
        return None
    return Head(
        address=address,
        media_type=media_type,
        accept_encoding=_text(headers, b"accept-encoding"),
        request_id=sent_request_id(_text(headers, REQUEST_ID_HEADER.encode())),
        digest=digest,
        account=None if account is None else account.decode("latin-1"),
        languages=headers.get(b"accept-language", b"")[:MOST_CHARACTERS].decode("latin-1"),
        max_age_s=max_age_s,
        once=not headers.keys().isdisjoint(OF_ONE_REQUEST),
    )


class Heads:
    """
    Heads that were read before, by a digest of all of their bytes and the connection's other end (`Digests`); at most
    what their `share` allows, those longest unused go first.

    The server's parser judged each of them, so what is equal needs no parser. As they were sent they are not kept: they
    hold tokens.
    """

    def __init__(self, share: Share) -> None:
        self.bytes = 0
        self._share = share
        self._heads: OrderedDict[bytes, Recognised] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._heads)

    def get(self, digest: bytes) -> Recognised | None:
        """Return the head of this digest, None when it is new."""
        found = self._heads.get(digest)
        if found is not None:
            self._heads.move_to_end(digest)
        return found

    def remember(self, digest: bytes, found: Recognised) -> None:
        """Remember a head that was read, unless it is long or does not come again."""
        if found.head.once or found.head_bytes > MOST_HEAD_BYTES or digest in self._heads:
            return
        self._heads[digest] = found
        self.bytes += found.head_bytes + OWN_BYTES
        while self.bytes > self._share.most_bytes:
            _, oldest = self._heads.popitem(last=False)
            self.bytes -= oldest.head_bytes + OWN_BYTES
        self._share.takes(self.bytes)


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def _is_json(content_type: bytes) -> bool:
    return len(content_type) <= MOST_HEADER_BYTES and _says_json(content_type)


def _media_type(accept: bytes | None) -> str | None:
    """Return in which media type a query is answered; None when it may be no plain answer."""
    return _chosen(accept) if accept is None or len(accept) <= MOST_HEADER_BYTES else None


@lru_cache(100)
def _says_json(content_type: bytes) -> bool:
    return is_json(content_type.decode("latin-1"))


@lru_cache(1000)
def _chosen(accept: bytes | None) -> str | None:
    ranges = accepted(None if accept is None else accept.decode("latin-1"))
    return None if prefers_events(ranges) else answer_type(ranges)
