"""What the systems of a random world know: the keys there are, and the value of each, the same whenever it is asked."""

import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from datasources.model.catalog import Category, CodeHit, CodeMeaning, MatchKind, Product, TopCategories
from datasources.model.customers import Access, Account, Permission, Role, Standing, StandingKey, User
from datasources.model.orders import ErpOrder, OrderDraft, OrderLine, SimulatedLine, Simulation
from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    PartNumber,
    PartNumberMeaning,
    Price,
    PriceKey,
    Quote,
    QuoteStatus,
)
from datasources.model.stock import StockLevel, Warehouse
from tests.app.execution.fabric import ORIGIN, Fabric, Making

T = TypeVar("T")

SKUS = ("KV-1", "KV-2", "KV-3", 'KV-"4"', "KV-%s", "KV-{}", "KV\\7", "KV-😀", "KV-9", "KV-10", "kv ä", "KV-12")
ABOVE: Mapping[str, str | None] = {
    "c": None,
    "c/1": "c",
    "c/2": "c",
    "c/%": "c",
    "c/1/😀": "c/1",
    "d": None,
    'd/"': "d",
    "e": None,
}
WAREHOUSES = ("W1", "W-%d", "W{3}")
UNITS = ("PCE", "BOX", "M")
ASSORTMENTS = ("gold", "steel")
SCOPES: Mapping[str, str | None] = {"C-1000": "s1", "C-1001": "s1", "C-1002": "s2", "C-2001": "s3"}
PARENTS: Mapping[str, str | None] = {
    "C-1000": None,
    "C-1001": "C-1000",
    "C-1002": "C-1001",
    "C-1003": "C-1000",
    "C-2000": None,
    "C-2001": "C-2000",
}
CONTRACTS = ("K-1", "K-%s")
HOLDS: Mapping[str, tuple[str, ...]] = {
    "anna": ("C-1002",),
    "mikko": ("C-1000", "C-1001", "C-1002", "C-1003"),
    "olli": ("C-1003", "C-1002"),
    "elena": ("C-2001",),
    "omar": (),
}
MAY: Mapping[str, tuple[Permission, ...]] = {
    "anna": tuple(Permission),
    "mikko": (Permission.VIEW_PRICES, Permission.PLACE_ORDER, Permission.VIEW_ALL_ORDERS),
    "olli": (Permission.PLACE_ORDER,),
    "elena": (Permission.VIEW_PRICES,),
    "omar": (),
}
ORDERS = ("50001", "50002", "50003", "A-%")
CAPTURE_IDS = tuple(f"{number:032x}" for number in (1, 2, 3, 0xFEED))


def _of(*choices: Any) -> Making:
    return lambda fabric: fabric.dice.choice(choices)


def _some(choices: Sequence[Any], most: int) -> Making:
    return lambda fabric: fabric.dice.sample(choices, fabric.dice.randint(0, most))


SPECIAL: Mapping[str, Making] = {
    "Product.category_codes": _some((*ABOVE, "gone"), 3),
    "Product.replacement_skus": _some((*SKUS, "gone"), 2),
    "Product.assortments": _of(*[None] * 6, frozenset({"gold"}), frozenset({"gold", "steel"}), frozenset()),
    "Product.locales": _of(("fi", "en"), ("en",), ("fi", "en", "sv", "zh-Hans")),
    "Relation.sku": _of(*SKUS, "gone"),
    "Unit.code": _of(*UNITS),
    "Unit.decimals": _of(0, 1, 2, 3),
    "Quantity.value": _of(*map(Decimal, ("1", "2.5", "10", "1E+1", "3.00", "1000000"))),
    "QuantityRule.minimum": _of(Decimal(1), Decimal("0.50")),
    "QuantityRule.increment": _of(Decimal(1), Decimal("0.25")),
    "Contract.number": _of(*CONTRACTS),
    "CartLine.sku": _of(*SKUS, "gone"),
    "CartLine.unit": _of(None, None, *UNITS, "gone"),
    "CartLine.quantity": _of(*map(Decimal, ("1", "3", "0.5", "1000"))),
    "CartLine.seen_per": _of(None, Decimal(1), Decimal(100)),
    "OrderLine.sku": _of(*SKUS, "gone"),
    "OrderLine.per": _of(Decimal(1), Decimal("100.0")),
    "DraftLine.sku": _of(*SKUS, "gone"),
    "DraftLine.per": _of(None, Decimal(1)),
    "CodeHit.sku": _of(*SKUS),
}


class Goods:
    """
    Values by key, made when they are first asked for. What the systems keep changes as a whole with `edition`.

    `broken`: how often a member of content, prices or accounts is of a wrong type.
    """

    def __init__(self, seed: int, *, broken: float) -> None:
        self.edition = 0
        self._seed = seed
        self._broken = broken
        self._made: dict[tuple[str, object, int], Any] = {}

    def _make(self, kind: type[T], at: object, /, **members: Any) -> T:
        place = (kind.__name__, at, self.edition)
        if place not in self._made:
            special = {
                **SPECIAL,
                "WarehouseStock.warehouse": self._any_warehouse,
                "InboundStock.warehouse": self._any_warehouse,
            }
            fabric = Fabric(f"{self._seed} {place}", special, broken=self._broken)
            self._made[place] = fabric.make(kind, **members)
        made: T = self._made[place]
        return made

    def dice(self, *of: object) -> random.Random:
        """Return dice that fall the same for the same question."""
        return random.Random(f"{self._seed} {of} {self.edition}")

    def _knows(self, *of: object) -> bool:
        return self.dice("known", *of).random() < 0.92

    # content
    def product(self, sku: str) -> Product | None:
        return self._make(Product, sku, sku=sku) if sku in SKUS and self._knows(sku) else None

    def category(self, code: str) -> Category | None:
        if code not in ABOVE:
            return None
        below = [one for one, above in ABOVE.items() if above == code]
        return self._make(Category, code, code=code, parent_code=ABOVE[code], child_codes=below)

    def top(self) -> TopCategories:
        return TopCategories([*(code for code, above in ABOVE.items() if above is None), "gone"], ORIGIN)

    def meaning(self, code: str) -> CodeMeaning | None:
        dice = self.dice("code", code)
        if code in SKUS and dice.random() < 0.7:
            return CodeMeaning([CodeHit(MatchKind.SKU, code)], ORIGIN)
        kinds = (MatchKind.SKU, MatchKind.GTIN, MatchKind.SUPERSEDED)
        hits = [CodeHit(dice.choice(kinds), dice.choice(SKUS)) for _ in range(dice.choice((0, 0, 1, 2)))]
        return CodeMeaning(hits, ORIGIN) if hits else None

    # stock
    def warehouse(self, code: str) -> Warehouse | None:
        return self._make(Warehouse, code, code=code) if code in WAREHOUSES else None

    def _any_warehouse(self, fabric: Fabric) -> Warehouse | None:
        return self.warehouse(fabric.dice.choice(WAREHOUSES))

    def level(self, sku: str) -> StockLevel | None:
        return self._make(StockLevel, sku, sku=sku) if sku in SKUS and self._knows("level", sku) else None

    # prices
    def quote(self, key: PriceKey) -> Quote | None:
        dice = self.dice("quote", key)
        if key.scope not in (None, *SCOPES.values()) or dice.random() < 0.05:
            return None
        status = dice.choice((QuoteStatus.PRICED,) * 6 + (QuoteStatus.ON_REQUEST, QuoteStatus.NOT_SOLD))
        price = self._make(Price, key) if status is QuoteStatus.PRICED else None
        return Quote(status, price, ORIGIN)

    def contract(self, key: ContractKey) -> Contract | None:
        if key.number not in CONTRACTS:
            return None
        return self._make(Contract, key, number=key.number, scope=key.scope)

    def part_number(self, customer: str, sku: str) -> PartNumber | None:
        return self._make(PartNumber, (customer, sku)) if sku in SKUS and self._knows("own", customer, sku) else None

    def part_number_meaning(self, customer: str, code: str) -> PartNumberMeaning | None:
        dice = self.dice("own code", customer, code)
        skus = dice.sample((*SKUS, "gone"), dice.choice((0, 0, 1, 2)))
        return PartNumberMeaning(skus, ORIGIN) if skus else None

    def credit(self, customer: str) -> Credit | None:
        return self._make(Credit, customer) if self._knows("credit", customer) else None

    def terms(self, customer: str) -> CommercialTerms | None:
        return self._make(CommercialTerms, customer) if self._knows("terms", customer) else None

    # orders
    def order(self, customer: str, number: str) -> ErpOrder | None:
        if number not in ORDERS or not self._knows("order", customer, number):
            return None
        dice = self.dice("order", customer, number)
        lines = [self._make(OrderLine, (customer, number, key), key=key) for key in "ab%"[: dice.randint(0, 3)]]
        captured = CAPTURE_IDS[0] if (customer, number) == ("1002", "50001") else None
        person = dice.choice((None, *HOLDS))
        members = {"number": number, "customer": customer, "lines": lines, "person": person}
        return self._make(ErpOrder, (customer, number), **members, deliveries=[], idempotency_key=captured)

    def simulation(self, draft: OrderDraft) -> Simulation | None:
        if not self._knows("simulation", draft.customer):
            return None
        lines = [self._make(SimulatedLine, (draft.customer, line.key), key=line.key) for line in draft.lines]
        return self._make(Simulation, draft, lines=lines)

    # customers
    def standing(self, key: StandingKey) -> Standing | None:
        if key.person not in HOLDS:
            return None
        acts = HOLDS[key.person]
        number = next(iter(sorted(acts)), None) if key.number is None else key.number
        access = self.access(key.person, number)
        account = None if access is Access.NONE or number is None else self.account(number)
        return Standing(self._user(key.person), access, account)

    def access(self, person: str, number: str | None) -> Access:
        if number in HOLDS[person]:
            return Access.ACT
        above = {one for held in HOLDS[person] for one in lineage(held)}
        return Access.SEE if number in above else Access.NONE

    def account(self, number: str) -> Account:
        dice = self.dice("account", number)
        return self._make(
            Account,
            number,
            number=number,
            parent_number=PARENTS[number],
            erp_number=None if number == "C-1001" else number[2:],
            price_scope=SCOPES.get(number),
            currency=dice.choice(("EUR", "SEK", None)),
            assortments=frozenset(dice.sample(ASSORTMENTS, dice.randint(0, 2))),
        )

    def _user(self, person: str) -> User:
        roles = [Role("buyer", {"fi": "Ostaja", "en": "Buyer %"}, MAY[person]), Role("none", {}, ())]
        return self._make(User, person, id=person, roles=roles)


def lineage(number: str) -> list[str]:
    """Return an account and all above it, by number."""
    above = PARENTS[number]
    return [number, *(lineage(above) if above else ())]
