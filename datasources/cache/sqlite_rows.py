"""
Rows of the SQLite store: many go in or out as one statement with one row of JSON, for a thread that had to ask the
interpreter back for every row would crawl while the event loop is busy.
"""

import sqlite3
from collections.abc import Sequence

import msgspec

from datasources.cache.sqlite_file import code_of
from datasources.cache.store import Drop, Record

DROP_AT_ONCE = 5_000

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
NOTES = "SELECT name, text FROM notes WHERE name >= :start AND substr(name, 1, length(:start)) = :start AND ends > :now"


_rows = msgspec.json.Decoder(list[tuple[int, str]])


def put(db: sqlite3.Connection, batch: list[tuple[Record, float]], now: float) -> None:
    rows, start = [], 2
    for record, ends in batch:
        rows.append((record.key, record.kind, record.scope, record.tags, ends, start, len(record.value)))
        start += len(record.value)
    given = {"rows": json_of(rows), "values": b"\0" + b"".join(record.value for record, _ in batch)}
    db.execute(FORGET_ENDED, {"now": now})
    db.execute("DELETE FROM notes WHERE ends <= ?", (now,))
    for soonest in (1_000, 10_000, 100_000):
        try:
            db.execute(PUT, given)
            return
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_FULL:
                raise
            db.execute(MAKE_ROOM, (soonest,))
    db.execute(PUT, given)


def read(db: sqlite3.Connection, keys: Sequence[str], now: float) -> dict[str, bytes]:
    (found,) = db.execute(GET, {"keys": json_of(keys), "now": now}).fetchone()
    return {keys[place]: bytes.fromhex(value) for place, value in _rows.decode(found)}


def drop(db: sqlite3.Connection, drop: Drop) -> None:
    """Delete in parts, so that nobody waits for the file for long."""
    which = OF_KIND if drop.tags is None else TAGGED
    mine = "" if drop.scope is None else "AND scope = :scope ->> 0"
    delete = f"DELETE FROM records WHERE id IN ({which} {mine} LIMIT {DROP_AT_ONCE})"
    given = {"kind": drop.kind, "tags": json_of(sorted(drop.tags or ())), "scope": json_of([drop.scope])}
    while db.execute(delete, given).rowcount == DROP_AT_ONCE:
        pass


def json_of(value: object) -> str:
    """Return JSON for SQLite, whose texts end at a NUL: a character that is none (U+FDD0) stands in for it."""
    return msgspec.json.encode(value).decode().replace("\\u0000", "\\ufdd0")
