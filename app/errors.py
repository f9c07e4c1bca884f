"""Errors as clients see them: a code, the system when one failed, in document order. Bugs are masked and logged."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from graphql import GraphQLError

from datasources.errors import SourceError
from datasources.model.common import StaleReason
from resolvers.errors import ClientError, LimitExceeded, RateLimited

log = logging.getLogger("kanava.errors")

Shown = dict[str, Any]
OUTAGES = {
    StaleReason.CIRCUIT_OPEN: "it failed lately and is left alone for a while",
    StaleReason.TIMEOUT: "no answer in time",
    StaleReason.CONNECTION_FAILED: "no connection",
    StaleReason.UPSTREAM_ERROR: "it failed",
    StaleReason.INVALID_RESPONSE: "its answer was not what was agreed",
    StaleReason.RATE_LIMITED: "it asks to slow down",
    StaleReason.OVERLOADED: "too many calls wait for it",
}
SUGGESTION = " Did you mean "
"""How graphql-core begins what it suggests, at the end of a message."""
MOST_MESSAGE_CHARACTERS = 1_000
"""Messages on a document repeat what stands there, however much that is."""


def shown(error: Exception) -> Shown:
    """Return an error as the response shows it."""
    if isinstance(error, RateLimited):
        return {"message": str(error), "extensions": {"code": error.code, "retryAfterSeconds": error.retry_after_s}}
    if isinstance(error, LimitExceeded) and error.excess is not None:
        return {"message": str(error), "extensions": {"code": error.code, **asdict(error.excess)}}
    if isinstance(error, ClientError):
        return {"message": str(error), "extensions": {"code": error.code}}
    if isinstance(error, SourceError):
        # in words of our own: a call serves many viewers, and what its system said may name what one of them asked
        return {"message": f"{error.system.value}: {OUTAGES[error.reason]}", "extensions": _outage(error)}
    incident = uuid4().hex[:12]
    log.error("internal error %s", incident, exc_info=error)
    return {
        "message": f"Something went wrong in Kanava; its log has it as {incident}.",
        "extensions": {"code": "INTERNAL", "id": incident},
    }


def _outage(error: SourceError) -> Shown:
    extensions: Shown = {
        "code": "SOURCE_UNAVAILABLE",
        "system": error.system.value,
        "reason": error.reason.value,
    }
    if error.retry_after_s is not None:
        extensions["retryAfterSeconds"] = round(error.retry_after_s)
    return extensions


def shown_in(error: GraphQLError, *, suggestions: bool = True) -> Shown:
    """Return an error of a document or its execution as the response shows it, with its place."""
    original, path = error.original_error, error.path
    locations = [{"line": where.line, "column": where.column} for where in error.locations or ()]
    if original is not None and not isinstance(original, GraphQLError):
        return shown_at(shown(original), locations, path)
    # those who guess names are not to be helped where introspection is off
    message = error.message if suggestions else error.message.partition(SUGGESTION)[0]
    result: Shown = {"message": _shortened(message), "extensions": {"code": "BAD_USER_INPUT"}}
    return shown_at(result, locations, path)


def shown_at(error: Shown, locations: Sequence[Shown], path: Sequence[str | int] | None) -> Shown:
    """Return an error as the response shows it with its place."""
    placed = dict(error)
    if locations:
        placed["locations"] = list(locations)
    if path is not None:
        placed["path"] = list(path)
    return placed


def _shortened(message: str) -> str:
    return message if len(message) <= MOST_MESSAGE_CHARACTERS else f"{message[:MOST_MESSAGE_CHARACTERS]}…"


def in_document_order(errors: Sequence[GraphQLError], data: object) -> list[GraphQLError]:
    """Return errors in the order in which their fields stand in the answer; execution yields them as they happen."""
    positions: dict[int, dict[str, int]] = {}
    return sorted(errors, key=lambda error: _place(error, data, positions))


def _place(error: GraphQLError, data: object, positions: dict[int, dict[str, int]]) -> list[tuple[int, int]]:
    """
    Return the position of each step of the path among its siblings, and where the field is in the document.

    `positions` remembers, by the identity of an object of `data`, where each of its fields stands.
    """
    place: list[tuple[int, int]] = []
    for step in error.path or ():
        if isinstance(step, int):
            place.append((step, 0))
            data = data[step] if isinstance(data, list) and step < len(data) else None
        elif isinstance(data, dict) and step in data:
            if id(data) not in positions:
                positions[id(data)] = {name: position for position, name in enumerate(data)}
            place.append((positions[id(data)][step], 0))
            data = data[step]
        else:
            break
    return place + [(where.line, where.column) for where in error.locations or ()]
