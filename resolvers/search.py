"""Searching and listing products, as far as they exist for the viewer."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from datasources.cache.kept import derived_of, of_all
from datasources.errors import SourceError
from datasources.model.catalog import AttributeChoice, Facet, Product, ProductSearch, ProductSort, SearchResult
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
LISTED = "listed"
"""By this name what `_listed` returns is kept with a result."""


class Listing(NamedTuple):
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
    # the language matters only where names are compared; elsewhere all languages share what is remembered
    locale = context.locales[0] if listing.sort is ProductSort.NAME else DEFAULT_LOCALES[0]
    search, cursors = (_search_for if listing.attributes else _known_search_for)(listing, locale)
    expected = expected_assortments(context)
    if expected is not None:
        context.sources.catalog.searches.begin(_among(search, expected), context.ask)
    search = _among(search, await assortments(context))
    found = await context.sources.catalog.searches.get(search, context.ask)
    if found is None:
        raise cursors.foreign(listing.after)
    if found.total == 0 and listing.category_code is not None:
        await existing_category(listing.category_code, context)
    skus, places = derived_of(found, LISTED, _listed)
    contents = await existing(skus, context)
    nodes = of_all(_there, contents)
    if len(nodes) < len(skus):
        places = [place for place, content in zip(places, contents, strict=True) if content is not None]
    return page_of(
        nodes,
        cursors.wrap_all(places),
        total=found.total,
        after=listing.after,
        has_next=found.has_next,
        facets=[_with_ids(facet) for facet in found.facets],
    )


def _there(contents: Sequence[Product | SourceError | None]) -> list[Product]:
    """Return those that exist; raises why one could not be had."""
    for content in contents:
        if isinstance(content, SourceError):
            raise content
    return [content for content in contents if isinstance(content, Product)]


def _listed(found: SearchResult) -> tuple[tuple[str, ...], Sequence[str]]:
    """Return the SKUs that were found, and the PIM's cursors behind them."""
    return tuple([hit.sku for hit in found.hits]), [hit.cursor for hit in found.hits]


def _search_for(listing: Listing, locale: str) -> tuple[ProductSearch, Cursors]:
    """Return what to ask the PIM, but for the assortments, and the cursors of that list."""
    text = (listing.query or "").strip() or None
    if text and len(text) > MOST_QUERY_CHARACTERS:
        raise LimitExceeded(f"query may have at most {MOST_QUERY_CHARACTERS} characters; it has {len(text)}.")
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


_known_search_for = lru_cache(1_000)(_search_for)


def _among(search: ProductSearch, own: frozenset[str]) -> ProductSearch:
    return search._replace(assortments=tuple(sorted(own)))


def _with_ids(facet: Facet) -> Facet:
    """Return the facet with values that `ProductFilter` takes: category codes become ids."""
    if facet.code != CATEGORY_FACET:
        return facet
    return replace(facet, values=[replace(value, value=to_id("Category", value.value)) for value in facet.values])
