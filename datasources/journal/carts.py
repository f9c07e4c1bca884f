"""Carts: one for each account."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from datasources.journal.codec import CART_DELIVERIES, CART_LINES
from datasources.journal.journal import StaleRevision
from datasources.journal.tables import carts
from datasources.journal.transactions import Transactions
from datasources.model.captures import Cart


class Carts:
    """Keeps carts."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def cart_of(self, account: str) -> Cart | None:
        return await self._transactions.read(partial(_found, where=carts.c.account == account))

    async def cart(self, id: str) -> Cart | None:
        return await self._transactions.read(partial(_found, where=carts.c.id == id))

    async def save_cart(self, cart: Cart) -> Cart:
        try:
            return await self._transactions.write(partial(_save, cart=cart))
        except IntegrityError:
            # another device has made the account's cart meanwhile
            other = await self.cart_of(cart.account)
            raise StaleRevision(other.revision if other else 0) from None


def lock_cart(db: Connection, account: str) -> RowMapping | None:
    """Return the cart of an account, which nobody else changes before this transaction ends."""
    return db.execute(select(carts).where(carts.c.account == account).with_for_update()).mappings().one_or_none()


def empty_cart(db: Connection, id: str, revision: int, now: datetime) -> None:
    """Take out what was ordered."""
    values = {"lines": CART_LINES.encode([]), "deliveries": CART_DELIVERIES.encode([]), "po_number": None}
    change = update(carts).where(carts.c.id == id, carts.c.revision == revision)
    db.execute(change.values(**values, reference=None, revision=revision + 1, changed_at=now))


def _found(db: Connection, where: ColumnElement[bool]) -> Cart | None:
    row = db.execute(select(carts).where(where)).mappings().one_or_none()
    return None if row is None else _cart(row)


def _save(db: Connection, cart: Cart) -> Cart:
    if cart.revision == 0:
        new = insert(carts).values(id=cart.id, account=cart.account, **_values(cart))
        return _cart(db.execute(new.returning(carts)).mappings().one())
    changed = update(carts).where(carts.c.id == cart.id, carts.c.revision == cart.revision).values(**_values(cart))
    row = db.execute(changed.returning(carts)).mappings().one_or_none()
    if row is None:
        raise StaleRevision(db.execute(select(carts.c.revision).where(carts.c.id == cart.id)).scalar() or 0)
    return _cart(row)


def _values(cart: Cart) -> Mapping[str, Any]:
    return {
        "revision": cart.revision + 1,
        "lines": CART_LINES.encode(cart.lines),
        "deliveries": CART_DELIVERIES.encode(cart.deliveries),
        "po_number": cart.po_number,
        "reference": cart.reference,
        "changed_at": cart.changed_at,
    }


def _cart(row: RowMapping) -> Cart:
    lines, deliveries = CART_LINES.decode(row["lines"]), CART_DELIVERIES.decode(row["deliveries"])
    return Cart(**{**row, "lines": lines, "deliveries": deliveries})
