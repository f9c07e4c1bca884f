"""Warehouses and what lies in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sandbox.data.accounts import Address
from sandbox.data.articles import SHOWCASE, Article, Articles
from sandbox.data.texts import Text, Unit, text


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place goods leave from. `transit_days` is None where nothing is known of delivery."""

    code: str
    name: Text
    pickup: bool = False
    address: Address | None = None
    transit_days: int | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """Goods on their way, due in so many working days (None: nobody knows)."""

    warehouse: str
    quantity: Decimal
    due_days: int | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that is known of one article's stock, in its sales unit."""

    sku: str
    unit: Unit
    levels: tuple[tuple[str, Decimal], ...]
    low_below: Decimal | None = None
    inbound: tuple[Inbound, ...] = ()
    supplier_days: tuple[int, int] | None = None


class Stockroom(Protocol):
    """What a WMS needs of its data."""

    @property
    def warehouses(self) -> Sequence[Warehouse]: ...

    def shelf(self, sku: str) -> Shelf | None:
        """Return an article's stock, or None when no warehouse carries it."""


WAREHOUSES = (
    Warehouse(
        "VAN", text("Vantaan keskusvarasto", "Vantaa central warehouse", "Vanda centrallager"), True,
        Address("VAN", "SHIPPING", ("Virkatie 10",), "01510", "Vantaa", "FI"), 1,
    ),
    Warehouse(
        "TRE", text("Tampereen varasto", "Tampere warehouse", "Tammerfors lager"), True,
        Address("TRE", "SHIPPING", ("Lastikankatu 21",), "33730", "Tampere", "FI"), 1,
    ),
    Warehouse(
        "OUL", text("Oulun varasto", "Oulu warehouse", "Uleåborgs lager"), False,
        Address("OUL", "SHIPPING", ("Terminaalitie 5",), "90400", "Oulu", "FI"), 2,
    ),
)  # fmt: skip
# How often a warehouse carries an article, and how much of the family's usual stock it holds.
_CARRIES = {"VAN": (0.95, 1.0), "TRE": (0.7, 0.4), "OUL": (0.5, 0.25)}


@dataclass(frozen=True, slots=True)
class GeneratedStock:
    """Stock by article number; some articles are bought only when ordered, and lie nowhere."""

    articles: Articles
    warehouses: Sequence[Warehouse] = WAREHOUSES

    def shelf(self, sku: str) -> Shelf | None:
        article = self.articles.by_sku(sku)
        if article is None or self._nowhere(article.index):
            return None
        levels = tuple((place.code, self._level(article, place.code)) for place in self._carriers(article.index))
        return Shelf(
            sku, article.family.unit, levels, Decimal(max(1, article.family.stock // 20)), self._inbound(article),
            self._supplier_days(article.index),
        )  # fmt: skip

    def _nowhere(self, index: int) -> bool:
        return index > SHOWCASE and self.articles.dice.share("nowhere", index) < 0.03

    def _carriers(self, index: int) -> list[Warehouse]:
        dice = self.articles.dice
        found = [place for place in self.warehouses if dice.share("carry", index, place.code) < _CARRIES[place.code][0]]
        central = self.warehouses[0]
        return found if found and (index > SHOWCASE or central in found) else [central, *found]

    def _level(self, article: Article, warehouse: str) -> Decimal:
        share = self.articles.dice.share("level", article.index, warehouse)
        plenty = article.index <= SHOWCASE
        if share < 0.07 and not plenty:
            return Decimal(0)
        usual = article.family.stock * _CARRIES[warehouse][1]
        step = Decimal(article.family.increment)
        return int(usual * (0.3 + share * 1.7) / float(step)) * step if plenty or share > 0.14 else step

    def _inbound(self, article: Article) -> tuple[Inbound, ...]:
        dice = self.articles.dice
        if dice.share("inbound", article.index) >= 0.35:
            return ()
        step = Decimal(article.family.increment)
        usual = article.family.stock * (0.2 + dice.share("arriving", article.index))
        quantity = max(1, int(usual / float(step))) * step
        due = None if dice.share("undated", article.index) < 0.1 else dice.between(2, 30, "due", article.index)
        confirmed = due is not None and dice.share("confirmed", article.index) < 0.7
        warehouse = dice.pick(self._carriers(article.index), "to", article.index).code
        return (Inbound(warehouse, quantity, due, confirmed),)

    def _supplier_days(self, index: int) -> tuple[int, int] | None:
        dice = self.articles.dice
        if dice.share("supplier", index) >= 0.7:
            return None
        first = dice.between(5, 30, "lead", index)
        return first, first + dice.between(2, 10, "spread", index)
