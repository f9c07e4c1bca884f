"""Who comes: from the headers of a request, or of a connection and what its first message says."""

from collections.abc import Mapping

from starlette.requests import HTTPConnection

from app.documents import Wish, max_age_of
from app.door import Visitor
from app.languages import wanted_locales
from app.upstream import TRACE_HEADER
from app.wiring import Services
from resolvers.context import Caller
from resolvers.errors import Unauthenticated


async def visitor_of(connection: HTTPConnection, services: Services, authorization: str | None = None) -> Visitor:
    """Return who comes, as `visitor_from` does."""
    return await visitor_from(
        connection.headers, connection.client.host if connection.client else "", services, authorization
    )


async def visitor_from(
    headers: Mapping[str, str], address: str, services: Services, authorization: str | None = None
) -> Visitor:
    """
    Return who comes with these headers, named in lower case; `authorization` stands in for the header where a browser
    cannot send one. It does not suspend when the token was verified before.

    Raises:
        Unauthenticated: their token is not good, or they choose an account and have none. BadInput: a header is wrong.
        SourceError: the identity provider's keys are not known and cannot be had.
    """
    # the time for a provider's keys is the request's time
    deadline = services.clock.monotonic() + services.settings.deadline_s
    authorization = headers.get("authorization", authorization)
    account = headers.get("kanava-account", "").strip(" \t") or None
    caller, expires_at = None, None
    if authorization is not None:
        signed = await services.identity.person(authorization, deadline)
        caller = Caller(signed.person, account or signed.account, signed.roles)
        expires_at = signed.expires_at
    elif account is not None:
        raise Unauthenticated("Kanava-Account chooses among your accounts: it needs an access token.")
    return Visitor(
        caller=caller,
        expires_at=expires_at,
        locales=wanted_locales(headers.get("accept-language", "")),
        address=address,
        wish=Wish(max_age_of(headers.get("kanava-max-age")), serve_stale=True),
        traced=headers.get(TRACE_HEADER) == "1",
    )
