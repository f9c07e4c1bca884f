"""
The shared store as one SQLite file: what is remembered survives a restart, and several processes may use it at once.

Writing and reading have a thread and a connection each: with a write-ahead log, reads do not wait behind writes.
"""

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from datasources.cache import sqlite_rows as rows
from datasources.cache.memory import Share
from datasources.cache.sqlite_file import Worker
from datasources.cache.store import Drop, Record, StoreError
from datasources.clock import Clock

MAX_BYTES = 512 * 1024 * 1024
MAX_WAITING_BYTES = 32 * 1024 * 1024
RECORD_BYTES = 300
"""What a waiting record weighs beside its key and value."""
WRITTEN_AFTER_S = 1.0
"""
How long records wait for others, at most: to write a few at a time wakes a thread for each, and the event loop again. A
process that is killed loses what it fetched in this time.
"""
BATCH_RECORDS = 500
BATCH_BYTES = 4 * 1024 * 1024


class SqliteStore:
    """
    A store in the file at `path`, of at most `max_bytes`; when it is full, what ends soonest goes.

    `put_many` only queues; what it queues is written after `written_after_s`, or before when it is much. A batch that
    cannot be written is lost, and the next `put_many` says why; so is what waits longest when more wait than the share
    of `waiting` allows. `lost` counts those records. A key has one kind and one scope. Names of notes hold no NUL.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        max_bytes: int = MAX_BYTES,
        waiting: Share | None = None,
        written_after_s: float = WRITTEN_AFTER_S,
    ) -> None:
        self.lost = 0
        self._clock = clock
        self._waiting = _Waiting(waiting or Share(MAX_WAITING_BYTES))
        self._written_after_s = written_after_s
        self._is_due = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._failure: StoreError | None = None
        self._writer = Worker(path, max_bytes)
        self._reader = Worker(path, max_bytes)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        now = self._now()
        waiting = {key: found for key in keys if (found := self._waiting.get(key))}
        values = {key: record.value for key, (record, ends) in waiting.items() if ends > now}
        asked = [key for key in keys if key not in waiting]
        if asked:
            values.update(await self._reader.do(lambda db: rows.read(db, asked, now)))
        return values

    async def put_many(self, records: Sequence[Record]) -> None:
        now = self._now()
        for record in records:
            self.lost += self._waiting.put(record, now + record.keep_for_s)
        self._waiting.count()
        if self._waiting.bytes > BATCH_BYTES:
            self._is_due.set()
        if self._writing is None or self._writing.done():
            # a fresh context: nothing of who asks may leak into what serves many
            self._writing = asyncio.get_running_loop().create_task(self._write(), context=contextvars.Context())
        self._raise_failure()

    async def drop(self, drop: Drop) -> None:
        self._waiting.drop(drop)
        # a batch that is being written is written first: the thread takes one thing after the other
        await self._writer.do(lambda db: rows.drop(db, drop))

    async def note(self, name: str, text: str, keep_for_s: float) -> None:
        noted = {"names": rows.json_of([name]), "text": text, "ends": self._now() + keep_for_s}
        await self._writer.do(lambda db: db.execute(rows.NOTE, noted).fetchall())

    async def notes(self, start: str) -> Mapping[str, str]:
        asked = {"start": start, "now": self._now()}
        return dict(await self._reader.do(lambda db: db.execute(rows.NOTES, asked).fetchall()))

    async def remove_note(self, name: str) -> None:
        await self._writer.do(lambda db: db.execute(rows.FORGET_NOTE, (name,)).fetchall())

    async def close(self) -> None:
        self._is_due.set()
        if self._writing is not None:
            await asyncio.wait({self._writing})
        await self._writer.close()
        await self._reader.close()
        self._raise_failure()

    async def _write(self) -> None:
        while left := len(self._waiting):
            with suppress(TimeoutError):
                async with asyncio.timeout(self._written_after_s):
                    await self._is_due.wait()
            self._is_due.clear()
            while left > 0 and (batch := self._waiting.batch()):
                left -= len(batch)
                await self._write_batch(batch)

    async def _write_batch(self, batch: list[tuple[Record, float]]) -> None:
        try:
            await self._writer.do(partial(rows.put, batch=batch, now=self._now()))
        except StoreError as failure:
            self._failure = failure
            self.lost += len(batch)
        self._waiting.done(batch)

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure.with_traceback(None)

    def _now(self) -> float:
        return self._clock.timestamp()


class _Waiting:
    """What is not written yet, the newest record of a key, each with its end; what waits longest comes first."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self.bytes = 0
        self._records: OrderedDict[str, tuple[Record, float]] = OrderedDict()  # a dict is slow to lose its first
        self.get = self._records.get

    def __len__(self) -> int:
        return len(self._records)

    def put(self, record: Record, ends: float) -> int:
        """Queue the record, and return how many others are lost for it."""
        self._remove(record.key)
        self._records[record.key] = (record, ends)
        self.bytes += _weight(record)
        lost = 0
        while self.bytes > self._share.most_bytes and len(self._records) > 1:
            self._remove(next(iter(self._records)))
            lost += 1
        return lost

    def batch(self) -> list[tuple[Record, float]]:
        """Return what is to be written next; it waits on until it is done."""
        batch, room = [], BATCH_BYTES
        for waiting in islice(self._records.values(), BATCH_RECORDS):
            batch.append(waiting)
            room -= _weight(waiting[0])
            if room < 0:
                break
        return batch

    def done(self, batch: list[tuple[Record, float]]) -> None:
        """Let go of what was written, but not of what has replaced it meanwhile."""
        for written in batch:
            if self._records.get(written[0].key) is written:
                self._remove(written[0].key)
        self.count()

    def count(self) -> None:
        """Have what waits counted among what this process remembers."""
        self._share.takes(self.bytes)

    def drop(self, drop: Drop) -> None:
        for key in [
            key
            for key, (record, _) in self._records.items()
            if record.kind == drop.kind and drop.concerns(record.tags, record.scope)
        ]:
            self._remove(key)
        self.count()

    def _remove(self, key: str) -> None:
        removed = self._records.pop(key, None)
        if removed is not None:
            self.bytes -= _weight(removed[0])


def _weight(record: Record) -> int:
    return len(record.key) + len(record.value) + RECORD_BYTES
