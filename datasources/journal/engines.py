"""Connections to the two kinds of database, set so that what is committed survives a power cut."""

import os
import sqlite3
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITES = "kanava_writes"
"""An option of connections: a transaction on it writes."""
STATEMENT_WITHIN_S = 2.0
CONNECT_WITHIN_S = 2.0
CONNECTION_WITHIN_S = 4.0
"""How long to wait until a connection is free."""
CONNECTIONS = 5
IDLE_WITHIN_S = 5.0
"""After which the server ends a transaction whose process has stopped, and frees what it locked."""
PAGE_BYTES = 4096
MAX_LOG_BYTES = 64 * 1024 * 1024
"""What SQLite's write-ahead log is cut to after it has grown."""
OPEN_ATTEMPTS = 50
OPEN_AGAIN_S = 0.02


def sqlite_engine(path: Path, *, max_bytes: int | None) -> AsyncEngine:
    """Return connections to a file that `create_file` has made. They never make it anew: an empty journal would lie."""
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=CONNECTION_WITHIN_S)
    event.listen(engine.sync_engine, "connect", partial(_set_up, path=path, max_bytes=max_bytes))
    event.listen(engine.sync_engine, "checkout", partial(_check_file, path=path))
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def postgres_engine(url: str, *, patient: bool) -> AsyncEngine:
    """
    Return connections to a database of a server; those that broke while they were idle are replaced unnoticed.

    `patient`: a statement may take its time.
    """
    connect = partial(
        asyncpg.connect,
        url,
        timeout=CONNECT_WITHIN_S,
        command_timeout=None if patient else STATEMENT_WITHIN_S + 0.5,
        server_settings=_server_settings(0 if patient else STATEMENT_WITHIN_S),
    )
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_pre_ping=True,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=CONNECTION_WITHIN_S,
    )


def create_file(path: Path) -> None:
    """
    Make the file with a write-ahead log, unless it is there.

    SQLite does not wait when several processes do that at the same moment, so this does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    for attempts_left in reversed(range(OPEN_ATTEMPTS)):
        db = sqlite3.connect(path)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not attempts_left:
                raise
            time.sleep(OPEN_AGAIN_S)
        finally:
            db.close()


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from any other, None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _server_settings(statement_within_s: float) -> dict[str, str]:
    return {
        "application_name": "kanava",
        "timezone": "UTC",
        "synchronous_commit": "on",
        "statement_timeout": str(int(1000 * statement_within_s)),
        "idle_in_transaction_session_timeout": str(int(1000 * IDLE_WITHIN_S)),
    }


def _set_up(connection: Any, record: Any, *, path: Path, max_bytes: int | None) -> None:
    """Prepare a connection; `isolation_level` None leaves it to `_begin` when a transaction starts, and how."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for name, value in (
        ("busy_timeout", int(1000 * STATEMENT_WITHIN_S)),
        ("foreign_keys", "ON"),
        ("synchronous", "FULL"),
        ("journal_size_limit", MAX_LOG_BYTES),
    ):
        cursor.execute(f"PRAGMA {name} = {value}")
    if max_bytes is not None:
        cursor.execute(f"PRAGMA max_page_count = {max_bytes // PAGE_BYTES}")
    cursor.close()
    record.info["file"] = identity(path)


def _check_file(connection: object, record: Any, proxy: object, *, path: Path) -> None:
    """Give up a connection to a file that was removed or replaced: what is written there, nobody would find."""
    if record.info.get("file") != identity(path):
        raise DisconnectionError("the file is another one")


def _begin(connection: Connection) -> None:
    """Begin to write at once: a transaction that reads first and writes then could fail in between."""
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
