"""Searching and listing products, as far as they exist for the viewer."""

from dataclasses import dataclass, replace

from datasources.errors import SourceError
from datasources.model.catalog import AttributeChoice, Facet, Product, ProductSearch, ProductSort
from resolvers.access import assortments, expected_assortments
from resolvers.catalog import existing, existing_category
from resolvers.context import RequestContext
from resolvers.errors import LimitExceeded
from resolvers.ids import to_id
from resolvers.locales import DEFAULT_LOCALES
from resolvers.paging import Cursor, Cursors, Page, bounded_first, page_of

MOST_PRODUCTS = 1000
MOST_QUERY_CHARACTERS = 200
CATEGORY_FACET = "category"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a client asks of a listing: which products, in which order, which page of them, and whether facets."""

    first: int | None
    after: Cursor | None
    query: str | None
    category_code: str | None
    attributes: tuple[AttributeChoice, ...]
    sort: ProductSort
    facets: bool


async def products(context: RequestContext, listing: Listing) -> Page[Product]:
    """
    Search, and return a page of what exists for the viewer.

    Raises:
        BadInput, LimitExceeded: page size, cursor or query are out of range.
        NotFound: there is no such category.
        SourceError: the PIM could not be asked.
    """
    search, cursors = _search_for(listing, context)
    expected = expected_assortments(context)
    if expected is not None:
        context.sources.catalog.searches.begin(_among(search, expected), context.ask)
    search = _among(search, await assortments(context))
    found = await context.sources.catalog.searches.get(search, context.ask)
    if found is None:
        raise cursors.foreign(listing.after)
    if found.total == 0 and listing.category_code is not None:
        await existing_category(listing.category_code, context)
    contents = await existing([hit.sku for hit in found.hits], context)
    for content in contents:
        if isinstance(content, SourceError):
            raise content
    hits = [hit for hit, content in zip(found.hits, contents, strict=True) if content is not None]
    return page_of(
        [content for content in contents if isinstance(content, Product)],
        cursors.wrap_all([hit.cursor for hit in hits]),
        total=found.total,
        after=listing.after,
        has_next=found.has_next,
        facets=[_with_ids(facet) for facet in found.facets],
    )


def _search_for(listing: Listing, context: RequestContext) -> tuple[ProductSearch, Cursors]:
    """Return what to ask the PIM, but for the assortments, and the cursors of that list."""
    text = (listing.query or "").strip() or None
    if text and len(text) > MOST_QUERY_CHARACTERS:
        raise LimitExceeded(f"query may have at most {MOST_QUERY_CHARACTERS} characters; it has {len(text)}.")
    # the language matters only where names are compared; elsewhere all languages share what is remembered
    locale = context.locales[0] if listing.sort is ProductSort.NAME else DEFAULT_LOCALES[0]
    cursors = Cursors("products", text, listing.category_code, listing.attributes, listing.sort.name, locale)
    search = ProductSearch(
        query=text,
        category_code=listing.category_code,
        attributes=listing.attributes,
        sort=listing.sort,
        locale=locale,
        first=bounded_first(listing.first, MOST_PRODUCTS),
        after=cursors.unwrap(listing.after),
        facets=listing.facets,
        assortments=(),
    )
    return search, cursors


def _among(search: ProductSearch, own: frozenset[str]) -> ProductSearch:
    return search._replace(assortments=tuple(sorted(own)))


def _with_ids(facet: Facet) -> Facet:
    """Return the facet with values that `ProductFilter` takes: category codes become ids."""
    if facet.code != CATEGORY_FACET:
        return facet
    return replace(facet, values=[replace(value, value=to_id("Category", value.value)) for value in facet.values])
