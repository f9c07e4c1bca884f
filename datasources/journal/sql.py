"""The journal over SQL: one facade over what each file here does."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, delete, insert

from datasources.journal.captures import Captures
from datasources.journal.carts import Carts
from datasources.journal.claims import Claims
from datasources.journal.decisions import Decisions
from datasources.journal.events import Events
from datasources.journal.tables import trials
from datasources.journal.transactions import Transactions

TRIAL = "x" * 12_288
"""What a trial writes: it needs pages of its own, as an order does."""


class SqlJournal:
    """What `Journal` asks for. See there."""

    def __init__(self, transactions: Transactions, *, receipts: Callable[[datetime], str]) -> None:
        self._transactions = transactions
        carts, captures, events = Carts(transactions), Captures(transactions, receipts), Events(transactions)
        claims, decisions = Claims(transactions), Decisions(transactions)

        self.cart_of = carts.cart_of
        self.cart = carts.cart
        self.save_cart = carts.save_cart

        self.capture = captures.capture
        self.earlier = captures.earlier
        self.captures = captures.captures
        self.captures_of_orders = captures.captures_of_orders
        self.capture_by_receipt = captures.capture_by_receipt
        self.list_captures = captures.list_captures
        self.count_captures = captures.count_captures
        self.open_value = captures.open_value
        self.pending = captures.pending

        self.claim = claims.claim
        self.claim_one = claims.claim_one
        self.finish = claims.finish
        self.release = claims.release

        self.confirm = decisions.confirm
        self.decline = decisions.decline
        self.cancel = decisions.cancel
        self.retry = decisions.retry

        self.events = events.events

    async def check(self) -> None:
        await self._transactions.write(_try_to_write)

    async def close(self) -> None:
        await self._transactions.close()


def _try_to_write(db: Connection) -> None:
    id = uuid4().hex
    db.execute(insert(trials).values(id=id, padding=TRIAL))
    db.execute(delete(trials).where(trials.c.id == id))
