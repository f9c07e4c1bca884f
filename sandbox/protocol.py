"""What a sandbox system is to the server: a name and operations that take and give JSON objects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

Json = dict[str, Any]
MAX_KEYS = 1000


class ApiError(Exception):
    """A refusal with a status, answered as `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class BulkRequest(msgspec.Struct, frozen=True):
    """A request for many keys at once."""

    def keys(self) -> Sequence[Any]:
        """Return what is asked for, one item a key."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Operation:
    """One bulk operation: a POST of `request`, which `answer` takes decoded."""

    name: str
    path: str
    request: type[BulkRequest]
    answer: Callable[[Any], Json]


@dataclass(frozen=True, slots=True)
class Query:
    """One GET, as an identity provider has them: `answer` takes the query string's members."""

    name: str
    path: str
    answer: Callable[[Mapping[str, str]], Json]


@dataclass(frozen=True, slots=True)
class Control:
    """A handle for tests under `/_sandbox/`, never counted and never faulty."""

    method: str
    path: str
    answer: Callable[[Mapping[str, str], bytes], Json]


class System(Protocol):
    """What the server serves."""

    @property
    def name(self) -> str: ...

    @property
    def operations(self) -> Sequence[Operation | Query]: ...

    @property
    def controls(self) -> Sequence[Control]: ...

    def reset(self) -> None:
        """Take the data back to how it was at the start."""


Body = TypeVar("Body", bound=msgspec.Struct)


def decoded(body: bytes, kind: type[Body]) -> Body:
    """Decode a request body, or refuse it with what is wrong and where."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ApiError(400, "BAD_REQUEST", str(problem)) from problem
