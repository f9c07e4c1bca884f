"""Catalogue types: products, categories, pages of search results, codes."""

from typing import Annotated

import strawberry

from datasources.model import catalog as model
from resolvers import catalog, pricing, search, stock
from resolvers.paging import After, Cursor, Page
from schema.content import Attribute, Document, Image, Packaging, QuantityRule
from schema.costs import asks, entries, entries_by, page
from schema.pricing import Price, PriceStatusField
from schema.search import First, ProductFilter, converted, selects
from schema.stock import Availability
from schema.views import (
    ID_DESCRIPTION,
    FreshnessField,
    Info,
    Node,
    PageInfo,
    Sourced,
    Unit,
    View,
    describe_enum,
    field,
    id_of,
    text,
)

describe_enum(
    model.ProductSort,
    "In which order products are listed.",
    {
        "RELEVANCE": "Best match first; without a query the PIM's own order.",
        "NAME": "By name, in the request's first language.",
        "SKU": "By SKU.",
        "NEWEST": "Newest first.",
    },
)
describe_enum(
    model.MatchKind,
    "How a code was understood.",
    {
        "SKU": "It is the product's SKU.",
        "GTIN": "It is the GTIN of the product or of one of its packagings.",
        "CUSTOMER_PART_NUMBER": "It is the account's own number for the product.",
        "SUPERSEDED": "It is the code of a product that `product` replaces.",
        "AMBIGUOUS": "It means several products: see `candidates`.",
        "NOT_IN_ASSORTMENT": "It is the account's own number for a product that it may not buy.",
        "NOT_FOUND": "It means nothing here; with an error at `product`: it could not be looked up everywhere.",
    },
)


@strawberry.type(description="An article of the catalogue. One that is not for this viewer does not exist anywhere.")
class Product(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("Product", "sku"), description=ID_DESCRIPTION)]
    sku: Annotated[str, field(description="Its stock keeping unit, the wholesaler's own code.")]
    gtin: Annotated[str | None, field(description="Global trade item number. Null: it has none.")]
    customer_part_number: Annotated[
        str | None,
        field(
            resolver=pricing.customer_part_number,
            directives=[asks()],
            description="The account's own code for it, from the ERP's cross-reference. Null: it has none, or "
            "no account is acted for; with an error here, the ERP or CRM could not be asked.",
        ),
    ]
    name: Annotated[
        str,
        field(resolver=catalog.name, description="Its name in the language asked for, else the nearest the PIM keeps."),
    ]
    description: Annotated[
        str | None,
        field(resolver=catalog.description, description="As `name`. Null: the PIM has none in any language."),
    ]
    unit: Annotated[Unit, field(description="The unit it is sold in.")]
    categories: Annotated[
        list["Category"],
        field(resolver=catalog.categories, directives=[asks(), entries(3)], description="The categories it stands in."),
    ]
    attributes: Annotated[
        list[Attribute],
        field(
            resolver=catalog.attributes,
            directives=[entries_by("codes", 10)],
            description="Its properties, in the PIM's order.",
        ),
    ]
    images: Annotated[
        list[Image],
        field(
            resolver=catalog.images, directives=[entries_by("first")], description="Its pictures, the main one first."
        ),
    ]
    documents: Annotated[
        list[Document], field(resolver=catalog.documents, directives=[entries(5)], description="Files about it.")
    ]
    packagings: Annotated[list[Packaging], field(directives=[entries(3)], description="How it is packed.")]
    quantity_rule: Annotated[QuantityRule | None, field(description="Which quantities can be ordered. Null: any.")]
    lifecycle: Annotated[model.ProductLifecycle, field(description="Whether it is still sold.")]
    replacements: Annotated[
        list["Product"],
        field(
            resolver=catalog.replacements,
            directives=[asks(), entries(3)],
            description="What replaces it, if it is not sold on.",
        ),
    ]
    related: Annotated[
        list["Product"],
        field(
            resolver=catalog.related,
            directives=[asks(), entries_by("first")],
            description="Products that it points to.",
        ),
    ]
    price: Annotated[
        Price | None,
        field(
            resolver=pricing.price,
            directives=[asks()],
            description="The ERP's price for the account acted for, as it is. Null: there is none to show, see "
            "`priceStatus`, or none in that unit; with an error here, it could not be had.",
        ),
    ]
    price_status: PriceStatusField
    availability: Annotated[
        Availability | None,
        field(
            resolver=stock.availability,
            directives=[asks()],
            description="Whether, where and when it can be had. Null: no warehouse carries it; with an error here, the "
            "WMS could not be asked.",
        ),
    ]
    freshness: FreshnessField


async def category_products(
    root: strawberry.Parent[model.Category],
    info: Info,
    first: First = 20,
    after: After = None,
    filter: Annotated[
        ProductFilter | None, strawberry.argument(description="Narrow it down by attributes; null: all.")
    ] = None,
) -> Page[model.Product]:
    """Return a page of what the category and all below it hold."""
    listing = search.Listing(
        first=first,
        after=after,
        query=None,
        category_code=root.code,
        attributes=converted(filter, inside_category=True).attributes,
        sort=model.ProductSort.RELEVANCE,
        facets=selects(info, "facets"),
    )
    return await search.products(info.context, listing)


@strawberry.type(description="A node of the category tree.")
class Category(View, Node, Sourced):
    id: Annotated[strawberry.ID, field(resolver=id_of("Category", "code"), description=ID_DESCRIPTION)]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    parent: Annotated[
        "Category | None",
        field(
            resolver=catalog.parent,
            directives=[asks()],
            description="The category above. Null at the top; with an error here, the PIM could not be asked.",
        ),
    ]
    children: Annotated[
        list["Category"],
        field(resolver=catalog.children, directives=[asks(), entries(10)], description="The categories below."),
    ]
    freshness: FreshnessField
    products: Annotated[
        "ProductConnection",
        field(
            resolver=category_products,
            directives=[asks(), page()],
            description="What this category and all below it hold.",
        ),
    ]


@strawberry.type(description="A value of a facet.")
class FacetValue:
    value: Annotated[
        str, field(description="What a filter takes: an id for `categoryId`, else one of `AttributeFilter.values`.")
    ]
    label: Annotated[str, field(resolver=text("label"), description="Its name in the request's language.")]
    count: Annotated[int, field(description="How many of the found products have it.")]


@strawberry.type(description="A property by which the found products can be narrowed down.")
class Facet:
    code: Annotated[str, field(description="`category`, or the code of an attribute for `AttributeFilter.code`.")]
    name: Annotated[str, field(resolver=text("name"), description="Its name in the request's language.")]
    values: Annotated[
        list[FacetValue], field(directives=[entries(10)], description="Its values, the most frequent first.")
    ]


@strawberry.type(description="A product in a page.")
class ProductEdge:
    cursor: Annotated[Cursor, field(description="Its place in the list.")]
    node: Annotated[Product, field(description="The product.")]


@strawberry.type(description="A page of products.")
class ProductConnection:
    edges: Annotated[list[ProductEdge], field(description="The products with their cursors.")]
    nodes: Annotated[list[Product], field(description="The products.")]
    page_info: Annotated[PageInfo, field(description="Where the page stands.")]
    total_count: Annotated[int | None, field(description="How many products there are on all pages. Null: not known.")]
    facets: Annotated[
        list[Facet],
        field(directives=[entries(10)], description="Properties of what was found on all pages, to narrow it down by."),
    ]


@strawberry.type(description="What a code means for the account acted for.")
class CodeMatch:
    key: Annotated[str, field(description="The line's `key`, or its index as text.")]
    code: Annotated[str, field(description="The code as it was sent.")]
    kind: Annotated[model.MatchKind, field(description="How it was understood.")]
    product: Annotated[
        Product | None,
        field(description="The product. Null: none, or several; with an error here, a system could not be asked."),
    ]
    candidates: Annotated[
        list[Product],
        field(
            directives=[entries(3)],
            description="All that an ambiguous code may mean, or the successors of a superseded one when there are "
            "several; else empty.",
        ),
    ]
