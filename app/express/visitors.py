"""Visitors that came before, with tokens that are still good."""

from app.documents import Wish
from app.door import Visitor
from app.express.heads import Head
from app.identity.claims import Signed
from app.languages import wanted_locales
from app.wiring import Services
from resolvers.context import Caller


class KnownVisitors:
    """
    Visitors as `visitor_from` makes them, kept with the heads of their requests.

    Each time it is looked whether the token is still good.
    """

    def __init__(self, services: Services) -> None:
        self._identity = services.identity

    def get(self, head: Head) -> Visitor | None:
        """Return who comes with this head; None where the ordinary way has something to verify, or to say."""
        signed = None if head.digest is None else self._identity.known(head.digest)
        if signed is None and (head.digest is not None or head.account is not None):
            return None
        if head.visitor is None or head.signed is not signed:
            head.signed, head.visitor = signed, _visitor(head, signed)
        return head.visitor


def _visitor(head: Head, signed: Signed | None) -> Visitor:
    chosen = (head.account or "").strip(" \t") or None
    return Visitor(
        caller=None if signed is None else Caller(signed.person, chosen or signed.account, signed.roles),
        expires_at=None if signed is None else signed.expires_at,
        locales=wanted_locales(head.languages),
        address=head.address,
        wish=Wish(head.max_age_s, serve_stale=True),
    )
