"""What the journal looks for it finds by an index, however many captures there are."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, event

from datasources.journal.database import open_journal
from datasources.journal.journal import CaptureFilter, CapturePosition
from tests.datasources.journal.orders import ACCOUNT, NOW


async def test_nothing_is_looked_for_from_end_to_end(sqlite_url: str) -> None:
    """No query reads a whole table; lists of an account, or of all, come sorted from an index."""
    queries: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            queries.append((statement, parameters))

    async with open_journal(sqlite_url) as journal:
        event.listen(Engine, "before_cursor_execute", note)
        await journal.claim("me", NOW, lease_s=30, most=4)
        await journal.claim_one("1", "me", NOW, lease_s=30)
        await journal.list_captures(CaptureFilter(accounts=[ACCOUNT]), first=20, after=CapturePosition(NOW, "1"))
        await journal.list_captures(CaptureFilter(), first=20, after=CapturePosition(NOW, "1"))
        await journal.count_captures(CaptureFilter(accounts=[ACCOUNT]))
        await journal.captures(["1"])
        await journal.captures_of_orders(["SO-1"])
        await journal.capture_by_receipt("K-20260125-7F3K9Q")
        await journal.open_value(ACCOUNT)
        await journal.pending()
        await journal.earlier(ACCOUNT, "key", "print")
        await journal.cart_of(ACCOUNT)
        await journal.events(capture_id="1")
        event.remove(Engine, "before_cursor_execute", note)

    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as db:
        plans = [
            row[3] for query, parameters in queries for row in db.execute(f"EXPLAIN QUERY PLAN {query}", parameters)
        ]
    db.close()
    assert len(queries) == 13
    assert [plan for plan in plans if "SCAN" in plan and "USING" not in plan] == []
    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []
