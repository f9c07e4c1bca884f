"""The PIM behind the open connector contract (`docs/connect/`)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec

from datasources.http import Transport
from datasources.model.catalog import (
    Attribute,
    Category,
    CodeHit,
    CodeMeaning,
    Document,
    DocumentKind,
    Facet,
    FacetValue,
    Image,
    MatchKind,
    Packaging,
    Product,
    ProductLifecycle,
    ProductSearch,
    QuantityRule,
    Relation,
    SearchHit,
    SearchResult,
    TopCategories,
)
from datasources.model.common import Provenance, Quantity
from datasources.ports import CatalogAnswer, CategoriesAnswer, ConnectorSettings, LookupAnswer, SearchAnswer
from datasources.wire import (
    Answer,
    WireDecimal,
    WireText,
    WireUnit,
    optional_decimal,
    optional_text,
    text,
    unit,
)


class WireAttribute(msgspec.Struct):
    code: str
    name: WireText
    values: list[WireText]
    unit: str | None = None


class WireImage(msgspec.Struct):
    url: str
    alt: WireText | None = None


class WireDocument(msgspec.Struct):
    id: str
    kind: DocumentKind
    title: WireText
    mime_type: str
    url: str
    language: str | None = None


class WirePackaging(msgspec.Struct):
    id: str
    unit: WireUnit
    contains: WireDecimal
    gtin: str | None = None
    is_default: bool = False
    weight_kg: WireDecimal | None = None


class WireQuantityRule(msgspec.Struct):
    minimum: WireDecimal
    increment: WireDecimal
    maximum: WireDecimal | None = None


class WireProduct(msgspec.Struct):
    sku: str
    name: WireText
    unit: WireUnit
    lifecycle: ProductLifecycle
    gtin: str | None = None
    description: WireText | None = None
    category_codes: list[str] = []
    attributes: list[WireAttribute] = []
    images: list[WireImage] = []
    documents: list[WireDocument] = []
    packagings: list[WirePackaging] = []
    quantity_rule: WireQuantityRule | None = None
    replacement_skus: list[str] = []
    related: list[Relation] = []
    assortments: frozenset[str] | None = None


class WireCategory(msgspec.Struct):
    code: str
    name: WireText
    parent_code: str | None = None
    child_codes: list[str] = []


class CategoryList(Answer, kw_only=True):
    categories: list[WireCategory]
    roots: list[str]


class ProductList(Answer, kw_only=True):
    products: list[WireProduct]
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

        return await self._transport.post("products/search", {"searches": searches}, read)

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
    products = {said.sku: _product(said, answer.locales, provenance) for said in answer.products}
    return CatalogAnswer(products, _category_map(answer.categories, provenance))


def _category_map(said: list[WireCategory], provenance: Provenance) -> Mapping[str, Category]:
    return {c.code: Category(c.code, text(c.name), c.parent_code, c.child_codes, provenance) for c in said}


def _product(said: WireProduct, locales: Sequence[str], provenance: Provenance) -> Product:
    return Product(
        sku=said.sku,
        gtin=said.gtin,
        name=text(said.name),
        description=optional_text(said.description),
        category_codes=said.category_codes,
        unit=unit(said.unit),
        attributes=[Attribute(a.code, text(a.name), [text(v) for v in a.values], a.unit) for a in said.attributes],
        images=[Image(i.url, optional_text(i.alt)) for i in said.images],
        documents=[
            Document(f"{said.sku}/{d.id}", d.kind, text(d.title), d.language, d.mime_type, d.url)
            for d in said.documents
        ],
        packagings=[_packaging(p, said) for p in said.packagings],
        quantity_rule=_quantity_rule(said.quantity_rule) if said.quantity_rule else None,
        lifecycle=said.lifecycle,
        replacement_skus=said.replacement_skus,
        relations=said.related,
        assortments=said.assortments,
        locales=locales,
        provenance=provenance,
    )


def _quantity_rule(said: WireQuantityRule) -> QuantityRule:
    return QuantityRule(Decimal(said.minimum), optional_decimal(said.maximum), Decimal(said.increment))


def _packaging(said: WirePackaging, product: WireProduct) -> Packaging:
    contains = Quantity(Decimal(said.contains), unit(product.unit))
    return Packaging(
        f"{product.sku}/{said.id}",
        unit(said.unit),
        contains,
        said.gtin,
        said.is_default,
        optional_decimal(said.weight_kg),
    )


def _result(said: WireResult, provenance: Provenance) -> SearchResult:
    return SearchResult(said.total, said.hits, said.has_next, [_facet(facet) for facet in said.facets], provenance)


def _facet(said: WireFacet) -> Facet:
    values = [FacetValue(v.value, text(v.label), v.count) for v in said.values]
    return Facet(said.code, text(said.name), values)
