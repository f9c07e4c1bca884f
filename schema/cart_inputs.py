"""What a client sends to change a cart, and the same in the words of the domain."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from datasources.model.orders import SplitPolicy
from resolvers.orders.carts import Which
from resolvers.orders.deliveries import NewDelivery
from resolvers.orders.lines import NewLine
from resolvers.orders.references import References
from resolvers.orders.updates import LineChange
from schema.views import field

CartIdField = Annotated[strawberry.ID, field(description="The cart.")]
RevisionField = Annotated[
    int | None,
    field(
        description="The revision that the client knows: if the cart has another, nothing is changed "
        "(`STALE_REVISION`). Null: whatever it is now."
    ),
]


@strawberry.input(description="A code that somebody typed, and for a cart how much of it, and how.")
class CodeLineInput:
    code: Annotated[str, field(description="SKU, GTIN, the account's own part number, or one that was superseded.")]
    quantity: Annotated[
        Decimal | None,
        field(description="How much of the unit, above 0. Null: the least that can be ordered. Only for carts."),
    ] = None
    unit: Annotated[
        str | None,
        field(
            description="Code of the sales unit or of a packaging's. Null: that of `packagingId`, else the sales unit. "
            "Only for carts."
        ),
    ] = None
    packaging_id: Annotated[
        strawberry.ID | None, field(description="How it is packed. Null: see `unit`. Only for carts.")
    ] = None
    requested_date: Annotated[
        date | None, field(description="When it is wanted. Null: as soon as possible. Only for carts.")
    ] = None
    note: Annotated[
        str | None, field(description="Anything to say of it, up to 500 characters. Null: nothing. Only for carts.")
    ] = None
    key: Annotated[
        str | None,
        field(
            description="What to call the line: in the answer, and in a cart, where it must be new, with up to 50 "
            "characters. Null: its index in the answer; in a cart it is added to a line like it (same product, unit, "
            "day and note), or gets a key."
        ),
    ] = None


@strawberry.input(description="Lines to add to a cart.")
class CartAddLinesInput:
    lines: Annotated[list[CodeLineInput], field(description="The lines, at most 500.")]
    cart_id: Annotated[strawberry.ID | None, field(description="The cart. Null: that of the account acted for.")] = None
    if_revision: RevisionField = None
    all_or_nothing: Annotated[
        bool | None, field(description="True: no line is added unless all can be. Null: false.")
    ] = False


@strawberry.input(description="A change of a line. What is left out stays as it is.")
class CartLineUpdateInput:
    key: Annotated[str, field(description="The line.")]
    quantity: Annotated[Decimal | None, field(description="How much, above 0. Null: as it is.")] = None
    packaging_id: Annotated[
        strawberry.ID | None, field(description="How it is packed. Null: not, it is ordered by the sales unit.")
    ] = strawberry.UNSET
    requested_date: Annotated[date | None, field(description="When it is wanted. Null: as soon as possible.")] = (
        strawberry.UNSET
    )
    note: Annotated[str | None, field(description="Anything to say of it, up to 500 characters. Null: nothing.")] = (
        strawberry.UNSET
    )
    remove: Annotated[bool | None, field(description="True: it is taken out. Null: false.")] = None


@strawberry.input(description="Changes of a cart's lines.")
class CartUpdateLinesInput:
    cart_id: CartIdField
    lines: Annotated[list[CartLineUpdateInput], field(description="The changes, at most 500.")]
    if_revision: RevisionField = None


@strawberry.input(description="Where and how some lines should come.")
class DeliveryGroupInput:
    address_id: Annotated[strawberry.ID, field(description="Where to: an address of the account for goods.")]
    line_keys: Annotated[
        list[str], field(description="Its lines. Empty: all that no other delivery names; only one may be so.")
    ]
    requested_date: Annotated[
        date | None, field(description="When, today (UTC) or later. Null: as soon as possible.")
    ] = None
    split_policy: Annotated[
        SplitPolicy | None, field(description="Whether it may come in parts. Null: `ALLOW_SPLIT`.")
    ] = SplitPolicy.ALLOW_SPLIT
    method_code: Annotated[
        str | None, field(description="How: a method of the account's terms. Null: as the ERP chooses.")
    ] = None
    service_codes: Annotated[
        list[str] | None, field(description="What else is done: services of the account's terms. Null: nothing.")
    ] = None


@strawberry.input(description="Where and how the lines of a cart should come.")
class CartSetDeliveriesInput:
    cart_id: CartIdField
    deliveries: Annotated[
        list[DeliveryGroupInput],
        field(
            description="The deliveries, at most 100, in the place of those before. Empty: all to the usual address."
        ),
    ]
    if_revision: RevisionField = None


@strawberry.input(description="What the buyer calls the order. What is left out stays as it is.")
class CartSetReferenceInput:
    cart_id: CartIdField
    if_revision: RevisionField = None
    po_number: Annotated[str | None, field(description="Purchase order number, up to 50 characters. Null: none.")] = (
        strawberry.UNSET
    )
    reference: Annotated[str | None, field(description="Own reference, up to 200 characters. Null: none.")] = (
        strawberry.UNSET
    )


@strawberry.input(description="The cart whose prices are to be taken note of.")
class CartRepriceInput:
    cart_id: CartIdField


@strawberry.input(description="An order to order again.")
class CartAddFromOrderInput:
    order_id: Annotated[strawberry.ID, field(description="The order.")]
    line_ids: Annotated[
        list[strawberry.ID] | None, field(description="Only these of its lines, at most 500. Null: all.")
    ] = None


def new_line(given: CodeLineInput) -> NewLine:
    """Return a line to add."""
    return NewLine(
        given.code, given.quantity, given.unit, given.packaging_id, given.requested_date, given.note, given.key
    )


def line_change(given: CartLineUpdateInput) -> LineChange:
    """Return a change of a line."""
    return LineChange(
        given.key,
        given.quantity,
        given.packaging_id or None,
        given.requested_date or None,
        given.note or None,
        remove=bool(given.remove),
        given=_given(given, "packaging_id", "requested_date", "note"),
    )


def new_delivery(given: DeliveryGroupInput) -> NewDelivery:
    """Return a delivery."""
    return NewDelivery(
        given.address_id,
        given.requested_date,
        given.split_policy or SplitPolicy.ALLOW_SPLIT,
        given.method_code,
        tuple(dict.fromkeys(given.service_codes or ())),
        tuple(dict.fromkeys(given.line_keys)),
    )


def references(given: CartSetReferenceInput) -> References:
    """Return what to call the order."""
    return References(given.po_number or None, given.reference or None, _given(given, "po_number", "reference"))


def which(cart_id: str | None, if_revision: int | None = None) -> Which:
    """Return which cart is meant, at which revision."""
    return Which(cart_id, if_revision)


def _given(of: object, *names: str) -> frozenset[str]:
    return frozenset(name for name in names if getattr(of, name) is not strawberry.UNSET)
