"""Every operation of the contract: how a connector is asked for what a request of it asks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from datasources.model.catalog import ProductSearch
from datasources.model.common import System
from datasources.model.customers import AccountsKey, StandingKey
from datasources.model.orders import OrderKey, OrdersKey
from datasources.model.pricing import ContractKey, PartNumberCode, PartNumberKey, PriceKey
from tests.connectors.orders import delivery, draft, draft_of, line, order_to_place, page, place, simulate

Question = Mapping[str, Any]
Ask = Callable[[Any, Question], Awaitable[Any]]


@dataclass(frozen=True)
class Operation:
    """
    One operation; `ask` has a connector ask the question.

    `rich` is one whose answer in the sandbox is full of members, `others` are such whose answers take other forms. `before`
    are orders to place first. `bulk`: its one list of keys is bounded.
    """

    role: System
    path: str
    ask: Ask
    rich: Question
    others: tuple[Question, ...] = ()
    before: tuple[Question, ...] = ()
    bulk: bool = True

    def __str__(self) -> str:
        return f"{self.role.value.lower()}/{self.path}"


def _price_key(line: Question) -> PriceKey:
    asked = {name: line[name] for name in ("scope", "sku", "quantity", "unit", "contract", "currency")}
    said = PriceKey(**asked, delivery_date=line["date"])
    return msgspec.convert(list(said), PriceKey)


def _search(said: Question) -> ProductSearch:
    return msgspec.convert([said[name] for name in ProductSearch._fields], ProductSearch)


def _orders_key(line: Question) -> OrdersKey:
    return msgspec.convert({name: said for name, said in line.items() if name != "key"}, OrdersKey)


def _accounts_key(line: Question) -> AccountsKey:
    return AccountsKey(line["person"], line.get("parent"), line["first"], line["after"])


def _keys(question: Question, kind: type[Any]) -> list[Any]:
    return msgspec.convert(question["lines"], list[kind])  # type: ignore[valid-type]  # the type is a value here


def price(sku: str, scope: str | None = None, quantity: str = "1", **more: str) -> dict[str, Any]:
    """Return a line of `prices`."""
    given = {"scope": scope, "sku": sku, "quantity": quantity, "unit": None, "date": None}
    return {**given, "contract": None, "currency": None, **more}


def search(**more: Any) -> dict[str, Any]:
    """Return an item of `products/search`."""
    nothing: dict[str, Any] = {"query": None, "category_code": None, "attributes": [], "assortments": []}
    return {**nothing, "sort": "SKU", "locale": "fi", "first": 1, "after": None, "facets": False, **more}


ORDER = draft(
    line("a", unit_price="9.99", currency="EUR", per="1", requested_date="2026-12-01", note="Varoen"),
    line("b", "KV-000034", "100", unit="PCE"),
    deliveries=[delivery()],
)
UNPRICED = draft(line("a"), line("b", "none"), line("c", "KV-000028"), deliveries=[delivery(address=None, services=[])])

OPERATIONS = (
    Operation(
        System.ERP,
        "prices",
        lambda erp, asked: erp.prices([_price_key(line) for line in asked["lines"]]),
        {"lines": [price("KV-000001", "C-1002"), price("KV-000028", "C-1002"), price("none", "C-1002")]},
    ),
    Operation(
        System.ERP,
        "part-numbers",
        lambda erp, asked: erp.part_numbers(_keys(asked, PartNumberKey)),
        {"lines": [{"customer": "C-1002", "sku": "KV-000001"}, {"customer": "C-1002", "sku": "KV-000002"}]},
    ),
    Operation(
        System.ERP,
        "part-numbers/resolve",
        lambda erp, asked: erp.resolve_part_numbers(_keys(asked, PartNumberCode)),
        {"lines": [{"customer": "C-1002", "code": "SR-10049"}]},
    ),
    Operation(
        System.ERP,
        "credit",
        lambda erp, asked: erp.credit(asked["customers"]),
        {"customers": ["C-1002", "C-3001"]},
    ),
    Operation(System.ERP, "terms", lambda erp, asked: erp.terms(asked["customers"]), {"customers": ["C-1002"]}),
    Operation(
        System.ERP,
        "contracts",
        lambda erp, asked: erp.contracts(_keys(asked, ContractKey)),
        {"lines": [{"scope": "C-1002", "number": "K-1000-24"}, {"scope": "C-1002", "number": "P-1002-25"}]},
    ),
    Operation(
        System.ERP,
        "orders/simulate",
        lambda erp, asked: erp.simulate([draft_of(one["order"]) for one in asked["orders"]]),
        simulate(ORDER, UNPRICED),
    ),
    Operation(
        System.ERP,
        "orders/place",
        lambda erp, asked: erp.place(order_to_place(asked)),
        place("rich", ORDER),
        (place("dear", draft(line("a", unit_price="1", currency="EUR", per="1"))), place("not sold", UNPRICED)),
        bulk=False,
    ),
    Operation(
        System.ERP,
        "orders/placed",
        lambda erp, asked: erp.placed(asked["idempotency_keys"]),
        {"idempotency_keys": ["rich"]},
        before=(place("rich", ORDER),),
    ),
    Operation(
        System.ERP,
        "orders/get",
        lambda erp, asked: erp.orders(_keys(asked, OrderKey)),
        {"lines": [{"customer": "C-1002", "number": "E-100001"}, {"customer": "C-1002", "number": "H-C-1002-001"}]},
        before=(place("rich", ORDER),),
    ),
    Operation(
        System.ERP,
        "orders/search",
        lambda erp, asked: erp.order_pages([_orders_key(line) for line in asked["lines"]]),
        {"lines": [page()]},
        before=(place("rich", ORDER),),
    ),
    Operation(System.ERP, "ping", lambda erp, asked: erp.ping(), {}, bulk=False),
    Operation(
        System.CRM,
        "contexts",
        lambda crm, asked: crm.standings([StandingKey(line["person"], line["account"]) for line in asked["lines"]]),
        {"lines": [{"person": "anna", "account": None}, {"person": "anna", "account": "C-2001"}]},
    ),
    Operation(
        System.CRM,
        "accounts/children",
        lambda crm, asked: crm.accounts([_accounts_key(line) for line in asked["lines"]]),
        {"lines": [{"person": "mikko", "parent": "C-1000", "first": 1, "after": None}]},
    ),
    Operation(
        System.CRM,
        "persons/accounts",
        lambda crm, asked: crm.accounts([_accounts_key(line) for line in asked["lines"]]),
        {"lines": [{"person": "mikko", "first": 1, "after": "C-1000"}]},
    ),
    Operation(
        System.PIM,
        "products/search",
        lambda pim, asked: pim.search([_search(one) for one in asked["searches"]]),
        {"searches": [search(query="KV-000066", category_code=None, facets=True), search(after="not a cursor")]},
    ),
    Operation(
        System.PIM, "products", lambda pim, asked: pim.products(asked["skus"]), {"skus": ["KV-000001", "KV-000085"]}
    ),
    Operation(
        System.PIM, "products/lookup", lambda pim, asked: pim.lookup(asked["codes"]), {"codes": ["6419200000019"]}
    ),
    Operation(
        System.PIM,
        "categories",
        lambda pim, asked: pim.categories(asked["codes"]),
        {"codes": ["pipes", "copper-pipes"]},
    ),
    Operation(
        System.WMS,
        "stock",
        lambda wms, asked: wms.levels(asked["skus"]),
        {"skus": ["KV-000001", "KV-000004"]},
    ),
    Operation(System.WMS, "warehouses", lambda wms, asked: wms.warehouses(asked["codes"]), {"codes": ["VAN", "TRE"]}),
)
PLACE = next(operation for operation in OPERATIONS if operation.path == "orders/place")


async def prepare(operation: Operation, connector: Any) -> None:
    """Place the orders that the operation's questions are about; those that are there already stay as they are."""
    for question in operation.before:
        await PLACE.ask(connector, question)
