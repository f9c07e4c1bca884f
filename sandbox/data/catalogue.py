"""What a PIM needs of its data, generated or read from files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sandbox.data.categories import Category
from sandbox.data.naming import Attribute
from sandbox.data.texts import Text
from sandbox.protocol import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search may find a product by. `categories` are its own and all above them."""

    sku: str
    name: Text
    codes: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    categories: tuple[str, ...]
    assortments: tuple[str, ...]
    released: date


@dataclass(frozen=True, slots=True)
class Match:
    """What a code stands for: kind SKU, GTIN or SUPERSEDED."""

    kind: str
    sku: str


class Catalogue(Protocol):
    """Products numbered from 0 in the order of their SKUs."""

    @property
    def locales(self) -> Sequence[str]: ...

    @property
    def categories(self) -> Mapping[str, Category]: ...

    def __len__(self) -> int: ...

    def ordinal(self, sku: str) -> int | None:
        """Return the product's number, or None when there is no such product."""

    def entry(self, ordinal: int) -> Entry: ...

    def product(self, ordinal: int) -> Json:
        """Return the product as the contract has it."""

    def matches(self, code: str) -> Sequence[Match]: ...
