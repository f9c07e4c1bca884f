"""How to reach a system through each registered connector, and what is in it: one entry a connector."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from datasources.model.catalog import ProductSearch, ProductSort
from datasources.model.common import System
from datasources.model.customers import AccountsKey, StandingKey
from datasources.model.orders import OrderKey, OrdersKey, OrderStatus
from datasources.model.pricing import ContractKey, PartNumberCode, PartNumberKey, PriceKey
from tests.connectors.orders import delivery, draft, draft_of, line, order_to_place, place

Key = Any


def itself(answer: Any) -> Mapping[Key, Any]:
    return answer  # type: ignore[no-any-return]  # the port says so


async def nothing(connector: Any) -> None:
    """Do nothing: the system knows the keys already."""


@dataclass(frozen=True)
class Probe:
    """
    One method of a port, with keys that the system knows, once it is prepared, and others that it does not.

    `filler` makes as many more unknown keys as are wanted; `found` returns what an answer holds by key.
    """

    method: str
    known: Sequence[Key]
    unknown: Sequence[Key]
    filler: Callable[[int], Key]
    found: Callable[[Any], Mapping[Key, Any]] = itself
    prepare: Callable[[Any], Awaitable[None]] = nothing


def price_key(scope: str | None, sku: str, quantity: str = "1") -> PriceKey:
    return PriceKey(scope, sku, Decimal(quantity), None, None, None, None)


def search_key(number: int) -> ProductSearch:
    return ProductSearch(f"nothing {number}", None, (), (), ProductSort.SKU, "fi", 1, None, False)


def orders_key(*customers: str, **more: Any) -> OrdersKey:
    return OrdersKey(customers, 3, **{"after": None, "person": None, **more})


ORDERS = {
    key: order_to_place(place(key, draft(line("a"), line("b", "KV-000034"), deliveries=[delivery()])))
    for key in ("one", "two")
}
"""Orders that the ERP takes."""


async def place_orders(erp: Any) -> None:
    """Place them, if they are not there yet."""
    for order in ORDERS.values():
        await erp.place(order)


SANDBOX: Mapping[System, Sequence[Probe]] = {
    System.ERP: [
        Probe(
            "prices",
            [price_key("C-1002", "KV-000001"), price_key("C-1002", "KV-000001", "60"), price_key("C-2001", "KV-000001"), price_key(None, "KV-000001"), price_key(None, "none")],
            [price_key("nobody", "KV-000001")],
            lambda n: price_key(f"nobody-{n}", "KV-000001"),
        ),
        Probe(
            "part_numbers",
            [PartNumberKey("C-1002", "KV-000001"), PartNumberKey("C-1002", "KV-000002")],
            [PartNumberKey("C-1002", "none"), PartNumberKey("nobody", "KV-000001")],
            lambda n: PartNumberKey("nobody", f"KV-{n:06d}"),
        ),
        Probe(
            "resolve_part_numbers",
            [PartNumberCode("C-1002", "SR-10049"), PartNumberCode("C-1002", "SR-10001")],
            [PartNumberCode("C-1002", "none"), PartNumberCode("nobody", "SR-10001")],
            lambda n: PartNumberCode("nobody", f"{n}"),
        ),
        Probe("credit", ["C-1002", "C-3001"], ["nobody"], lambda n: f"nobody-{n}"),
        Probe("terms", ["C-1002", "C-3001"], ["nobody"], lambda n: f"nobody-{n}"),
        Probe(
            "contracts",
            [ContractKey("C-1002", "K-1000-24"), ContractKey("C-1000", "K-1000-24")],
            [ContractKey("C-2001", "K-1000-24"), ContractKey("nobody", "K-1000-24")],
            lambda n: ContractKey("C-1002", f"none-{n}"),
        ),
        Probe(
            "simulate",
            [ORDERS["one"].draft, draft_of(draft(line("a"), line("b", "none"), customer="C-3001")), draft_of(draft())],
            [draft_of(draft(line("a"), customer="nobody"))],
            lambda n: draft_of(draft(line("a"), customer=f"nobody-{n}")),
        ),
        Probe("placed", ["one", "two"], ["none"], lambda n: f"none-{n}", prepare=place_orders),
        Probe(
            "orders",
            [OrderKey("C-1002", "E-100001"), OrderKey("C-1002", "E-100002"), OrderKey("C-1002", "H-C-1002-001")],
            [OrderKey("C-2001", "E-100001"), OrderKey("C-2001", "H-C-1002-001"), OrderKey("nobody", "E-100001")],
            lambda n: OrderKey("C-1002", f"none-{n}"),
            prepare=place_orders,
        ),
        Probe(
            "order_pages",
            [orders_key("C-1002"), orders_key("C-1002", "C-1003", statuses=(OrderStatus.DELIVERED,)), orders_key("nobody")],
            [orders_key("C-1002", after="not a cursor")],
            lambda n: orders_key("C-1002", after=f"not-{n}"),
            lambda answer: answer.pages,
            prepare=place_orders,
        ),
    ],
    System.CRM: [
        Probe(
            "standings",
            [StandingKey("anna", None), StandingKey("anna", "C-2001"), StandingKey("mikko", "C-1002"), StandingKey("omar", None)],
            [StandingKey("nobody", None), StandingKey("nobody", "C-1002")],
            lambda n: StandingKey(f"nobody-{n}", None),
            lambda answer: answer.standings,
        ),
        Probe(
            "accounts",
            [AccountsKey("mikko", None, 2, None), AccountsKey("mikko", None, 2, "C-1001"), AccountsKey("mikko", "C-1000", 5, None), AccountsKey("anna", "C-1001", 5, None)],
            [AccountsKey("nobody", None, 2, None), AccountsKey("anna", "C-2001", 2, None)],
            lambda n: AccountsKey(f"nobody-{n}", None, 1, None),
            lambda answer: answer.pages,
        ),
    ],
    System.PIM: [
        Probe(
            "search",
            [search_key(0)._replace(query="putki", facets=True), search_key(0)._replace(query=None, sort=ProductSort.NAME), search_key(0)],
            [search_key(0)._replace(after="not a cursor")],
            lambda n: search_key(n)._replace(after="not a cursor"),
            lambda answer: answer.results,
        ),
        Probe("products", ["KV-000001", "KV-000085"], ["none"], lambda n: f"none-{n}", lambda answer: answer.products),
        Probe("lookup", ["KV-000001", "6419200000019"], ["none"], lambda n: f"none-{n}", lambda answer: answer.meanings),
        Probe("categories", ["pipes", "copper-pipes"], ["none"], lambda n: f"none-{n}", lambda answer: answer.categories),
    ],
    System.WMS: [
        Probe("levels", ["KV-000001", "KV-000004"], ["none"], lambda n: f"none-{n}"),
        Probe("warehouses", ["VAN", "TRE"], ["none"], lambda n: f"none-{n}"),
    ],
}  # fmt: skip

PROBES: Mapping[tuple[System, str], Sequence[Probe]] = {(role, "rest"): probes for role, probes in SANDBOX.items()}
"""By role and name in the registry. Whoever registers a connector says here what to ask it for."""
