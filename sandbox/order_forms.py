"""How orders and simulations are written in the connector contract."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

import msgspec

from sandbox.calendar import HELSINKI, working_day_after
from sandbox.data.texts import UNITS, Unit
from sandbox.order_check import Check, PricedLine, UnpricedLine
from sandbox.order_requests import DraftDelivery
from sandbox.pricing import money, plain
from sandbox.protocol import Json


def simulation_json(check: Check) -> Json:
    return {
        "currency": check.currency,
        "lines": [_simulated(line) for line in check.lines],
        **check.totals().as_json(),
        "objections": [objection.as_json() for objection in check.objections],
    }


def order_json(check: Check, key: str, now: datetime) -> Json:
    """Return an order as it is taken, all but its number."""
    draft, confirmed = check.draft, _confirmer(now)
    return {
        "customer": draft.customer,
        "origin": "ONLINE",
        "status": "CONFIRMED",
        "placed_at": now.isoformat(timespec="microseconds"),
        "currency": check.currency,
        "po_number": draft.po_number,
        "reference": draft.reference,
        "lines": list(_ordered(check, confirmed)),
        "deliveries": [_delivery(delivery) for delivery in draft.deliveries],
        **check.totals().as_json(),
        "idempotency_key": key,
        "person": draft.person,
    }


def unit_json(code: str, *, decimals: int = 0) -> Json:
    unit = UNITS.get(code) or Unit(code, code, decimals)
    return {"code": unit.code, "name": unit.name, "decimals": unit.decimals}


def _simulated(line: PricedLine | UnpricedLine) -> Json:
    if isinstance(line, UnpricedLine):
        return {"key": line.asked.key, "status": line.status}
    return {
        "key": line.asked.key,
        "status": "PRICED",
        "unit_price": money(line.unit_price),
        "per": plain(line.per),
        "total": f"{line.total:.2f}",
    }


def _confirmer(now: datetime) -> Callable[[date | None], date]:
    """Return what says when a line comes: on the day it is wanted, but not before the next working day."""
    earliest = working_day_after(now.astimezone(HELSINKI).date(), 1)
    return lambda wanted: max(wanted or earliest, earliest)


def _ordered(check: Check, confirmed: Callable[[date | None], date]) -> Iterator[Json]:
    by_line = {key: d.requested_date for d in check.draft.deliveries for key in d.line_keys}
    others = next((d.requested_date for d in check.draft.deliveries if not d.line_keys), None)
    for line in check.priced:
        asked = line.asked
        wanted = asked.requested_date or by_line.get(asked.key, others)
        yield {
            "key": asked.key,
            "sku": asked.sku,
            "name": None,
            "unit": unit_json(line.unit),
            "ordered": plain(line.quantity),
            "shipped": "0",
            "backordered": "0",
            "cancelled": "0",
            "unit_price": money(line.unit_price),
            "per": plain(line.per),
            "total": f"{line.total:.2f}",
            "requested_date": wanted,
            "confirmed_date": confirmed(wanted),
        }


def _delivery(delivery: DraftDelivery) -> Json:
    written: Json = msgspec.to_builtins(delivery)
    return written
