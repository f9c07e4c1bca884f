"""Postal addresses, of accounts and of warehouses."""

from typing import Annotated

import strawberry

from datasources.model import customers as model
from schema.views import ID_DESCRIPTION, describe_enum, field, id_of

describe_enum(
    model.AddressUse,
    "What an address is for.",
    {"SHIPPING": "Goods go there.", "BILLING": "Invoices go there."},
)


@strawberry.type(description="A postal address.")
class Address:
    id: Annotated[strawberry.ID, field(resolver=id_of("Address", "id"), description=ID_DESCRIPTION)]
    name: Annotated[str | None, field(description="Who or what is there. Null: the account itself.")]
    lines: Annotated[list[str], field(description="Street and the like, a line each.")]
    postal_code: Annotated[str, field(description="Postal code; empty where there are none.")]
    city: Annotated[str, field(description="City or town.")]
    country: Annotated[str, field(description="ISO 3166-1 alpha-2: `FI`.")]
    delivery_note: Annotated[str | None, field(description="What a driver should know. Null: nothing.")]
    use: Annotated[model.AddressUse | None, field(description="What it is for. Null: anything.")]
