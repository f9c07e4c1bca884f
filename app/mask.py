"""What an application answers that broke: an id that its log has, and nothing of what it was."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.caching import NO_STORE
from app.errors import shown


class Mask:
    """Answers requests for an application that raises before it has begun to; `/graphql` has errors of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            await JSONResponse({"errors": [shown(error)]}, 500, NO_STORE)(scope, receive, send)
