"""
The one way out: JSON over HTTP with a deadline, a bounded number of connections, and one mapping of foreign errors.
What is asked with `Transport.post` only reads, so a guarded transport may ask it again; `post_once` is for what writes.

The connections below are our own (`datasources.client`): a call costs a tenth of what it did through httpx, and every
failure says by its type whether the request can have left.
"""

import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TypeVar

import msgspec

from datasources import tracing
from datasources.client import Client, HttpClient
from datasources.clock import Clock
from datasources.connection import BrokenConnection, NoConnection, NotAgreed, Reply
from datasources.deadline import calls_end_at
from datasources.errors import InvalidResponse, NeverSent, PerhapsSent, RequestRefused, SourceError, SourceUnavailable
from datasources.guard import Guard
from datasources.health import Health
from datasources.model.common import Provenance, StaleReason, System

T = TypeVar("T")

HEADERS = {
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": "kanava",
}
MOST_RETRY_AFTER_S = 86_400.0
CONNECT_SHARE = 0.9  # of a call's time: who has no connection by then hears "never sent" before the whole time is over
FAIR_SHARE = 0.5  # of its time must a call have had for its lateness to count against the system


@cache
def trusted() -> ssl.SSLContext:
    """Return whose certificates are trusted, as this machine has it: read once, since that takes 20 ms."""
    return ssl.create_default_context()


def open_client(ssl_context: ssl.SSLContext, max_connections: int) -> HttpClient:
    """Return a client for one system and this event loop; the caller closes it."""
    return HttpClient(ssl_context, max_connections)


class Transport:
    """
    Calls to one system. The operations of the connector contract are POSTs; all but one of them read.

    A call takes at most `timeout_s`, and ends when nobody waits for it any more (`calls_end_at`). With a `guard` it
    needs the leave of the system's circuit, and is made again where that is worth it; without, it is made once.
    """

    def __init__(
        self,
        system: System,
        client: Client,
        *,
        url: str,
        token: str | None,
        timeout_s: float,
        clock: Clock,
        guard: Guard | None = None,
    ) -> None:
        self.system = system
        self.guard = guard
        self.health = Health(clock)
        self._client = client
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._clock = clock
        self._headers = {**HEADERS}
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    async def post(self, path: str, question: object, decode: Callable[[bytes], T]) -> T:
        """
        Send the question and return its decoded answer.

        Raises:
            SourceError: as `datasources.errors` says; never anything of the client or msgspec.
        """
        return await self._guarded("POST", f"{self._url}/{path}", msgspec.json.encode(question), decode)

    async def post_once(self, path: str, question: object, decode: Callable[[bytes], T]) -> T:
        """
        Send what writes: at most once, and only while the circuit is closed.

        Who is cancelled here must take it for sent.

        Raises:
            NeverSent: it has surely not left (`CircuitOpen`: the circuit is not closed).
            SourceError: any other; of these only RequestRefused says that nothing was written.
        """
        attempt = self._attempt("POST", f"{self._url}/{path}", msgspec.json.encode(question), decode)
        return await (attempt() if self.guard is None else self.guard.once(attempt))

    async def get(self, url: str, decode: Callable[[bytes], T]) -> T:
        """Fetch a whole address, with the same errors."""
        return await self._guarded("GET", url, None, decode)

    def provenance(self, as_of: datetime | None) -> Provenance:
        """Return where and when an answer that arrives now comes from; `as_of` when the system says its age."""
        now = self._clock.now()
        return Provenance(self.system, min(as_of or now, now), now)

    async def _guarded(self, method: str, url: str, body: bytes | None, decode: Callable[[bytes], T]) -> T:
        attempt = self._attempt(method, url, body, decode)
        return await (attempt() if self.guard is None else self.guard.call(attempt))

    def _attempt(
        self, method: str, url: str, body: bytes | None, decode: Callable[[bytes], T]
    ) -> Callable[[], Awaitable[T]]:
        async def attempt() -> T:
            within_s = min(self._timeout_s, calls_end_at.get() - self._clock.monotonic())
            if within_s <= 0:
                raise self._no_time_left()
            with self.health.call(), tracing.part("call", system=self.system.value):
                return await self._call(method, url, body, decode, within_s)

        return attempt

    async def _call(
        self, method: str, url: str, body: bytes | None, decode: Callable[[bytes], T], within_s: float
    ) -> T:
        headers = {**self._headers, **tracing.outgoing()}
        connect_s = self._timeout_s * CONNECT_SHARE
        try:
            reply = await self._client.exchange(method, url, headers, body, within_s=within_s, connect_s=connect_s)
        except TimeoutError as error:
            raise self._too_slow(within_s) from error
        except NoConnection as error:
            raise NeverSent(self.system, "no connection") from error
        except BrokenConnection as error:
            raise PerhapsSent(self.system, "the connection broke before the answer was whole") from error
        except NotAgreed as error:
            raise InvalidResponse(self.system, str(error)) from error
        return self._read(reply, decode)

    def _read(self, reply: Reply, decode: Callable[[bytes], T]) -> T:
        if reply.status != 200:
            raise self._refusal(reply)
        try:
            return decode(reply.content)
        except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            raise InvalidResponse(self.system, f"the answer is not what was agreed ({error})") from error

    def _refusal(self, reply: Reply) -> SourceError:
        status = reply.status
        if status == 429:
            busy = SourceUnavailable(self.system, "asks to slow down (429)", reason=StaleReason.RATE_LIMITED)
            busy.retry_after_s = retry_after_s(reply.retry_after, self._clock)
            return busy
        if status >= 500:
            failed = SourceUnavailable(self.system, f"failed with status {status}")
            failed.retry_after_s = retry_after_s(reply.retry_after, self._clock)
            return failed
        if 400 <= status < 500:
            said = said_error(reply.content)
            return RequestRefused(
                self.system, f"refused with status {status}: {said.message}", status=status, code=said.code
            )
        return InvalidResponse(self.system, f"answered with status {status}")

    def _too_slow(self, within_s: float) -> SourceError:
        late = PerhapsSent(self.system, f"no answer within {within_s:.3g} s", reason=StaleReason.TIMEOUT)
        late.had_its_time = within_s >= self._timeout_s * FAIR_SHARE
        return late

    def _no_time_left(self) -> SourceError:
        late = NeverSent(self.system, "nobody waits for it any more", reason=StaleReason.TIMEOUT)
        late.had_its_time = False
        return late


class SaidError(msgspec.Struct):
    """The error member of a refusal, as the connector contract has it."""

    code: str | None = None
    message: str = "no reason given"


class _Refusal(msgspec.Struct):
    error: SaidError


_refusal = msgspec.json.Decoder(_Refusal)


def said_error(content: bytes) -> SaidError:
    """Return what a refusing system said, cut to a readable length."""
    try:
        said = _refusal.decode(content).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return SaidError()
    return SaidError(said.code, said.message[:200])


def retry_after_s(value: str | None, clock: Clock) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), None without a usable one."""
    if value is None:
        return None
    try:
        asked = float(value) if value.isdecimal() else (parsedate_to_datetime(value) - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, asked) if asked <= MOST_RETRY_AFTER_S else None
