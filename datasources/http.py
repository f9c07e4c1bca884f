"""
The one way out: JSON over HTTP with a deadline, a bounded number of connections, and one mapping of foreign errors.
What is asked with `Transport.post` only reads, so a guarded transport may ask it again; `post_once` is for what writes.

httpx speaks through aiohttp here (a seventh of the CPU per call). That transport reports refused, DNS, TLS and
"server disconnected" alike as a connect timeout, so errors are classified by their cause.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp
import httpx
import msgspec
from httpx_aiohttp import AiohttpTransport

from datasources import tracing
from datasources.clock import Clock
from datasources.deadline import calls_end_at
from datasources.errors import InvalidResponse, NeverSent, PerhapsSent, RequestRefused, SourceError, SourceUnavailable
from datasources.guard import Guard
from datasources.health import Health
from datasources.model.common import Provenance, StaleReason, System

T = TypeVar("T")

MAX_ANSWER_BYTES = 64 * 1024 * 1024
MOST_RETRY_AFTER_S = 86_400.0
CONNECT_SHARE = 0.9  # of a call's time: who has no connection by then hears "never sent" before the whole time is over
FAIR_SHARE = 0.5  # of its time must a call have had for its lateness to count against the system
NOT_AGREED = (aiohttp.ClientResponseError, httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.DecodingError)
NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class NoCookies(httpx.Cookies):
    """A jar that keeps nothing: what one system sets must not travel with another person's request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing."""


def open_client(ssl_context: ssl.SSLContext, max_connections: int) -> httpx.AsyncClient:
    """Return a client for one system and this event loop; the caller closes it."""

    def session() -> aiohttp.ClientSession:
        # below the 5 s after which common servers hang up, so that a request rarely meets a closing connection
        connector = aiohttp.TCPConnector(limit=max_connections, ssl=ssl_context, keepalive_timeout=4)
        opened = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        opened._retry_connection = False  # aiohttp would send a dropped GET a second time on its own
        return opened

    # the transport makes an SSL context of its own unless it is given one; making one costs 20 ms
    client = httpx.AsyncClient(transport=AiohttpTransport(verify=ssl_context, client=session), trust_env=False)
    client._cookies = NoCookies()
    return client


class Transport:
    """
    Calls to one system. The operations of the connector contract are POSTs; all but one of them read.

    A call takes at most `timeout_s`, and ends when nobody waits for it any more (`calls_end_at`). With a `guard` it
    needs the leave of the system's circuit, and is made again where that is worth it; without, it is made once.
    """

    def __init__(
        self,
        system: System,
        client: httpx.AsyncClient,
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
        self._headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    async def post(self, path: str, question: object, decode: Callable[[bytes], T]) -> T:
        """
        Send the question and return its decoded answer.

        Raises:
            SourceError: as `datasources.errors` says; never anything of httpx, aiohttp or msgspec.
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
        try:
            async with asyncio.timeout(within_s):
                status, headers, content = await self._exchange(method, url, body)
            return self._read(status, headers, content, decode)
        except TimeoutError as error:
            raise self._too_slow(within_s) from error
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError) as error:
            raise self._mapped(error) from error

    async def _exchange(self, method: str, url: str, body: bytes | None) -> tuple[int, httpx.Headers, bytes]:
        timeout = httpx.Timeout(self._timeout_s, pool=self._timeout_s * CONNECT_SHARE)
        headers = {**self._headers, **tracing.outgoing()}
        request = self._client.build_request(method, url, content=body, headers=headers, timeout=timeout)
        response = await self._client.send(request, stream=True)
        try:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_ANSWER_BYTES:
                    raise InvalidResponse(self.system, f"an answer of over {MAX_ANSWER_BYTES} bytes")
        finally:
            await response.aclose()
        return response.status_code, response.headers, bytes(content)

    def _read(self, status: int, headers: httpx.Headers, content: bytes, decode: Callable[[bytes], T]) -> T:
        if status != 200:
            raise self._refusal(status, headers, content)
        try:
            return decode(content)
        except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            raise InvalidResponse(self.system, f"the answer is not what was agreed ({error})") from error

    def _refusal(self, status: int, headers: httpx.Headers, content: bytes) -> SourceError:
        if status == 429:
            busy = SourceUnavailable(self.system, "asks to slow down (429)", reason=StaleReason.RATE_LIMITED)
            busy.retry_after_s = retry_after_s(headers.get("retry-after"), self._clock)
            return busy
        if status >= 500:
            failed = SourceUnavailable(self.system, f"failed with status {status}")
            failed.retry_after_s = retry_after_s(headers.get("retry-after"), self._clock)
            return failed
        if 400 <= status < 500:
            said = said_error(content)
            return RequestRefused(
                self.system, f"refused with status {status}: {said.message}", status=status, code=said.code
            )
        return InvalidResponse(self.system, f"answered with status {status}")

    def _mapped(self, error: Exception) -> SourceError:
        if isinstance(error, NOT_AGREED):
            return InvalidResponse(self.system, f"the answer is not HTTP as was agreed ({type(error).__name__})")
        cause = error.__cause__
        if isinstance(cause, NEVER_SENT):
            return NeverSent(self.system, "no connection")
        if isinstance(error, httpx.TimeoutException) and isinstance(cause, aiohttp.ServerTimeoutError):
            return self._too_slow(self._timeout_s)
        return PerhapsSent(self.system, "the connection broke before the answer was whole")

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
