"""Catalogue sources, over the PIM."""

from collections.abc import Mapping, Sequence

from datasources.model.catalog import Category, CodeHit, Product, ProductSearch, SearchResult, TopCategories
from datasources.ports import CatalogAnswer, PimConnector
from datasources.sources.source import Source, SourceKit

TOP = "top"


class CatalogSources:
    """Articles by SKU, pages by search, meanings by code, categories by code. Content that comes along is kept."""

    def __init__(self, connector: PimConnector, kit: SourceKit, *, fresh_for_s: float) -> None:
        self._connector = connector
        self.products: Source[str, Product] = kit.source(self._products, fresh_for_s=fresh_for_s)
        self.searches: Source[ProductSearch, SearchResult] = kit.source(self._search, fresh_for_s=fresh_for_s)
        self.codes: Source[str, Sequence[CodeHit]] = kit.source(self._lookup, fresh_for_s=fresh_for_s)
        self.categories: Source[str, Category] = kit.source(self._categories, fresh_for_s=fresh_for_s)
        self.top: Source[str, TopCategories] = kit.source(self._top, fresh_for_s=fresh_for_s)

    async def _products(self, skus: Sequence[str]) -> Mapping[str, Product]:
        answer = await self._connector.products(skus)
        self._keep(answer)
        return answer.products

    async def _search(self, searches: Sequence[ProductSearch]) -> Mapping[ProductSearch, SearchResult]:
        answer = await self._connector.search(searches)
        self._keep(answer.catalog)
        return answer.results

    async def _lookup(self, codes: Sequence[str]) -> Mapping[str, Sequence[CodeHit]]:
        answer = await self._connector.lookup(codes)
        self._keep(answer.catalog)
        return answer.hits

    async def _categories(self, codes: Sequence[str]) -> Mapping[str, Category]:
        return (await self._connector.categories(codes)).categories

    async def _top(self, _keys: Sequence[str]) -> Mapping[str, TopCategories]:
        answer = await self._connector.categories(None)
        self.categories.remember(answer.categories)
        return {TOP: TopCategories(answer.roots)}

    def _keep(self, answer: CatalogAnswer) -> None:
        self.products.remember(answer.products)
        self.categories.remember(answer.categories)
