"""The generated PIM: articles with their texts, pictures, documents, packagings and relations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice

from sandbox.data.articles import SHOWCASE, Article, Articles, sku_of
from sandbox.data.catalogue import Entry, Match
from sandbox.data.categories import Category, category_tree, with_ancestors
from sandbox.data.gtin import gtin_of, origin_of
from sandbox.data.media import documents_of, images_of
from sandbox.data.naming import attributes_of, description_of, name_of
from sandbox.data.texts import UNITS, Unit
from sandbox.protocol import Json

FIRST_RELEASE = date(2016, 1, 1)
ASSORTMENTS = ("A-SAIMAA", "A-DUNAREA", "A-NORDIC")
# OLD-1234 was the number of KV-000234 before the article register was renewed.
OLD_OFFSET, OLD_ALWAYS = 1000, 234


def unit_json(unit: Unit) -> Json:
    return {"code": unit.code, "name": unit.name, "decimals": unit.decimals}


@dataclass
class GeneratedCatalogue:
    """What the PIM knows of every article, worked out when asked."""

    articles: Articles
    locales: Sequence[str] = ("fi", "en", "sv")
    categories: dict[str, Category] = field(default_factory=category_tree)

    def __len__(self) -> int:
        return self.articles.count

    def ordinal(self, sku: str) -> int | None:
        article = self.articles.by_sku(sku)
        return article.index - 1 if article else None

    def entry(self, ordinal: int) -> Entry:
        article = self.articles.at(ordinal + 1)
        return Entry(
            article.sku, name_of(article.make), self._gtins(article.index, 1), attributes_of(article.make),
            self._lineage[article.family.category], self._assortments(article.index), self._released(article.index),
        )  # fmt: skip

    def product(self, ordinal: int) -> Json:
        article = self.articles.at(ordinal + 1)
        return {
            "sku": article.sku,
            "gtin": self._gtin(article.index, 0),
            "name": name_of(article.make),
            "description": description_of(article.make),
            "category_codes": [article.family.category],
            "unit": unit_json(article.family.unit),
            "attributes": _attributes(article),
            "images": images_of(article, self.articles.dice),
            "documents": documents_of(article, self.articles.dice),
            "packagings": self._packagings(article),
            "quantity_rule": self._quantity_rule(article),
            "lifecycle": self._lifecycle(article.index),
            "replacement_skus": [sku_of(index) for index in self._replacements(article.index)],
            "related": self._related(article),
            "assortments": list(self._assortments(article.index)) or None,
        }

    def matches(self, code: str) -> list[Match]:
        article = self.articles.by_sku(code)
        if article:
            return self._found("SKU", article.index)
        origin = origin_of(code)
        if origin and origin[0] <= len(self) and origin[0] and self._gtin(*origin) == code:
            return self._found("GTIN", origin[0])
        return [Match("SUPERSEDED", sku_of(index)) for index in self._renumbered(code)]

    def _found(self, kind: str, index: int) -> list[Match]:
        successors = self._replacements(index)
        return [Match(kind, sku_of(index)), *(Match("SUPERSEDED", sku_of(other)) for other in successors)]

    def _renumbered(self, code: str) -> list[int]:
        """Return what an old number stands for now: about one article in ten had one, and a few of them were split."""
        digits = code.removeprefix("OLD-")
        if digits == code or len(digits) != 4 or not digits.isascii() or not digits.isdigit():
            return []
        old = int(digits) - OLD_OFFSET
        if not 1 <= old <= len(self) or (old != OLD_ALWAYS and self.articles.dice.share("old", old) >= 0.1):
            return []
        heirs = (index for index in range(old, len(self) + 1) if self._plain(index))
        return list(islice(heirs, 2 if old % 10 == 5 else 1))

    def _plain(self, index: int) -> bool:
        return self._lifecycle(index) == "ACTIVE" and not self._assortments(index)

    def _lifecycle(self, index: int) -> str:
        share = self.articles.dice.share("lifecycle", index)
        if index <= SHOWCASE or share < 0.9:
            return "ACTIVE"
        return "PHASING_OUT" if share < 0.955 else "DISCONTINUED"

    def _replacements(self, index: int) -> list[int]:
        if self._lifecycle(index) != "DISCONTINUED":
            return []
        active = (other for other in self.articles.siblings(self.articles.at(index)) if self._plain(other))
        return list(islice(active, 2 if self.articles.dice.share("split", index) < 0.15 else 1))

    def _assortments(self, index: int) -> tuple[str, ...]:
        dice = self.articles.dice
        if index <= SHOWCASE or dice.share("assortment", index) >= 0.04:
            return ()
        return (dice.pick(ASSORTMENTS, "whose", index),)

    def _released(self, index: int) -> date:
        return FIRST_RELEASE + timedelta(days=self.articles.dice.between(0, 3650, "released", index))

    def _gtin(self, index: int, packaging: int) -> str | None:
        share = self.articles.dice.share("gtin", index)
        return gtin_of(index, packaging) if index <= SHOWCASE or share < 0.85 else None

    def _gtins(self, index: int, packagings: int) -> tuple[str, ...]:
        return tuple(gtin for place in range(packagings) if (gtin := self._gtin(index, place)))

    def _packagings(self, article: Article) -> list[Json]:
        weight = article.family.weight_kg * article.make.size
        return [
            {
                "id": f"{article.sku}-{code}",
                "unit": unit_json(UNITS[code]),
                "contains": str(contains),
                "gtin": self._gtin(article.index, place),
                "is_default": place == 0,
                "weight_kg": f"{Decimal(weight) * contains:.3f}",
            }
            for place, (code, contains) in enumerate(article.packagings.items())
        ]

    def _quantity_rule(self, article: Article) -> Json | None:
        family = article.family
        if family.increment == "1" and family.unit.code == "PCE":
            return None
        limited = article.index > SHOWCASE and self.articles.dice.share("limited", article.index) < 0.03
        maximum = str(family.breaks[-1] * 10) if limited else None
        return {"minimum": family.minimum, "maximum": maximum, "increment": family.increment}

    def _related(self, article: Article) -> list[Json]:
        pairs = [(kind, self.articles.nearby(article, family)) for kind, family in article.family.related]
        sibling = next(self.articles.siblings(article), None)
        pairs.append(("SUBSTITUTE", sibling))
        return [{"kind": kind, "sku": sku_of(index)} for kind, index in pairs if index and index != article.index]

    @cached_property
    def _lineage(self) -> dict[str, tuple[str, ...]]:
        return {code: with_ancestors(self.categories, code) for code in self.categories}


def _attributes(article: Article) -> list[Json]:
    return [
        {
            "code": attribute.code,
            "name": attribute.name,
            "values": [value.label for value in attribute.values],
            "unit": attribute.unit,
        }
        for attribute in attributes_of(article.make)
    ]
