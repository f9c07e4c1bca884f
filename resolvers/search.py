"""Searching and listing products, as far as they exist for the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from datasources.cache.kept import attach_beside, derived_of, of_all
from datasources.errors import SourceError
from datasources.model.catalog import AttributeChoice, Facet, Product, ProductSearch, ProductSort, SearchResult
from resolvers.access import assortments, assortments_at_hand, expected_assortments
from resolvers.catalog import existing, existing_category
from resolvers.context import RequestContext
from resolvers.errors import LimitExceeded
from resolvers.ids import to_id
from resolvers.locales import DEFAULT_LOCALES
from resolvers.paging import Cursor, Cursors, Page, PageInfo, bounded_first, info_of, page_of

MOST_PRODUCTS = 1000
MOST_QUERY_CHARACTERS = 200
CATEGORY_FACET = "category"


class Listing(NamedTuple):
    """What a client asks of a listing: which products, in which order, which page of them, and whether facets."""

    first: int | None
    after: Cursor | None
    query: str | None
    category_code: str | None
    attributes: tuple[AttributeChoice, ...]
    sort: ProductSort
    facets: bool


class Sought(NamedTuple):
    """What to ask the PIM for a listing, the cursors of that list, and by what its page is kept with the answer."""

    search: ProductSearch
    cursors: Cursors
    page: tuple[str, str, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """What follows from an answer of the PIM alone: a page, if all products of it exist for the viewer."""

    skus: tuple[str, ...]
    cursors: Sequence[Cursor]
    page_info: PageInfo
    facets: Sequence[Facet]


async def products(context: RequestContext, listing: Listing) -> Page[Product]:
    """
    Search, and return a page of what exists for the viewer.

    Raises:
        BadInput, LimitExceeded: page size, cursor or query are out of range.
        NotFound: there is no such category.
        SourceError: the PIM could not be asked.
    """
    sought = await _sought(context, listing)
    found = await context.sources.catalog.searches.get(sought.search, context.ask)
    if found is None:
        raise sought.cursors.foreign(listing.after)
    if found.total == 0 and listing.category_code is not None:
        await existing_category(listing.category_code, context)
    listed = derived_of(found, sought.page, lambda result: _listed(result, sought))
    contents = await existing(listed.skus, context)
    nodes = of_all(_there, contents)
    if len(nodes) == len(contents):
        return Page(nodes, listed.cursors, listed.page_info, found.total, listed.facets)
    places = [hit.cursor for hit, content in zip(found.hits, contents, strict=True) if content is not None]
    cursors = sought.cursors.wrap_all(places)
    more, facets = found.has_next, listed.facets
    return page_of(nodes, cursors, total=found.total, after=listing.after, has_next=more, facets=facets)


async def _sought(context: RequestContext, listing: Listing) -> Sought:
    """Return what to ask for this viewer; what is wrong with the listing is told before anybody is asked."""
    # the language matters only where names are compared; elsewhere all languages share what is remembered
    locale = context.locales[0] if listing.sort is ProductSort.NAME else DEFAULT_LOCALES[0]
    # filters by attributes are too many and too long to be remembered
    sought_for = _sought_for if listing.attributes else _known_sought_for
    own = assortments_at_hand(context)
    if own is None:
        expected = expected_assortments(context)
        guess = sought_for(listing, locale, expected or frozenset())
        if expected is not None:
            context.sources.catalog.searches.begin(guess.search, context.ask)
        own = await assortments(context)
    return sought_for(listing, locale, own)


def _sought_for(listing: Listing, locale: str, own: frozenset[str]) -> Sought:
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
        assortments=tuple(sorted(own)),
    )
    return Sought(search, cursors, ("page", cursors.mark, listing.after is not None))


_known_sought_for = lru_cache(4_000)(_sought_for)


def _listed(found: SearchResult, sought: Sought) -> Listed:
    cursors = sought.cursors.wrap_all([hit.cursor for hit in found.hits])
    info = info_of(cursors, after=sought.search.after, has_next=found.has_next)
    attach_beside(info, found)
    return Listed(
        skus=tuple([hit.sku for hit in found.hits]),
        cursors=cursors,
        page_info=info,
        facets=[_with_ids(facet) for facet in found.facets],
    )


def _there(contents: Sequence[Product | SourceError | None]) -> list[Product]:
    """Return those that exist; raises why one could not be had."""
    for content in contents:
        if isinstance(content, SourceError):
            raise content
    return [content for content in contents if isinstance(content, Product)]


def _with_ids(facet: Facet) -> Facet:
    """Return the facet with values that `ProductFilter` takes: category codes become ids."""
    if facet.code != CATEGORY_FACET:
        return facet
    return replace(facet, values=[replace(value, value=to_id("Category", value.value)) for value in facet.values])
