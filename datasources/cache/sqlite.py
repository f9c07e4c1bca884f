"""
The shared store as one SQLite file: what is remembered survives a restart, and several processes may use it at once.

Writing and reading have a thread and a connection each: with a write-ahead log, reads do not wait behind writes. Many
rows go in or out as one statement with one row of JSON, for a thread that had to ask the interpreter back for every
row would crawl while the event loop is busy.
"""

import asyncio
import contextvars
import logging
import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from datasources.cache.store import Drop, Record, StoreError
from datasources.clock import Clock

T = TypeVar("T")

log = logging.getLogger("kanava.cache")

MAX_BYTES = 512 * 1024 * 1024
MAX_WAITING_BYTES = 64 * 1024 * 1024
MAX_LOG_BYTES = 16 * 1024 * 1024
"""What the write-ahead log is cut to after it has grown."""
RECORD_BYTES = 300
"""What a waiting record weighs beside its key and value."""
BATCH_RECORDS = 500
BATCH_BYTES = 4 * 1024 * 1024
DROP_AT_ONCE = 5_000
BUSY_FOR_S = 2.0
OPEN_ATTEMPTS = 20
OPEN_AGAIN_S = 0.02
PAGE_BYTES = 4096
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

SETTINGS = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = {MAX_LOG_BYTES};
"""
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, scope TEXT, tags TEXT NOT NULL,
    ends REAL NOT NULL, value BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS records_by_end ON records (ends);
CREATE INDEX IF NOT EXISTS records_by_scope ON records (kind, scope);
CREATE TABLE IF NOT EXISTS tags (
    kind TEXT NOT NULL, tag TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (kind, tag, id)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS record_comes AFTER INSERT ON records BEGIN
    INSERT OR IGNORE INTO tags SELECT new.kind, value, new.id FROM json_each(new.tags);
END;
CREATE TRIGGER IF NOT EXISTS record_changes AFTER UPDATE OF tags ON records WHEN old.tags <> new.tags BEGIN
    DELETE FROM tags WHERE kind = old.kind AND id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
    INSERT OR IGNORE INTO tags SELECT new.kind, value, new.id FROM json_each(new.tags);
END;
CREATE TRIGGER IF NOT EXISTS record_goes AFTER DELETE ON records BEGIN
    DELETE FROM tags WHERE kind = old.kind AND id = old.id AND tag IN (SELECT value FROM json_each(old.tags));
END;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, text TEXT NOT NULL, ends REAL NOT NULL) WITHOUT ROWID;
"""
PUT = """
INSERT INTO records (key, kind, scope, tags, ends, value)
SELECT row.value ->> 0, row.value ->> 1, row.value ->> 2, row.value -> 3, row.value ->> 4,
       substr(:values, row.value ->> 5, row.value ->> 6)
FROM json_each(:rows) AS row WHERE true
ON CONFLICT (key) DO UPDATE SET tags = excluded.tags, ends = excluded.ends, value = excluded.value
"""
GET = """
SELECT json_group_array(json_array(asked.key, hex(records.value)))
FROM json_each(:keys) AS asked JOIN records ON records.key = asked.value WHERE ends > :now
"""
FORGET_ENDED = """
DELETE FROM records WHERE id IN (SELECT id FROM records WHERE ends <= :now ORDER BY ends LIMIT 1000)
"""
MAKE_ROOM = "DELETE FROM records WHERE id IN (SELECT id FROM records ORDER BY ends LIMIT ?)"
TAGGED = """
SELECT DISTINCT id FROM tags JOIN records USING (id)
WHERE tags.kind = :kind AND tag IN (SELECT value FROM json_each(:tags))
"""
OF_KIND = "SELECT id FROM records WHERE kind = :kind"
NOTE = """
INSERT INTO notes (name, text, ends) SELECT value, :text, :ends FROM json_each(:names) WHERE true
ON CONFLICT (name) DO UPDATE SET text = excluded.text, ends = excluded.ends
"""
FORGET_NOTE = "DELETE FROM notes WHERE name = ?"
CLAIM = f"{NOTE} WHERE notes.ends <= :now RETURNING name"
NOTES = "SELECT name, text FROM notes WHERE name >= :start AND substr(name, 1, length(:start)) = :start AND ends > :now"

_opening = threading.Lock()
_rows = msgspec.json.Decoder(list[tuple[int, str]])


class SqliteStore:
    """
    A store in the file at `path`, of at most `max_bytes`; when it is full, what ends soonest goes.

    `put_many` only queues. A batch that cannot be written is lost, and the next `put_many` says why; so is what waits
    longest when more than `max_waiting_bytes` wait. `lost` counts those records. A key has one kind and one scope.
    Names of notes hold no NUL.
    """

    def __init__(
        self, path: Path, *, clock: Clock, max_bytes: int = MAX_BYTES, max_waiting_bytes: int = MAX_WAITING_BYTES
    ) -> None:
        self.lost = 0
        self._clock = clock
        self._waiting = _Waiting(max_waiting_bytes)
        self._writing: asyncio.Task[None] | None = None
        self._failure: StoreError | None = None
        self._writer = _Worker(path, max_bytes)
        self._reader = _Worker(path, max_bytes)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        now = self._now()
        waiting = {key: found for key in keys if (found := self._waiting.get(key))}
        values = {key: record.value for key, (record, ends) in waiting.items() if ends > now}
        asked = [key for key in keys if key not in waiting]
        if asked:
            values.update(await self._reader.do(lambda db: _read(db, asked, now)))
        return values

    async def put_many(self, records: Sequence[Record]) -> None:
        now = self._now()
        for record in records:
            self.lost += self._waiting.put(record, now + record.keep_for_s)
        if self._writing is None or self._writing.done():
            # a fresh context: nothing of who asks may leak into what serves many
            self._writing = asyncio.get_running_loop().create_task(self._write(), context=contextvars.Context())
        self._raise_failure()

    async def drop(self, drop: Drop) -> None:
        self._waiting.drop(drop)
        # a batch that is being written is written first: the thread takes one thing after the other
        await self._writer.do(lambda db: _drop(db, drop))

    async def note(self, name: str, text: str, keep_for_s: float) -> None:
        noted = {"names": _json([name]), "text": text, "ends": self._now() + keep_for_s}
        await self._writer.do(lambda db: db.execute(NOTE, noted).fetchall())

    async def notes(self, start: str) -> Mapping[str, str]:
        asked = {"start": start, "now": self._now()}
        return dict(await self._reader.do(lambda db: db.execute(NOTES, asked).fetchall()))

    async def remove_note(self, name: str) -> None:
        await self._writer.do(lambda db: db.execute(FORGET_NOTE, (name,)).fetchall())

    async def claim(self, names: Collection[str], keep_for_s: float) -> frozenset[str]:
        now = self._now()
        claimed = {"names": _json(sorted(names)), "text": "", "ends": now + keep_for_s, "now": now}
        return frozenset(name for (name,) in await self._writer.do(lambda db: db.execute(CLAIM, claimed).fetchall()))

    async def close(self) -> None:
        if self._writing is not None:
            await asyncio.wait({self._writing})
        await self._writer.close()
        await self._reader.close()
        self._raise_failure()

    async def _write(self) -> None:
        while batch := self._waiting.batch():
            try:
                await self._writer.do(partial(_put, batch=batch, now=self._now()))
            except StoreError as failure:
                self._failure = failure
                self.lost += len(batch)
            self._waiting.done(batch)

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure.with_traceback(None)

    def _now(self) -> float:
        return self._clock.now().timestamp()


class _Waiting:
    """What is not written yet, the newest record of a key, each with its end; what waits longest comes first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._records: OrderedDict[str, tuple[Record, float]] = OrderedDict()  # a dict is slow to lose its first
        self.get = self._records.get

    def put(self, record: Record, ends: float) -> int:
        """Queue the record, and return how many others are lost for it."""
        self._remove(record.key)
        self._records[record.key] = (record, ends)
        self._bytes += _weight(record)
        lost = 0
        while self._bytes > self._max_bytes and len(self._records) > 1:
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

    def drop(self, drop: Drop) -> None:
        for key in [key for key, (record, _) in self._records.items() if _is_dropped(record, drop)]:
            self._remove(key)

    def _remove(self, key: str) -> None:
        removed = self._records.pop(key, None)
        if removed is not None:
            self._bytes -= _weight(removed[0])


class _Worker:
    """A thread with a connection of its own: opened at its first use, and anew when the file has been replaced."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kanava-cache")
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            try:
                return work(self._open())
            except sqlite3.DatabaseError as error:
                if _code(error) not in BROKEN:
                    raise
                self._replace(error)
                return work(self._open())
        except (sqlite3.Error, OSError, ValueError) as error:
            raise StoreError(f"{self._path}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        if self._db is None or self._file != _identity(self._path):
            self._close()
            with _opening:
                _create(self._path)
                self._file = _identity(self._path)
                self._db = _connected(self._path, self._max_bytes)
        return self._db

    def _replace(self, error: sqlite3.DatabaseError) -> None:
        """Remove the broken file, unless another thread or process has put a new one in its place already."""
        self._close()
        if self._file == _identity(self._path):
            log.warning("the cache file %s is broken and begun anew: %s", self._path, error)
            for ending in ("", "-wal", "-shm"):
                Path(f"{self._path}{ending}").unlink(missing_ok=True)

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db = None


def _create(path: Path) -> None:
    """Make the file, unless it is there: to close a file that SQLite has open here would take away its locks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def _connected(path: Path, max_bytes: int) -> sqlite3.Connection:
    """Open the file; when other processes make it theirs at the same moment SQLite does not wait, so this does."""
    for attempts_left in reversed(range(OPEN_ATTEMPTS)):
        db = sqlite3.connect(path, timeout=BUSY_FOR_S, isolation_level=None)
        try:
            db.executescript(f"PRAGMA max_page_count = {max_bytes // PAGE_BYTES}; {SETTINGS} {SCHEMA}")
        except sqlite3.Error as error:
            db.close()
            if _code(error) != sqlite3.SQLITE_BUSY or not attempts_left:
                raise
            time.sleep(OPEN_AGAIN_S)
        else:
            break
    return db


def _put(db: sqlite3.Connection, batch: list[tuple[Record, float]], now: float) -> None:
    rows, start = [], 2
    for record, ends in batch:
        rows.append((record.key, record.kind, record.scope, record.tags, ends, start, len(record.value)))
        start += len(record.value)
    given = {"rows": _json(rows), "values": b"\0" + b"".join(record.value for record, _ in batch)}
    db.execute(FORGET_ENDED, {"now": now})
    db.execute("DELETE FROM notes WHERE ends <= ?", (now,))
    for soonest in (1_000, 10_000, 100_000):
        try:
            db.execute(PUT, given)
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_FULL:
                raise
            db.execute(MAKE_ROOM, (soonest,))
    db.execute(PUT, given)


def _read(db: sqlite3.Connection, keys: Sequence[str], now: float) -> dict[str, bytes]:
    (found,) = db.execute(GET, {"keys": _json(keys), "now": now}).fetchone()
    return {keys[place]: bytes.fromhex(value) for place, value in _rows.decode(found)}


def _drop(db: sqlite3.Connection, drop: Drop) -> None:
    """Delete in parts, so that nobody waits for the file for long."""
    which = OF_KIND if drop.tags is None else TAGGED
    mine = "" if drop.scope is None else "AND scope = :scope ->> 0"
    delete = f"DELETE FROM records WHERE id IN ({which} {mine} LIMIT {DROP_AT_ONCE})"
    given = {"kind": drop.kind, "tags": _json(sorted(drop.tags or ())), "scope": _json([drop.scope])}
    while db.execute(delete, given).rowcount == DROP_AT_ONCE:
        pass


def _is_dropped(record: Record, drop: Drop) -> bool:
    of_scope = drop.scope is None or record.scope == drop.scope
    return record.kind == drop.kind and of_scope and (drop.tags is None or not drop.tags.isdisjoint(record.tags))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code, the low byte (sqlite.org/rescode.html); 0 when Python itself raised."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _json(value: object) -> str:
    """Return JSON for SQLite, whose texts end at a NUL: a character that is none (U+FDD0) stands in for it."""
    return msgspec.json.encode(value).decode().replace("\\u0000", "\\ufdd0")


def _weight(record: Record) -> int:
    return len(record.key) + len(record.value) + RECORD_BYTES
