"""Availability: what can be had, where and when, from what the WMS knows."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated

import strawberry

from datasources.cache.kept import attach_beside, derived
from datasources.errors import SourceError
from datasources.model.catalog import Product
from datasources.model.common import Quantity
from datasources.model.stock import (
    Availability,
    AvailabilityStatus,
    DeliveryPromise,
    DeliveryWindow,
    FulfilmentKind,
    FulfilmentSource,
    StockLevel,
    Warehouse,
)
from resolvers.batching import batched
from resolvers.catalog import skus_of
from resolvers.context import RequestContext
from resolvers.errors import BadInput, NotFound
from resolvers.ids import key_of, shown, to_id
from resolvers.quantities import in_sales_units, positive

ZERO = Decimal(0)


@batched
async def availability(
    products: Sequence[Product],
    context: RequestContext,
    warehouse_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description="Only in these warehouses; null: in all.")
    ] = None,
    quantity: Annotated[
        Decimal | None,
        strawberry.argument(description="How many of `unit` are wanted, above 0, for status and promise; null: one."),
    ] = None,
    unit: Annotated[
        str | None,
        strawberry.argument(description="Code of the sales unit or a packaging's unit; null: the sales unit."),
    ] = None,
) -> Sequence[Availability | Exception | None]:
    """Return whether the quantity of each product can be had; None where no warehouse ever carried it."""
    wanted = positive(quantity)
    codes = None if warehouse_ids is None else [key_of(id, "Warehouse") for id in warehouse_ids]
    levels = await context.sources.stock.levels.get_many(skus_of(products), context.ask)
    warehouses = None if codes is None else await _known_warehouses(codes, context)

    if unit is None:
        return _all_available(levels, wanted, warehouses)

    def available(product: Product, level: StockLevel | SourceError | None) -> Availability | Exception | None:
        try:
            return _all_available([level], wanted * in_sales_units(product, unit), warehouses)[0]
        except BadInput as error:
            return error

    return [available(product, level) for product, level in zip(products, levels, strict=True)]


def _all_available(
    levels: Sequence[StockLevel | SourceError | None], wanted: Decimal, warehouses: frozenset[str] | None
) -> list[Availability | Exception | None]:
    """Return whether `wanted` sales units of each can be had: worked out once for what is remembered."""

    def make(level: StockLevel | SourceError | None) -> Availability | Exception | None:
        if not isinstance(level, StockLevel):
            return level
        made = available_of(level, wanted, warehouses)
        attach_beside(made, level)
        return made

    return derived(levels, (wanted, warehouses), make)


async def _known_warehouses(codes: Sequence[str], context: RequestContext) -> frozenset[str]:
    """Return the codes if there is a warehouse for each; those that came along with stock are not asked for again."""
    found = await context.sources.stock.warehouses.get_many(codes, context.ask)
    for code, warehouse in zip(codes, found, strict=True):
        if warehouse is None:
            raise NotFound(f"There is no Warehouse {shown(to_id('Warehouse', code))}.")
    return frozenset(codes)


def available_of(level: StockLevel, wanted: Decimal, warehouses: frozenset[str] | None) -> Availability:
    """Return whether `wanted` sales units can be had from these warehouses (None: from any)."""
    level = _within(level, warehouses)
    in_hand = sum((place.quantity.value for place in level.by_warehouse), ZERO)
    return Availability(
        status=_status(level, in_hand, wanted),
        quantity=Quantity(in_hand, level.unit) if level.by_warehouse else None,
        promise=_earliest(_promises(level, wanted)),
        inbound=level.inbound,
        by_warehouse=level.by_warehouse,
        provenance=level.provenance,
    )


def _within(level: StockLevel, codes: frozenset[str] | None) -> StockLevel:
    if codes is None:
        return level
    places = [place for place in level.by_warehouse if place.warehouse.code in codes]
    inbound = [due for due in level.inbound if due.warehouse.code in codes]
    return StockLevel(level.sku, level.unit, level.low_below, places, inbound, level.supplier, level.provenance)


def _status(level: StockLevel, in_hand: Decimal, wanted: Decimal) -> AvailabilityStatus:
    if in_hand > 0 and in_hand >= wanted:
        low = level.low_below is not None and in_hand < level.low_below
        return AvailabilityStatus.LOW if low else AvailabilityStatus.IN_STOCK
    if in_hand + sum((due.quantity.value for due in level.inbound), ZERO) >= wanted:
        return AvailabilityStatus.ON_ORDER
    if level.supplier is not None:
        return AvailabilityStatus.BACKORDERABLE
    return AvailabilityStatus.OUT_OF_STOCK if level.by_warehouse else AvailabilityStatus.NOT_STOCKED


def _promises(level: StockLevel, wanted: Decimal) -> Iterator[DeliveryPromise]:
    """Yield every way to have all of it from one place: off the shelf, with what is due there, or from the supplier."""
    for place in level.by_warehouse:
        if place.quantity.value >= wanted and place.delivery is not None:
            yield _promise(place.delivery, FulfilmentKind.WAREHOUSE, place.warehouse)
    in_hand = {place.warehouse.code: place.quantity.value for place in level.by_warehouse}
    dated = [(due.delivery, due) for due in level.inbound if due.confirmed and due.delivery is not None]
    for window, due in sorted(dated, key=lambda pair: pair[0].earliest):
        code = due.warehouse.code
        in_hand[code] = in_hand.get(code, ZERO) + due.quantity.value
        if in_hand[code] >= wanted:
            yield _promise(window, FulfilmentKind.WAREHOUSE, due.warehouse)
    if level.supplier is not None:
        yield _promise(level.supplier, FulfilmentKind.SUPPLIER, None)


def _promise(window: DeliveryWindow, kind: FulfilmentKind, warehouse: Warehouse | None) -> DeliveryPromise:
    return DeliveryPromise(window.earliest, window.latest, FulfilmentSource(kind, warehouse))


def _earliest(promises: Iterable[DeliveryPromise]) -> DeliveryPromise | None:
    return min(promises, key=lambda promise: promise.earliest, default=None)
