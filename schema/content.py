"""Content types: what the PIM says of a product beside its name."""

from decimal import Decimal
from typing import Annotated

import strawberry

from datasources.model import catalog as model
from resolvers import catalog
from schema.scalars import URL
from schema.views import ID_DESCRIPTION, Quantity, Unit, describe_enum, field, id_of, optional_text, text

describe_enum(
    model.ProductLifecycle,
    "Where a product stands in its life.",
    {
        "ACTIVE": "Sold as usual.",
        "PHASING_OUT": "Sold while stock lasts.",
        "DISCONTINUED": "Not sold any more; see `replacements`.",
    },
)
describe_enum(
    model.RelationKind,
    "Why one product points to another.",
    {
        "ACCESSORY": "Goes with it.",
        "SPARE_PART": "A part of it.",
        "SUBSTITUTE": "Can stand in for it.",
        "UPSELL": "A better one.",
        "SERVICE": "A service for it.",
        "RECOMMENDED": "Often chosen with it.",
    },
)
describe_enum(
    model.DocumentKind,
    "What a document is.",
    {
        "BROCHURE": "A leaflet for buyers.",
        "MANUAL": "Instructions for installation or use.",
        "SAFETY_DATA_SHEET": "Hazards and safe handling.",
        "CERTIFICATE": "An approval or declaration of conformity.",
        "DRAWING": "A dimensional drawing or model.",
    },
)


@strawberry.type(description="A property of a product, such as its material.")
class Attribute:
    code: Annotated[str, field(description="What `attributes(codes:)` and `AttributeFilter.code` take.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    values: Annotated[
        list[str], field(resolver=catalog.attribute_values, description="Its values in the request's language.")
    ]
    unit: Annotated[str | None, field(description="Symbol of the values' unit: `mm`. Null: they have none.")]


@strawberry.type(description="A picture.")
class Image:
    url: Annotated[URL, field(resolver=catalog.image_url, description="Where it is, in the size asked for.")]
    alt: Annotated[
        str | None,
        field(resolver=optional_text("alt"), description="What it shows. Null when nobody has described it."),
    ]


@strawberry.type(description="A file about a product.")
class Document:
    id: Annotated[strawberry.ID, field(resolver=id_of("Document", "id"), description=ID_DESCRIPTION)]
    kind: Annotated[model.DocumentKind, field(description="What it is.")]
    title: Annotated[str, field(resolver=text("title"), description="Its title in the request's language.")]
    language: Annotated[str | None, field(description="BCP 47 tag of what it is written in. Null: of no language.")]
    mime_type: Annotated[str, field(description="Its media type: `application/pdf`.")]
    url: Annotated[URL, field(description="Where it is.")]


@strawberry.type(description="A way a product is packed.")
class Packaging:
    id: Annotated[strawberry.ID, field(resolver=id_of("Packaging", "id"), description=ID_DESCRIPTION)]
    unit: Annotated[Unit, field(description="The packaging: box, pallet.")]
    contains: Annotated[Quantity, field(description="What one holds, in sales units.")]
    gtin: Annotated[str | None, field(description="GTIN of the packaging. Null: it has none of its own.")]
    is_default: Annotated[bool, field(description="Whether this is how it is usually sold.")]
    weight_kg: Annotated[Decimal | None, field(description="Gross weight in kilograms. Null: not known.")]


@strawberry.type(description="Which quantities can be ordered, in sales units.")
class QuantityRule:
    minimum: Annotated[Decimal, field(description="The least.")]
    maximum: Annotated[Decimal | None, field(description="The most. Null: no bound.")]
    increment: Annotated[Decimal, field(description="In steps of this.")]
