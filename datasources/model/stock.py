"""Stock and availability: what the WMS knows of goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from datasources.cache.kept import Remembered
from datasources.model.common import Provenance, Quantity, Text, Unit
from datasources.model.customers import Address


class AvailabilityStatus(Enum):
    """Whether the quantity asked for can be had."""

    IN_STOCK = "IN_STOCK"
    LOW = "LOW"
    BACKORDERABLE = "BACKORDERABLE"
    ON_ORDER = "ON_ORDER"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    NOT_STOCKED = "NOT_STOCKED"


class FulfilmentKind(Enum):
    """Where a delivery comes from."""

    WAREHOUSE = "WAREHOUSE"
    SUPPLIER = "SUPPLIER"


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place that holds goods."""

    code: str
    name: Text
    pickup: bool
    address: Address | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class DeliveryWindow:
    """Between which days goods ordered now arrive; `latest` None: no promise."""

    earliest: date
    latest: date | None


@dataclass(frozen=True, slots=True)
class WarehouseStock:
    """What is available to promise of an article in a warehouse."""

    warehouse: Warehouse
    quantity: Quantity
    cut_off: datetime | None
    delivery: DeliveryWindow | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class InboundStock:
    """Goods on their way to a warehouse."""

    warehouse: Warehouse
    quantity: Quantity
    expected_at: date | None
    confirmed: bool
    delivery: DeliveryWindow | None


@dataclass(frozen=True, slots=True)
class StockLevel(Remembered):
    """All the WMS knows of an article, in sales units; `low_below`: fewer than this count as low."""

    sku: str
    unit: Unit
    low_below: Decimal | None
    by_warehouse: Sequence[WarehouseStock]
    inbound: Sequence[InboundStock]
    supplier: DeliveryWindow | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class FulfilmentSource:
    """Where the promised goods come from."""

    kind: FulfilmentKind
    warehouse: Warehouse | None


@dataclass(frozen=True, slots=True)
class DeliveryPromise:
    """When the quantity asked for arrives if it is ordered now."""

    earliest: date
    latest: date | None
    source: FulfilmentSource


@dataclass(frozen=True, slots=True)
class Availability(Remembered):
    """Whether, where and when a quantity can be had."""

    status: AvailabilityStatus
    quantity: Quantity | None
    promise: DeliveryPromise | None
    inbound: Sequence[InboundStock]
    by_warehouse: Sequence[WarehouseStock]
    provenance: Provenance
