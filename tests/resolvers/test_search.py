"""Pages of a search that is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from datasources.cache.entry import Policy
from datasources.cache.kept import Kept, Remembered
from datasources.cache.kept import kept_of as kept_where
from datasources.cache.store import Drop
from datasources.model.catalog import Facet, FacetValue, ProductSearch, ProductSort, SearchHit, SearchResult
from datasources.model.common import Provenance, System
from datasources.ports import CatalogAnswer, SearchAnswer
from datasources.sources.catalog import CatalogSources
from resolvers.context import RequestContext
from resolvers.errors import BadInput
from resolvers.ids import to_id
from resolvers.paging import Cursor, Cursors
from resolvers.search import Listing, products
from tests.app.conftest import MemoryPim
from tests.datasources.fakes import FakeClock, ask, kit

LISTING = Listing(2, None, None, None, (), ProductSort.SKU, True)
LIST = Cursors("products", None, None, (), "SKU", "fi")
FACETS = (Facet("category", {}, (FacetValue("pipes", {}, 2),)),)


@dataclass
class Pim(MemoryPim):
    """A PIM that finds KV-1 and KV-2 whatever it is asked, gives the one answer it has, and knows what is `there`."""

    there: set[str] = field(default_factory=lambda: {"KV-1", "KV-2"})
    searched: list[ProductSearch] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = self.clock.now()
        hits = (SearchHit("KV-1", "1"), SearchHit("KV-2", "2"))
        self.found = SearchResult(2, hits, True, FACETS, Provenance(System.PIM, now, now))

    async def search(self, searches: Sequence[ProductSearch]) -> SearchAnswer:
        self.searched += searches
        return SearchAnswer(dict.fromkeys(searches, self.found), await self.products(["KV-1", "KV-2"]))

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        return CatalogAnswer({sku: self._product(sku) for sku in skus if sku in self.there}, {})


@dataclass
class Shop:
    """A PIM and what is remembered of it; a page is looked at by a visitor, in a request of their own."""

    clock: FakeClock
    pim: Pim
    catalog: CatalogSources

    async def page(self, listing: Listing) -> Any:
        sources: Any = SimpleNamespace(catalog=self.catalog)
        orders: Any = None
        return await products(
            RequestContext(sources, self.clock, None, ("fi",), ask(self.clock), False, orders), listing
        )


def kept_of(value: Remembered) -> Kept:
    """Return what is kept with a value of which something can be."""
    kept = kept_where(value)
    assert kept is not None
    return kept


@pytest.fixture
def shop() -> Shop:
    clock = FakeClock()
    pim: Any = Pim(clock)
    return Shop(clock, pim, CatalogSources(pim, kit(clock), Policy(60, 0, 3600)))


async def test_a_page_that_comes_again(shop: Shop) -> None:
    """It is the same, its facets as `ProductFilter` takes them, and the PIM is asked once."""
    first = await shop.page(LISTING)
    again = await shop.page(LISTING)

    assert first == again
    assert [LIST.wrap("1"), LIST.wrap("2")] == list(again.cursors)
    assert (True, False, LIST.wrap("1"), LIST.wrap("2")) == (
        again.page_info.has_next_page,
        again.page_info.has_previous_page,
        again.page_info.start_cursor,
        again.page_info.end_cursor,
    )
    assert [to_id("Category", "pipes")] == [value.value for facet in again.facets for value in facet.values]
    assert 1 == len(shop.pim.searched)


async def test_bytes_of_where_a_page_stands(shop: Shop) -> None:
    """They are kept with the PIM's answer: there the next one finds them, and with another answer they are gone."""
    page = await shop.page(LISTING)
    kept_of(page.page_info).keep("run", b"{}")
    again = await shop.page(LISTING)
    shop.catalog.searches.drop(Drop("search results", None, None))
    shop.pim.found = replace(shop.pim.found, total=3)
    anew = await shop.page(LISTING)

    assert b"{}" == kept_of(again.page_info)["run"]
    assert {} == kept_of(anew.page_info)


async def test_a_page_without_what_has_gone(shop: Shop) -> None:
    """A product that exists no more is not on the page that is remembered, nor is its cursor."""
    await shop.page(LISTING)
    shop.pim.there.remove("KV-2")
    shop.catalog.products.drop(Drop("content", frozenset(["KV-2"]), None))
    page = await shop.page(LISTING)

    assert ["KV-1"] == [node.sku for node in page.nodes]
    assert [LIST.wrap("1")] == list(page.cursors)
    assert LIST.wrap("1") == page.page_info.end_cursor
    assert 1 == len(shop.pim.searched)


async def test_pages_of_two_lists_with_one_answer(shop: Shop) -> None:
    """Each has the cursors of its own list, and its own beginning."""
    pipes = Cursors("products", None, "pipes", (), "SKU", "fi")
    page = await shop.page(LISTING)
    narrower = await shop.page(LISTING._replace(category_code="pipes"))
    later = await shop.page(LISTING._replace(after=LIST.wrap("0")))

    assert [LIST.wrap("1"), pipes.wrap("1"), LIST.wrap("1")] == [
        one.page_info.start_cursor for one in (page, narrower, later)
    ]
    assert [False, False, True] == [one.page_info.has_previous_page for one in (page, narrower, later)]


async def test_what_is_wrong_with_a_listing(shop: Shop) -> None:
    """It is told each time it comes, and nobody is asked."""
    for _ in range(2):
        with pytest.raises(BadInput, match="is not a cursor of this list"):
            await shop.page(LISTING._replace(after=Cursor("x")))

    assert [] == shop.pim.searched
