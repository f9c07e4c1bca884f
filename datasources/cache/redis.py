"""
The shared store in Redis (5.0 or later, for scripts that look before they write) or Valkey.

A value stands under its key and ends by itself. By kind and tag, and by kind and scope, a set names the keys, and by
kind a set names the scopes' sets, so that a drop finds everything without walking through the database. A set lasts as
long as its longest member. Values and sets are written by a script: were they written one after the other, a drop in
between would leave a value that no set names.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from datasources.cache.store import Drop, Record, StoreError

T = TypeVar("T")

TIMEOUT_S = 0.25
CONNECTIONS = 8
CHECK_EVERY_S = 15
READ_AT_ONCE = 1_000
WRITE_AT_ONCE = 250
DROP_AT_ONCE = 1_000
"""How many members of a set a script looks at in one go: Redis answers nobody else meanwhile."""

VALUE = "kanava:v:"

# ARGV: the records' keys, times and sets, then their values, for its msgpack knows no bytes
PUT = """
for i, record in ipairs(cmsgpack.unpack(ARGV[1])) do
  local key, keep_for_ms, members = unpack(record)
  redis.call('SET', key, ARGV[i + 1], 'PX', keep_for_ms)
  for _, member in ipairs(members) do
    redis.call('SADD', member[1], member[2])
    if redis.call('PTTL', member[1]) < keep_for_ms then redis.call('PEXPIRE', member[1], keep_for_ms) end
  end
end
"""
# ARGV: how the members start that are meant, how many to look at, and for every key the cursor to go on from
DROP = """
local cursors = {}
for i, set in ipairs(KEYS) do
  local cursor, members = unpack(redis.call('SSCAN', set, ARGV[i + 2], 'COUNT', ARGV[2]))
  for _, member in ipairs(members) do
    if string.sub(member, 1, #ARGV[1]) == ARGV[1] then
      local scope_bytes = string.match(member, '^%d+')
      redis.call('UNLINK', 'kanava:v:' .. string.sub(member, #scope_bytes + 2 + tonumber(scope_bytes)))
      redis.call('SREM', set, member)
    end
  end
  cursors[i] = cursor
end
return cursors
"""
# ARGV: 'always' or 'new', milliseconds, text, names; a sorted set has the names by their ends, so that they are found
NOTE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', 'kanava:notes', '-inf', now)
redis.call('SET', 'kanava:n:' .. ARGV[3], ARGV[2], 'PX', ARGV[1])
redis.call('ZADD', 'kanava:notes', now + ARGV[1], ARGV[3])
"""
NOTES = """
local found = {}
for _, name in ipairs(redis.call('ZRANGE', 'kanava:notes', 0, -1)) do
  local text = string.sub(name, 1, #ARGV[1]) == ARGV[1] and redis.call('GET', 'kanava:n:' .. name)
  if text then
    found[#found + 1] = name
    found[#found + 1] = text
  end
end
return found
"""


class Keeping:
    """
    What a connection needs to lose no cancellation: it sends with `asyncio.wait_for`, and that swallows, before Python
    3.12, one which comes when all has just been sent. What was sent is then answered to nobody: the connection ends.
    """

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send it."""
        connection: Any = super()
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await connection.send_packed_command(command, check_health)
        if task and task.cancelling() > before:
            await connection.disconnect(nowait=True)
            raise asyncio.CancelledError


def open_redis(url: str, *, timeout_s: float = TIMEOUT_S, connections: int = CONNECTIONS) -> Redis:
    """Return a client that waits for nothing longer than `timeout_s` and tries nothing twice; the caller closes it."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        health_check_interval=CHECK_EVERY_S,
        retry=Retry(NoBackoff(), 0),
        protocol=2,  # the third begins a connection with two more round trips
    )
    pool.connection_class = type("Connection", (Keeping, pool.connection_class), {})
    return Redis.from_pool(pool)


class RedisStore:
    """A store in Redis. A key has one kind and one scope; a drop also takes it by tags that it had before."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        pipeline = self._pipeline()
        for part in _parts(keys, READ_AT_ONCE):
            pipeline.mget([VALUE + key for key in part])
        values = [value for part in await _answers(pipeline) for value in part]
        return {key: value for key, value in zip(keys, values, strict=True) if value is not None}

    async def put_many(self, records: Sequence[Record]) -> None:
        pipeline = self._pipeline()
        for part in _parts(records, WRITE_AT_ONCE):
            rows = msgspec.msgpack.encode([_row(record) for record in part])
            pipeline.eval(PUT, 0, rows, *(record.value for record in part))
        await _answers(pipeline)

    async def drop(self, drop: Drop) -> None:
        """What has been forgotten stays so when it is broken off: the next attempt goes on from there."""
        start = "" if drop.tags is None or drop.scope is None else _member(drop.scope, "")
        cursors: dict[Any, Any] = dict.fromkeys(await self._sets(drop), 0)
        while cursors:
            pipeline = self._pipeline()
            for part in _parts(cursors, READ_AT_ONCE):
                pipeline.eval(DROP, len(part), *part, start, max(1, DROP_AT_ONCE // len(part)), *map(cursors.get, part))
            moved = [cursor for part in await _answers(pipeline) for cursor in part]
            cursors = {name: cursor for name, cursor in zip(cursors, moved, strict=True) if int(cursor)}

    async def note(self, name: str, text: str, keep_for_s: float) -> None:
        await self._script(NOTE, _ms(keep_for_s), text, name)

    async def notes(self, start: str) -> Mapping[str, str]:
        found = [part.decode() for part in await self._script(NOTES, start)]
        return dict(zip(found[::2], found[1::2], strict=True))

    async def remove_note(self, name: str) -> None:
        await _answers(self._pipeline().delete(f"kanava:n:{name}"))

    async def close(self) -> None:
        with translated():
            await self._client.aclose()

    async def _sets(self, drop: Drop) -> Collection[Any]:
        if drop.tags is not None:
            return [_tag_set(drop.kind, tag) for tag in drop.tags]
        if drop.scope is not None:
            return [_scope_set(drop.kind, drop.scope)]
        (sets,) = await _answers(self._pipeline().smembers(_kind_set(drop.kind)))
        return list(sets)

    async def _script(self, script: str, *given: Any) -> Any:
        (answer,) = await _answers(self._pipeline().eval(script, 0, *given))
        return answer

    def _pipeline(self) -> Any:
        return self._client.pipeline(transaction=False)


@contextmanager
def translated() -> Iterator[None]:
    """Make a StoreError of whatever Redis or the way to it raises."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreError(f"redis: {error}") from error


async def _answers(pipeline: Pipeline) -> list[Any]:
    with translated():
        return await pipeline.execute()


def _row(record: Record) -> tuple[object, ...]:
    member, scope_set = _member(record.scope, record.key), _scope_set(record.kind, record.scope)
    members = [(_tag_set(record.kind, tag), member) for tag in record.tags]
    members += [(scope_set, member), (_kind_set(record.kind), scope_set)]
    return VALUE + record.key, _ms(record.keep_for_s), members


def _tag_set(kind: str, tag: str) -> str:
    return f"kanava:t:{kind}:{tag}"


def _scope_set(kind: str, scope: str | None) -> str:
    return f"kanava:s:{kind}:{_marked(scope)}"


def _kind_set(kind: str) -> str:
    return f"kanava:k:{kind}"


def _member(scope: str | None, key: str) -> str:
    """Return scope and key as one text; its length stands before the scope, which may be any text."""
    marked = _marked(scope)
    return f"{len(marked.encode())}:{marked}{key}"


def _marked(scope: str | None) -> str:
    """Return the scope, told apart from there being none."""
    return "" if scope is None else f"={scope}"


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _parts(items: Iterable[T], most: int) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, most)):
        yield part
