"""Availability: status, promise and what is due, from what the WMS knows."""

from datetime import date
from decimal import Decimal

import pytest

from datasources.model.common import Provenance, Quantity, System, Unit
from datasources.model.stock import (
    Availability,
    AvailabilityStatus,
    DeliveryPromise,
    DeliveryWindow,
    FulfilmentKind,
    FulfilmentSource,
    InboundStock,
    StockLevel,
    Warehouse,
    WarehouseStock,
)
from resolvers.stock import available_of
from tests.datasources.fakes import START

ORIGIN = Provenance(System.WMS, START, START)
UNIT = Unit("PCE", {"en": "pc"}, 0)
PLACES = {code: Warehouse(code, {"und": code}, False, None, ORIGIN) for code in ("A", "B")}
STATUS = AvailabilityStatus


def window(first: int | None, last: int | None = None) -> DeliveryWindow | None:
    """Return a window of days of December 2026."""
    return None if first is None else DeliveryWindow(day(first), None if last is None else day(last))


def day(number: int) -> date:
    return date(2026, 12, number)


def shelf(code: str, quantity: str, first: int | None = None, last: int | None = None) -> WarehouseStock:
    return WarehouseStock(PLACES[code], Quantity(Decimal(quantity), UNIT), None, window(first, last), ORIGIN)


def due(
    code: str, quantity: str, first: int | None = None, last: int | None = None, *, sure: bool = True
) -> InboundStock:
    return InboundStock(PLACES[code], Quantity(Decimal(quantity), UNIT), None, sure, window(first, last))


def level(*stock: WarehouseStock | InboundStock, low: str | None = None, supplier: int | None = None) -> StockLevel:
    return StockLevel(
        sku="KV-1",
        unit=UNIT,
        low_below=None if low is None else Decimal(low),
        by_warehouse=[place for place in stock if isinstance(place, WarehouseStock)],
        inbound=[place for place in stock if isinstance(place, InboundStock)],
        supplier=window(supplier),
        provenance=ORIGIN,
    )


@pytest.mark.parametrize(
    ("known", "wanted", "expected"),
    [
        (level(shelf("A", "5")), "5", STATUS.IN_STOCK),
        (level(shelf("A", "3"), shelf("B", "2")), "5", STATUS.IN_STOCK),
        (level(shelf("A", "5"), low="6"), "1", STATUS.LOW),
        (level(shelf("A", "5"), low="5"), "1", STATUS.IN_STOCK),
        (level(shelf("A", "2"), shelf("B", "2"), low="3"), "1", STATUS.IN_STOCK),
        (level(shelf("A", "0.5")), "0.5", STATUS.IN_STOCK),
        (level(shelf("A", "5")), "5.000001", STATUS.OUT_OF_STOCK),
        (level(shelf("A", "5"), due("A", "1")), "6", STATUS.ON_ORDER),
        (level(shelf("A", "5"), due("B", "1", sure=False)), "6", STATUS.ON_ORDER),
        (level(shelf("A", "5"), due("A", "1"), supplier=20), "7", STATUS.BACKORDERABLE),
        (level(shelf("A", "5"), due("A", "1")), "7", STATUS.OUT_OF_STOCK),
        (level(shelf("A", "0")), "1", STATUS.OUT_OF_STOCK),
        (level(shelf("A", "0"), supplier=20), "1", STATUS.BACKORDERABLE),
        (level(supplier=20), "1", STATUS.BACKORDERABLE),
        (level(due("A", "5")), "1", STATUS.ON_ORDER),
        (level(), "1", STATUS.NOT_STOCKED),
    ],
)
def test_status(known: StockLevel, wanted: str, expected: AvailabilityStatus) -> None:
    """All in the warehouses, else with what is on its way, else from the supplier, else not to be had."""
    assert expected is available_of(known, Decimal(wanted), None).status


def promise(first: int, last: int | None, place: str | None) -> DeliveryPromise:
    kind = FulfilmentKind.WAREHOUSE if place else FulfilmentKind.SUPPLIER
    return DeliveryPromise(
        day(first), None if last is None else day(last), FulfilmentSource(kind, PLACES[place] if place else None)
    )


@pytest.mark.parametrize(
    ("known", "wanted", "expected"),
    [
        pytest.param(level(shelf("A", "5", 3, 4)), "5", promise(3, 4, "A"), id="off the shelf"),
        pytest.param(
            level(shelf("A", "5", 3), shelf("B", "5", 2)), "5", promise(2, None, "B"), id="the earliest place"
        ),
        pytest.param(level(shelf("A", "5", 3), shelf("B", "1", 2)), "5", promise(3, None, "A"), id="a place with all"),
        pytest.param(level(shelf("A", "3", 3), shelf("B", "2", 2)), "5", None, id="no place has all"),
        pytest.param(level(shelf("A", "5")), "5", None, id="no day is known"),
        pytest.param(level(shelf("A", "3", 3), due("A", "2", 9, 10)), "5", promise(9, 10, "A"), id="with what is due"),
        pytest.param(level(shelf("A", "3", 3), due("B", "2", 9)), "5", None, id="due elsewhere"),
        pytest.param(level(shelf("A", "3", 3), due("A", "2", 9, sure=False)), "5", None, id="not confirmed"),
        pytest.param(level(shelf("A", "3", 3), due("A", "2")), "5", None, id="due some day"),
        pytest.param(
            level(due("A", "2", 12), due("A", "2", 9), due("A", "9", 15)), "4", promise(12, None, "A"), id="adding up"
        ),
        pytest.param(
            level(due("A", "4", 12), due("B", "2", 9), due("B", "2", 11)), "4", promise(11, None, "B"), id="each place"
        ),
        pytest.param(level(due("A", "5", 9)), "5", promise(9, None, "A"), id="nothing there yet"),
        pytest.param(level(shelf("A", "1", 3), supplier=20), "5", promise(20, None, None), id="from the supplier"),
        pytest.param(level(due("A", "5", 25), supplier=20), "5", promise(20, None, None), id="the supplier is faster"),
        pytest.param(level(shelf("A", "5", 3), supplier=20), "5", promise(3, None, "A"), id="the shelf is faster"),
    ],
)
def test_promise(known: StockLevel, wanted: str, expected: DeliveryPromise | None) -> None:
    """The earliest day on which all of it can come from one place, with what is confirmed and dated by then."""
    assert expected == available_of(known, Decimal(wanted), None).promise


BOTH = level(shelf("A", "5", 3), shelf("B", "2", 2), due("A", "1", 8), due("B", "1", 9), low="3")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (
            None,
            Availability(
                STATUS.IN_STOCK,
                Quantity(Decimal(7), UNIT),
                promise(2, None, "B"),
                BOTH.inbound,
                BOTH.by_warehouse,
                ORIGIN,
            ),
        ),
        (
            {"B"},
            Availability(
                STATUS.LOW,
                Quantity(Decimal(2), UNIT),
                promise(2, None, "B"),
                [due("B", "1", 9)],
                [shelf("B", "2", 2)],
                ORIGIN,
            ),
        ),
        ({"C"}, Availability(STATUS.NOT_STOCKED, None, None, [], [], ORIGIN)),
        (set(), Availability(STATUS.NOT_STOCKED, None, None, [], [], ORIGIN)),
    ],
)
def test_only_the_warehouses_asked_for_count(codes: set[str] | None, expected: Availability) -> None:
    """Status, quantity, promise and lists are of these warehouses alone; of none, there is no quantity."""
    assert expected == available_of(BOTH, Decimal(2), None if codes is None else frozenset(codes))
