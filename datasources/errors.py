"""
What can go wrong with a system.

    SourceError                 no usable answer
    ├── SourceUnavailable       worth asking again
    │   ├── NeverSent           refused, DNS, TLS, no free connection: the request did not leave
    │   │   ├── CircuitOpen     the system failed lately and is left alone for a while
    │   │   └── Overloaded      too many calls wait for the system already
    │   └── PerhapsSent         timed out or cut off after the request may have left
    ├── InvalidResponse         the answer is not what was agreed
    └── RequestRefused          the system understood and refused (4xx)
"""

from datasources.model.common import StaleReason, System


class SourceError(Exception):
    """A system gave no usable answer. `message` is for people and holds no secret."""

    reason = StaleReason.UPSTREAM_ERROR

    def __init__(self, system: System, message: str, *, reason: StaleReason | None = None) -> None:
        super().__init__(f"{system.value}: {message}")
        self.system = system
        self.message = message
        self.reason = reason or type(self).reason
        self.retry_after_s: float | None = None
        self.had_its_time = True
        """Whether the system had the time that a call may take: a request in a hurry says nothing against it."""


class SourceUnavailable(SourceError):
    """The system does not answer, or says that it cannot now (5xx, 429)."""


class NeverSent(SourceUnavailable):
    """The request did not leave: it may be sent again whatever it is."""

    reason = StaleReason.CONNECTION_FAILED


class CircuitOpen(NeverSent):
    """The system failed lately: it is not asked before `retry_after_s`."""

    reason = StaleReason.CIRCUIT_OPEN


class Overloaded(NeverSent):
    """More calls wait for the system than may: this one was turned away at once."""

    reason = StaleReason.OVERLOADED


class PerhapsSent(SourceUnavailable):
    """The request may have reached the system: a write must be looked up before it is sent again."""

    reason = StaleReason.CONNECTION_FAILED


class InvalidResponse(SourceError):
    """The system answered something that was not agreed."""

    reason = StaleReason.INVALID_RESPONSE


class RequestRefused(SourceError):
    """
    The system refused the request. `status` and `code` are what it said.

    That is an answer, unless it refuses Kanava itself: a bad token, or an address or method that it does not have.
    """

    def __init__(self, system: System, message: str, *, status: int, code: str | None) -> None:
        super().__init__(system, message)
        self.status = status
        self.code = code

    @property
    def is_answer(self) -> bool:
        """Whether it is about what was asked for, and not about who asks or where."""
        return self.status not in (401, 403, 404, 405)
