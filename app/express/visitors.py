"""Visitors that came before, with tokens that are still good."""

from collections.abc import Mapping

from cachetools import LRUCache

from app.documents import Wish
from app.door import Visitor
from app.identity.bearer import bearer_token, digest_of
from app.identity.claims import Signed
from app.languages import MOST_CHARACTERS, wanted_locales
from app.wiring import Services
from resolvers.context import Caller
from resolvers.errors import Unauthenticated

MOST_VISITORS = 10_000
MOST_BYTES = 200
"""Of an account's number and of an address; who sends longer ones goes the ordinary way."""
NO_WISH = Wish(None, serve_stale=True)

Key = tuple[bytes | None, bytes | None, bytes, str]


class KnownVisitors:
    """
    Visitors as `visitor_from` makes them, by a digest of their token and by what else they send.

    Each time it is looked whether the token is still good.
    """

    def __init__(self, services: Services) -> None:
        self._identity = services.identity
        self._visitors: LRUCache[Key, Visitor] = LRUCache(MOST_VISITORS)

    def get(self, headers: Mapping[bytes, bytes], address: str) -> Visitor | None:
        """Return who comes with these headers; None where the ordinary way has something to verify, or to say."""
        digest, account = _digest(headers.get(b"authorization")), headers.get(b"kanava-account")
        signed = self._identity.known(digest) if digest else None
        if signed is None and (digest is not None or account is not None):
            return None
        if len(address) > MOST_BYTES or len(account or b"") > MOST_BYTES:
            return None
        key = (digest, account, headers.get(b"accept-language", b"")[:MOST_CHARACTERS], address)
        return self._visitors.get(key) or self._remembered(key, signed)

    def _remembered(self, key: Key, signed: Signed | None) -> Visitor:
        _, account, languages, address = key
        chosen = (account or b"").decode("latin-1").strip(" \t") or None
        visitor = self._visitors[key] = Visitor(
            caller=None if signed is None else Caller(signed.person, chosen or signed.account, signed.roles),
            expires_at=None if signed is None else signed.expires_at,
            locales=wanted_locales(languages.decode("latin-1")),
            address=address,
            wish=NO_WISH,
        )
        return visitor


def _digest(authorization: bytes | None) -> bytes | None:
    """Return by what the token of an `Authorization` header is remembered, None without one, empty for a bad one."""
    if authorization is None:
        return None
    try:
        return digest_of(bearer_token(authorization.decode("latin-1")))
    except Unauthenticated:
        return b""
