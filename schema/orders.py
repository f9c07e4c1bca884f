"""Order types: orders of every origin, and what this channel captured."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.model import captures as captures_model
from datasources.model import customers as customers_model
from datasources.model import orders as model
from datasources.model.common import FreshnessStatus
from resolvers.orders import captures, filters, history, listing
from resolvers.paging import After, Cursor
from schema.cart import CartTotals
from schema.catalog import Product
from schema.costs import asks, page
from schema.views import (
    ID_DESCRIPTION,
    FreshnessField,
    Info,
    Money,
    Node,
    PageInfo,
    Quantity,
    Sourced,
    View,
    describe_enum,
    field,
    id_of,
)

if TYPE_CHECKING:
    from schema.customers import Account

describe_enum(
    model.OrderStatus,
    "Where an order stands.",
    {
        "CAPTURED": "Kept safe by this channel; the ERP has not taken it yet. See `capture`.",
        "CONFIRMED": "The ERP has it.",
        "PARTIALLY_SHIPPED": "Some of it is on its way.",
        "SHIPPED": "All of it is on its way.",
        "DELIVERED": "It has arrived.",
        "BACKORDERED": "It waits for goods.",
        "ON_CREDIT_HOLD": "The ERP holds it back until the account's credit is cleared.",
        "CANCELLED": "It will not be delivered: refused, withdrawn or cancelled.",
        "UNKNOWN": "The ERP says something that this API has no word for.",
    },
)
describe_enum(
    model.OrderOrigin,
    "How an order came in.",
    {
        "ONLINE": "Through a storefront.",
        "EDI": "From the customer's own system.",
        "PHONE": "By telephone.",
        "STORE": "Over the counter.",
        "SALES_REP": "Through a sales representative.",
        "OTHER": "In another way.",
    },
)
describe_enum(
    captures_model.CaptureState,
    "Where a captured order stands.",
    {
        "JOURNALED": "Safe, and not in the ERP yet; it is sent as soon as the ERP takes it.",
        "FORWARDING": "On its way; whether the ERP has it is being found out.",
        "ACCEPTED": "The ERP has it: see `order`.",
        "NEEDS_CONFIRMATION": "Prices are above what was agreed: see `differences`, and say what to do with "
        "`orderCaptureConfirm`.",
        "REJECTED": "The ERP refused it: see `lastError`.",
        "CANCELLED": "Withdrawn before the ERP had it.",
    },
)


@strawberry.type(description="What the ERP makes other than what was captured.")
class OrderDifference:
    line_key: Annotated[str | None, field(description="The line's key. Null: the order as a whole.")]
    field: Annotated[
        str, field(description="What differs: `unitPrice`, `quantity`, `requestedDate`, `sku`, `line`, `net`, `gross`.")
    ]
    captured: Annotated[str, field(description="What the order was captured with. Empty: nothing was known.")]
    erp: Annotated[str, field(description="What the ERP says. Empty: nothing.")]


@strawberry.type(
    description="An order as this channel keeps it from the moment it is placed: the receipt. It is sent to the ERP "
    "exactly once."
)
class OrderCapture(View, Node):
    id: Annotated[strawberry.ID, field(resolver=id_of("OrderCapture", "id_key"), description=ID_DESCRIPTION)]
    receipt_number: Annotated[str, field(description="For people, to name it by.")]
    state: Annotated[captures_model.CaptureState, field(description="Where it stands.")]
    captured_at: Annotated[datetime, field(description="When it was kept.")]
    forwarded_at: Annotated[
        datetime | None, field(description="When the ERP's answer came. Null: it has not answered yet.")
    ]
    attempts: Annotated[int, field(description="How often it was sent, or looked up in the ERP.")]
    last_error: Annotated[
        str | None,
        field(description="Why the ERP refused it, or why it does not have it yet. Null: nothing went wrong."),
    ]
    price_basis: Annotated[
        FreshnessStatus, field(description="How fresh the prices were that it was placed at: the worst of its lines.")
    ]
    differences: Annotated[
        list[OrderDifference], field(description="What the ERP made other than was captured, line by line.")
    ]
    order: Annotated[
        "Order | None",
        field(
            resolver=captures.order_of,
            directives=[asks()],
            description="The order: as the ERP has it, or as it was captured while the ERP does not. Null, with an "
            "error: whose it is could not be asked.",
        ),
    ]


@strawberry.type(description="A line of an order.")
class OrderLine(View, Node):
    id: Annotated[strawberry.ID, field(resolver=id_of("OrderLine", "id_key"), description=ID_DESCRIPTION)]
    key: Annotated[str, field(description="Its name within the order.")]
    product: Annotated[
        Product | None,
        field(
            resolver=listing.product,
            directives=[asks()],
            description="The product. Null: it does not exist for this viewer any more; with an error here, the PIM "
            "could not be asked.",
        ),
    ]
    sku: Annotated[str, field(description="Its SKU when it was ordered.")]
    name: Annotated[
        str,
        field(
            resolver=listing.name,
            directives=[asks()],
            description="What it is called: as on the order, else as the product is, else its SKU.",
        ),
    ]
    ordered: Annotated[Quantity, field(description="How much was ordered.")]
    shipped: Annotated[Quantity | None, field(description="How much is on its way. Null: the ERP does not say.")]
    backordered: Annotated[Quantity | None, field(description="How much waits. Null: the ERP does not say.")]
    cancelled: Annotated[Quantity | None, field(description="How much will not come. Null: the ERP does not say.")]
    unit_price: Annotated[
        Money | None,
        field(description="The price of `per` units, before tax. Null: not known, or not for this viewer."),
    ]
    per: Annotated[Decimal, field(description="How many units `unitPrice` is for.")]
    line_total: Annotated[Money | None, field(description="What it comes to, before tax. Null: as `unitPrice`.")]
    requested_date: Annotated[date | None, field(description="When it was wanted. Null: as soon as possible.")]
    confirmed_date: Annotated[date | None, field(description="When it is promised. Null: nothing was promised yet.")]


@strawberry.type(description="A line in a page.")
class OrderLineEdge:
    cursor: Annotated[Cursor, field(description="Its place in the list.")]
    node: Annotated[OrderLine, field(description="The line.")]


@strawberry.type(description="A page of an order's lines.")
class OrderLineConnection:
    edges: Annotated[list[OrderLineEdge], field(description="The lines with their cursors.")]
    nodes: Annotated[list[OrderLine], field(description="The lines.")]
    page_info: Annotated[PageInfo, field(description="Where the page stands.")]
    total_count: Annotated[int | None, field(description="How many lines there are on all pages. Null: not known.")]


@strawberry.type(description="An order, however it came in.")
class Order(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("Order", "id_key"), description=ID_DESCRIPTION)]
    number: Annotated[str | None, field(description="Its number in the ERP. Null: the ERP does not have it (yet).")]
    capture: Annotated[
        OrderCapture | None,
        field(
            resolver=captures.capture_of,
            directives=[asks()],
            description="The receipt of an order placed through this channel. Null: it came in another way; with an "
            "error here, it could not be looked up.",
        ),
    ]
    account: Annotated[
        Annotated["Account", strawberry.lazy("schema.customers")] | None,
        field(
            resolver=listing.account,
            directives=[asks()],
            description="Whose it is. Null, with an error: the CRM could not be asked.",
        ),
    ]
    origin: Annotated[model.OrderOrigin, field(description="How it came in.")]
    status: Annotated[model.OrderStatus, field(description="Where it stands.")]
    placed_at: Annotated[datetime, field(description="When it was placed.")]
    po_number: Annotated[str | None, field(description="The buyer's purchase order number. Null: none was given.")]
    reference: Annotated[str | None, field(description="The buyer's own reference. Null: none was given.")]
    lines: Annotated[
        OrderLineConnection, field(resolver=listing.lines, directives=[page()], description="What was ordered.")
    ]
    totals: Annotated[
        CartTotals | None,
        field(description="What it comes to. Null: not known, or not for this viewer."),
    ]
    freshness: FreshnessField


@strawberry.type(description="An order in a page.")
class OrderEdge:
    cursor: Annotated[Cursor, field(description="Its place in the list.")]
    node: Annotated[Order, field(description="The order.")]


@strawberry.type(description="A page of orders, the newest first.")
class OrderConnection:
    edges: Annotated[list[OrderEdge], field(description="The orders with their cursors.")]
    nodes: Annotated[list[Order], field(description="The orders.")]
    page_info: Annotated[PageInfo, field(description="Where the page stands.")]
    total_count: Annotated[
        int | None, field(description="How many orders there are on all pages. Null: the ERP does not say.")
    ]
    complete: Annotated[
        bool,
        field(
            description="False: the ERP could not be asked and nothing is remembered, so that only orders captured by "
            "this channel are here."
        ),
    ]


@strawberry.input(description="Which orders; what is null or left out does not matter.")
class OrderFilter:
    status: Annotated[list[model.OrderStatus] | None, field(description="In one of these states.")] = None
    origin: Annotated[list[model.OrderOrigin] | None, field(description="That came in one of these ways.")] = None
    po_number: Annotated[str | None, field(description="With exactly this purchase order number.")] = None
    placed_from: Annotated[date | None, field(description="Placed on this day (UTC) or later.")] = None
    placed_to: Annotated[date | None, field(description="Placed on this day (UTC) or earlier.")] = None
    search: Annotated[
        str | None, field(description="Part of the number, purchase order number or reference, or a whole SKU.")
    ] = None


def converted(given: OrderFilter | None) -> filters.OrderFilter:
    """Return the filter as the resolvers take it."""
    if given is None:
        return filters.OrderFilter()
    return filters.OrderFilter(
        tuple(given.status or ()),
        tuple(given.origin or ()),
        given.po_number,
        given.placed_from,
        given.placed_to,
        given.search,
    )


async def orders(
    root: strawberry.Parent[customers_model.Account],
    info: Info,
    first: Annotated[int | None, strawberry.argument(description="Page size, up to 100; null: 20.")] = 20,
    after: After = None,
    filter: Annotated[OrderFilter | None, strawberry.argument(description="Which; null: all.")] = None,
    include_children: Annotated[
        bool, strawberry.argument(description="Those of the accounts below it as well.")
    ] = False,
) -> history.OrderConnection | None:
    """Return a page of an account's orders."""
    return await history.orders(
        info.context, root, first=first, after=after, which=converted(filter), include_children=include_children
    )
