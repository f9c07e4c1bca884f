"""Where a request comes from: its connection's other end, or what a proxy that is believed says of it."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.express.stepping import stepped

SAID_BY_PROXIES = frozenset((b"x-forwarded-for", b"x-forwarded-proto"))


class Origins:
    """Tells where requests of one connection come from, as uvicorn tells the application `app` it."""

    def __init__(self, app: object) -> None:
        self._proxies: ProxyHeadersMiddleware | None = None
        if isinstance(app, ProxyHeadersMiddleware):
            self._proxies = copy(app)
            self._proxies.app = _nobody

    def of(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> tuple[str, str]:
        """Return address and scheme; the address is empty where there is none, as over a socket of this machine."""
        if self._proxies is not None and not headers.keys().isdisjoint(SAID_BY_PROXIES):
            told: Any = dict(scope)
            stepped(self._proxies(told, _nothing, _nothing))  # type: ignore[arg-type]
            scope = told
        client = scope["client"]
        return client[0] if client else "", scope["scheme"] or "http"


async def _nobody(*_: object) -> None:
    return


async def _nothing(*_: object) -> None:
    return
