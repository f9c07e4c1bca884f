"""The part of the schema that the work needs, as strawberry's documentation has one write it."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from bench.peers.strawberry.sources import Sources

DEFAULT_LOCALE = "fi"

Info = strawberry.Info[dict[str, Any]]


def sources_of(info: Info) -> Sources:
    """Return what this request asks the systems with."""
    found: Sources = info.context["sources"]
    return found


@strawberry.enum
class ProductLifecycle(Enum):
    ACTIVE = "ACTIVE"
    PHASING_OUT = "PHASING_OUT"
    DISCONTINUED = "DISCONTINUED"


@strawberry.enum
class AvailabilityStatus(Enum):
    IN_STOCK = "IN_STOCK"
    LOW = "LOW"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    NOT_STOCKED = "NOT_STOCKED"


@strawberry.type
class Account:
    number: str
    name: str
    parent: "Account | None"


@strawberry.type
class Viewer:
    account: Account | None


@strawberry.type
class Money:
    amount: str
    currency: str


@strawberry.type
class PriceBreak:
    minimum_quantity: str
    unit_price: Money


@strawberry.type
class Price:
    unit_price: Money
    breaks: list[PriceBreak]


@strawberry.type
class Warehouse:
    code: str


@strawberry.type
class Quantity:
    value: str


@strawberry.type
class WarehouseStock:
    warehouse: Warehouse
    quantity: Quantity


@strawberry.type
class Availability:
    status: AvailabilityStatus
    by_warehouse: list[WarehouseStock]


@strawberry.type
class Image:
    template: strawberry.Private[str]
    alt: str | None

    @strawberry.field
    def url(self, width: int | None = None) -> str:
        return self.template.replace("{width}", str(width)).replace("{format}", "jpg")


@strawberry.type
class Attribute:
    code: str
    name: str
    values: list[str]
    unit: str | None


@strawberry.type
class Product:
    id: strawberry.ID
    sku: str
    gtin: str | None
    lifecycle: ProductLifecycle
    names: strawberry.Private[dict[str, str]]
    descriptions: strawberry.Private[dict[str, str]]
    all_images: strawberry.Private[Sequence[Image]]
    all_attributes: strawberry.Private[Sequence[Attribute]]

    @strawberry.field
    def name(self, locale: str | None = None) -> str:
        return self.names[locale or DEFAULT_LOCALE]

    @strawberry.field
    def description(self, locale: str | None = None) -> str | None:
        return self.descriptions[locale or DEFAULT_LOCALE]

    @strawberry.field
    def images(self, first: int = 1) -> list[Image]:
        return list(self.all_images[:first])

    @strawberry.field
    def attributes(self, codes: list[str] | None = None) -> list[Attribute]:
        return [one for one in self.all_attributes if codes is None or one.code in codes]

    @strawberry.field
    async def price(self, info: Info) -> Price | None:
        found: Price | None = await sources_of(info).price(self.sku)
        return found

    @strawberry.field
    async def availability(self, info: Info) -> Availability | None:
        found: Availability | None = await sources_of(info).stock.load(self.sku)
        return found


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class ProductConnection:
    nodes: list[Product]
    page_info: PageInfo


@strawberry.input
class ProductFilter:
    category_id: strawberry.ID | None = None
