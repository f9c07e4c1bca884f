"""What a client did wrong, in words for its developer. `code` is one of the top-level error codes of the API."""


class ClientError(Exception):
    """A request that cannot be answered as it stands. The message names what was sent and what was expected."""

    code = "BAD_USER_INPUT"


class BadInput(ClientError):
    """A value that is not of the form or range expected."""


class LimitExceeded(ClientError):
    """More than is allowed; the message names the limit and the figure."""

    code = "LIMIT_EXCEEDED"


class NotFound(ClientError):
    """Nothing there, or nothing that this viewer may know of: the two look alike."""

    code = "NOT_FOUND"


class Unauthenticated(ClientError):
    """The request says who is asking in a way that does not hold."""

    code = "UNAUTHENTICATED"


class Forbidden(ClientError):
    """The viewer may know of it, but not do this."""

    code = "FORBIDDEN"
