"""Pricing types: prices, contracts, credit and terms."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from datasources.model import pricing as model
from resolvers import pricing
from schema.costs import asks, entries
from schema.views import (
    ID_DESCRIPTION,
    FreshnessField,
    Money,
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
    model.PriceOrigin,
    "Which of the ERP's rules made a price.",
    {
        "CONTRACT": "Agreed with the account, or with one above it.",
        "CUSTOMER_GROUP": "The price of the account's group.",
        "PROMOTION": "A price for a time.",
        "QUOTE": "An offer made to the account.",
        "LIST": "The list price.",
    },
)
describe_enum(
    model.PriceStatus,
    "Why there is a price, or none.",
    {
        "PRICED": "There is a price.",
        "ON_REQUEST": "Sold, at a price by agreement: ask for a quote.",
        "LOGIN_REQUIRED": "Prices are for those who sign in.",
        "ACCOUNT_REQUIRED": "The person has no account that the ERP has prices for.",
        "NOT_PERMITTED": "The person's roles do not allow them to see prices.",
        "UNAVAILABLE": "The ERP does not sell it to the account, or could not be asked.",
    },
)
describe_enum(
    model.CreditStatus,
    "Whether an account can buy on credit.",
    {
        "OK": "Well within its limit.",
        "NEAR_LIMIT": "Close to its limit.",
        "EXCEEDED": "Over its limit.",
        "ON_HOLD": "Stopped by the wholesaler: orders wait or are refused.",
        "NOT_APPLICABLE": "It does not buy on credit.",
    },
)

PriceStatusField = Annotated[
    model.PriceStatus,
    field(
        resolver=pricing.price_status,
        directives=[asks()],
        description="Why there is a price for one sales unit, or none. Says UNAVAILABLE where `price` has an error.",
    ),
]


@strawberry.type(description="Another unit price from a quantity on.")
class PriceBreak:
    minimum_quantity: Annotated[Decimal, field(description="From this many on, in the unit asked for.")]
    unit_price: Annotated[Money, field(description="What `Price.per` costs then.")]


@strawberry.type(description="An agreement that prices come from.")
class Contract(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("Contract", "number"), description=ID_DESCRIPTION)]
    number: Annotated[str, field(description="Its number in the ERP.")]
    name: Annotated[str | None, field(description="What it is called. Null: by its number only.")]
    valid_to: Annotated[date | None, field(description="Its last day. Null: open-ended.")]
    committed: Annotated[Quantity | None, field(description="How much the account agreed to buy. Null: no amount.")]
    consumed: Annotated[Quantity | None, field(description="How much of it has been bought. Null: not counted.")]
    freshness: FreshnessField


@strawberry.type(description="A price as the ERP gives it, contract prices above list included.")
class Price(View, Sourced):
    unit_price: Annotated[Money, field(description="What `per` costs at the quantity asked for.")]
    per: Annotated[Quantity, field(description="How much that buys: 1 piece, 100 metres.")]
    list_price: Annotated[Money | None, field(description="The public price of the same. Null: there is none.")]
    net: Annotated[bool, field(description="True: before tax.")]
    tax_rate: Annotated[Decimal | None, field(description="Tax as a fraction: `0.255`. Null: the ERP does not say.")]
    origin: Annotated[model.PriceOrigin, field(description="Which rule made it.")]
    contract: Annotated[Contract | None, field(description="The agreement it comes from. Null: from none.")]
    breaks: Annotated[
        list[PriceBreak],
        field(
            directives=[entries(5)],
            description="Every quantity above the smallest at which the unit price changes, rising.",
        ),
    ]
    valid_from: Annotated[datetime | None, field(description="Since when it holds. Null: not said.")]
    valid_to: Annotated[datetime | None, field(description="Until when it holds. Null: not said.")]
    freshness: FreshnessField


@strawberry.type(description="Credit as the ERP keeps it.")
class Credit(View, Sourced):
    status: Annotated[model.CreditStatus, field(description="Whether the account can buy on credit.")]
    limit: Annotated[Money | None, field(description="How much it may owe. Null: no limit.")]
    used: Annotated[Money | None, field(description="How much it owes, open orders included. Null: not said.")]
    available: Annotated[Money | None, field(description="How much is left. Null: no limit, or not said.")]
    overdue: Annotated[Money | None, field(description="How much is past due. Null: not said.")]
    freshness: FreshnessField


@strawberry.type(description="A way goods can be delivered.")
class DeliveryMethod:
    code: Annotated[str, field(description="The ERP's code.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    cost: Annotated[Money | None, field(description="What it costs. Null: known with the order.")]


@strawberry.type(description="Something done beside the delivery.")
class DeliveryService:
    code: Annotated[str, field(description="The ERP's code.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    price: Annotated[Money | None, field(description="What it costs. Null: by agreement.")]


@strawberry.type(description="On what terms an account buys.")
class CommercialTerms(View, Sourced):
    payment_term: Annotated[str, field(description="When to pay, as the ERP words it: `30 days net`.")]
    incoterm: Annotated[str | None, field(description="Incoterms 2020 code and place. Null: none agreed.")]
    allows_split_delivery: Annotated[bool, field(description="Whether an order may come in parts.")]
    po_number_required: Annotated[bool, field(description="Whether an order needs the buyer's own number.")]
    delivery_methods: Annotated[
        list[DeliveryMethod], field(directives=[entries(5)], description="Ways it can be delivered to.")
    ]
    services: Annotated[
        list[DeliveryService], field(directives=[entries(5)], description="What else can be ordered with a delivery.")
    ]
    freshness: FreshnessField
