"""Catalogue: what the PIM knows of articles and categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from datasources.cache.kept import Remembered
from datasources.model.common import Provenance, Quantity, Text, Unit
from datasources.said import Said


class ProductLifecycle(Enum):
    """Where an article stands in its life."""

    ACTIVE = "ACTIVE"
    PHASING_OUT = "PHASING_OUT"
    DISCONTINUED = "DISCONTINUED"


class RelationKind(Enum):
    """Why one article points to another."""

    ACCESSORY = "ACCESSORY"
    SPARE_PART = "SPARE_PART"
    SUBSTITUTE = "SUBSTITUTE"
    UPSELL = "UPSELL"
    SERVICE = "SERVICE"
    RECOMMENDED = "RECOMMENDED"


class DocumentKind(Enum):
    """What a document is."""

    BROCHURE = "BROCHURE"
    MANUAL = "MANUAL"
    SAFETY_DATA_SHEET = "SAFETY_DATA_SHEET"
    CERTIFICATE = "CERTIFICATE"
    DRAWING = "DRAWING"


class ProductSort(Enum):
    """In which order a search answers."""

    RELEVANCE = "RELEVANCE"
    NAME = "NAME"
    SKU = "SKU"
    NEWEST = "NEWEST"


class MatchKind(Enum):
    """How a code that somebody typed was understood."""

    SKU = "SKU"
    GTIN = "GTIN"
    CUSTOMER_PART_NUMBER = "CUSTOMER_PART_NUMBER"
    SUPERSEDED = "SUPERSEDED"
    AMBIGUOUS = "AMBIGUOUS"
    NOT_IN_ASSORTMENT = "NOT_IN_ASSORTMENT"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property of an article, such as its material; `unit` is a symbol (`mm`)."""

    code: str
    name: Text
    values: Sequence[Text]
    unit: str | None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `{width}` and `{format}` in its URL may be filled in."""

    url: str
    alt: Text | None


@dataclass(frozen=True, slots=True)
class Document:
    """A file about an article. The id is unique within the PIM."""

    id: str
    kind: DocumentKind
    title: Text
    language: str | None
    mime_type: str
    url: str


@dataclass(frozen=True, slots=True)
class Packaging:
    """A way an article is packed: a unit that holds a quantity of sales units. The id is unique within the PIM."""

    id: str
    unit: Unit
    contains: Quantity
    gtin: str | None
    is_default: bool
    weight_kg: Decimal | None


@dataclass(frozen=True, slots=True)
class QuantityRule:
    """Which quantities can be ordered, in sales units."""

    minimum: Decimal
    maximum: Decimal | None
    increment: Decimal


@dataclass(frozen=True, slots=True)
class Relation:
    """A pointer from one article to another."""

    kind: RelationKind
    sku: str


@dataclass(frozen=True, slots=True)
class Product(Said):
    """
    An article with its content in every language the PIM keeps (`locales`).

    `assortments` None: everybody may see it; else only accounts that have one of them.
    """

    sku: str
    gtin: str | None
    name: Text
    description: Text | None
    category_codes: Sequence[str]
    unit: Unit
    attributes: Sequence[Attribute]
    images: Sequence[Image]
    documents: Sequence[Document]
    packagings: Sequence[Packaging]
    quantity_rule: QuantityRule | None
    lifecycle: ProductLifecycle
    replacement_skus: Sequence[str]
    relations: Sequence[Relation]
    assortments: frozenset[str] | None
    locales: Sequence[str]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Category(Remembered):
    """A node of the category tree."""

    code: str
    name: Text
    parent_code: str | None
    child_codes: Sequence[str]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class TopCategories:
    """The roots of the category tree, in the PIM's order."""

    codes: Sequence[str]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class AttributeChoice:
    """A filter: the attribute has any of the values."""

    code: str
    values: tuple[str, ...]


class ProductSearch(NamedTuple):
    """What to look for: all that a page of results depends on, and nothing of who asks but the assortments."""

    query: str | None
    category_code: str | None
    attributes: tuple[AttributeChoice, ...]
    assortments: tuple[str, ...]
    sort: ProductSort
    locale: str
    first: int
    after: str | None
    facets: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A found article and the PIM's cursor behind it."""

    sku: str
    cursor: str


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, and how many of the found articles have it."""

    value: str
    label: Text
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """A property by which the found articles can be narrowed down."""

    code: str
    name: Text
    values: Sequence[FacetValue]


@dataclass(frozen=True, slots=True)
class SearchResult(Remembered):
    """One page of found articles; `total` counts all pages."""

    total: int
    hits: Sequence[SearchHit]
    has_next: bool
    facets: Sequence[Facet]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CodeHit:
    """An article that a code means: by SKU, GTIN or as the successor of what the code meant."""

    kind: MatchKind
    sku: str


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """All that a code means to the PIM, several articles when it is ambiguous."""

    hits: Sequence[CodeHit]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """What a code that somebody typed means for them; `product` only when it is certain."""

    key: str
    code: str
    kind: MatchKind
    product: Product | Exception | None
    candidates: Sequence[Product]
