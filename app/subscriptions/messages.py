"""What is said in `graphql-transport-ws`, and why a connection is closed there."""

from enum import Enum
from typing import Any, Literal

import msgspec

from app.protocol.reading import Sent

PROTOCOL = "graphql-transport-ws"
MOST_OPERATIONS = 20
MAX_MESSAGE_BYTES = 100_000
MOST_REASON_BYTES = 120
"""A close frame has room for 123 (RFC 6455, section 5.5)."""


class Close(Enum):
    """Why a connection is closed, by the protocol's numbers."""

    GOING_AWAY = (1001, "Kanava stops")
    TOO_MANY = (1013, "Try again later: too many connections")
    BAD_MESSAGE = (4400, "Not a message of graphql-transport-ws")
    UNAUTHORIZED = (4401, "Unauthorized")
    FORBIDDEN = (4403, "Forbidden")
    NO_PROTOCOL = (4406, "Subprotocol not acceptable")
    NO_INIT = (4408, "Connection initialisation timeout")
    KNOWN_ID = (4409, "Subscriber already exists")
    TOO_MANY_INITS = (4429, "Too many initialisation requests")
    TOO_MANY_OPERATIONS = (4429, f"More than {MOST_OPERATIONS} operations on a connection")


class Closed(Exception):
    """The connection must be closed."""

    def __init__(self, why: Close, reason: str | None = None) -> None:
        super().__init__(why.name)
        self.code = why.value[0]
        self.reason = (reason or why.value[1]).encode()[:MOST_REASON_BYTES].decode("utf-8", "ignore")


class Message(msgspec.Struct):
    """What a client sends; `id` and `payload` as its `type` has them."""

    type: Literal["connection_init", "ping", "pong", "subscribe", "complete"]
    id: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"null")


_message = msgspec.json.Decoder(Message)
_sent = msgspec.json.Decoder(Sent)
_init = msgspec.json.Decoder(dict[str, Any] | None)


def message_of(text: str | None) -> Message:
    """
    Return the message of a text; None stands for what is no text.

    Raises:
        Closed: it is no message.
    """
    try:
        message = _message.decode(text or "")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Closed(Close.BAD_MESSAGE) from None
    if message.type in ("subscribe", "complete") and not message.id:
        raise Closed(Close.BAD_MESSAGE)
    return message


def request_in(payload: msgspec.Raw) -> Sent:
    """
    Return what a client subscribes to.

    Raises:
        Closed: it is no GraphQL request.
    """
    try:
        return _sent.decode(payload)
    except (msgspec.MsgspecError, RecursionError):
        raise Closed(Close.BAD_MESSAGE) from None


def authorization_in(payload: msgspec.Raw) -> str | None:
    """
    Return what a client's first message says in the place of the header, under that name in any case.

    Raises:
        Closed: it is neither an object nor nothing.
    """
    try:
        given = _init.decode(payload) or {}
    except (msgspec.MsgspecError, RecursionError):
        raise Closed(Close.BAD_MESSAGE) from None
    found = next((value for name, value in given.items() if name.lower() == "authorization"), None)
    return found if isinstance(found, str) else None
