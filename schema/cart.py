"""Cart types: the cart, its lines, its deliveries, what it comes to; and what becomes of a change."""

from datetime import date
from typing import Annotated

import strawberry

from datasources.model.orders import SplitPolicy
from resolvers.orders import carts, deliveries, issues, line_fields, totals
from resolvers.orders.issues.kinds import CartIssue as AnyIssue
from resolvers.paging import Cursor
from schema.address import Address
from schema.catalog import CodeMatch, Product
from schema.content import Packaging
from schema.costs import asks, entries, page
from schema.errors import UserError
from schema.issues import CartIssue
from schema.pricing import DeliveryMethod, DeliveryService, Price
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

describe_enum(
    SplitPolicy,
    "Whether a delivery may come in parts.",
    {
        "COMPLETE_ONLY": "Only when all of it is there.",
        "ALLOW_SPLIT": "In parts, if that is how it can be had, and the terms allow it.",
        "SHIP_AVAILABLE_REST_LATER": "What is there now, and the rest as it comes.",
    },
)


@strawberry.type(description="What an order comes to.")
class CartTotals(View, Sourced):
    net: Annotated[Money, field(description="The lines, before tax; those of which the price is known.")]
    tax: Annotated[Money | None, field(description="Tax. Null: not known before the order.")]
    freight: Annotated[
        Money | None, field(description="Delivery and services, before tax. Null: not known before the order.")
    ]
    gross: Annotated[Money | None, field(description="All of it. Null: not all of it is known.")]
    complete: Annotated[
        bool,
        field(
            description="True: the ERP worked all of it out. False: something is not in it; without the ERP, `net` is "
            "the sum of the last known prices, and the rest is null."
        ),
    ]
    freshness: FreshnessField


@strawberry.type(description="Where and how some lines should come.")
class DeliveryGroup:
    id: Annotated[strawberry.ID, field(resolver=id_of("DeliveryGroup", "id_key"), description=ID_DESCRIPTION)]
    address: Annotated[
        Address | None, field(description="Where to. Null: the account does not have the address any more.")
    ]
    requested_date: Annotated[date | None, field(description="When. Null: as soon as possible.")]
    split_policy: Annotated[SplitPolicy, field(description="Whether it may come in parts.")]
    method: Annotated[
        DeliveryMethod | None,
        field(description="How; by its code alone where the terms do not name it. Null: as the ERP chooses."),
    ]
    services: Annotated[list[DeliveryService], field(directives=[entries(3)], description="What else is done.")]
    line_keys: Annotated[list[str], field(description="Its lines. Empty: all that no other delivery names.")]


async def cart_deliveries(root: strawberry.Parent[carts.Cart], info: Info) -> list[deliveries.DeliveryGroup]:
    """Return where and how the lines should come."""
    return await deliveries.deliveries(root, info.context)


async def cart_totals(root: strawberry.Parent[carts.Cart], info: Info) -> totals.CartTotals | None:
    """Return what the cart comes to."""
    return await totals.totals(root, info.context)


async def cart_issues(root: strawberry.Parent[carts.Cart], info: Info) -> list[AnyIssue]:
    """Return what is wrong with the cart."""
    return await issues.issues_of(root, info.context)


@strawberry.type(description="A line of a cart.")
class CartLine(View, Node):
    id: Annotated[strawberry.ID, field(resolver=id_of("CartLine", "id_key"), description=ID_DESCRIPTION)]
    key: Annotated[str, field(description="Its name within the cart; never another line's, not even later.")]
    sku: Annotated[str, field(description="The SKU of what is ordered.")]
    product: Annotated[
        Product | None,
        field(
            resolver=line_fields.product,
            directives=[asks()],
            description="What is ordered. Null: it does not exist for this viewer any more; with an error here, the "
            "PIM could not be asked.",
        ),
    ]
    quantity: Annotated[
        Quantity,
        field(
            resolver=line_fields.quantity,
            directives=[asks()],
            description="How much, of the sales unit or a packaging's. While the PIM cannot be asked, the unit has its "
            "code alone, empty for the sales unit.",
        ),
    ]
    packaging: Annotated[
        Packaging | None,
        field(
            resolver=line_fields.packaging,
            directives=[asks()],
            description="How it is packed. Null: it is ordered by the sales unit, or not packed so any more; with an "
            "error here, the PIM could not be asked.",
        ),
    ]
    seen_price: Annotated[
        Money | None,
        field(
            description="The unit price that the account was told of when the line was added, changed or repriced. "
            "Null: none was known then, or prices are not for this viewer."
        ),
    ]
    price: Annotated[
        Price | None,
        field(
            resolver=line_fields.price,
            directives=[asks()],
            description="The price now, for its quantity, unit and day. Null: there is none, see `issues`, or prices "
            "are not for this viewer; with an error here, it could not be had.",
        ),
    ]
    line_total: Annotated[
        Money | None,
        field(
            resolver=line_fields.line_total,
            directives=[asks()],
            description="What it comes to at `price`, before tax. Null: as `price`.",
        ),
    ]
    requested_date: Annotated[date | None, field(description="When it is wanted. Null: as soon as possible.")]
    note: Annotated[str | None, field(description="What the buyer says of it. Null: nothing.")]
    issues: Annotated[
        list[CartIssue],
        field(
            resolver=issues.of_lines,
            directives=[asks(3), entries(1)],
            description="What is wrong with it, the worst first: of `Cart.issues`, those of this line.",
        ),
    ]


@strawberry.type(description="A line in a page.")
class CartLineEdge:
    cursor: Annotated[Cursor, field(description="Its place in the list.")]
    node: Annotated[CartLine, field(description="The line.")]


@strawberry.type(description="A page of a cart's lines, in the order in which they were added.")
class CartLineConnection:
    edges: Annotated[list[CartLineEdge], field(description="The lines with their cursors.")]
    nodes: Annotated[list[CartLine], field(description="The lines.")]
    page_info: Annotated[PageInfo, field(description="Where the page stands.")]
    total_count: Annotated[int | None, field(description="How many lines there are on all pages. Null: not known.")]


@strawberry.type(
    description="The cart of an account: one for each, the same on every device and for everybody who acts for the "
    "account. Who may act for it sees the cart, who has the permission `PLACE_ORDER` changes it; for anybody else it "
    "does not exist. It is always there, at first empty and at revision 0, and keeps its id."
)
class Cart(View, Node):
    id: Annotated[strawberry.ID, field(resolver=id_of("Cart", "id_key"), description=ID_DESCRIPTION)]
    revision: Annotated[
        int, field(description="Rises by one with every change; what `ifRevision` takes. 0: nobody has used it yet.")
    ]
    lines: Annotated[
        CartLineConnection,
        field(
            resolver=line_fields.lines, directives=[page()], description="What is to be ordered: at most 1,000 lines."
        ),
    ]
    deliveries: Annotated[
        list[DeliveryGroup],
        field(
            resolver=cart_deliveries,
            directives=[asks(), entries(3)],
            description="Where and how the lines should come. Empty: all to the account's usual address.",
        ),
    ]
    totals: Annotated[
        CartTotals | None,
        field(
            resolver=cart_totals,
            directives=[asks(10)],
            description="What it comes to. Null: it is empty, no price of it is known, or prices are not for this "
            "viewer.",
        ),
    ]
    issues: Annotated[
        list[CartIssue],
        field(
            resolver=cart_issues,
            directives=[asks(50), entries(20)],
            description="What is wrong with it: the worst first, then by line, those of the whole cart before. A "
            "system that does not answer is no more than an issue. An empty cart has none.",
        ),
    ]
    po_number: Annotated[str | None, field(description="The buyer's purchase order number. Null: none is given.")]
    reference: Annotated[str | None, field(description="The buyer's own reference. Null: none is given.")]


@strawberry.type(description="What became of a line that was sent.")
class LineResult:
    key: Annotated[
        str,
        field(
            description="The line's key in the cart; of a line that was not accepted, the key it was sent with, or its "
            "index as text."
        ),
    ]
    accepted: Annotated[bool, field(description="Whether it was done.")]
    match: Annotated[
        CodeMatch | None, field(description="How its code was understood. Null: it was sent without a code.")
    ]
    user_errors: Annotated[list[UserError], field(directives=[entries(1)], description="Why it was not accepted.")]


@strawberry.type(description="A cart after a change.")
class CartPayload:
    cart: Annotated[
        Cart | None,
        field(
            directives=[asks()],
            description="The cart: changed, or as it is where `userErrors` say why not. Null: there is none for this "
            "viewer, too much was sent, or it could not be kept.",
        ),
    ]
    results: Annotated[
        list[LineResult],
        field(directives=[entries(20)], description="One for each line that was sent, in order; else empty."),
    ]
    user_errors: Annotated[
        list[UserError], field(directives=[entries(1)], description="Why nothing was changed. Empty: see `results`.")
    ]
