"""Customer types: the viewer, accounts in their hierarchy, people."""

from typing import Annotated

import strawberry

from datasources.model import customers as model
from resolvers import customers, pricing
from resolvers.orders import carts
from resolvers.paging import Cursor
from schema.address import Address
from schema.cart import Cart
from schema.costs import asks, entries, page
from schema.orders import OrderConnection, orders
from schema.pricing import CommercialTerms, Credit
from schema.views import (
    ID_DESCRIPTION,
    FreshnessField,
    Info,
    Node,
    PageInfo,
    Sourced,
    View,
    describe_enum,
    field,
    id_of,
    text,
)

describe_enum(
    model.AccountKind,
    "What an account is in its hierarchy.",
    {
        "GROUP": "A group of companies.",
        "COMPANY": "A company.",
        "SITE": "A place of a company.",
        "DEPARTMENT": "A part of a site.",
    },
)
describe_enum(
    model.AccountStatus,
    "Whether an account may trade.",
    {
        "PENDING": "Not open yet.",
        "ACTIVE": "Open.",
        "BLOCKED": "May look but not order.",
        "CLOSED": "Closed.",
    },
)
describe_enum(
    model.Permission,
    "Something that a role allows.",
    {
        "VIEW_PRICES": "See the account's prices.",
        "PLACE_ORDER": "Place orders for the account.",
        "APPROVE_ORDER": "Approve what others order.",
        "VIEW_ALL_ORDERS": "See orders that others placed.",
        "VIEW_INVOICES": "See invoices.",
        "REQUEST_QUOTE": "Ask for an offer.",
        "MANAGE_USERS": "Say who may do what.",
        "CREATE_RETURN": "Send goods back.",
        "ACT_ON_BEHALF": "Act for customers, as their sales representative.",
    },
)


@strawberry.type(description="A person to turn to at the wholesaler.")
class Contact:
    id: Annotated[strawberry.ID, field(resolver=id_of("Contact", "id"), description=ID_DESCRIPTION)]
    name: Annotated[str, field(description="Their name.")]
    email: Annotated[str | None, field(description="Their e-mail address. Null: not given.")]
    phone: Annotated[str | None, field(description="Their telephone number. Null: not given.")]


@strawberry.type(description="A named set of permissions.")
class Role:
    code: Annotated[str, field(description="Its code in the CRM.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    permissions: Annotated[list[model.Permission], field(description="What it allows.")]


@strawberry.type(description="A person who signs in.")
class User(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("User", "id"), description=ID_DESCRIPTION)]
    name: Annotated[str, field(description="Their name.")]
    email: Annotated[str, field(description="Their e-mail address.")]
    roles: Annotated[list[Role], field(directives=[entries(3)], description="What they are.")]
    active: Annotated[bool, field(description="Whether they may sign in.")]
    freshness: FreshnessField


@strawberry.type(description="A customer account, as far as the viewer may know it.")
class Account(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("Account", "number"), description=ID_DESCRIPTION)]
    number: Annotated[str, field(description="Its number; what the `Kanava-Account` header takes.")]
    name: Annotated[str, field(description="Its name.")]
    kind: Annotated[model.AccountKind, field(description="What it is in its hierarchy.")]
    status: Annotated[model.AccountStatus, field(description="Whether it may trade.")]
    parent: Annotated[
        "Account | None",
        field(
            resolver=customers.parent,
            directives=[asks()],
            description="The account above. Null at the top of what the viewer may know; with an error here, the CRM "
            "could not be asked.",
        ),
    ]
    children: Annotated[
        "AccountConnection",
        field(
            resolver=customers.children,
            directives=[asks(), page()],
            description="The accounts below that the viewer may know, by number.",
        ),
    ]
    addresses: Annotated[
        list[Address],
        field(
            resolver=customers.addresses,
            directives=[asks(), entries(3)],
            description="Its addresses; none unless the viewer may act for it.",
        ),
    ]
    sales_rep: Annotated[
        Contact | None,
        field(
            resolver=customers.sales_rep,
            directives=[asks()],
            description="Who looks after it. Null: nobody does, or the viewer may not act for it; with an error here, "
            "the CRM could not be asked.",
        ),
    ]
    terms: Annotated[
        CommercialTerms | None,
        field(
            resolver=pricing.terms,
            directives=[asks(2)],
            description="On what terms it buys. Null: the ERP does not know it, or the viewer may not act for it or "
            "see prices; with an error here, the ERP or CRM could not be asked.",
        ),
    ]
    credit: Annotated[
        Credit | None, field(resolver=pricing.credit, directives=[asks(2)], description="Its credit. Null: as `terms`.")
    ]
    orders: Annotated[
        OrderConnection | None,
        field(
            resolver=orders,
            directives=[asks(2), page()],
            description="Its orders of every origin, the newest first; those that this channel captured stand in it at "
            "once. Without the permission `VIEW_ALL_ORDERS`, only the viewer's own and such as nobody in particular "
            "placed. Null: the viewer may not act for it; with an error here, the CRM could not be asked. Without the "
            "ERP see `complete`.",
        ),
    ]
    freshness: FreshnessField


@strawberry.type(description="An account in a page.")
class AccountEdge:
    cursor: Annotated[Cursor, field(description="Its place in the list.")]
    node: Annotated[Account, field(description="The account.")]


@strawberry.type(description="A page of accounts.")
class AccountConnection:
    edges: Annotated[list[AccountEdge], field(description="The accounts with their cursors.")]
    nodes: Annotated[list[Account], field(description="The accounts.")]
    page_info: Annotated[PageInfo, field(description="Where the page stands.")]
    total_count: Annotated[int | None, field(description="How many accounts there are on all pages. Null: not known.")]


async def cart(root: strawberry.Parent[customers.Viewer], info: Info) -> carts.Cart | None:
    """Return the cart of the account acted for."""
    return await carts.own_cart(info.context)


@strawberry.type(
    description="Who is asking, and for which account: the `Kanava-Account` header, else the person's own account."
)
class Viewer:
    user: Annotated[User, field(description="The person of the token.")]
    account: Annotated[Account | None, field(description="The account acted for. Null: they have none.")]
    accounts: Annotated[
        AccountConnection | None,
        field(
            resolver=customers.accounts,
            directives=[asks(), page()],
            description="All accounts they may act for, by number. Null, with an error: the CRM could not be asked.",
        ),
    ]
    can: Annotated[bool, field(resolver=customers.can, description="Whether their roles allow it.")]
    cart: Annotated[
        Cart | None,
        field(
            resolver=cart,
            directives=[asks()],
            description="The cart of the account acted for, empty before anybody used it. Null: no account is acted "
            "for; with an error here, it could not be had.",
        ),
    ]
