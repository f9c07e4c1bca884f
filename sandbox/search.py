"""Searching products: filters, order, pages, facets."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from sandbox.bits import flags_of, members
from sandbox.cursors import Mark, cursor_of, mark_of
from sandbox.data.categories import Category
from sandbox.data.texts import Text
from sandbox.index import ProductIndex
from sandbox.protocol import Json
from sandbox.requests import SearchLine

MAX_FACETS = 20
CATEGORY = "category"
# Finnish and Swedish sort å, ä and ö behind z.
NORDIC_ORDER = str.maketrans("åäö", "{|}")


@dataclass(frozen=True, slots=True)
class Page:
    """One search's answer and the products on it."""

    result: Json
    ordinals: Sequence[int]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search asks for, apart from order and page."""

    query: str
    category: str | None
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    assortments: tuple[str, ...]


class Search:
    """Answers searches over an index that does not change."""

    def __init__(self, index: ProductIndex, categories: Mapping[str, Category], locales: Sequence[str]) -> None:
        self._index = index
        self._categories = categories
        self._locales = locales
        self._facets = lru_cache(maxsize=1024)(self._count_facets)
        self._order = lru_cache(maxsize=16)(self._make_order)
        for locale in locales:
            self._order("NAME", locale)

    def page(self, line: SearchLine) -> Page:
        attributes = tuple((wanted.code, tuple(wanted.values)) for wanted in line.attributes)
        query = (line.query or "").strip()
        filters = Filters(query, line.category_code, attributes, tuple(sorted(set(line.assortments))))
        bands = self._found(filters)
        marked = list(islice(self._walk(line, bands), line.first + 1))
        shown = marked[: line.first]
        result = {
            "total": sum(band.bit_count() for band in bands),
            "hits": [{"sku": mark[1], "cursor": cursor_of(line.sort, mark)} for _, mark in shown],
            "has_next": len(marked) > line.first,
            "facets": self._facets(filters) if line.facets else [],
        }
        return Page(result, [ordinal for ordinal, _ in shown])

    def _found(self, filters: Filters) -> list[int]:
        """Return what matches, in bands of falling relevance."""
        allowed = self._index.visible(filters.assortments)
        for bits in self._filter_sets(filters).values():
            allowed &= bits
        return [band & allowed for band in self._hits(filters.query)]

    def _hits(self, query: str) -> list[int]:
        return self._index.hits(query) if query else [self._index.everything]

    def _filter_sets(self, filters: Filters) -> dict[str, int]:
        """Return what each filter lets through, by facet code."""
        sets: dict[str, int] = {}
        for code, values in filters.attributes:
            allowed = 0
            for value in values:
                allowed |= self._index.values.get((code, value), 0)
            sets[code] = sets.get(code, self._index.everything) & allowed
        if filters.category is not None:
            sets[CATEGORY] = sets.get(CATEGORY, self._index.everything)
            sets[CATEGORY] &= self._index.categories.get(filters.category, 0)
        return sets

    def _walk(self, line: SearchLine, bands: list[int]) -> Iterator[tuple[int, Mark]]:
        """Yield what matches in the order asked, from the cursor on."""
        after = mark_of(line.after, line.sort) if line.after is not None else None
        if line.sort in ("NAME", "NEWEST"):
            return self._walk_order(line, bands, after)
        return self._walk_bands(bands if line.sort == "RELEVANCE" else [_union(bands)], after)

    def _walk_bands(self, bands: list[int], after: Mark | None) -> Iterator[tuple[int, Mark]]:
        first, sku = (int(after[0]), after[1]) if after else (0, None)
        for place, band in enumerate(bands):
            if place < first or not band:
                continue
            start = self._index.first_after(sku) if sku is not None and place == first else 0
            for ordinal in members(band, start):
                yield ordinal, (place, self._index.skus[ordinal])

    def _walk_order(self, line: SearchLine, bands: list[int], after: Mark | None) -> Iterator[tuple[int, Mark]]:
        locale = self._locale(line.locale) if line.sort == "NAME" else ""
        order = self._order(line.sort, locale)
        flags = flags_of(_union(bands))

        def mark(ordinal: int) -> Mark:
            return self._mark(line.sort, locale, ordinal)

        start = bisect_right(order, after, key=mark) if after else 0
        for place in range(start, len(order)):
            ordinal = order[place]
            if ordinal < len(flags) and flags[ordinal] == "1":
                yield ordinal, mark(ordinal)

    def _make_order(self, sort: str, locale: str) -> "array[int]":
        return array("I", sorted(range(self._index.count), key=lambda ordinal: self._mark(sort, locale, ordinal)))

    def _mark(self, sort: str, locale: str, ordinal: int) -> Mark:
        sku = self._index.skus[ordinal]
        if sort == "NEWEST":
            return -self._index.days[ordinal], sku
        return _sorted_as(self._index.names[ordinal], locale), sku

    def _locale(self, asked: str | None) -> str:
        """Return the language that names are sorted in: the one asked, without its region, or the first there is."""
        candidates = (asked or "", (asked or "").split("-")[0])
        return next((candidate for candidate in candidates if candidate in self._locales), self._locales[0])

    def _count_facets(self, filters: Filters) -> list[Json]:
        """Count values among the matches; a facet's own filter does not narrow its own values."""
        matching = _union(self._hits(filters.query)) & self._index.visible(filters.assortments)
        sets = self._filter_sets(filters)

        def without(code: str) -> int:
            left = matching
            for own, bits in sets.items():
                if own != code:
                    left &= bits
            return left

        bases = {code: without(code) for code in sets}
        narrowed = without("")
        counts: dict[str, dict[str, int]] = {}
        for (code, value), bits in self._index.values.items():
            count = (bits & bases.get(code, narrowed)).bit_count()
            if count and code != CATEGORY:
                counts.setdefault(code, {})[value] = count
        largest = sorted(counts, key=lambda code: (-sum(counts[code].values()), code))[: MAX_FACETS - 1]
        return [*self._category_facet(bases.get(CATEGORY, narrowed)), *(self._facet(c, counts[c]) for c in largest)]

    def _category_facet(self, matching: int) -> list[Json]:
        counts = {code: (bits & matching).bit_count() for code, bits in self._index.categories.items()}
        values = [
            {"value": code, "label": self._categories[code].name, "count": count}
            for code, count in _by_count(counts)
            if count
        ]
        name = {"fi": "Tuoteryhmä", "en": "Category", "sv": "Produktgrupp"}
        return [{"code": CATEGORY, "name": name, "values": values}] if values else []

    def _facet(self, code: str, counts: dict[str, int]) -> Json:
        values = [
            {"value": value, "label": self._index.labels[code, value], "count": count}
            for value, count in _by_count(counts)
        ]
        return {"code": code, "name": self._index.attribute_names[code], "values": values}


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _union(bands: list[int]) -> int:
    found = 0
    for band in bands:
        found |= band
    return found


def _sorted_as(name: Text, locale: str) -> str:
    if isinstance(name, str):
        return name.casefold()
    word = name.get(locale) or name.get("fi") or name.get("en") or next(iter(name.values()), "")
    return word.casefold().translate(NORDIC_ORDER) if locale in ("fi", "sv") else word.casefold()
