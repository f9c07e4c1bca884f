"""
Replicas that settle things over Redis or Valkey.

What is announced goes through a capped stream that every replica reads from where it left off, so that one whose
connection broke for a moment misses nothing (pub/sub would lose it). Announcements are numbered by their replica:
one that was sent twice, because the answer to the first sending was lost, is heard once.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cachetools import LRUCache
from redis.asyncio import Redis
from redis.exceptions import RedisError

from datasources.cache.guarded import REST_S, Guarded, Rest
from datasources.cache.redis import TIMEOUT_S, RedisStore, open_redis
from datasources.clock import Clock
from datasources.patience import patience
from datasources.replicas import Hear

log = logging.getLogger("kanava.replicas")

STREAM = "kanava:announced"
STREAM_LENGTH = 10_000
MOST_WAITING = 10_000
SEND_AT_ONCE = 500
BLOCK_FOR_S = 1.0
READ_TIMEOUT_S = BLOCK_FOR_S + 2.0
CONNECT_AGAIN_S = 0.2
CANCEL_AGAIN_S = 0.1
REPLICAS_KNOWN = 1_000

UNLOCK = """
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""
# ARGV: for how long, and what the token must exceed; the token outlasts the lease, and the clock a Redis that lost it
LEASE = """
if not redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1]) then return false end
local token = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[2], string.format('%.0f', token))
return token
"""

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one replica tells all; `number` grows by one with each of its announcements."""

    replica: str
    number: int
    topic: str
    text: bytes

    @classmethod
    def of(cls, fields: Mapping[bytes, bytes]) -> "Announcement":
        """
        Read what `fields` made.

        Raises:
            KeyError, ValueError: they are not an announcement's.
        """
        names = fields[b"replica"].decode(), int(fields[b"number"]), fields[b"topic"].decode()
        return cls(*names, fields[b"text"])

    def fields(self) -> dict[Any, Any]:
        return {"replica": self.replica, "number": self.number, "topic": self.topic, "text": self.text}


class RedisReplicas:
    """
    This replica among all that use the same Redis. `client` is for short calls, `reader` for the one that blocks.

    A call takes at most `timeout_s`; after one that failed, Redis is left alone for `rest_s` and this replica decides
    for itself. `lost` counts announcements that no other replica will hear, because too many were waiting.
    """

    several = True

    def __init__(
        self, client: Redis, *, reader: Redis, clock: Clock, timeout_s: float = TIMEOUT_S, rest_s: float = REST_S
    ) -> None:
        self.lost = 0
        self._client = client
        self._reader = reader
        self._clock = clock
        self._timeout_s = timeout_s
        self._rest = Rest("talking to other replicas", clock=clock, rest_s=rest_s)
        self._id = uuid.uuid4().hex
        self._token = 0
        self._listeners: list[Hear] = []
        self._announced = 0
        self._waiting: deque[Announcement] = deque()
        self._sending = False
        self._position: Position | None = None
        self._heard: LRUCache[str, int] = LRUCache(REPLICAS_KNOWN)

    async def lock(self, keys: Collection[str], for_s: float) -> frozenset[str]:
        pipeline, asked = self._pipeline(), list(keys)
        for key in asked:
            pipeline.set(f"kanava:lock:{key}", self._id, nx=True, px=_ms(for_s))
        answers = await self._ask(pipeline)
        if answers is None:
            return frozenset(asked)
        return frozenset(key for key, locked in zip(asked, answers, strict=True) if locked)

    async def unlock(self, keys: Collection[str]) -> None:
        await self._ask(self._pipeline().eval(UNLOCK, len(keys), *(f"kanava:lock:{key}" for key in keys), self._id))

    async def lease(self, name: str, for_s: float) -> int | None:
        above = max(self._token, int(self._clock.now().timestamp() * 1000))
        names = (f"kanava:lease:{name}", f"kanava:fence:{name}")
        answers = await self._ask(self._pipeline().eval(LEASE, 2, *names, _ms(for_s), above))
        token: int | None = above + 1 if answers is None else answers[0]
        self._token = max(self._token, token or 0)
        return token

    async def announce(self, topic: str, text: bytes) -> None:
        self._tell(topic, text)
        self._announced += 1
        self._waiting.append(Announcement(self._id, self._announced, topic, text))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
        await self._send()

    def listen(self, hear: Hear) -> None:
        self._listeners.append(hear)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Hear what is announced from now on, and send what waits, for as long as the context lasts."""
        with suppress(RedisError, OSError):  # the reading task looks again
            async with asyncio.timeout(self._timeout_s):
                self._position = await self._end_of_stream()
        reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            while not reading.done():  # once may be lost: the client waits with `wait_for`, which can swallow it
                reading.cancel()
                await asyncio.wait({reading}, timeout=CANCEL_AGAIN_S)

    async def _ask(self, pipeline: Any) -> list[Any] | None:
        """Return the answers; None when Redis gives none, or gave none lately."""
        if not self._rest.may_try():
            return None
        try:
            async with patience(self._timeout_s):
                answers: list[Any] = await pipeline.execute()
        except (RedisError, OSError) as error:
            self._rest.failed(error)
            return None
        self._rest.worked()
        return answers

    def _pipeline(self) -> Any:
        return self._client.pipeline(transaction=False)

    async def _send(self) -> None:
        """Send what waits, in order, until that does not work; one task does it for all."""
        if self._sending:
            return
        self._sending = True
        try:
            while self._waiting and not self._rest.is_resting and await self._send_some():
                pass
        finally:
            self._sending = False

    async def _send_some(self) -> bool:
        some, pipeline = list(islice(self._waiting, SEND_AT_ONCE)), self._pipeline()
        for announcement in some:
            pipeline.xadd(STREAM, announcement.fields(), maxlen=STREAM_LENGTH, approximate=True)
        if await self._ask(pipeline) is None:
            return False
        while self._waiting and self._waiting[0].number <= some[-1].number:
            self._waiting.popleft()
        return True

    async def _read(self) -> None:
        while True:
            try:
                await self._find_position()
                while True:
                    await self._send()
                    await self._hear_some()
            except (RedisError, OSError) as error:
                self._rest.failed(error)
                await asyncio.sleep(CONNECT_AGAIN_S)

    async def _find_position(self) -> None:
        """Go on from where it left off; from the start, when the stream is another and what is in it is all new."""
        end = await self._end_of_stream()
        if self._position is None:
            self._position = end
        elif end < self._position:
            self._position = (0, 0)
        self._rest.worked()

    async def _end_of_stream(self) -> Position:
        last: Any = await self._reader.xrevrange(STREAM, count=1)
        return _position(last[0][0]) if last else (0, 0)

    async def _hear_some(self) -> None:
        assert self._position is not None
        after: Any = {STREAM: "{}-{}".format(*self._position)}
        heard: Any = await self._reader.xread(after, count=SEND_AT_ONCE, block=_ms(BLOCK_FOR_S))
        for place, fields in heard[0][1] if heard else ():
            self._position = _position(place)
            self._hear(fields)
        self._rest.worked()

    def _hear(self, fields: Mapping[bytes, bytes]) -> None:
        try:
            announcement = Announcement.of(fields)
        except (KeyError, ValueError) as error:
            log.warning("something else than an announcement is in %s: %r", STREAM, error)
            return
        sender, number = announcement.replica, announcement.number
        if sender != self._id and number > self._heard.get(sender, 0):
            self._heard[sender] = number
            self._tell(announcement.topic, announcement.text)

    def _tell(self, topic: str, text: bytes) -> None:
        for hear in self._listeners:
            try:
                hear(topic, text)
            except Exception:
                log.exception("a listener failed at %s", topic)


@asynccontextmanager
async def open_replicas(url: str, clock: Clock) -> AsyncIterator[tuple[Guarded, RedisReplicas]]:
    """Open the shared store and the replicas over one Redis, and close both; it need not be there."""
    # the client's own time is longer than the patience of who uses it: it cannot tell a busy loop from a slow Redis
    client, reader = open_redis(url, timeout_s=READ_TIMEOUT_S), open_redis(url, timeout_s=READ_TIMEOUT_S, connections=1)
    store, replicas = Guarded(RedisStore(client), clock=clock), RedisReplicas(client, reader=reader, clock=clock)
    try:
        async with replicas.run():
            yield store, replicas
    finally:
        await store.close()
        await reader.aclose()


def _position(place: bytes) -> Position:
    """Return a stream id as two numbers, which compare as the ids do."""
    time_ms, sequence = place.split(b"-")
    return int(time_ms), int(sequence)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
