"""The ERP's order desk: it simulates orders, takes each once, and keeps them."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal

import msgspec

from sandbox.calendar import HELSINKI
from sandbox.data.tariffs import PriceBook
from sandbox.order_check import Check, Checker, Objection
from sandbox.order_forms import order_json, simulation_json
from sandbox.order_history import OrderHistory
from sandbox.order_requests import (
    Draft,
    OrderPagesRequest,
    OrdersRequest,
    PingRequest,
    PlacedRequest,
    PlaceRequest,
    SimulateRequest,
)
from sandbox.order_search import page_of
from sandbox.order_store import OrderStore
from sandbox.pricing import plain
from sandbox.protocol import ApiError, Json, Operation


class OrderDesk:
    """Keeps to the rules of `order_check`, and every order it took for good."""

    def __init__(self, book: PriceBook, checker: Checker, store: OrderStore, clock: Callable[[], datetime]) -> None:
        self._customers = book.customers
        self._checker = checker
        self._store = store
        self._history = OrderHistory(book)
        self._clock = clock
        self.operations = (
            Operation("simulate", "/orders/simulate", SimulateRequest, self.simulate),
            Operation("place", "/orders/place", PlaceRequest, self.place),
            Operation("placed", "/orders/placed", PlacedRequest, self.placed),
            Operation("orders", "/orders/get", OrdersRequest, self.orders),
            Operation("order_pages", "/orders/search", OrderPagesRequest, self.order_pages),
            Operation("ping", "/ping", PingRequest, self.ping),
        )

    def simulate(self, request: SimulateRequest) -> Json:
        checks = ((asked.key, self._check(asked.order)) for asked in request.orders)
        return {"simulations": [{"key": key, "simulation": simulation_json(check)} for key, check in checks if check]}

    def place(self, request: PlaceRequest) -> Json:
        key, content = request.idempotency_key, _content_of(request.order)
        known = self._store.by_key(key)
        if known is not None and known.content != content:
            raise ApiError(409, "IDEMPOTENCY_CONFLICT", "The idempotency key belongs to an order with other content.")
        if known is not None:
            return _accepted(known.body)
        check = self._check(request.order)
        if check is None:
            return _refused([Objection("UNKNOWN_CUSTOMER", f"There is no customer {request.order.customer!r}.")])
        if check.objections:
            return _refused(check.objections)
        if check.is_dearer(Decimal(request.tolerance_percent)):
            return {"outcome": "PRICE_CHANGED", "simulation": simulation_json(check)}
        return _accepted(self._take(check, key, content))

    def placed(self, request: PlacedRequest) -> Json:
        found = ((key, self._store.by_key(key)) for key in dict.fromkeys(request.idempotency_keys))
        return {"placed": [{"idempotency_key": key, "order": order.body} for key, order in found if order]}

    def orders(self, request: OrdersRequest) -> Json:
        lines = dict.fromkeys((line.customer, line.number) for line in request.lines)
        found = (self._order(customer, number) for customer, number in lines)
        return {"orders": [order for order in found if order is not None]}

    def order_pages(self, request: OrderPagesRequest) -> Json:
        pages = (page_of(self._orders_of(line.customers), line) for line in request.lines)
        return {"pages": [page for page in pages if page is not None]}

    def ping(self, request: PingRequest) -> Json:
        return {"takes_orders": True}

    def taken(self) -> Json:
        """Return what was taken, in order of arrival, in short."""
        return {"orders": [_in_short(order.body) for order in self._store.all()]}

    def _check(self, draft: Draft) -> Check | None:
        return self._checker.check(draft, self._today())

    def _today(self) -> date:
        return self._clock().astimezone(HELSINKI).date()

    def _take(self, check: Check, key: str, content: str) -> Json:
        body = order_json(check, key, self._clock())
        return self._store.take(check.draft.customer, key, content, check.totals().known, body).body

    def _order(self, customer: str, number: str) -> Json | None:
        if customer not in self._customers:
            return None
        if (taken := self._store.by_number(customer, number)) is not None:
            return taken.body
        return next((order for order in self._history.of(customer) if order["number"] == number), None)

    def _orders_of(self, customers: Iterable[str]) -> Iterable[Json]:
        for customer in dict.fromkeys(customers):
            if customer in self._customers:
                yield from self._history.of(customer)
                yield from (order.body for order in self._store.of(customer))


def _content_of(draft: Draft) -> str:
    """Return a digest of what is ordered. The prices that the buyer was told are no part of it."""
    said = msgspec.to_builtins(draft)
    for line in said["lines"]:
        line["quantity"] = plain(Decimal(line["quantity"]))
        del line["unit_price"], line["currency"], line["per"]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _accepted(order: Json) -> Json:
    return {"outcome": "ACCEPTED", "order": order}


def _refused(objections: Iterable[Objection]) -> Json:
    return {"outcome": "REFUSED", "objections": [objection.as_json() for objection in objections]}


def _in_short(order: Json) -> Json:
    lines = [
        {"sku": line["sku"], "quantity": line["ordered"], "unit_price": line["unit_price"]} for line in order["lines"]
    ]
    return {
        "number": order["number"],
        "account": order["customer"],
        "idempotency_key": order["idempotency_key"],
        "lines": lines,
    }
