"""Catalogue sources, over the PIM."""

from collections.abc import Mapping, Sequence

from datasources.cache.entry import Policy
from datasources.model.catalog import Category, CodeMeaning, Product, ProductSearch, SearchResult, TopCategories
from datasources.ports import CatalogAnswer, PimConnector
from datasources.sources.kind import Kind, any_change
from datasources.sources.kit import SourceKit
from datasources.sources.source import Source

TOP = "top"
SUBJECT = "content"


class CatalogSources:
    """Articles by SKU, pages by search, meanings by code, categories by code. Content that comes along is kept."""

    def __init__(self, connector: PimConnector, kit: SourceKit, policy: Policy) -> None:
        self._connector = connector
        self.products: Source[str, Product] = Source(
            self._products, kit=kit, kind=Kind("content", Product, policy, SUBJECT)
        )
        self.searches: Source[ProductSearch, SearchResult] = Source(
            self._search, kit=kit, kind=Kind("search results", SearchResult, policy, SUBJECT, any_change)
        )
        self.codes: Source[str, CodeMeaning] = Source(
            self._lookup, kit=kit, kind=Kind("articles by code", CodeMeaning, policy, SUBJECT, any_change)
        )
        self.categories: Source[str, Category] = Source(
            self._categories, kit=kit, kind=Kind("categories", Category, policy, SUBJECT)
        )
        self.top: Source[str, TopCategories] = Source(
            self._top, kit=kit, kind=Kind("top categories", TopCategories, policy, SUBJECT, any_change)
        )

    async def _products(self, skus: Sequence[str]) -> Mapping[str, Product]:
        marks = self._marks()
        answer = await self._connector.products(skus)
        self._keep(answer, marks)
        return answer.products

    async def _search(self, searches: Sequence[ProductSearch]) -> Mapping[ProductSearch, SearchResult]:
        marks = self._marks()
        answer = await self._connector.search(searches)
        self._keep(answer.catalog, marks)
        return answer.results

    async def _lookup(self, codes: Sequence[str]) -> Mapping[str, CodeMeaning]:
        marks = self._marks()
        answer = await self._connector.lookup(codes)
        self._keep(answer.catalog, marks)
        return answer.meanings

    async def _categories(self, codes: Sequence[str]) -> Mapping[str, Category]:
        return (await self._connector.categories(codes)).categories

    async def _top(self, _keys: Sequence[str]) -> Mapping[str, TopCategories]:
        mark = self.categories.mark()
        answer = await self._connector.categories(None)
        self.categories.remember(answer.categories, mark)
        return {TOP: answer.top}

    def _marks(self) -> tuple[int, int]:
        return self.products.mark(), self.categories.mark()

    def _keep(self, answer: CatalogAnswer, marks: tuple[int, int]) -> None:
        self.products.remember(answer.products, marks[0])
        self.categories.remember(answer.categories, marks[1])
