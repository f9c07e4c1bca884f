"""What a client may do."""

from typing import Annotated

import strawberry

from resolvers.orders import carts, deliveries, lines, references, reorder, updates
from schema import cart_inputs as inputs
from schema import placing
from schema.cart import CartPayload
from schema.costs import asks
from schema.views import Info, field

Input = "What to do."


async def cart_add_lines(
    info: Info, input: Annotated[inputs.CartAddLinesInput, strawberry.argument(description=Input)]
) -> carts.CartPayload:
    """Add lines to a cart."""
    which = inputs.which(input.cart_id, input.if_revision)
    new = [inputs.new_line(line) for line in input.lines]
    return await lines.add(info.context, which, new, all_or_nothing=bool(input.all_or_nothing))


async def cart_update_lines(
    info: Info, input: Annotated[inputs.CartUpdateLinesInput, strawberry.argument(description=Input)]
) -> carts.CartPayload:
    """Change lines of a cart."""
    which = inputs.which(input.cart_id, input.if_revision)
    return await updates.update(info.context, which, [inputs.line_change(line) for line in input.lines])


async def cart_set_deliveries(
    info: Info, input: Annotated[inputs.CartSetDeliveriesInput, strawberry.argument(description=Input)]
) -> carts.CartPayload:
    """Say where and how the lines of a cart should come."""
    which = inputs.which(input.cart_id, input.if_revision)
    wanted = [inputs.new_delivery(delivery) for delivery in input.deliveries]
    return await deliveries.set_deliveries(info.context, which, wanted)


async def cart_set_reference(
    info: Info, input: Annotated[inputs.CartSetReferenceInput, strawberry.argument(description=Input)]
) -> carts.CartPayload:
    """Say what the buyer calls the order."""
    which = inputs.which(input.cart_id, input.if_revision)
    return await references.set_references(info.context, which, inputs.references(input))


async def cart_reprice(
    info: Info, input: Annotated[inputs.CartRepriceInput, strawberry.argument(description=Input)]
) -> carts.CartPayload:
    """Take note of today's prices."""
    return await updates.reprice(info.context, inputs.which(input.cart_id))


async def cart_add_from_order(
    info: Info, input: Annotated[inputs.CartAddFromOrderInput, strawberry.argument(description=Input)]
) -> carts.CartPayload:
    """Add the lines of an order to the cart."""
    return await reorder.add_from_order(info.context, input.order_id, input.line_ids)


@strawberry.type(
    description="What can be done. Every field takes one input; why something was not done is in `userErrors`."
)
class Mutation:
    cart_add_lines: Annotated[
        CartPayload,
        field(
            resolver=cart_add_lines,
            directives=[asks(20)],
            description="Add lines by any code. One result per line, in order: a bad line never keeps the others out. "
            "Takes note of their prices.",
        ),
    ]
    cart_update_lines: Annotated[
        CartPayload,
        field(
            resolver=cart_update_lines,
            directives=[asks(10)],
            description="Change lines, or take them out. One result per line, in order.",
        ),
    ]
    cart_set_deliveries: Annotated[
        CartPayload,
        field(
            resolver=cart_set_deliveries,
            directives=[asks(2)],
            description="Say where and how the lines should come: all of it, or nothing.",
        ),
    ]
    cart_set_reference: Annotated[
        CartPayload,
        field(
            resolver=cart_set_reference,
            directives=[asks()],
            description="Say what the buyer calls the order.",
        ),
    ]
    cart_reprice: Annotated[
        CartPayload,
        field(
            resolver=cart_reprice,
            directives=[asks(50)],
            description="Take note of today's prices as seen; what has none now keeps the one it had.",
        ),
    ]
    cart_add_from_order: Annotated[
        CartPayload,
        field(
            resolver=cart_add_from_order,
            directives=[asks(20)],
            description="Add the lines of an earlier order, at most 500, to the cart of the account acted for: as "
            "`cartAddLines` does with their SKUs.",
        ),
    ]
    order_place: Annotated[
        placing.OrderPlacePayload,
        field(
            resolver=placing.order_place,
            directives=[asks(50)],
            description="Place the order in a cart. Who gets a receipt has ordered, whatever happens next; who gets no "
            "answer sends the same again.",
        ),
    ]
    order_capture_confirm: Annotated[
        placing.OrderCaptureConfirmPayload,
        field(
            resolver=placing.order_capture_confirm,
            directives=[asks(5)],
            description="Decide about a captured order that the ERP has become dearer for than was agreed.",
        ),
    ]
