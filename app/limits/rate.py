"""How much of it callers get: a bucket each, from which what they ask for is taken, and which fills again with time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.latest import Latest
from datasources.cache.guarded import REST_S, TIMEOUT_S, Rest
from datasources.clock import Clock

MINUTE_S = 60.0
SHARES = 600
"""A replica takes this part of a bucket at once, what a tenth of a second brings; of a small one, what is asked."""
MOST_BUCKETS = 100_000
"""How many are remembered; of more callers at once, those who asked longest ago begin with a full one."""

# KEYS: the bucket. ARGV: what it holds, and what is taken. A full one is not there; replicas go by the clock of Redis.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local size, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local a_millisecond = size / 60000
local bucket = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(bucket[1] or size), tonumber(bucket[2] or now)
left = math.min(size, left + math.max(0, now - at) * a_millisecond)
if cost > left then return math.ceil((cost - left) / a_millisecond) end
redis.call('HSET', KEYS[1], 'left', left - cost, 'at', now)
redis.call('PEXPIRE', KEYS[1], 60000)
return 0
"""


@dataclass(slots=True)
class Bucket:
    """What was left in it, `at` a time of the monotonic clock."""

    left: float
    at: float

    def left_now(self, size: int, now: float) -> float:
        """Return what is in it now; it fills in a minute."""
        left = self.left + (now - self.at) * size / MINUTE_S
        return left if left < size else size


class RateLimiter:
    """
    Counts what persons and addresses ask for: at once as much as they get in a minute.

    With a Redis client (one that raises rather than waits, as of `open_redis`) all replicas count together: each takes
    a share of a large bucket in advance, and asks again when that is used up. While Redis does not answer within
    `timeout_s`, each counts for itself. The caller closes the client.
    """

    def __init__(
        self,
        *,
        person_per_minute: int,
        address_per_minute: int,
        clock: Clock,
        redis: Redis | None = None,
        timeout_s: float = TIMEOUT_S,
        rest_s: float = REST_S,
    ) -> None:
        self._sizes: Mapping[bool, int] = {False: person_per_minute, True: address_per_minute}
        self._clock = clock
        self._redis = redis
        self._timeout_s = timeout_s
        self._rest = Rest("counting requests across replicas", clock=clock, rest_s=rest_s)
        self._buckets: Latest[str, Bucket] = Latest(MOST_BUCKETS)
        self._shares: Latest[str, int] = Latest(MOST_BUCKETS)

    async def take(self, caller_key: str, cost: int, *, anonymous: bool) -> float | None:
        """
        Take the cost of an operation, at least 1, from a caller's bucket, which is an address's when `anonymous`.

        None: it was taken. Else nothing was, and it may be tried again after so many seconds. A full bucket is enough
        for any operation, so that none has to be tried for ever. Nothing is raised.
        """
        size = self._sizes[anonymous]
        taken = min(max(1, cost), size)
        if self._take_of_share(caller_key, taken):
            return None
        shared = await self._take_shared(caller_key, taken, size)
        return self._take_here(caller_key, taken, size) if shared is None else shared / 1000 or None

    def take_at_once(self, caller_key: str, cost: int, *, anonymous: bool) -> bool:
        """Take it if that needs nobody else; False: nothing was taken, and `take` may do it, or says why not."""
        size = self._sizes[anonymous]
        taken = min(max(1, cost), size)
        if self._redis is not None:
            if self._take_of_share(caller_key, taken):
                return True
            if not self._rest.is_resting:
                return False
        return self._take_here(caller_key, taken, size) is None

    def _take_of_share(self, key: str, cost: int) -> bool:
        left = self._shares.get(key, 0)
        if cost > left:
            return False
        self._shares.put(key, left - cost)
        return True

    def _take_here(self, key: str, cost: int, size: int) -> float | None:
        now = self._clock.monotonic()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = Bucket(size, now)
            self._buckets.put(key, bucket)
        else:
            self._buckets.move_to_end(key)
        left = bucket.left_now(size, now)
        if cost > left:
            return (cost - left) * MINUTE_S / size
        bucket.left, bucket.at = left - cost, now
        return None

    async def _take_shared(self, key: str, cost: int, size: int) -> int | None:
        """Return the milliseconds to wait, 0 for none; None when Redis does not say."""
        if self._redis is None or not self._rest.may_try():
            return None
        share = max(cost, size // SHARES)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer: Any = await self._redis.eval(TAKE, 1, _name(key), size, share)
                if answer and share > cost:
                    share = cost
                    answer = await self._redis.eval(TAKE, 1, _name(key), size, share)
        except (RedisError, OSError) as error:
            self._rest.failed(error)
            return None
        self._rest.worked()
        if not answer and share > cost:
            self._shares.put(key, self._shares.get(key, 0) + share - cost)
        return int(answer)


def _name(key: str) -> str:
    """Return what a bucket is called in Redis: of one length, and without a person's name."""
    return f"kanava:rate:{blake2b(key.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"
