"""What the ERP writes down for good: the orders it took, and the prices and credit that tests set."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import orjson

from sandbox.protocol import Json

FIRST_NUMBER = 100_000
_TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    customer TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    gross TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer);
CREATE TABLE IF NOT EXISTS prices (
    customer TEXT NOT NULL, sku TEXT NOT NULL, unit_price TEXT NOT NULL, PRIMARY KEY (customer, sku)
);
CREATE TABLE IF NOT EXISTS credit (customer TEXT PRIMARY KEY, status TEXT, credit_limit TEXT);
"""


@dataclass(frozen=True, slots=True)
class TakenOrder:
    """An order as it was taken; `content` is a digest of what was asked for, `gross` what counts against credit."""

    number: str
    content: str
    gross: Decimal
    body: Json


@dataclass(frozen=True, slots=True)
class SetCredit:
    """What a test said of a customer's credit; None: nothing."""

    status: str | None
    limit: Decimal | None


class OrderStore:
    """A file that a killed process leaves whole: what was written is on the disk before anybody hears of it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def clear(self) -> None:
        names = ("orders", "sqlite_sequence", "prices", "credit")
        self._db.executescript(f"BEGIN; {' '.join(f'DELETE FROM {name};' for name in names)} COMMIT;")

    def take(self, customer: str, key: str, content: str, gross: Decimal, body: Json) -> TakenOrder:
        """Write down an order, whose key must be new."""
        row = (customer, key, content, str(gross), orjson.dumps(body))
        written = self._db.execute(
            "INSERT INTO orders (customer, idempotency_key, content, gross, body) VALUES (?, ?, ?, ?, ?)", row
        )
        assert written.lastrowid is not None
        return _taken((written.lastrowid, content, str(gross), row[-1]))

    def by_key(self, key: str) -> TakenOrder | None:
        return next(iter(self._orders("idempotency_key = ?", key)), None)

    def by_number(self, customer: str, number: str) -> TakenOrder | None:
        digits = number.removeprefix("E-")
        if not digits.isascii() or not digits.isdecimal() or len(digits) > 15:
            return None
        found = self._orders("customer = ? AND sequence = ?", customer, int(digits) - FIRST_NUMBER)
        return next((order for order in found if order.number == number), None)

    def of(self, customer: str) -> Sequence[TakenOrder]:
        return self._orders("customer = ?", customer)

    def all(self) -> Sequence[TakenOrder]:
        """Return all orders in order of arrival."""
        return self._orders("TRUE")

    def owed(self, customer: str) -> Decimal:
        """Return the gross value of all orders taken."""
        rows: Iterable[tuple[str]] = self._db.execute("SELECT gross FROM orders WHERE customer = ?", (customer,))
        return sum((Decimal(gross) for (gross,) in rows), Decimal(0))

    def set_price(self, customer: str, sku: str, unit_price: Decimal) -> None:
        self._db.execute("INSERT OR REPLACE INTO prices VALUES (?, ?, ?)", (customer, sku, str(unit_price)))

    def prices(self) -> dict[tuple[str, str], Decimal]:
        return {(customer, sku): Decimal(price) for customer, sku, price in self._db.execute("SELECT * FROM prices")}

    def set_credit(self, customer: str, said: SetCredit) -> None:
        limit = None if said.limit is None else str(said.limit)
        self._db.execute("INSERT OR REPLACE INTO credit VALUES (?, ?, ?)", (customer, said.status, limit))

    def credit(self, customer: str) -> SetCredit:
        found = self._db.execute("SELECT status, credit_limit FROM credit WHERE customer = ?", (customer,)).fetchone()
        if found is None:
            return SetCredit(None, None)
        return SetCredit(found[0], None if found[1] is None else Decimal(found[1]))

    def _orders(self, which: str, *values: object) -> list[TakenOrder]:
        asked = f"SELECT sequence, content, gross, body FROM orders WHERE {which} ORDER BY sequence"
        return [_taken(row) for row in self._db.execute(asked, values)]


def _taken(row: tuple[int, str, str, bytes]) -> TakenOrder:
    sequence, content, gross, body = row
    number = f"E-{FIRST_NUMBER + sequence}"
    return TakenOrder(number, content, Decimal(gross), {"number": number, **orjson.loads(body)})
