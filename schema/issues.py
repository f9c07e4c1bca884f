"""Issue types: what is wrong with a cart."""

from datetime import date
from typing import Annotated, Any

import strawberry
from graphql import GraphQLResolveInfo

from resolvers.orders import issues
from resolvers.orders.issues import kinds as model
from schema.catalog import Product
from schema.costs import asks, entries
from schema.pricing import Credit
from schema.views import FRESHNESS_DESCRIPTION, Freshness, Money, Quantity, View, describe_enum, field

describe_enum(
    model.Severity,
    "How bad an issue is.",
    {
        "INFO": "Good to know.",
        "WARNING": "To be looked at before ordering.",
        "BLOCKING": "The cart cannot be ordered like this.",
    },
)

SeverityField = Annotated[model.Severity, field(description="How bad it is.")]
CodeField = Annotated[str, field(description="What it is, for programs: `STOCK_SHORT`; more may come.")]
MessageField = Annotated[str, field(description="What it is, for people.")]
LineKeyField = Annotated[str | None, field(description="The line it is about. Null: the whole cart.")]


@strawberry.interface(description="Something that is wrong with a cart, or good to know before ordering.")
class CartIssue:
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField

    @classmethod
    def resolve_type(cls, value: object, info: GraphQLResolveInfo[Any], type_: object) -> str:
        """Return the name of the type that shows the value."""
        return type(value).__name__


@strawberry.type(description="A price is not the one that the account was told of. Code `PRICE_CHANGED`.")
class PriceChangedIssue(View, CartIssue):
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField
    previous: Annotated[Money, field(description="The price it was told of, for as much as `CartLine.price` is for.")]
    current: Annotated[Money, field(description="The price now.")]


@strawberry.type(description="A price is the last known one, for the ERP gives no newer one. Code `PRICE_STALE`.")
class PriceStaleIssue(View, CartIssue):
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField
    freshness: Annotated[Freshness, field(description=FRESHNESS_DESCRIPTION)]


@strawberry.type(
    description="A quantity cannot be ordered: `QUANTITY_RULE`, below, above or between what can; `UNKNOWN_UNIT`, the "
    "product is not sold in that unit any more."
)
class QuantityIssue(View, CartIssue):
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField
    suggested: Annotated[Quantity, field(description="The nearest that can be ordered, of the same unit if possible.")]


@strawberry.type(
    description="Stock: `STOCK_SHORT`, less is there than is wanted; `NOT_STOCKED`, no warehouse carries it; "
    "`NO_STOCK_INFO`, the WMS does not answer."
)
class StockIssue(View, CartIssue):
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField
    available: Annotated[
        Quantity | None,
        field(description="What is there for this line, in sales units. Null: nobody keeps it, or it is not known."),
    ]
    restock_at: Annotated[
        date | None, field(description="When enough of what is on its way is there. Null: no such day is known.")
    ]
    substitutes: Annotated[
        list[Product] | None,
        field(
            resolver=issues.substitutes,
            directives=[asks(), entries(3)],
            description="What can be bought in its place, at most 10. Null: not known; with an error here, the PIM "
            "could not be asked.",
        ),
    ]


@strawberry.type(
    description="Credit: `CREDIT_HOLD`, the account is stopped; `CREDIT_LIMIT`, the order is above what is left; "
    "`CREDIT_UNKNOWN`, the ERP does not answer."
)
class CreditIssue(View, CartIssue):
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField
    credit: Annotated[
        Credit | None, field(description="The account's credit. Null: not known, or not for this viewer.")
    ]


@strawberry.type(
    description="Anything else, such as `NOT_IN_ASSORTMENT`, `DISCONTINUED`, `NOT_SOLD`, `ON_REQUEST`, "
    "`PRICE_UNKNOWN`, `DATE_PAST`, `PO_NUMBER_REQUIRED`, `SPLIT_DELIVERY`, `UNKNOWN_DELIVERY_METHOD`, "
    "`UNKNOWN_SERVICE`, `UNKNOWN_ADDRESS`, `UNKNOWN_CUSTOMER`, `ACCOUNT_NOT_ACTIVE`, `NO_PRODUCT_INFO`, "
    "`NO_TERMS_INFO`, `NOT_CHECKED`; and what only the ERP objects to, by its own codes."
)
class OtherIssue(View, CartIssue):
    severity: SeverityField
    code: CodeField
    message: MessageField
    line_key: LineKeyField


ISSUES = [PriceChangedIssue, PriceStaleIssue, QuantityIssue, StockIssue, CreditIssue, OtherIssue]
