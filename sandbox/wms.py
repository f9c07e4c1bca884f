"""The WMS: what lies where, what is on its way, and when it can be delivered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sandbox.calendar import next_cut_off, working_day_after
from sandbox.data.stock import Inbound, Shelf, Stockroom, Warehouse
from sandbox.data.texts import Unit
from sandbox.protocol import Control, Json, Operation
from sandbox.requests import CodesRequest, SkusRequest


@dataclass(frozen=True, slots=True)
class Dispatch:
    """When goods leave and arrive, worked out once for an answer."""

    cut_off: datetime

    def arrives(self, days: int | None) -> date | None:
        return None if days is None else working_day_after(self.cut_off.date(), days)


class Wms:
    """Answers what is available to promise. It knows nothing of customers."""

    name = "wms"
    controls: Sequence[Control] = ()

    def __init__(self, stockroom: Stockroom, clock: Callable[[], datetime]) -> None:
        self._stockroom = stockroom
        self._warehouses = {warehouse.code: warehouse for warehouse in stockroom.warehouses}
        self._clock = clock
        self.operations = (
            Operation("stock", "/stock", SkusRequest, self.stock),
            Operation("warehouses", "/warehouses", CodesRequest, self.warehouses),
        )

    def reset(self) -> None:
        """Do nothing: nobody writes here."""

    def stock(self, request: SkusRequest) -> Json:
        found = (self._stockroom.shelf(sku) for sku in dict.fromkeys(request.skus))
        shelves = [shelf for shelf in found if shelf is not None]
        dispatch = Dispatch(next_cut_off(self._clock()))
        named = [code for shelf in shelves for code, _ in shelf.levels]
        named += [inbound.warehouse for shelf in shelves for inbound in shelf.inbound]
        return {
            "warehouses": self._described(named),
            "stock": [self._shelf_json(shelf, dispatch) for shelf in shelves],
        }

    def warehouses(self, request: CodesRequest) -> Json:
        return {"warehouses": self._described(request.codes)}

    def _described(self, codes: Iterable[str]) -> list[Json]:
        known = (code for code in dict.fromkeys(codes) if code in self._warehouses)
        return [_warehouse_json(self._warehouses[code]) for code in known]

    def _shelf_json(self, shelf: Shelf, dispatch: Dispatch) -> Json:
        supplier = shelf.supplier_days
        return {
            "sku": shelf.sku,
            "unit": _unit_json(shelf.unit),
            "low_below": None if shelf.low_below is None else str(shelf.low_below),
            "levels": [self._level_json(code, format(quantity, "f"), dispatch) for code, quantity in shelf.levels],
            "inbound": [self._inbound_json(inbound, dispatch) for inbound in shelf.inbound],
            "supplier": supplier
            and {"delivery_from": dispatch.arrives(supplier[0]), "delivery_to": dispatch.arrives(supplier[1])},
        }

    def _level_json(self, code: str, quantity: str, dispatch: Dispatch) -> Json:
        days = self._warehouses[code].transit_days
        known = days is not None
        return {
            "warehouse": code,
            "quantity": quantity,
            "cut_off": dispatch.cut_off if known else None,
            "delivery_from": dispatch.arrives(days),
            "delivery_to": dispatch.arrives(None if days is None else days + 1),
        }

    def _inbound_json(self, inbound: Inbound, dispatch: Dispatch) -> Json:
        transit, due = self._warehouses[inbound.warehouse].transit_days, inbound.due_days
        leaves = None if transit is None or due is None else due + transit
        return {
            "warehouse": inbound.warehouse,
            "quantity": format(inbound.quantity, "f"),
            "expected_on": dispatch.arrives(due),
            "confirmed": inbound.confirmed,
            "delivery_from": dispatch.arrives(leaves),
            "delivery_to": dispatch.arrives(None if leaves is None else leaves + 1),
        }


def _unit_json(unit: Unit) -> Json:
    return {"code": unit.code, "name": unit.name, "decimals": unit.decimals}


def _warehouse_json(warehouse: Warehouse) -> Json:
    address = warehouse.address
    return {
        "code": warehouse.code,
        "name": warehouse.name,
        "pickup": warehouse.pickup,
        "address": address
        and {
            "id": address.id,
            "lines": address.lines,
            "postal_code": address.postal_code,
            "city": address.city,
            "country": address.country,
        },
    }
