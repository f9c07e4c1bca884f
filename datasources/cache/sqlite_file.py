"""The file under the SQLite store: a thread with a connection, opened, and begun anew when the file is broken."""

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from datasources.cache.store import StoreError

T = TypeVar("T")

log = logging.getLogger("kanava.cache")

MAX_LOG_BYTES = 16 * 1024 * 1024
"""What the write-ahead log is cut to after it has grown."""
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

_opening = threading.Lock()


class Worker:
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
                if code_of(error) not in BROKEN:
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
            if code_of(error) != sqlite3.SQLITE_BUSY or not attempts_left:
                raise
            time.sleep(OPEN_AGAIN_S)
        else:
            break
    return db


def code_of(error: sqlite3.Error) -> int:
    """Return the primary result code, the low byte (sqlite.org/rescode.html); 0 when Python itself raised."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
