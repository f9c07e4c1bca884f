"""Catalogue: articles, their content and their categories, as far as they exist for the viewer."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import strawberry

from datasources.cache.kept import of_all
from datasources.errors import SourceError
from datasources.model.catalog import (
    Attribute,
    Category,
    Document,
    DocumentKind,
    Image,
    Product,
    RelationKind,
)
from datasources.model.common import Sourced, Text, text_in
from datasources.sources.catalog import TOP
from datasources.sources.source import Source
from resolvers.access import assortments, exists_for
from resolvers.batching import batched
from resolvers.context import RequestContext
from resolvers.errors import BadInput, LimitExceeded, NotFound
from resolvers.ids import MOST_KEY_CHARACTERS, key_of, shown, to_id
from resolvers.locales import by_language, canonical_tag
from resolvers.paging import bounded_first

V = TypeVar("V", bound=Sourced)

MOST_LISTED = 100
DEFAULT_IMAGE_WIDTH = 800

Info = strawberry.Info[RequestContext]
Locale = Annotated[
    str | None,
    strawberry.argument(description="BCP 47 tag of a language the PIM keeps; null: the request's `Accept-Language`."),
]


async def existing(skus: Sequence[str], context: RequestContext) -> list[Product | SourceError | None]:
    """Return the products of these SKUs, None for one that does not exist or not for this viewer."""
    own = await assortments(context)
    found = await context.sources.catalog.products.get_many(skus, context.ask)
    # what exists for everybody is one column for all viewers
    return of_all(_existing, found, own) if of_all(_is_any_restricted, found) else found


def _is_any_restricted(products: Sequence[Product | SourceError | None]) -> bool:
    return any(isinstance(p, Product) and p.assortments is not None for p in products)


def _existing(
    products: Sequence[Product | SourceError | None], own: frozenset[str]
) -> list[Product | SourceError | None]:
    return [p if not isinstance(p, Product) or exists_for(p, own) else None for p in products]


def skus_of(products: Sequence[Product]) -> tuple[str, ...]:
    """Return their SKUs."""
    return of_all(_skus, products)


def _skus(products: Sequence[Product]) -> tuple[str, ...]:
    return tuple([product.sku for product in products])


async def product_by_sku(sku: str, context: RequestContext) -> Product | None:
    """Return a product, None when there is none of that SKU for this viewer."""
    found = (await existing([sku], context))[0]
    if isinstance(found, SourceError):
        raise found
    return found


async def product(context: RequestContext, *, id: str | None, sku: str | None) -> Product | None:
    """Return a product by one of id and SKU. An id comes from here, so one that finds nothing is an error."""
    if (id is None) == (sku is None):
        raise BadInput("product takes either id or sku.")
    if sku is not None:
        if len(sku) > MOST_KEY_CHARACTERS:
            raise LimitExceeded(f"sku may have at most {MOST_KEY_CHARACTERS} characters; it has {len(sku)}.")
        return await product_by_sku(sku, context)
    found = await product_by_sku(key_of(str(id), "Product"), context)
    if found is None:
        raise NotFound(f"There is no Product {shown(str(id))}.")
    return found


async def category(context: RequestContext, *, id: str) -> Category:
    """Return a category by its id."""
    return await existing_category(key_of(id, "Category"), context)


async def existing_category(code: str, context: RequestContext) -> Category:
    found = await context.sources.catalog.categories.get(code, context.ask)
    if found is None:
        raise NotFound(f"There is no Category {shown(to_id('Category', code))}.")
    return found


async def top_categories(context: RequestContext) -> Sequence[Category | SourceError]:
    """Return the roots of the category tree."""
    top = await context.sources.catalog.top.get(TOP, context.ask)
    return await _categories(top.codes if top else (), context)


async def _categories(codes: Sequence[str], context: RequestContext) -> list[Category | SourceError]:
    found = await context.sources.catalog.categories.get_many(codes, context.ask)
    return [category for category in found if category is not None]


@batched
async def categories(products: Sequence[Product], context: RequestContext) -> Sequence[Any]:
    """Return each product's categories, all asked for at once."""
    return await _for_each(
        [product.category_codes for product in products], context.sources.catalog.categories, context
    )


@batched
async def parent(categories: Sequence[Category], context: RequestContext) -> Sequence[Any]:
    """Return the category above each, None above the top."""
    above = [[category.parent_code] if category.parent_code else [] for category in categories]
    found = await _for_each(above, context.sources.catalog.categories, context)
    return [next(iter(one), None) for one in found]


@batched
async def children(categories: Sequence[Category], context: RequestContext) -> Sequence[Any]:
    """Return the categories below each."""
    return await _for_each(
        [category.child_codes for category in categories], context.sources.catalog.categories, context
    )


@batched
async def replacements(products: Sequence[Product], context: RequestContext) -> Sequence[Any]:
    """Return what replaces each product."""
    return await _products_for_each([product.replacement_skus for product in products], context)


@batched
async def related(
    products: Sequence[Product],
    context: RequestContext,
    kind: Annotated[RelationKind, strawberry.argument(description="Which relation to follow.")],
    first: Annotated[int | None, strawberry.argument(description="How many at most, up to 100; null: 10.")] = 10,
) -> Sequence[Any]:
    """Return the products that each points to, up to `first`."""
    most = bounded_first(first, MOST_LISTED, default=10)
    pointed = [[r.sku for r in product.relations if r.kind is kind] for product in products]
    return [found[:most] for found in await _products_for_each(pointed, context)]


async def _products_for_each(skus: Sequence[Sequence[str]], context: RequestContext) -> list[list[Any]]:
    flat = list(dict.fromkeys(sku for some in skus for sku in some))
    by_sku = dict(zip(flat, await existing(flat, context), strict=True))
    return [[by_sku[sku] for sku in some if by_sku[sku] is not None] for some in skus]


async def _for_each(
    keys: Sequence[Sequence[str]], source: Source[str, V], context: RequestContext
) -> list[list[V | SourceError | None]]:
    flat = list(dict.fromkeys(key for some in keys for key in some))
    by_key = dict(zip(flat, await source.get_many(flat, context.ask), strict=True))
    return [[by_key[key] for key in some if by_key[key] is not None] for some in keys]


@by_language
def name(root: strawberry.Parent[Product], info: Info, locale: Locale = None) -> str:
    """Return the product's name."""
    return _in_language(root, root.name, info.context, locale) or root.sku


@by_language
def description(root: strawberry.Parent[Product], info: Info, locale: Locale = None) -> str | None:
    """Return the product's description."""
    return None if root.description is None else _in_language(root, root.description, info.context, locale)


def _in_language(product: Product, text: Text, context: RequestContext, locale: str | None) -> str | None:
    if locale is None:
        return context.text(text)
    tag = canonical_tag(locale)
    if not any(tag == kept or tag.startswith(f"{kept}-") for kept in product.locales):
        raise BadInput(f"{shown(locale)} is not a language kept here: {', '.join(product.locales)}.")
    return text_in(text, (tag, *context.locales))


def attributes(
    root: strawberry.Parent[Product],
    codes: Annotated[list[str] | None, strawberry.argument(description="Only these, in this order; null: all.")] = None,
) -> Sequence[Attribute]:
    """Return the product's attributes."""
    if codes is None:
        return root.attributes
    by_code = {attribute.code: attribute for attribute in root.attributes}
    return [by_code[code] for code in dict.fromkeys(codes) if code in by_code]


def images(
    root: strawberry.Parent[Product],
    first: Annotated[int | None, strawberry.argument(description="How many at most, up to 100; null: 1.")] = 1,
) -> Sequence[Image]:
    """Return the product's first pictures."""
    return root.images[: bounded_first(first, MOST_LISTED, default=1)]


def documents(
    root: strawberry.Parent[Product],
    kinds: Annotated[
        list[DocumentKind] | None, strawberry.argument(description="Only of these kinds; null: all.")
    ] = None,
) -> Sequence[Document]:
    """Return the product's documents."""
    return [document for document in root.documents if kinds is None or document.kind in kinds]


def image_url(
    root: strawberry.Parent[Image],
    width: Annotated[
        int | None, strawberry.argument(description="Pixels, 1 to 4096; null: 800. Images of one size ignore it.")
    ] = None,
    format: Annotated[
        str | None,
        strawberry.argument(description="File type such as `webp`; null: `jpg`. Images of one type ignore it."),
    ] = None,
) -> str:
    """Return where the picture is."""
    if width is not None and not 1 <= width <= 4096:
        raise BadInput(f"width must be 1 to 4096; it is {width}.")
    if format is not None and not re.fullmatch("[a-z0-9]{2,5}", format):
        raise BadInput(f"{shown(format)} is not a file type such as webp.")
    return root.url.replace("{width}", str(width or DEFAULT_IMAGE_WIDTH)).replace("{format}", format or "jpg")


@by_language
def attribute_values(root: strawberry.Parent[Attribute], info: Info) -> list[str]:
    """Return the attribute's values in the language that suits the request."""
    return [info.context.text(value) for value in root.values]
