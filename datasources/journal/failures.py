"""What the drivers of the databases raise, told as JournalUnavailable, in few words and without secrets."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from datasources.journal.journal import JournalUnavailable

FAILURES = (
    DBAPIError,
    PoolTimeout,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sqlite3.Error,
    OSError,
    TimeoutError,
)
TELLING = ("25", "28", "3D", "53", "55", "57", "58")
"""
Classes of SQLSTATE whose messages speak of the server, never of data: transaction state, authorization, database name,
resources, prerequisites, operator intervention, system error (PostgreSQL, appendix A).
"""
MOST_CHARACTERS = 120


@contextmanager
def translated() -> Iterator[None]:
    """Raise JournalUnavailable for what a driver raises. A broken constraint goes through: it is an answer."""
    try:
        yield
    except IntegrityError:
        raise
    except FAILURES as failure:
        raise JournalUnavailable(f"the journal cannot be used: {_said(failure)}") from failure


def _said(failure: BaseException) -> str:
    """Return what a failure comes down to."""
    cause = failure.orig if isinstance(failure, DBAPIError) and failure.orig is not None else failure
    if isinstance(cause, sqlite3.Error):
        return str(cause)[:MOST_CHARACTERS]
    if (state := getattr(cause, "sqlstate", None)) is not None:
        return _stated(str(state), cause)
    if isinstance(cause, TimeoutError | PoolTimeout):
        return "the database takes too long"
    if isinstance(cause, OSError) and not isinstance(cause, ConnectionError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno).lower()
    return "the database does not answer"


def _stated(state: str, cause: BaseException) -> str:
    if not state.startswith(TELLING):
        return f"SQLSTATE {state}"
    words = str(cause.__cause__ or cause).partition("\n")[0]
    return words.rpartition("'>: ")[2][:MOST_CHARACTERS]
