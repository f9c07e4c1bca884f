"""The WMS over the open contract: what is asked, and what its answers mean."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from datasources.model.common import Provenance, Quantity, System, Unit
from datasources.model.customers import Address
from datasources.model.stock import DeliveryWindow, InboundStock, StockLevel, Warehouse, WarehouseStock
from datasources.wms.rest import RestWms
from tests.datasources.fakes import START, FakeTransport

AS_OF = START - timedelta(minutes=5)
PIECE = {"code": "PCE", "name": {"en": "pc"}, "decimals": 0}
UNIT = Unit("PCE", {"en": "pc"}, 0)
ADDRESS = {"id": "a1", "lines": ["Portti 1"], "postal_code": "53100", "city": "Lappeenranta", "country": "FI"}
LPR = {"code": "LPR", "name": {"fi": "Lappeenranta"}, "pickup": True, "address": ADDRESS}
STOCK: dict[str, Any] = {"sku": "KV-1", "unit": PIECE, "levels": [{"warehouse": "LPR", "quantity": "7"}]}


def wms(*answers: object) -> tuple[RestWms, FakeTransport]:
    transport = FakeTransport(System.WMS, *answers)
    return RestWms(transport), transport  # type: ignore[arg-type]


def warehouse(provenance: Provenance) -> Warehouse:
    address = Address("a1", None, ("Portti 1",), "53100", "Lappeenranta", "FI", None, None)
    return Warehouse("LPR", {"fi": "Lappeenranta"}, True, address, provenance)


async def test_levels() -> None:
    """Stock by SKU with its warehouses, windows and what is due; a SKU that no warehouse carries is missing."""
    said = {
        "sku": "KV-1",
        "unit": PIECE,
        "low_below": "10",
        "levels": [
            {
                "warehouse": "LPR",
                "quantity": "7.5",
                "cut_off": "2026-11-22T14:00:00+02:00",
                "delivery_from": "2026-11-23",
                "delivery_to": "2026-11-24",
            },
            {"warehouse": "TKU", "quantity": "0"},
        ],
        "inbound": [
            {
                "warehouse": "LPR",
                "quantity": "20",
                "confirmed": True,
                "expected_on": "2026-11-30",
                "delivery_from": "2026-12-01",
            },
            {"warehouse": "TKU", "quantity": "5", "confirmed": False},
        ],
        "supplier": {"delivery_from": "2026-12-10", "delivery_to": "2026-12-20"},
    }
    other = {"code": "TKU", "name": "Turku"}
    connector, transport = wms({"stock": [said], "warehouses": [LPR, other], "as_of": "2026-11-22T08:25:00Z"})
    found = await connector.levels(["KV-1", "KV-9"])
    origin = Provenance(System.WMS, AS_OF, START)
    lpr, tku = warehouse(origin), Warehouse("TKU", {"und": "Turku"}, False, None, origin)

    assert [("stock", {"skus": ["KV-1", "KV-9"]})] == transport.asked
    assert {
        "KV-1": StockLevel(
            sku="KV-1",
            unit=UNIT,
            low_below=Decimal(10),
            by_warehouse=[
                WarehouseStock(
                    lpr,
                    Quantity(Decimal("7.5"), UNIT),
                    datetime(2026, 11, 22, 12, tzinfo=UTC),
                    DeliveryWindow(date(2026, 11, 23), date(2026, 11, 24)),
                    origin,
                ),
                WarehouseStock(tku, Quantity(Decimal(0), UNIT), None, None, origin),
            ],
            inbound=[
                InboundStock(
                    lpr, Quantity(Decimal(20), UNIT), date(2026, 11, 30), True, DeliveryWindow(date(2026, 12, 1), None)
                ),
                InboundStock(tku, Quantity(Decimal(5), UNIT), None, False, None),
            ],
            supplier=DeliveryWindow(date(2026, 12, 10), date(2026, 12, 20)),
            provenance=origin,
        )
    } == found


async def test_warehouses() -> None:
    """Warehouses by code; without as_of they are true on arrival, and never later."""
    connector, transport = wms({"warehouses": [LPR]}, {"warehouses": [LPR], "as_of": "2030-01-01T00:00:00Z"})
    found = [await connector.warehouses(["LPR", "?"]) for _ in range(2)]

    assert [("warehouses", {"codes": ["LPR", "?"]})] * 2 == transport.asked
    assert [{"LPR": warehouse(Provenance(System.WMS, START, START))}] * 2 == found


@pytest.mark.parametrize("place", ["levels", "inbound"])
async def test_a_warehouse_must_come_along(place: str) -> None:
    """Stock in a warehouse that the answer does not describe is refused, and the warehouse named."""
    entry = {"warehouse": "TKU", "quantity": "1", "confirmed": True}
    connector, _ = wms({"stock": [{**STOCK, place: [entry]}], "warehouses": [LPR]})

    with pytest.raises(ValueError, match=r"^stock of KV-1 in warehouses that did not come along: TKU$"):
        await connector.levels(["KV-1"])


def level(**changes: object) -> dict[str, Any]:
    return {**STOCK, "levels": [{"warehouse": "LPR", "quantity": "7", **changes}]}


@pytest.mark.parametrize(
    "stock",
    [
        *(pytest.param({k: v for k, v in STOCK.items() if k != name}, id=f"no {name}") for name in STOCK),
        pytest.param(level(quantity=None), id="null quantity"),
        pytest.param(level(quantity="NaN"), id="NaN in stock"),
        pytest.param(level(quantity="Infinity"), id="endless stock"),
        pytest.param(level(cut_off="2026-11-22T14:00:00"), id="time without offset"),
        pytest.param({**STOCK, "low_below": "NaN"}, id="low below NaN"),
        pytest.param({**STOCK, "inbound": [{"warehouse": "LPR", "quantity": "NaN", "confirmed": True}]}, id="NaN due"),
        pytest.param({**STOCK, "inbound": [{"warehouse": "LPR", "quantity": "1"}]}, id="confirmed?"),
        pytest.param({**STOCK, "supplier": {"delivery_to": "2026-12-10"}}, id="no first day"),
    ],
)
async def test_what_was_not_agreed_is_an_error(stock: object) -> None:
    """Stock without what it must have, or with what is no number, is refused."""
    connector, _ = wms({"stock": [stock], "warehouses": [LPR]})

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await connector.levels(["KV-1"])
