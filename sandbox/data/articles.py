"""The wholesaler's articles, each worked out from its number alone: all systems know the same without talking."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from math import gcd, prod
from random import Random

from sandbox.data.dice import Dice
from sandbox.data.electrical import ELECTRICAL
from sandbox.data.families import Choice, Family
from sandbox.data.industrial import INDUSTRIAL
from sandbox.data.plumbing import PLUMBING
from sandbox.data.texts import BRANDS

FAMILIES = (*PLUMBING, *ELECTRICAL, *INDUSTRIAL)
# The first articles are plain in every respect (sold, stocked, for everybody), so that examples always work.
SHOWCASE = 24


@dataclass(frozen=True, slots=True, eq=False)
class Make:
    """
    What an article is: its family, its place on each axis, its brand and the brand's series.

    Compared by identity, since all articles of a make share one object and many things are remembered for it.
    """

    family: Family
    choices: tuple[Choice, ...]
    variant: int
    brand: str
    series: int
    brand_in_name: bool

    @property
    def size(self) -> float:
        return prod(choice.size for choice in self.choices)

    def choice(self, axis: str) -> Choice:
        return next(choice for own, choice in zip(self.family.axes, self.choices, strict=True) if own.code == axis)


@dataclass(frozen=True, slots=True)
class Article:
    """One article with what every system needs to know of it."""

    index: int
    make: Make

    @property
    def sku(self) -> str:
        return sku_of(self.index)

    @property
    def family(self) -> Family:
        return self.make.family

    @property
    def packagings(self) -> dict[str, Decimal]:
        """How many sales units each packaging contains, by unit code, the smallest first."""
        contents = {self.family.unit.code: Decimal(1)}
        for pack in self.family.packs:
            times = Decimal(pack.times)
            contents[pack.unit] = times * Decimal(self.make.choice(pack.axis).code) if pack.axis else times
        return contents


@dataclass(frozen=True)
class Articles:
    """Articles 1 to `count`. Which family an article belongs to depends on the seed, never on the count."""

    seed: int
    count: int
    dice: Dice = field(init=False)
    pattern: tuple[tuple[Family, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dice", Dice(self.seed))
        object.__setattr__(self, "pattern", _pattern(self.seed))

    def __iter__(self) -> Iterator[Article]:
        return (self.at(index) for index in range(1, self.count + 1))

    def by_sku(self, sku: str) -> Article | None:
        index = index_of(sku)
        return self.at(index) if index is not None and index <= self.count else None

    def at(self, index: int) -> Article:
        block, place = divmod(index - 1, len(self.pattern))
        family, rank = self.pattern[place]
        return Article(index, self._make(family, block * family.share + rank))

    def siblings(self, article: Article) -> Iterator[int]:
        """Yield the earlier articles of the same place in the pattern, hence of the same family, nearest first."""
        return iter(range(article.index - len(self.pattern), 0, -len(self.pattern)))

    def nearby(self, article: Article, family: str) -> int | None:
        """Return an article of another family from the same stretch of numbers."""
        block = (article.index - 1) // len(self.pattern)
        places = [place for place, (other, _) in enumerate(self.pattern) if other.code == family]
        index = block * len(self.pattern) + self.dice.pick(places, "nearby", article.index, family) + 1
        return index if index <= self.count else None

    def _make(self, family: Family, ordinal: int) -> Make:
        cycle, step = divmod(ordinal, family.variants)
        return _made(self.dice, family.code, step, cycle)


def sku_of(index: int) -> str:
    return f"KV-{index:06d}"


def index_of(sku: str) -> int | None:
    """Return the number in a SKU, or None when it is not one of ours."""
    digits = sku[3:]
    if not sku.startswith("KV-") or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    return int(digits) if sku_of(int(digits)) == sku and int(digits) else None


_BY_CODE = {family.code: family for family in FAMILIES}


@lru_cache(maxsize=32_768)
def _made(dice: Dice, code: str, step: int, cycle: int) -> Make:
    family = _BY_CODE[code]
    variant = (step * _stride(family.variants) + dice.roll("offset", code)) % family.variants
    number = dice.roll("brand", code, variant) + cycle
    shown = family.branded or cycle > 0
    brand, series = BRANDS[number % len(BRANDS)], cycle // len(BRANDS) + 1
    return Make(family, _choices(family, variant), variant, brand, series, shown)


def _choices(family: Family, variant: int) -> tuple[Choice, ...]:
    chosen = []
    for axis in family.axes:
        variant, place = divmod(variant, len(axis.choices))
        chosen.append(axis.choices[place])
    return tuple(chosen)


def _stride(variants: int) -> int:
    """Return a step that visits all variants, far from neighbour to neighbour, so that few articles still vary much."""
    stride = max(1, int(variants * 0.618))
    while gcd(stride, variants) != 1:
        stride += 1
    return stride


def _pattern(seed: int) -> tuple[tuple[Family, int], ...]:
    places = [(family, rank) for family in FAMILIES for rank in range(family.share)]
    Random(seed).shuffle(places)
    return tuple(places)
