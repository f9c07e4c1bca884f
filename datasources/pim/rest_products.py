"""Articles in the open connector contract (`docs/connect/pim.yaml`), and how they become products."""

from collections.abc import Iterable, Sequence

import msgspec

from datasources.cache.kept import hand_on
from datasources.model.catalog import (
    Attribute,
    Document,
    DocumentKind,
    Image,
    Packaging,
    Product,
    ProductLifecycle,
    QuantityRule,
    Relation,
)
from datasources.model.common import Provenance, Quantity, Text
from datasources.model.making import maker
from datasources.said import before, note
from datasources.wire import Part, WireDecimal, WireText, decimal, optional_decimal, optional_text, text, unit


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
    unit: msgspec.Raw
    contains: WireDecimal
    gtin: str | None = None
    is_default: bool = False
    weight_kg: WireDecimal | None = None


class WireQuantityRule(msgspec.Struct):
    minimum: WireDecimal
    increment: WireDecimal
    maximum: WireDecimal | None = None


class WireSku(msgspec.Struct):
    sku: str


class WireProduct(WireSku):
    name: WireText
    unit: msgspec.Raw
    lifecycle: ProductLifecycle
    gtin: str | None = None
    description: WireText | None = None
    category_codes: list[str] = []
    attributes: list[msgspec.Raw] = []  # of WireAttribute
    images: list[WireImage] = []
    documents: list[WireDocument] = []
    packagings: list[WirePackaging] = []
    quantity_rule: WireQuantityRule | None = None
    replacement_skus: list[str] = []
    related: list[Relation] = []
    assortments: frozenset[str] | None = None


_skus = msgspec.json.Decoder(WireSku)
_products = msgspec.json.Decoder(WireProduct)
_attributes = msgspec.json.Decoder(WireAttribute)
_make_product = maker(Product)
_make_document = maker(Document)
_make_image = maker(Image)
_make_packaging = maker(Packaging)
_make_quantity = maker(Quantity)


def products_of(said: Iterable[msgspec.Raw], locales: Sequence[str], provenance: Provenance) -> dict[str, Product]:
    """
    Return the products of an answer by SKU.

    Raises:
        MsgspecError, ValueError: it is not what was agreed.
    """
    products: dict[str, Product] = {}
    remembered = before(Product)
    for content in map(bytes, said):
        sku, fingerprint = _skus.decode(content).sku, hash(content)
        old = remembered(sku, fingerprint)
        product = _again(old, locales, provenance) if old else _product(_products.decode(content), locales, provenance)
        note(product, fingerprint)
        products[sku] = product
    return products


def _again(old: Product, locales: Sequence[str], provenance: Provenance) -> Product:
    product = _make_product(
        old.sku,
        old.gtin,
        old.name,
        old.description,
        old.category_codes,
        old.unit,
        old.attributes,
        old.images,
        old.documents,
        old.packagings,
        old.quantity_rule,
        old.lifecycle,
        old.replacement_skus,
        old.relations,
        old.assortments,
        locales,
        provenance,
    )
    if old.locales == locales:
        hand_on(old, product)
    return product


def _product(said: WireProduct, locales: Sequence[str], provenance: Provenance) -> Product:
    return _make_product(
        said.sku,
        said.gtin,
        text(said.name),
        optional_text(said.description),
        said.category_codes,
        unit(said.unit),
        [_attribute(attribute) for attribute in said.attributes],
        [_make_image(image.url, optional_text(image.alt)) for image in said.images],
        [_document(document, said.sku) for document in said.documents],
        [_packaging(packaging, said) for packaging in said.packagings],
        _quantity_rule(said.quantity_rule) if said.quantity_rule else None,
        said.lifecycle,
        said.replacement_skus,
        said.related,
        said.assortments,
        locales,
        provenance,
    )


def _read_attribute(content: bytes) -> Attribute:
    said = _attributes.decode(content)
    values: list[Text] = [text(value) for value in said.values]
    return Attribute(said.code, text(said.name), values, said.unit)


_attribute = Part(_read_attribute)


def _document(said: WireDocument, sku: str) -> Document:
    return _make_document(f"{sku}/{said.id}", said.kind, text(said.title), said.language, said.mime_type, said.url)


def _quantity_rule(said: WireQuantityRule) -> QuantityRule:
    return QuantityRule(decimal(said.minimum), optional_decimal(said.maximum), decimal(said.increment))


def _packaging(said: WirePackaging, product: WireProduct) -> Packaging:
    return _make_packaging(
        f"{product.sku}/{said.id}",
        unit(said.unit),
        _make_quantity(decimal(said.contains), unit(product.unit)),
        said.gtin,
        said.is_default,
        optional_decimal(said.weight_kg),
    )
