"""What a client may ask for."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from datasources.errors import SourceError
from datasources.model import catalog as model
from datasources.model.catalog import ProductSort
from resolvers import catalog, codes, customers, nodes, search, status
from resolvers.orders import captures, find
from resolvers.orders import order as orders_model
from resolvers.paging import After, Page
from schema.cart_inputs import CodeLineInput
from schema.catalog import Category, CodeMatch, Product, ProductConnection
from schema.costs import asks, entries, entries_by, page
from schema.customers import Viewer
from schema.orders import Order, OrderCapture
from schema.search import First, ProductFilter, converted, selects
from schema.status import ChannelStatus
from schema.views import Info, Node, field


async def node(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="An id that this API gave.")]
) -> object:
    """Return any thing by its id."""
    return await nodes.node(info.context, id)


async def nodes_(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Ids that this API gave, at most 100.")],
) -> list[object]:
    """Return any things by their ids."""
    return await nodes.nodes(info.context, ids)


async def viewer(info: Info) -> customers.Viewer | None:
    """Return who is asking."""
    return await customers.viewer(info.context)


async def product(
    info: Info,
    id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id. Null: `sku` is given.")] = None,
    sku: Annotated[str | None, strawberry.argument(description="Its SKU. Null: `id` is given.")] = None,
) -> model.Product | None:
    """Return one product."""
    return await catalog.product(info.context, id=id, sku=sku)


async def products(
    info: Info,
    first: First = 20,
    after: After = None,
    filter: Annotated[
        ProductFilter | None, strawberry.argument(description="Narrow it down; null: everything.")
    ] = None,
    query: Annotated[
        str | None,
        strawberry.argument(
            description="Words to look for in names, codes and properties, up to 200 characters; null: everything."
        ),
    ] = None,
    sort: Annotated[
        ProductSort | None, strawberry.argument(description="In which order; null: by relevance.")
    ] = ProductSort.RELEVANCE,
) -> Page[model.Product]:
    """Return a page of products."""
    narrowing = converted(filter)
    listing = search.Listing(
        first=first,
        after=after,
        query=query,
        category_code=narrowing.category_code,
        attributes=narrowing.attributes,
        sort=sort or ProductSort.RELEVANCE,
        facets=selects(info, "facets"),
    )
    return await search.products(info.context, listing)


async def products_by_code(
    info: Info,
    codes_: Annotated[list[CodeLineInput], strawberry.argument(name="codes", description="The codes, at most 500.")],
) -> Sequence[model.CodeMatch]:
    """Return what codes mean."""
    lines = [codes.CodeLine(str(i) if c.key is None else c.key, c.code) for i, c in enumerate(codes_)]
    return await codes.products_by_code(info.context, lines)


async def category(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
) -> model.Category:
    """Return one category."""
    return await catalog.category(info.context, id=id)


async def categories(info: Info) -> Sequence[model.Category | SourceError]:
    """Return the top of the category tree."""
    return await catalog.top_categories(info.context)


async def order(
    info: Info,
    id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id. Null: `number` is given.")] = None,
    number: Annotated[
        str | None, strawberry.argument(description="Its number in the ERP. Null: `id` is given.")
    ] = None,
) -> orders_model.Order | None:
    """Return one order."""
    return await find.order(info.context, id=id, number=number)


async def order_capture(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id of the receipt.")]
) -> captures.OrderCapture:
    """Return one capture."""
    return await captures.order_capture(info.context, id=id)


@strawberry.type(description="What can be asked for.")
class Query:
    node: Annotated[
        Node | None,
        field(
            resolver=node,
            directives=[asks()],
            description="Any thing by its id. Null, with an error: `NOT_FOUND`, there is none for this viewer; "
            "`SOURCE_UNAVAILABLE`, its system could not be asked.",
        ),
    ]
    nodes: Annotated[
        list[Node | None],
        field(
            resolver=nodes_,
            directives=[asks(), entries_by("ids")],
            description="Any things by their ids, in order. Null entries: as `node`.",
        ),
    ]
    viewer: Annotated[
        Viewer | None,
        field(
            resolver=viewer,
            directives=[asks()],
            description="Who is asking. Null: an anonymous visitor; with an error, the CRM could not be asked, or does "
            "not know them.",
        ),
    ]
    channel_status: Annotated[
        ChannelStatus, field(resolver=status.channel_status, description="What works and what does not.")
    ]
    product: Annotated[
        Product | None,
        field(
            resolver=product,
            directives=[asks()],
            description="One product by id or SKU. Null: there is none of that SKU for this viewer; with an error "
            "`NOT_FOUND`, none of that id; with `SOURCE_UNAVAILABLE`, the PIM could not be asked.",
        ),
    ]
    products: Annotated[
        ProductConnection | None,
        field(
            resolver=products,
            directives=[asks(), page()],
            description="Search, or list, what exists for this viewer. Null, with an error: the PIM could not be "
            "asked, or an argument is wrong.",
        ),
    ]
    products_by_code: Annotated[
        list[CodeMatch],
        field(
            resolver=products_by_code,
            directives=[asks(3), entries_by("codes")],
            description="Order preserved, one result per code, never an error for a bad code. At most 500.",
        ),
    ]
    categories: Annotated[
        list[Category] | None,
        field(
            resolver=categories,
            directives=[asks(), entries(10)],
            description="The top of the category tree, in the PIM's order. Null, with an error: the PIM could not be "
            "asked.",
        ),
    ]
    category: Annotated[
        Category | None,
        field(
            resolver=category,
            directives=[asks()],
            description="One category by its id. Null, with an error: `NOT_FOUND`, there is none; "
            "`SOURCE_UNAVAILABLE`, the PIM could not be asked.",
        ),
    ]
    order: Annotated[
        Order | None,
        field(
            resolver=order,
            directives=[asks(2)],
            description="One order by its id, or by its number in the ERP, of the account acted for. Null: it "
            "has none of that number for this viewer; with an error `NOT_FOUND`, there is none of that id; with "
            "`SOURCE_UNAVAILABLE`, a system could not be asked.",
        ),
    ]
    order_capture: Annotated[
        OrderCapture | None,
        field(
            resolver=order_capture,
            directives=[asks()],
            description="What this channel captured, by the id of the receipt. Null, with an error: `NOT_FOUND`, there "
            "is none for this viewer; `SOURCE_UNAVAILABLE`, it could not be looked up.",
        ),
    ]
