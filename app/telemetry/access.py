"""
The access log: a line for each request. In production lines are made here and written many at a time, for a line that
went its own way through all of logging would take longer than the answer it tells of.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import gmtime, strftime, time
from typing import Any

import orjson

from app.telemetry.lines import Lines
from app.telemetry.logs import MOST_NAME_CHARACTERS, Answered, client_of, current_request_id, printable, strike_out

NAME = "kanava.access"
_root = logging.getLogger()


@dataclass(frozen=True, slots=True)
class Fixed:
    """
    What the log tells of a query whoever sends it, as JSON: its `text` up to the codes, and its cost.

    `usual` is what it begins with where there are no codes, up to how long it took.
    """

    text: str
    cost: int
    usual: str


def fixed_of(operation: str | None, document: str, cost: int) -> Fixed:
    """Return what the log tells of a query whoever sends it."""
    told = {"operation": _name(operation), "document": document, "kind": "query", "status": 200}
    text = orjson.dumps(told).decode().removesuffix("}")
    return Fixed(text, cost, _up_to_ms(text, "[]", cost))


def _up_to_ms(text: str, codes: str, cost: int) -> str:
    return f'{text},"codes":{codes},"cost":{cost},"ms":'


class AccessLog:
    """Writes a line for each request. While nobody configured logs (`configure`) it writes none."""

    def __init__(self) -> None:
        self._log = logging.getLogger(NAME)

    def note(self, answered: Answered) -> None:
        """Write the line of one request; what is done for it there is its `in_request`."""
        if not self._log.isEnabledFor(logging.INFO):
            return
        lines = lines_of_requests()
        if lines is None:
            self._log.info("answered", extra=line_of(answered))
        else:
            lines.note(orjson.dumps({**line_of(answered), **_around(current_request_id())}).decode())

    @property
    def is_plain(self) -> bool:
        """Whether `note_plain` writes what `note` would."""
        return lines_of_requests() is not None or not self._log.isEnabledFor(logging.INFO)

    def note_plain(
        self, fixed: Fixed, codes: Sequence[str], took_s: float, sent_bytes: int, address: str, request_id: str
    ) -> None:
        """Write the line of a query that was answered with 200 and without a call; see `Answered`."""
        lines = lines_of_requests()
        if lines is None:
            return
        told = _up_to_ms(fixed.text, orjson.dumps(codes).decode(), fixed.cost) if codes else fixed.usual
        lines.note(
            f'{told}{took_s * 1000:.1f},"upstream_calls":0,"bytes":{sent_bytes},"client":"{client_of(address)}",'
            f'"event":"answered","level":"info","logger":"{NAME}","timestamp":"{_time()}","request":"{request_id}"}}'
        )


def lines_of_requests() -> Lines | None:
    """Return what takes lines that are made here; None where logging makes them."""
    for one in _root.handlers:
        if isinstance(one, Lines):
            return one
    return None


def line_of(answered: Answered) -> dict[str, Any]:
    """Return what the log tells of a request."""
    return {
        "operation": _name(answered.operation),
        "document": answered.document,
        "kind": answered.kind,
        "status": answered.status,
        "codes": list(answered.codes),
        "cost": answered.cost,
        "ms": round(answered.took_s * 1000, 1),
        "upstream_calls": answered.upstream_calls,
        "bytes": answered.sent_bytes,
        "client": answered.client,
    }


def _around(request_id: str | None) -> dict[str, Any]:
    told = {"event": "answered", "level": "info", "logger": NAME, "timestamp": _time()}
    return told if request_id is None else {**told, "request": request_id}


def _time() -> str:
    now = time()
    second = int(now)
    return f"{_second(second)}.{int((now - second) * 1_000_000):06}Z"


@lru_cache(1)
def _second(second: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))


def _name(name: str | None) -> str | None:
    return name if name is None else _shown_name(name[: MOST_NAME_CHARACTERS + 1])


@lru_cache(1000)
def _shown_name(name: str) -> str:
    return strike_out(printable(name) or "")
