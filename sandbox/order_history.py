"""Orders from before the ERP's own memory begins, as the connector contract has them."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from sandbox.data.tariffs import PriceBook
from sandbox.order_check import totals_of
from sandbox.order_forms import unit_json
from sandbox.pricing import in_cents, plain
from sandbox.protocol import Json

ZERO = Decimal(0)


class OrderHistory:
    """Customers' past orders, which never change."""

    def __init__(self, book: PriceBook) -> None:
        self._book = book
        self.of = lru_cache(maxsize=256)(self._of)

    def _of(self, customer: str) -> Sequence[Json]:
        """Return a customer's past orders, the oldest first."""
        terms = self._book.terms(customer) or {}
        costs = {method["code"]: method["cost"] for method in terms.get("delivery_methods", ())}
        return [self._order(past, costs) for past in self._book.history(customer) if past["lines"]]

    def _order(self, past: Json, costs: Json) -> Json:
        lines = [_line(past, number, line) for number, line in enumerate(past["lines"], start=1)]
        taxed = [(Decimal(line["total"]), self._tax_rate(line["sku"])) for line in lines]
        return {
            "number": past["number"],
            "customer": past["account"],
            "origin": past["origin"],
            "status": past["status"],
            "placed_at": past["placed_at"],
            "currency": past["lines"][0]["currency"],
            "po_number": past["po_number"],
            "reference": None,
            "lines": lines,
            "deliveries": [_delivery(past)],
            **totals_of(taxed, [Decimal(costs[past["method"]])]).as_json(),
            "idempotency_key": None,
            "person": None,
        }

    def _tax_rate(self, sku: str) -> Decimal | None:
        good = self._book.good(sku)
        return None if good is None or good.tax_rate is None else Decimal(good.tax_rate)


def _line(past: Json, number: int, line: Json) -> Json:
    quantity, per = Decimal(line["quantity"]), Decimal(line["per"])
    done = _done(past["status"], quantity, is_last=number == len(past["lines"]))
    return {
        "key": str(number),
        "sku": line["sku"],
        "name": None,
        "unit": unit_json(line["unit"]),
        "ordered": plain(quantity),
        **{name: plain(value) for name, value in done.items()},
        "unit_price": line["unit_price"],
        "per": plain(per),
        "total": f"{in_cents(quantity * Decimal(line['unit_price']) / per):.2f}",
        "requested_date": past["requested_on"],
        "confirmed_date": past["requested_on"],
    }


def _done(status: str, quantity: Decimal, *, is_last: bool) -> dict[str, Decimal]:
    """Return what became of a line; of a part delivery the last line is still to come."""
    waits = status == "BACKORDERED" or (status == "PARTIALLY_SHIPPED" and is_last)
    shipped = status in ("SHIPPED", "DELIVERED", "PARTIALLY_SHIPPED") and not waits
    return {
        "shipped": quantity if shipped else ZERO,
        "backordered": quantity if waits else ZERO,
        "cancelled": quantity if status == "CANCELLED" else ZERO,
    }


def _delivery(past: Json) -> Json:
    return {
        "address": None,
        "requested_date": past["requested_on"],
        "split_policy": "ALLOW_SPLIT",
        "method": past["method"],
        "services": [],
        "line_keys": [],
    }
