"""The price book, with the prices that tests set on top of it."""

from decimal import Decimal

from msgspec import Struct

from sandbox.data.tariffs import Good, OnRequest, PriceBook, Tariff, Terms
from sandbox.order_store import OrderStore
from sandbox.pricing import money
from sandbox.protocol import ApiError, Json
from sandbox.requests import DecimalText


class SetPrice(Struct, frozen=True):
    """A contract price for exactly one account, set by a test."""

    account: str
    sku: str
    unit_price: DecimalText


class PriceDesk:
    """Says what customers pay; what was set stays set until a reset, also when the process is killed."""

    def __init__(self, book: PriceBook, store: OrderStore) -> None:
        self._book = book
        self._store = store
        self._set = store.prices()

    def tariff(self, good: Good, terms: Terms) -> Tariff | OnRequest | None:
        if terms.customer is not None and (terms.customer, good.sku) in self._set:
            return self._book.fixed(good, terms, self._set[terms.customer, good.sku])
        return self._book.tariff(good, terms)

    def set(self, wanted: SetPrice) -> Json:
        if wanted.account not in self._book.customers:
            raise ApiError(404, "UNKNOWN_ACCOUNT", f"There is no customer {wanted.account!r}.")
        if self._book.good(wanted.sku) is None:
            raise ApiError(404, "UNKNOWN_SKU", f"There is no article {wanted.sku!r}.")
        price = Decimal(wanted.unit_price)
        if price < 0:
            raise ApiError(400, "BAD_REQUEST", "A price is not negative.")
        self._store.set_price(wanted.account, wanted.sku, price)
        self._set[wanted.account, wanted.sku] = price
        return {"account": wanted.account, "sku": wanted.sku, "unit_price": money(price)}

    def forget(self) -> None:
        self._set.clear()
