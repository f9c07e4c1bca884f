"""Carts and orders to put into a journal."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from datasources.journal.journal import Journal
from datasources.model.captures import Capture, Cart, CartDelivery, CartLine, NewCapture
from datasources.model.common import FreshnessStatus, Money, Provenance, System
from datasources.model.customers import Address, AddressUse
from datasources.model.orders import (
    DraftDelivery,
    DraftLine,
    Objection,
    OrderDraft,
    SimulatedLine,
    Simulation,
    SplitPolicy,
)
from datasources.model.pricing import QuoteStatus
from tests.datasources.fakes import START

NOW = START
ACCOUNT = "C-1002"


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def draft_line(key: str = "1", **other: object) -> DraftLine:
    line = DraftLine(
        key, "KV-000001", Decimal("2.50"), "BOX", date(2026, 12, 1), "ring twice", euro("10.10"), Decimal(1)
    )
    return replace(line, **other)  # type: ignore[arg-type]


def draft(*lines: DraftLine, po_number: str | None = "PO-7", reference: str | None = "Site 4") -> OrderDraft:
    address = Address("a1", "Store", ("Gate 1", "Yard"), "53100", "Lappeenranta", "FI", None, AddressUse.SHIPPING)
    delivery = DraftDelivery(address, date(2026, 12, 2), SplitPolicy.COMPLETE_ONLY, "TRUCK", ("CALL",), ("1",))
    return OrderDraft("1002", "anna", "EUR", po_number, reference, lines or (draft_line(),), (delivery,))


def simulation(amount: str = "10.10") -> Simulation:
    line = SimulatedLine("1", QuoteStatus.PRICED, euro(amount), Decimal(1), euro("25.25"))
    return Simulation(
        lines=[line],
        net=euro("25.25"),
        freight=None,
        tax=euro("6.06"),
        gross=euro("31.31"),
        objections=[Objection("CREDIT_LIMIT", "Above the limit.", None)],
        provenance=Provenance(System.ERP, NOW, later(0.25)),
    )


def cart(account: str = ACCOUNT) -> Cart:
    """A cart that no journal has yet, with a line and a delivery."""
    line = CartLine(
        "1", "KV-000001", Decimal("2.50"), "BOX", euro("10.10"), Decimal(1), date(2026, 12, 1), "ring twice"
    )
    delivery = CartDelivery("d1", "a1", date(2026, 12, 2), SplitPolicy.COMPLETE_ONLY, "TRUCK", ["CALL"], ["1"])
    return Cart(uuid4().hex, account, 0, [line], [delivery], "PO-7", "Site 4", NOW)


def order(of: Cart, key: str = "key", fingerprint: str = "print", **other: object) -> NewCapture:
    """An order of what is in a cart."""
    new = NewCapture(
        account=of.account,
        person="anna",
        key=key,
        fingerprint=fingerprint,
        cart_id=of.id,
        cart_revision=of.revision,
        draft=draft(),
        tolerance_percent=Decimal("2.5"),
        price_basis=FreshnessStatus.STALE,
        promised=None,
    )
    return replace(new, **other)  # type: ignore[arg-type]


async def captured(journal: Journal, account: str = ACCOUNT, *, at_s: float = 0, **other: object) -> Capture:
    """Place an order for an account, and return it."""
    of = await journal.cart_of(account) or await journal.save_cart(cart(account))
    return await journal.capture(order(of, key=uuid4().hex, **other), later(at_s))
