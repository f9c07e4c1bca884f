"""Placing an order, and deciding about one whose prices moved."""

from decimal import Decimal
from typing import Annotated

import strawberry

from resolvers.orders import confirming, placing
from resolvers.orders.carts import Which
from schema.costs import asks, entries
from schema.errors import UserError
from schema.issues import CartIssue
from schema.orders import Order, OrderCapture
from schema.views import Info, describe_enum, field

describe_enum(
    placing.OutagePolicy,
    "What to do with an order while the ERP does not answer.",
    {
        "CAPTURE": "Keep it safe, with a receipt, and send it when the ERP is back.",
        "REJECT": "Do not take it.",
    },
)


@strawberry.input(description="How much dearer an order may become before its buyer is asked.")
class PriceTolerance:
    percent: Annotated[
        Decimal | None,
        field(description="By how many percent a unit price may be above the one seen: 0 to 100. Null: as 0."),
    ] = Decimal(0)


@strawberry.input(description="An order to place: what stands in a cart.")
class OrderPlaceInput:
    cart_id: Annotated[strawberry.ID, field(description="The cart. It is empty once the order is taken.")]
    if_revision: Annotated[
        int, field(description="The revision that the buyer has seen; if the cart has another, nothing is ordered.")
    ]
    idempotency_key: Annotated[
        str,
        field(
            description="Made up by the client for this order, such as a UUID: 1 to 100 characters. Sent again with "
            "the same content, it gives the same receipt, however often."
        ),
    ]
    po_number: Annotated[
        str | None, field(description="The buyer's purchase order number. Null: the one of the cart, if it has one.")
    ] = None
    price_tolerance: Annotated[
        PriceTolerance | None, field(description="How much dearer it may become. Null: not at all.")
    ] = None
    on_outage: Annotated[
        placing.OutagePolicy | None, field(description="What to do while the ERP does not answer. Null: keep it.")
    ] = placing.OutagePolicy.CAPTURE
    dry_run: Annotated[bool, field(description="True: only say what stands in the way; nothing is ordered.")] = False


@strawberry.type(description="An order that was placed, or why it was not.")
class OrderPlacePayload:
    capture: Annotated[
        OrderCapture | None,
        field(
            description="The receipt: the order is safe, whatever happens next. Null: no order was taken, see "
            "`userErrors`; or only a dry run was asked for."
        ),
    ]
    order: Annotated[
        Order | None, field(description="The order, with its number once the ERP has it. Null: as `capture`.")
    ]
    issues: Annotated[
        list[CartIssue],
        field(
            directives=[asks(50), entries(20)],
            description="What is to be said of the cart, as `Cart.issues`. Empty where a receipt was given before.",
        ),
    ]
    user_errors: Annotated[
        list[UserError], field(directives=[entries(1)], description="Why no order was taken. Empty: it was.")
    ]


@strawberry.input(description="What a buyer decides about an order that the ERP has become dearer for.")
class OrderCaptureConfirmInput:
    capture_id: Annotated[strawberry.ID, field(description="The receipt, in the state `NEEDS_CONFIRMATION`.")]
    idempotency_key: Annotated[str, field(description="As `OrderPlaceInput.idempotencyKey`, for this decision.")]
    accept: Annotated[bool, field(description="True: order at the prices of now. False: cancel it.")]


@strawberry.type(description="A captured order after its buyer has decided.")
class OrderCaptureConfirmPayload:
    capture: Annotated[
        OrderCapture | None, field(description="The receipt. Null: nothing was decided, see `userErrors`.")
    ]
    order: Annotated[Order | None, field(description="The order. Null: as `capture`.")]
    user_errors: Annotated[
        list[UserError], field(directives=[entries(1)], description="Why nothing was decided. Empty: it was.")
    ]


async def order_place(
    info: Info, input: Annotated[OrderPlaceInput, strawberry.argument(description="What to order, and how.")]
) -> placing.OrderPlacePayload:
    """Place an order."""
    tolerance = input.price_tolerance.percent if input.price_tolerance is not None else None
    asked = placing.Placing(
        which=Which(input.cart_id, input.if_revision),
        key=input.idempotency_key,
        po_number=input.po_number,
        tolerance_percent=tolerance or Decimal(0),
        on_outage=input.on_outage or placing.OutagePolicy.CAPTURE,
        dry_run=input.dry_run,
    )
    return await placing.place(info.context, asked)


async def order_capture_confirm(
    info: Info, input: Annotated[OrderCaptureConfirmInput, strawberry.argument(description="What is decided.")]
) -> confirming.OrderCaptureConfirmPayload:
    """Decide about a captured order."""
    return await confirming.confirm(
        info.context, capture_id=input.capture_id, key=input.idempotency_key, accept=input.accept
    )
