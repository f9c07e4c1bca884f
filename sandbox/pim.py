"""The PIM: products and their content, categories, searching."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import orjson

from sandbox.cursors import BadCursor
from sandbox.data.catalogue import Catalogue
from sandbox.data.categories import Category
from sandbox.index import ProductIndex
from sandbox.protocol import Control, Json, Operation
from sandbox.requests import CategoriesRequest, CodesRequest, SearchLine, SearchRequest, SkusRequest
from sandbox.search import Page, Search


class Pim:
    """Answers what products are. It knows nothing of prices, stock or customers."""

    name = "pim"
    controls: Sequence[Control] = ()

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._search = Search(ProductIndex(catalogue), catalogue.categories, catalogue.locales)
        self._encoded = lru_cache(maxsize=8192)(self._encode)
        self._own_categories = lru_cache(maxsize=65_536)(self._categories_of)
        self.operations = (
            Operation("search", "/products/search", SearchRequest, self.search),
            Operation("products", "/products", SkusRequest, self.products),
            Operation("lookup", "/products/lookup", CodesRequest, self.lookup),
            Operation("categories", "/categories", CategoriesRequest, self.categories),
        )

    def reset(self) -> None:
        """Do nothing: nobody writes here."""

    def search(self, request: SearchRequest) -> Json:
        pages = [self._page(line) for line in request.searches]
        ordinals = (ordinal for page in pages if page for ordinal in page.ordinals)
        return {"results": [page and page.result for page in pages], **self._with_products(ordinals)}

    def _page(self, line: SearchLine) -> Page | None:
        """Return a page; None where the cursor is not one of ours: other people's searches in the call go on."""
        try:
            return self._search.page(line)
        except BadCursor:
            return None

    def products(self, request: SkusRequest) -> Json:
        return self._with_products(self._ordinals(request.skus))

    def lookup(self, request: CodesRequest) -> Json:
        matches = [
            {"code": code, "kind": match.kind, "sku": match.sku}
            for code in dict.fromkeys(request.codes)
            for match in self._catalogue.matches(code)
        ]
        return {"matches": matches, **self._with_products(self._ordinals(match["sku"] for match in matches))}

    def categories(self, request: CategoriesRequest) -> Json:
        tree = self._catalogue.categories
        roots = [code for code, category in tree.items() if category.parent_code is None]
        asked = roots if request.codes is None else request.codes
        wanted = {code: tree[code] for code in asked if code in tree}
        return {"roots": roots, "categories": [_category_json(category) for category in wanted.values()]}

    def _ordinals(self, skus: Iterable[str]) -> Iterable[int]:
        found = (self._catalogue.ordinal(sku) for sku in skus)
        return (ordinal for ordinal in found if ordinal is not None)

    def _with_products(self, ordinals: Iterable[int]) -> Json:
        shown = list(dict.fromkeys(ordinals))
        codes = dict.fromkeys(code for ordinal in shown for code in self._own_categories(ordinal))
        return {
            "locales": self._catalogue.locales,
            "products": [self._encoded(ordinal) for ordinal in shown],
            "categories": [_category_json(self._catalogue.categories[code]) for code in codes],
        }

    def _encode(self, ordinal: int) -> orjson.Fragment:
        return orjson.Fragment(orjson.dumps(self._catalogue.product(ordinal)))

    def _categories_of(self, ordinal: int) -> tuple[str, ...]:
        return self._catalogue.entry(ordinal).categories


def _category_json(category: Category) -> Json:
    return {
        "code": category.code,
        "name": category.name,
        "parent_code": category.parent_code,
        "child_codes": category.child_codes,
    }
