"""What a buyer is told when something they want to do is not done: data, not an error of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from datasources.errors import SourceError
from datasources.journal.journal import JournalUnavailable
from datasources.model.common import System
from resolvers.errors import ClientError


class ErrorCode(Enum):
    """Why something was not done."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    NOT_IN_ASSORTMENT = "NOT_IN_ASSORTMENT"
    QUANTITY_RULE = "QUANTITY_RULE"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    PRICE_CHANGED = "PRICE_CHANGED"
    CREDIT_BLOCKED = "CREDIT_BLOCKED"
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"
    STALE_REVISION = "STALE_REVISION"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class UserError:
    """
    Why something was not done. `path` names what was sent (`input`, `lines`, `3`, `quantity`), None: all of it.

    `retryable`: the same may succeed later. `system` is the one that failed, None: none did.
    """

    code: ErrorCode
    message: str
    path: Sequence[str] | None = None
    line_key: str | None = None
    retryable: bool = False
    system: System | None = None


class Refusal(Exception):
    """A write that is not done; the errors say why."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def refusal(code: ErrorCode, message: str, *path: str) -> Refusal:
    """Return a refusal for one reason; `path` is where in the input it lies."""
    return Refusal(UserError(code, message, ("input", *path) if path else None))


CODES = {
    "BAD_USER_INPUT": ErrorCode.INVALID,
    "LIMIT_EXCEEDED": ErrorCode.LIMIT_EXCEEDED,
    "NOT_FOUND": ErrorCode.NOT_FOUND,
    "FORBIDDEN": ErrorCode.FORBIDDEN,
}


def told(failure: ClientError | SourceError, *path: str, line_key: str | None = None) -> UserError:
    """Return an error of a client or a system as one that a buyer is told."""
    where = ("input", *path) if path else None
    if isinstance(failure, ClientError):
        return UserError(CODES.get(failure.code, ErrorCode.OTHER), str(failure), where, line_key)
    return UserError(
        ErrorCode.SOURCE_UNAVAILABLE,
        _outage(failure),
        where,
        line_key,
        retryable=True,
        system=failure.system,
    )


def _outage(failure: SourceError) -> str:
    # in words of our own: what a system said may name what another asked it
    if isinstance(failure, JournalUnavailable):
        return "Carts and orders cannot be kept now: nothing was changed."
    return f"The {failure.system.value} could not be asked: try again later."
