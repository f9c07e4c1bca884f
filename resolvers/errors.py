"""What a client did wrong, in words for its developer. `code` is one of the top-level error codes of the API."""

from dataclasses import dataclass
from math import ceil


class ClientError(Exception):
    """A request that cannot be answered as it stands. The message names what was sent and what was expected."""

    code = "BAD_USER_INPUT"


class BadInput(ClientError):
    """A value that is not of the form or range expected."""


@dataclass(frozen=True, slots=True)
class Excess:
    """
    Which limit is exceeded, how much it allows at `most`, and the figure.

    Where counting ended at the figure, there may be more.
    """

    limit: str
    most: int
    figure: int


class LimitExceeded(ClientError):
    """More than is allowed; the message names the limit and the figure. `excess`: the same, for programs."""

    code = "LIMIT_EXCEEDED"

    def __init__(self, message: str, excess: Excess | None = None) -> None:
        self.excess = excess
        super().__init__(message)


class NotFound(ClientError):
    """Nothing there, or nothing that this viewer may know of: the two look alike."""

    code = "NOT_FOUND"


class RateLimited(ClientError):
    """The caller asks for more than their share; worth another try after `retry_after_s` seconds."""

    code = "RATE_LIMITED"

    def __init__(self, wait_s: float) -> None:
        self.retry_after_s = max(1, ceil(wait_s))
        super().__init__(f"Too much was asked for at once: try again in {self.retry_after_s} s.")


class Unauthenticated(ClientError):
    """The request says who is asking in a way that does not hold."""

    code = "UNAUTHENTICATED"


class Forbidden(ClientError):
    """The viewer may know of it, but not do this."""

    code = "FORBIDDEN"
