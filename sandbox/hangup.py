"""Closing a connection without an answer, which HTTP frameworks do not offer."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "kanava.transport"


class HangupProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which also hands the application its transport."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


class Hangup(Response):
    """Closes the connection. The caller sees it end with nothing said."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][TRANSPORT]["transport"].close()
        # Uvicorn would answer 500 for an application that returns early, so wait until it has seen the end.
        while (await receive())["type"] != "http.disconnect":
            pass
