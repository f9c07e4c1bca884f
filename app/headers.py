"""Headers that every answer has, whoever gives it: what a browser may do with it, and nothing about the server."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.files import SECURITY_HEADERS

NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""The policy of answers that are no pages; pages say their own (`app.files`)."""
HEADERS: Final = {
    **SECURITY_HEADERS,
    "content-security-policy": NO_PAGE,
    "x-frame-options": "DENY",
    # keeps answers out of other sites' <img> and <script>; what CORS allows is not concerned (Fetch, section 3.7)
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
OVER_TLS: Final = {**HEADERS, "strict-transport-security": "max-age=31536000"}
"""A year; over plain HTTP browsers must not heed it (RFC 6797, section 8.1)."""
NEVER_SENT = ("server", "set-cookie")
STARTS = ("http.response.start", "websocket.http.response.start")


class SecurityHeaders:
    """Adds them to the answers of an application, which may have set its own; cookies are not used."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        added = OVER_TLS if scope.get("scheme") in ("https", "wss") else HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                _complete(MutableHeaders(scope=message), added)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def lines_of(headers: Mapping[str, str]) -> bytes:
    """Return headers as they stand in a head."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def _complete(headers: MutableHeaders, added: dict[str, str]) -> None:
    for name in NEVER_SENT:
        del headers[name]
    for name, value in added.items():
        headers.setdefault(name, value)
