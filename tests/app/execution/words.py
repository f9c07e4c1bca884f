"""What a storefront, or somebody who tries things out, may say for the arguments of the real schema."""

import random
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from resolvers.ids import to_id
from resolvers.orders.carts import cart_id_of
from tests.app.execution.fabric import ODD_TEXTS
from tests.app.execution.goods import ABOVE, CAPTURE_IDS, CONTRACTS, HOLDS, ORDERS, PARENTS, SKUS, UNITS, WAREHOUSES

Given = GraphQLArgument | GraphQLInputField


class EnumName(str):
    """The name of an enum's value: without quotation marks in a document, a string in variables."""

    __slots__ = ()


def _ids(kind: str, *keys: str) -> tuple[str, ...]:
    return tuple(to_id(kind, key) for key in keys)


CART = cart_id_of("C-1002")
IDS: Mapping[str, Sequence[str]] = {
    "product": _ids("Product", *SKUS, "gone"),
    "category": _ids("Category", *ABOVE, "gone"),
    "order": _ids("Order", *(f"C-1002/{number}" for number in ORDERS), *CAPTURE_IDS, "C-2001/50001", "x"),
    "orderCapture": _ids("OrderCapture", *CAPTURE_IDS, "x"),
    "node": (
        *_ids("Account", *PARENTS, "C-9999"),
        *_ids("Warehouse", *WAREHOUSES, "gone"),
        *_ids("Contract", *CONTRACTS, "gone"),
        *_ids("User", *HOLDS),
        *_ids("Cart", CART, cart_id_of("C-1003"), "gone"),
        *_ids("CartLine", f"{CART}/a", f"{CART}/%c", "x"),
        *_ids("OrderLine", "C-1002/50001/a", f"{CAPTURE_IDS[0]}/a", "x"),
        *_ids("Image", "x"),
    ),
}
ANY_ID = (*(id for ids in IDS.values() for id in ids), *IDS["product"], *IDS["product"], "", "!", "x" * 500)
WORDS: Mapping[str, Sequence[Any]] = {
    "id": ANY_ID,
    "ids": ANY_ID,
    "sku": (*SKUS, *SKUS, "gone", "", "x" * 101),
    "code": (*SKUS, *SKUS, "6412345678901", " KV-1 ", "gone", "", *ODD_TEXTS),
    "codes": (*SKUS, "material", "", *ODD_TEXTS),
    "first": (0, *(1, 2, 3, 4, 5) * 6, -1, 101, 1001),
    "locale": ("fi", "en", "EN-gb", "sv", "xx", "zh-hans-cn", ""),
    "unit": (*UNITS * 3, "gone", "%s"),
    "number": (*ORDERS, *ORDERS, "gone", "x" * 101),
    "query": ("putki", "22 mm", "", " ", "%", "x" * 201),
    "contractId": (*_ids("Contract", *CONTRACTS * 4, "gone"), to_id("Product", "KV-1"), "!"),
    "warehouseIds": (*_ids("Warehouse", *WAREHOUSES * 3, "gone"), to_id("Product", "KV-1")),
    "categoryId": (*IDS["category"], to_id("Product", "KV-1")),
    "width": (1, 100, 4096, 0, 5000),
    "format": ("webp", "png", "%s", ""),
    "name": ("Product", "Node", "RelationKind", "CodeLineInput", "Decimal", "__Type", "Query", "No", "%"),
    "maxAgeSeconds": (0, 0, 10, 30, 100_000, -1),
}
DECIMALS = ("1", "12.50", 2, 2.5, "1e2", 0, "-1", "1000000", 3)
DAYS = ("2026-11-22", "2020-02-29", "2100-01-01")
CURSOR = re.compile(rb'"(?:cursor|startCursor|endCursor)":"([^"]+)"')
CURSORS = ("", "x", "Y3Vyc29y")
CHANCES: Mapping[str, float] = {
    "first": 0.85,
    "after": 0.12,
    "filter": 0.15,
    "unit": 0.15,
    "contractId": 0.12,
    "warehouseIds": 0.2,
    "locale": 0.2,
    "width": 0.2,
    "format": 0.2,
}
"""How likely an argument is to be given; others a third of the time."""
EITHER_OR: Mapping[str, tuple[str, str]] = {"product": ("id", "sku"), "order": ("id", "number")}
WEIGHTS: Mapping[str, float] = {
    "Query.product": 4,
    "Query.products": 4,
    "Query.nodes": 3,
    "Query.node": 2,
    "Query.viewer": 3,
    "Query.productsByCode": 2,
    "Query.categories": 2,
    "Query.order": 1.5,
    "Query.channelStatus": 0.7,
    "Product.price": 3,
    "Product.availability": 2.5,
    "Product.priceStatus": 1.5,
    "ProductConnection.nodes": 4,
    "Viewer.account": 3,
    "Viewer.cart": 2,
    "Cart.issues": 0.5,
    "CartLine.issues": 0.5,
    "Account.orders": 2,
    "__Schema.types": 0.1,
    "__Type.possibleTypes": 0.3,
    "ProductConnection.facets": 0.5,
}


@dataclass(slots=True)
class Words:
    """`cursors` are such as answers gave lately."""

    cursors: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    def learn(self, answer: bytes | None) -> None:
        """Take note of the cursors in an answer."""
        self.cursors.extend(cursor.decode() for cursor in CURSOR.findall(answer or b""))

    def weight(self, owner: str, name: str) -> float:
        """Return how likely a field is to be chosen among its siblings."""
        return WEIGHTS.get(f"{owner}.{name}", 1.0)

    def chosen(self, owner: str, given: Mapping[str, Given], dice: random.Random) -> list[tuple[str, Given]]:
        """Return the arguments that are written down: those that must be, and some of the others."""
        if given and owner in EITHER_OR and dice.random() < 0.9:
            either = dice.choice(EITHER_OR[owner])
            return [(either, GraphQLArgument(GraphQLNonNull(nullable(given[either].type))))]
        return [(n, one) for n, one in given.items() if _is_required(one) or dice.random() < CHANCES.get(n, 0.33)]

    def value(self, owner: str, name: str, of: Any, dice: random.Random) -> Any:
        """Return a value of an input type, as JSON has it; enums as `EnumName`. `owner` is the field it is for."""
        if is_non_null_type(of):
            return self.value(owner, name, of.of_type, dice)
        if isinstance(of, GraphQLList):
            entries = [self.value(owner, name, of.of_type, dice) for _ in range(dice.choice((0, 1, 1, 2, 3)))]
            # a list may be written as its only entry
            return entries[0] if len(entries) == 1 and dice.random() < 0.2 else entries
        if isinstance(of, GraphQLInputObjectType):
            chosen = self.chosen(of.name, of.fields, dice)
            return {key: self.value(of.name, key, one.type, dice) for key, one in chosen}
        if isinstance(of, GraphQLEnumType):
            return EnumName(dice.choice(list(of.values)))
        return self._scalar(owner, name, of.name, dice)

    def _scalar(self, owner: str, name: str, of: str, dice: random.Random) -> Any:
        if of == "Boolean":
            return dice.random() < 0.5
        if of == "Cursor":
            return dice.choice(self.cursors if self.cursors and dice.random() < 0.8 else CURSORS)
        if of in ("Decimal", "Date"):
            return dice.choice(DECIMALS if of == "Decimal" else DAYS)
        if name == "id" and owner in IDS and dice.random() < 0.95:
            return dice.choice(ANY_ID if owner == "node" else IDS[owner])
        return dice.choice(WORDS.get(name, (1, 2, 3) if of == "Int" else ODD_TEXTS))


def _is_required(given: Given) -> bool:
    if isinstance(given, GraphQLArgument):
        return is_required_argument(given)
    return is_required_input_field(given)


def nullable(of: Any) -> Any:
    """Return the type without the mark that it is never null."""
    return of.of_type if isinstance(of, GraphQLNonNull) else of
