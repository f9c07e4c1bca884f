"""The index that searches run on: which products a word, a code, a category or an attribute's value leads to."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache

from sandbox.bits import BitSets, CodeList, Key, counted
from sandbox.data.catalogue import Catalogue, Entry
from sandbox.data.naming import Attribute, Value
from sandbox.data.texts import Text
from sandbox.words import folded, tokens, words

HIT_LEVELS = 4


class ProductIndex:
    """Products are numbered in the order of their SKUs; sets of them are whole numbers."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.count = len(catalogue)
        self.everything = (1 << self.count) - 1
        self.skus: list[str] = []
        self.names: list[Text] = []
        self.days: list[int] = []
        self.attribute_names: dict[str, Text] = {}
        self.labels: dict[tuple[str, str], Text] = {}
        self._read(catalogue)
        self.with_prefix = lru_cache(maxsize=512)(self._with_prefix)

    def _read(self, catalogue: Catalogue) -> None:
        word_sets: BitSets[str] = BitSets(self.count)
        category_sets: BitSets[str] = BitSets(self.count)
        value_sets: BitSets[tuple[str, str]] = BitSets(self.count)
        assortment_sets: BitSets[str | None] = BitSets(self.count)
        gtins: list[tuple[str, int]] = []
        for ordinal in range(self.count):
            entry = catalogue.entry(ordinal)
            self._keep(entry)
            gtins += ((code, ordinal) for code in entry.codes)
            _add(word_sets, _words_of(entry), ordinal)
            _add(category_sets, entry.categories, ordinal)
            _add(value_sets, _values_of(entry), ordinal)
            _add(assortment_sets, entry.assortments or (None,), ordinal)
        self._words = word_sets.finished()
        self._vocabulary = sorted(self._words)
        self.categories = category_sets.finished()
        self.values = value_sets.finished()
        self._assortments = assortment_sets.finished()
        self._sku_codes = CodeList(((folded(sku), ordinal) for ordinal, sku in enumerate(self.skus)), self.count)
        self._gtins = CodeList(gtins, self.count)

    def _keep(self, entry: Entry) -> None:
        self.skus.append(entry.sku)
        self.names.append(entry.name)
        self.days.append(entry.released.toordinal())
        for attribute in entry.attributes:
            self.attribute_names.setdefault(attribute.code, attribute.name)
            for value in attribute.values:
                key = (attribute.code, value.code)
                if key not in self.labels:
                    self.labels[key] = _label(attribute, value)

    def visible(self, assortments: Iterable[str]) -> int:
        """Return the products for everybody and those of the assortments."""
        found = self._assortments.get(None, 0)
        for code in assortments:
            found |= self._assortments.get(code, 0)
        return found

    def hits(self, query: str) -> list[int]:
        """
        Return the products in which each word of the query begins some word, the best first.

        First those whose SKU the query begins, then those with most hits. The sets do not overlap.
        """
        by_token = [self.with_prefix(token) for token in tokens(query)]
        if not by_token:
            return []
        matches = self.everything
        for sets in by_token:
            matches &= counted(sets, 1)[0]
        best = self._sku_codes.beginning(folded(query.strip())) & matches
        levels = counted((bits for sets in by_token for bits in sets), HIT_LEVELS)
        bands, left = [best], matches & ~best
        for level in reversed(levels):
            bands.append(left & level)
            left &= ~level
        return bands

    def first_after(self, sku: str) -> int:
        """Return the number of the first product behind a SKU, which need not exist any more."""
        place = bisect_left(self.skus, sku)
        return place + 1 if place < self.count and self.skus[place] == sku else place

    def _with_prefix(self, token: str) -> tuple[int, ...]:
        """Return a set for each word, and for SKUs and GTINs, that begin so."""
        start = bisect_left(self._vocabulary, token)
        stop = bisect_left(self._vocabulary, token + "\U0010ffff")
        sets = [self._words[word] for word in self._vocabulary[start:stop]]
        return (*sets, self._sku_codes.beginning(token), self._gtins.beginning(token))


def _add(sets: BitSets[Key], keys: Iterable[Key], ordinal: int) -> None:
    for key in keys:
        sets.add(key, ordinal)


def _label(attribute: Attribute, value: Value) -> Text:
    if attribute.unit is None:
        return value.label
    if isinstance(value.label, str):
        return f"{value.label} {attribute.unit}"
    return {language: f"{label} {attribute.unit}" for language, label in value.label.items()}


def _values_of(entry: Entry) -> Iterator[tuple[str, str]]:
    return ((attribute.code, value.code) for attribute in entry.attributes for value in attribute.values)


def _words_of(entry: Entry) -> Iterator[str]:
    yield from _cut_text(entry.name)
    for attribute in entry.attributes:
        for value in attribute.values:
            yield from _cut_text(value.label)
    if tokens(entry.sku) != [folded(entry.sku)]:
        yield from _cut(entry.sku)


def _cut_text(text: Text) -> Iterator[str]:
    for part in (text,) if isinstance(text, str) else text.values():
        yield from _cut(part)


@lru_cache(maxsize=65_536)
def _cut(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words(text)))
