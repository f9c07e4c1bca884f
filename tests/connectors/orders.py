"""Orders for the contract's tests: as JSON, and as a connector is given them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from datasources.model.common import Money
from datasources.model.customers import Address
from datasources.model.orders import DraftDelivery, DraftLine, OrderDraft, OrderToPlace

Question = Mapping[str, Any]

ADDRESS = {
    "id": "C-1002-S1",
    "use": "SHIPPING",
    "name": "Saimaa Rakennus",
    "lines": ["Mustolankatu 12"],
    "postal_code": "53200",
    "city": "Lappeenranta",
    "country": "FI",
    "delivery_note": "Nosturi",
}


def line(key: str, sku: str = "KV-000001", quantity: str = "10", **more: Any) -> dict[str, Any]:
    """Return a line of an order, for which any price will do."""
    nothing: dict[str, Any] = {"unit": None, "requested_date": None, "note": None}
    return {
        "key": key,
        "sku": sku,
        "quantity": quantity,
        **nothing,
        "unit_price": None,
        "currency": None,
        "per": None,
    } | more


def delivery(**more: Any) -> dict[str, Any]:
    """Return a delivery of all lines."""
    given = {"address": ADDRESS, "requested_date": "2026-12-01", "split_policy": "ALLOW_SPLIT", "method": "TRUCK"}
    return {**given, "services": ["CRANE"], "line_keys": [], **more}


def draft(*lines: Question, customer: str = "C-1002", **more: Any) -> dict[str, Any]:
    """Return an order."""
    given = {"customer": customer, "person": "anna", "currency": None, "po_number": "PO-7", "reference": "Mustola"}
    return {**given, "lines": [*lines], "deliveries": [], **more}


def simulate(*drafts: Question) -> dict[str, Any]:
    """Return a request of `orders/simulate`."""
    return {"orders": [{"key": str(place), "order": order} for place, order in enumerate(drafts)]}


def place(key: str, order: Question, tolerance_percent: str = "0") -> dict[str, Any]:
    """Return a request of `orders/place`."""
    return {"idempotency_key": key, "tolerance_percent": tolerance_percent, "order": order}


def page(place: int = 0, **more: Any) -> dict[str, Any]:
    """Return a line of `orders/search`."""
    nothing: dict[str, Any] = {"after": None, "person": None, "statuses": [], "origins": [], "po_number": None}
    nothing |= {"placed_from": None, "placed_to": None, "search": None}
    return {"key": str(place), "customers": ["C-1002"], "first": 2, **nothing, **more}


def order_to_place(said: Question) -> OrderToPlace:
    """Return what a connector is given to ask this."""
    return OrderToPlace(said["idempotency_key"], draft_of(said["order"]), Decimal(said["tolerance_percent"]))


def draft_of(said: Question) -> OrderDraft:
    """Return an order as a connector is given it."""
    own = {name: said[name] for name in ("customer", "person", "currency", "po_number", "reference")}
    deliveries = tuple(_delivery(one) for one in said["deliveries"])
    return OrderDraft(**own, lines=tuple(_line(one) for one in said["lines"]), deliveries=deliveries)


def _line(said: Question) -> DraftLine:
    price = said["unit_price"] and Money(Decimal(said["unit_price"]), said["currency"])
    return msgspec.convert({**said, "unit_price": price}, DraftLine)


def _delivery(said: Question) -> DraftDelivery:
    address = said["address"] and msgspec.convert(said["address"], Address)
    return msgspec.convert({**said, "address": address}, DraftDelivery)
