"""Stock types: availability, warehouses, promises."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from datasources.model import stock as model
from schema.address import Address
from schema.costs import entries
from schema.views import (
    ID_DESCRIPTION,
    FreshnessField,
    Node,
    Quantity,
    Sourced,
    View,
    describe_enum,
    field,
    id_of,
    text,
)

describe_enum(
    model.AvailabilityStatus,
    "Whether the quantity asked for can be had.",
    {
        "IN_STOCK": "In the warehouses now.",
        "LOW": "In the warehouses now, but few are left.",
        "ON_ORDER": "Not all of it now, but with what is on its way.",
        "BACKORDERABLE": "To be bought in from the supplier.",
        "OUT_OF_STOCK": "Carried, but neither there nor on its way.",
        "NOT_STOCKED": "None of these warehouses carries it.",
    },
)
describe_enum(
    model.FulfilmentKind,
    "Where a delivery comes from.",
    {"WAREHOUSE": "From a warehouse.", "SUPPLIER": "Bought in from the supplier first."},
)


@strawberry.type(description="A place that holds goods.")
class Warehouse(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("Warehouse", "code"), description=ID_DESCRIPTION)]
    code: Annotated[str, field(description="Its code in the WMS.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    pickup: Annotated[bool, field(description="Whether goods can be fetched there.")]
    address: Annotated[Address | None, field(description="Where it is. Null: the WMS does not say.")]
    freshness: FreshnessField


@strawberry.type(description="What is available to promise in one warehouse.")
class WarehouseStock(View, Sourced):
    warehouse: Annotated[Warehouse, field(description="The warehouse.")]
    quantity: Annotated[Quantity, field(description="Free to promise, in sales units.")]
    cut_off: Annotated[
        datetime | None, field(description="Order before this for the next dispatch. Null: the WMS does not say.")
    ]
    freshness: FreshnessField


@strawberry.type(description="Goods on their way to a warehouse.")
class InboundStock:
    warehouse: Annotated[Warehouse, field(description="Where they go.")]
    quantity: Annotated[Quantity, field(description="How many, in sales units.")]
    expected_at: Annotated[date | None, field(description="When they should be there. Null: not known.")]
    confirmed: Annotated[bool, field(description="Whether the supplier has confirmed it.")]


@strawberry.type(description="Where the promised goods come from.")
class FulfilmentSource:
    kind: Annotated[model.FulfilmentKind, field(description="From what kind of place.")]
    warehouse: Annotated[Warehouse | None, field(description="The warehouse. Null: from none of ours.")]


@strawberry.type(description="When the quantity asked for arrives, all of it from one place, if it is ordered now.")
class DeliveryPromise:
    earliest: Annotated[date, field(description="Not before this day.")]
    latest: Annotated[date | None, field(description="Not after this day. Null: no promise.")]
    source: Annotated[FulfilmentSource, field(description="Where it comes from.")]


@strawberry.type(description="Whether, where and when a quantity can be had.")
class Availability(View, Sourced):
    status: Annotated[model.AvailabilityStatus, field(description="Whether the quantity asked for can be had.")]
    quantity: Annotated[
        Quantity | None,
        field(description="Free to promise in all of these warehouses, in sales units. Null: none carries it."),
    ]
    promise: Annotated[
        DeliveryPromise | None, field(description="When it arrives. Null: the WMS knows no day on which all of it can.")
    ]
    inbound: Annotated[list[InboundStock], field(directives=[entries(5)], description="What is on its way.")]
    by_warehouse: Annotated[
        list[WarehouseStock], field(directives=[entries(5)], description="What each warehouse that carries it has.")
    ]
    freshness: FreshnessField
