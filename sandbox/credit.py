"""Customers' credit: what the book says, what tests set, and what the orders taken since have used."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from sandbox.data.customers import status_at
from sandbox.data.tariffs import PriceBook
from sandbox.order_store import OrderStore, SetCredit
from sandbox.protocol import ApiError, Json
from sandbox.requests import DecimalText

Status = Literal["OK", "NEAR_LIMIT", "EXCEEDED", "ON_HOLD", "NOT_APPLICABLE"]
Refuse = Callable[[str, str], None]


class CreditRequest(Struct, frozen=True):
    """A customer's status or limit, set by a test; what is not said stays."""

    account: str
    status: Status | None = None
    limit: DecimalText | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's credit; `limit` None: none is set."""

    status: str
    currency: str
    limit: Decimal | None
    used: Decimal
    overdue: Decimal

    def refuse(self, gross: Decimal, objects: Refuse) -> None:
        """Object to an order of so much, if there is reason to."""
        if self.status == "ON_HOLD":
            objects("CREDIT_HOLD", "The account is on credit hold.")
        elif self.status != "NOT_APPLICABLE" and self.limit is not None and self.used + gross > self.limit:
            left = max(self.limit - self.used, Decimal(0))
            objects("CREDIT_LIMIT", f"The order is {gross:.2f} {self.currency}; {left:.2f} of the credit is left.")

    def as_json(self) -> Json:
        available = None if self.limit is None else max(self.limit - self.used, Decimal(0))
        amounts = {"limit": self.limit, "used": self.used, "available": available, "overdue": self.overdue}
        return {"status": self.status, "currency": self.currency} | {
            name: None if amount is None else f"{amount:.2f}" for name, amount in amounts.items()
        }


class CreditDesk:
    """Says how customers stand."""

    def __init__(self, book: PriceBook, store: OrderStore) -> None:
        self._book = book
        self._store = store

    def of(self, customer: str) -> Standing | None:
        """Return how a customer stands, None for whom neither the book nor a test knows credit."""
        said, booked = self._store.credit(customer), self._book.credit(customer)
        if booked is None and said == SetCredit(None, None):
            return None
        booked = booked or {"status": "OK", "limit": None, "used": "0", "overdue": "0"}
        limit = said.limit if said.limit is not None else booked["limit"] and Decimal(booked["limit"])
        used = Decimal(booked["used"]) + self._store.owed(customer)
        held = "ON_HOLD" if booked["status"] == "ON_HOLD" else None
        status = said.status or held or ("OK" if limit is None else status_at(used, limit))
        return Standing(status, self._book.customers[customer], limit, used, Decimal(booked["overdue"]))

    def json(self, customer: str) -> Json | None:
        standing = self.of(customer)
        return None if standing is None else standing.as_json()

    def set(self, wanted: CreditRequest) -> Json:
        if wanted.account not in self._book.customers:
            raise ApiError(404, "UNKNOWN_ACCOUNT", f"There is no customer {wanted.account!r}.")
        before = self._store.credit(wanted.account)
        limit = before.limit if wanted.limit is None else Decimal(wanted.limit)
        self._store.set_credit(wanted.account, SetCredit(wanted.status or before.status, limit))
        return {"account": wanted.account, **(self.json(wanted.account) or {})}
