"""Headers of every answer."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Scope
from starlette.websockets import WebSocket

from app.files import CONTENT_SECURITY_POLICY, File, file_answer
from app.headers import SecurityHeaders

USUAL = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


async def plain(_request: Request) -> Response:
    return PlainTextResponse("x")


async def own(_request: Request) -> Response:
    answer = PlainTextResponse("x", headers={"referrer-policy": "origin", "server": "x", "x-more": "1"})
    answer.set_cookie("a", "b")
    answer.set_cookie("c", "d")
    return answer


async def page(request: Request) -> Response:
    return file_answer(request, File(b"<p>", "text/html", '"1"'))


async def deny(websocket: WebSocket) -> None:
    await websocket.send_denial_response(PlainTextResponse("no", 403))


app = Starlette(routes=[Route("/plain", plain), Route("/own", own), Route("/page", page), WebSocketRoute("/ws", deny)])


async def get(path: str, base: str = "http://kanava.example", **headers: str) -> httpx.Response:
    web = CORSMiddleware(app, allow_origins=["https://shop.example"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(SecurityHeaders(web)), base_url=base) as client:
        return await client.get(path, headers=headers)


def general(answer: httpx.Response) -> dict[str, str]:
    """Return headers that are not about the content."""
    about_content = ("content-length", "content-type", "vary")
    return {name: value for name, value in answer.headers.items() if name not in about_content}


@pytest.mark.parametrize(("path", "status"), [("/plain", 200), ("/none", 404)])
async def test_every_answer(path: str, status: int) -> None:
    """An answer that says nothing else has all of them, whatever its status; over plain HTTP none is about TLS."""
    answer = await get(path)

    assert status == answer.status_code
    assert USUAL == general(answer)


async def test_over_tls() -> None:
    """Behind https browsers are told to stay there."""
    answer = await get("/plain", "https://kanava.example")

    assert {**USUAL, "strict-transport-security": "max-age=31536000"} == general(answer)


async def test_what_an_answer_says_itself() -> None:
    """What is set stays; cookies and the server's name never leave."""
    answer = await get("/own")

    assert {**USUAL, "referrer-policy": "origin", "x-more": "1"} == general(answer)


async def test_pages_keep_their_policy() -> None:
    """A page's own policy is left alone: its scripts run."""
    answer = await get("/page")

    assert [CONTENT_SECURITY_POLICY] == answer.headers.get_list("content-security-policy")
    assert ["nosniff"] == answer.headers.get_list("x-content-type-options")


async def test_cors_goes_on() -> None:
    """Who may read an answer from another origin may still: the resource policy is about embedding alone."""
    answer = await get("/plain", origin="https://shop.example")

    assert "https://shop.example" == answer.headers["access-control-allow-origin"]
    assert "same-origin" == answer.headers["cross-origin-resource-policy"]


async def test_a_refused_websocket() -> None:
    """A refusal of a WebSocket is an answer like others."""
    sent: list[Message] = []
    scope: Scope = {
        "type": "websocket",
        "path": "/ws",
        "headers": [],
        "query_string": b"",
        "scheme": "wss",
        "extensions": {"websocket.http.response": {}},
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await SecurityHeaders(app)(scope, receive, send)
    names = [name.decode() for name, _ in sent[0]["headers"]]

    assert {*USUAL, "strict-transport-security"} <= set(names)
