"""
What Kanava says while it runs: lines of JSON in production, readable ones in development; and a line for each request.

All of it goes through the standard library's loggers, so that what libraries say comes out the same way. A line tells
no secret and no person: names that hold such things are refused, and what looks like one in a text is struck out.
"""

import hashlib
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import lru_cache
from random import getrandbits
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from app.telemetry.lines import Lines

REQUEST_ID_HEADER = "kanava-request-id"
MOST_NAME_CHARACTERS = 100
STRUCK_OUT = "[...]"
REFUSED_NAMES = re.compile(
    "authorization|cookie|credential|e?mail|key_file|passw|person|phone|private|secret|token|variables", re.IGNORECASE
)
"""Values by names like these are not written, whoever hands them over."""
REFUSED_TEXTS = (
    re.compile(r"(?i:bearer|basic) +[\w~+/.=-]{8,}"),
    re.compile(r"\beyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?"),  # a JSON Web Token: its header is an object in base64url
    re.compile(r"(?<=://)[^\s/@]{1,200}@"),  # user and password of an address
    re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
)
SUSPECT = re.compile("@|eyJ|[rR] |[cC] ")
"""What every such text has in it somewhere, looked for first: most have none."""
_request_id = re.compile("[A-Za-z0-9-]{8,64}")
_in_request: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id_of(sent: str | None) -> str:
    """Return the id of a request: the one that came with it, if it is one, else a new one."""
    return sent_request_id(sent) or new_request_id()


def sent_request_id(sent: str | None) -> str | None:
    """Return the id that came with a request, None for none, and for what is no id."""
    return sent if sent is not None and _request_id.fullmatch(sent) else None


def new_request_id() -> str:
    """Return an id for a request that has none."""
    return getrandbits(128).to_bytes(16, "big").hex()


@contextmanager
def in_request(request_id: str) -> Iterator[None]:
    """Have all lines that are written meanwhile name the request."""
    token = begin_request(request_id)
    try:
        yield
    finally:
        end_request(token)


def begin_request(request_id: str) -> Token[str | None]:
    """Have lines name the request from now on, until `end_request`: `in_request` at a third of the cost."""
    return _in_request.set(request_id)


def end_request(token: Token[str | None]) -> None:
    """Have lines name it no more."""
    _in_request.reset(token)


def current_request_id() -> str | None:
    """Return the id of the request that this is done for; None outside of one, and in what serves many."""
    return _in_request.get()


@dataclass(frozen=True, slots=True)
class Answered:
    """
    A request for an operation that has been answered, as far as others may know of it.

    `operation` is what the client calls it, `document` the hash of its text (`document_hash`); `kind`, `cost` and
    `upstream_calls` are None where it did not come so far. `sent_bytes` is how long the body of the answer is, `client`
    where it went: see `client_of`.
    """

    operation: str | None
    document: str | None
    kind: Literal["query", "mutation", "subscription"] | None
    status: int
    codes: Sequence[str]
    cost: int | None
    took_s: float
    upstream_calls: int | None
    sent_bytes: int
    client: str

    def noted(self) -> dict[str, str | int]:
        """Return what a span tells of it; `graphql.` and `http.` are OpenTelemetry's names."""
        told = {
            "graphql.operation.name": printable(self.operation),
            "graphql.operation.type": self.kind,
            "http.response.status_code": self.status,
            "document": self.document,
            "codes": ",".join(self.codes) or None,
            "cost": self.cost,
        }
        return {name: value for name, value in told.items() if value is not None}


def document_hash(document: str | None) -> str | None:
    """Return the start of the SHA-256 of a document, 16 digits: the start of what persisted documents are known by."""
    return None if document is None else hashlib.sha256(document.encode(errors="replace")).hexdigest()[:16]


def printable(name: str | None) -> str | None:
    """Return a name as one can show it: cut, and with what is not printed escaped."""
    if name is None or (name.isprintable() and len(name) <= MOST_NAME_CHARACTERS):
        return name
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in name[:MOST_NAME_CHARACTERS])
    return "".join(shown)[:MOST_NAME_CHARACTERS]


def client_of(host: str | None) -> str:
    """Return by which kind of address a client came: the address itself is personal data."""
    if not host:
        return "local"
    return "ipv6" if ":" in host else "ipv4"


def configure(*, production: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
    """
    Have everything that is logged written as lines, for as long as this process lives; for the commands that serve.

    What went wrong goes to `err`, the rest to `out`, by default to stderr and stdout.
    """
    below = Lines(out or sys.stdout) if production else logging.StreamHandler(out or sys.stdout)
    above = logging.StreamHandler(err or sys.stderr)
    below.addFilter(lambda record: record.levelno < logging.WARNING)
    above.setLevel(logging.WARNING)
    for handler in (below, above):
        handler.setFormatter(_lines(production, handler.stream))
    root = logging.getLogger()
    root.handlers[:] = (below, above)
    root.setLevel(logging.WARNING)
    logging.getLogger("kanava").setLevel(logging.INFO)


def _lines(production: bool, stream: TextIO) -> logging.Formatter:
    """Return what writes records of the standard library, with nothing in them that must not be told."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # as text: structlog's own choice shows the local variables, which hold tokens and people
            structlog.processors.format_exc_info,
            add_request_id,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            clean,
            _renderer(production, stream),
        ],
    )


def _renderer(production: bool, stream: TextIO) -> Processor:
    if production:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )


def add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Name the request that this is logged for."""
    if (request_id := _in_request.get()) is not None:
        event["request"] = request_id
    return event


def clean(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Strike out what must not be told: all that stands under a name like those of secrets, and parts of texts."""
    return {name: STRUCK_OUT if _is_refused(str(name)) else _cleaned(value) for name, value in event.items()}


@lru_cache(1000)
def _is_refused(name: str) -> bool:
    return REFUSED_NAMES.search(name) is not None


def _cleaned(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return clean(None, "", dict(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(one) for one in value]
    return strike_out(value if isinstance(value, str) else repr(value))


def strike_out(text: str) -> str:
    """Return the text without what looks like a token, a password in an address, or an e-mail address."""
    for refused in REFUSED_TEXTS if SUSPECT.search(text) else ():
        text = refused.sub(STRUCK_OUT, text)
    return text
