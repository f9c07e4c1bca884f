"""The PIM behind the open connector contract (`docs/connect/`)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from datasources.http import Transport
from datasources.model.catalog import (
    Category,
    CodeHit,
    CodeMeaning,
    Facet,
    FacetValue,
    MatchKind,
    ProductSearch,
    SearchHit,
    SearchResult,
    TopCategories,
)
from datasources.model.common import Provenance
from datasources.model.making import maker
from datasources.pim.rest_products import products_of
from datasources.ports import CatalogAnswer, CategoriesAnswer, ConnectorSettings, LookupAnswer, SearchAnswer
from datasources.wire import Answer, WireText, text


class WireCategory(msgspec.Struct):
    code: str
    name: WireText
    parent_code: str | None = None
    child_codes: list[str] = []


class CategoryList(Answer, kw_only=True):
    categories: list[WireCategory]
    roots: list[str]


class ProductList(Answer, kw_only=True):
    products: list[msgspec.Raw]  # of WireProduct
    categories: list[WireCategory]
    locales: list[str]


class WireFacetValue(msgspec.Struct):
    value: str
    label: WireText
    count: int


class WireFacet(msgspec.Struct):
    code: str
    name: WireText
    values: list[WireFacetValue]


class WireResult(msgspec.Struct):
    total: int
    hits: list[SearchHit]
    has_next: bool
    facets: list[WireFacet] = []


class FoundProducts(ProductList, kw_only=True):
    results: list[WireResult | None]


class WireMatch(msgspec.Struct):
    code: str
    kind: MatchKind
    sku: str


class LookedUpProducts(ProductList, kw_only=True):
    matches: list[WireMatch]


_products = msgspec.json.Decoder(ProductList)
_make_category = maker(Category)
_found = msgspec.json.Decoder(FoundProducts)
_looked_up = msgspec.json.Decoder(LookedUpProducts)
_categories = msgspec.json.Decoder(CategoryList)


class RestPim:
    """See `PimConnector`."""

    options: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def connect(cls, settings: ConnectorSettings, transport: Transport) -> "RestPim":
        return cls(transport)

    async def search(self, searches: Sequence[ProductSearch]) -> SearchAnswer:
        def read(body: bytes) -> SearchAnswer:
            answer = _found.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            pairs = zip(searches, answer.results, strict=True)
            results = {s: _result(r, provenance) for s, r in pairs if r is not None}
            return SearchAnswer(results, _catalog(answer, provenance))

        asked = [search._asdict() for search in searches]
        return await self._transport.post("products/search", {"searches": asked}, read)

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        def read(body: bytes) -> CatalogAnswer:
            answer = _products.decode(body)
            return _catalog(answer, self._transport.provenance(answer.as_of))

        return await self._transport.post("products", {"skus": skus}, read)

    async def lookup(self, codes: Sequence[str]) -> LookupAnswer:
        def read(body: bytes) -> LookupAnswer:
            answer = _looked_up.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            hits: dict[str, list[CodeHit]] = {}
            for match in answer.matches:
                hits.setdefault(match.code, []).append(CodeHit(match.kind, match.sku))
            meanings = {code: CodeMeaning(found, provenance) for code, found in hits.items()}
            return LookupAnswer(meanings, _catalog(answer, provenance))

        return await self._transport.post("products/lookup", {"codes": codes}, read)

    async def categories(self, codes: Sequence[str] | None) -> CategoriesAnswer:
        def read(body: bytes) -> CategoriesAnswer:
            answer = _categories.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            top = TopCategories(answer.roots, provenance)
            return CategoriesAnswer(top, _category_map(answer.categories, provenance))

        return await self._transport.post("categories", {"codes": codes}, read)


def _catalog(answer: ProductList, provenance: Provenance) -> CatalogAnswer:
    products = products_of(answer.products, answer.locales, provenance)
    return CatalogAnswer(products, _category_map(answer.categories, provenance))


def _category_map(said: list[WireCategory], provenance: Provenance) -> Mapping[str, Category]:
    return {c.code: _make_category(c.code, text(c.name), c.parent_code, c.child_codes, provenance) for c in said}


def _result(said: WireResult, provenance: Provenance) -> SearchResult:
    return SearchResult(said.total, said.hits, said.has_next, [_facet(facet) for facet in said.facets], provenance)


def _facet(said: WireFacet) -> Facet:
    values = [FacetValue(v.value, text(v.label), v.count) for v in said.values]
    return Facet(said.code, text(said.name), values)
