"""Credit and commercial terms of generated customers."""

from decimal import Decimal

from sandbox.data.contracts import Customer
from sandbox.data.dice import Dice
from sandbox.data.texts import text
from sandbox.protocol import Json

ON_HOLD = frozenset({"C-3001"})
NEAR = Decimal("0.85")
_METHODS = (
    ("TRUCK", text("Kuljetus työmaalle", "Delivery to site", "Leverans till bygget"), "39.00"),
    ("PARCEL", text("Pakettitoimitus", "Parcel", "Paket"), "14.90"),
    ("PICKUP", text("Nouto varastosta", "Pick-up", "Avhämtning"), "0.00"),
)
_SERVICES = (
    ("CRANE", text("Nosturipurku", "Crane unloading", "Kranlossning"), "85.00"),
    ("CUT", text("Katkaisu mittaan", "Cutting to length", "Kapning"), "12.50"),
    ("CALL", text("Soitto ennen toimitusta", "Call before delivery", "Samtal före leverans"), None),
)


def credit_of(dice: Dice, customer: str, currency: str) -> Json:
    limit = Decimal(dice.between(2, 40, "limit", customer) * 5000)
    used = (limit * dice.between(5, 82, "used", customer) / 100).quantize(Decimal("0.01"))
    if customer in ON_HOLD:
        used = limit * Decimal("1.12")
    elif dice.share("near", customer) < 0.1:
        used = limit * Decimal("0.93")
    overdue = used / 4 if customer in ON_HOLD else Decimal(0)
    amounts = {"limit": limit, "used": used, "available": max(limit - used, Decimal(0)), "overdue": overdue}
    status = "ON_HOLD" if customer in ON_HOLD else status_at(used, limit)
    return {"status": status, "currency": currency} | {name: f"{amount:.2f}" for name, amount in amounts.items()}


def terms_of(dice: Dice, customer: Customer) -> Json:
    abroad = customer.currency != "EUR"
    return {
        "payment_term": dice.pick(("14 pv netto", "21 pv netto", "30 pv netto"), "term", customer.group),
        "incoterm": "DAP" if abroad else dice.pick(("DAP", "FCA"), "incoterm", customer.number),
        "allows_split_delivery": dice.share("split", customer.number) < 0.8,
        "po_number_required": dice.share("po", customer.number) < 0.4,
        "currency": customer.currency,
        "delivery_methods": [{"code": code, "name": name, "cost": cost} for code, name, cost in _METHODS],
        "services": [{"code": code, "name": name, "price": price} for code, name, price in _SERVICES],
    }


def status_at(used: Decimal, limit: Decimal) -> str:
    """Return how it stands with so much of a limit used."""
    if used > limit:
        return "EXCEEDED"
    return "NEAR_LIMIT" if used >= limit * NEAR else "OK"
