"""The WMS behind the open connector contract (`docs/connect/`)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

import msgspec

from datasources.http import Transport
from datasources.model.common import Provenance, Quantity
from datasources.model.making import maker
from datasources.model.stock import DeliveryWindow, InboundStock, StockLevel, Warehouse, WarehouseStock
from datasources.ports import ConnectorSettings
from datasources.wire import (
    Answer,
    WireAddress,
    WireDecimal,
    WireText,
    WireTime,
    address,
    decimal,
    optional_decimal,
    text,
    unit,
)


class WireWarehouse(msgspec.Struct):
    code: str
    name: WireText
    pickup: bool = False
    address: WireAddress | None = None


class WireLevel(msgspec.Struct):
    warehouse: str
    quantity: WireDecimal
    cut_off: WireTime | None = None
    delivery_from: date | None = None
    delivery_to: date | None = None


class WireInbound(msgspec.Struct):
    warehouse: str
    quantity: WireDecimal
    confirmed: bool
    expected_on: date | None = None
    delivery_from: date | None = None
    delivery_to: date | None = None


class WireSupplier(msgspec.Struct):
    delivery_from: date
    delivery_to: date | None = None


class WireStock(msgspec.Struct):
    sku: str
    unit: msgspec.Raw
    levels: list[WireLevel]
    low_below: WireDecimal | None = None
    inbound: list[WireInbound] = []
    supplier: WireSupplier | None = None


class WarehouseList(Answer, kw_only=True):
    warehouses: list[WireWarehouse]


class StockList(WarehouseList, kw_only=True):
    stock: list[WireStock]


_make_level = maker(StockLevel)
_make_place = maker(WarehouseStock)
_make_inbound = maker(InboundStock)
_make_window = maker(DeliveryWindow)
_make_quantity = maker(Quantity)
_stock = msgspec.json.Decoder(StockList)
_warehouses = msgspec.json.Decoder(WarehouseList)


class RestWms:
    """See `WmsConnector`."""

    options: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def connect(cls, settings: ConnectorSettings, transport: Transport) -> "RestWms":
        return cls(transport)

    async def levels(self, skus: Sequence[str]) -> Mapping[str, StockLevel]:
        def read(body: bytes) -> Mapping[str, StockLevel]:
            answer = _stock.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            warehouses = _warehouse_map(answer, provenance)
            return {said.sku: _level(said, warehouses, provenance) for said in answer.stock}

        return await self._transport.post("stock", {"skus": skus}, read)

    async def warehouses(self, codes: Sequence[str]) -> Mapping[str, Warehouse]:
        def read(body: bytes) -> Mapping[str, Warehouse]:
            answer = _warehouses.decode(body)
            return _warehouse_map(answer, self._transport.provenance(answer.as_of))

        return await self._transport.post("warehouses", {"codes": codes}, read)


def _warehouse_map(answer: WarehouseList, provenance: Provenance) -> Mapping[str, Warehouse]:
    return {
        w.code: Warehouse(w.code, text(w.name), w.pickup, address(w.address) if w.address else None, provenance)
        for w in answer.warehouses
    }


def _level(said: WireStock, warehouses: Mapping[str, Warehouse], provenance: Provenance) -> StockLevel:
    unit_ = unit(said.unit)
    named = {p.warehouse for p in said.levels} | {p.warehouse for p in said.inbound}
    unknown = named - warehouses.keys()
    if unknown:
        raise ValueError(f"stock of {said.sku} in warehouses that did not come along: {', '.join(sorted(unknown))}")
    levels = [
        _make_place(
            warehouses[place.warehouse],
            _make_quantity(decimal(place.quantity), unit_),
            place.cut_off,
            _window(place.delivery_from, place.delivery_to),
            provenance,
        )
        for place in said.levels
    ]
    inbound = [
        _make_inbound(
            warehouses[place.warehouse],
            _make_quantity(decimal(place.quantity), unit_),
            place.expected_on,
            place.confirmed,
            _window(place.delivery_from, place.delivery_to),
        )
        for place in said.inbound
    ]
    supplier = _window(said.supplier.delivery_from, said.supplier.delivery_to) if said.supplier else None
    return _make_level(said.sku, unit_, optional_decimal(said.low_below), levels, inbound, supplier, provenance)


def _window(earliest: date | None, latest: date | None) -> DeliveryWindow | None:
    return None if earliest is None else _make_window(earliest, latest)
