"""The ERP: prices by its own rules, customers' part numbers, credit, terms, contracts and orders."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sandbox.calendar import HELSINKI
from sandbox.credit import CreditDesk, CreditRequest
from sandbox.data.tariffs import Contract, OnRequest, PriceBook, Terms
from sandbox.order_check import Checker
from sandbox.order_forms import unit_json
from sandbox.order_store import OrderStore
from sandbox.orders import OrderDesk
from sandbox.price_desk import PriceDesk, SetPrice
from sandbox.pricing import UnitPricing, money, plain
from sandbox.protocol import ApiError, Control, Json, Operation, decoded
from sandbox.requests import (
    ContractsRequest,
    CustomersRequest,
    PartNumbersRequest,
    PriceLine,
    PricesRequest,
    ResolveRequest,
)


class Erp:
    """Prices and refuses by its own rules. It knows no people and no content."""

    name = "erp"

    def __init__(self, book: PriceBook, store: OrderStore, clock: Callable[[], datetime]) -> None:
        self._book = book
        self._store = store
        self._clock = clock
        self._prices = PriceDesk(book, store)
        self._credit = CreditDesk(book, store)
        self._orders = OrderDesk(book, Checker(book, self._prices, self._credit), store, clock)
        self.operations = (
            Operation("prices", "/prices", PricesRequest, self.prices),
            Operation("part_numbers", "/part-numbers", PartNumbersRequest, self.part_numbers),
            Operation("part_numbers_resolve", "/part-numbers/resolve", ResolveRequest, self.resolve),
            Operation("credit", "/credit", CustomersRequest, self.credit),
            Operation("terms", "/terms", CustomersRequest, self.terms),
            Operation("contracts", "/contracts", ContractsRequest, self.contracts),
            *self._orders.operations,
        )
        self.controls = (
            Control("GET", "orders", lambda query, body: self._orders.taken()),
            Control("PUT", "price", lambda query, body: self._prices.set(decoded(body, SetPrice))),
            Control("PUT", "credit", lambda query, body: self._credit.set(decoded(body, CreditRequest))),
            Control("GET", "history", lambda query, body: self.history(query)),
        )

    def reset(self) -> None:
        self._store.clear()
        self._prices.forget()

    def prices(self, request: PricesRequest) -> Json:
        today = self._clock().astimezone(HELSINKI).date()
        answers = (self._price(line, today) for line in request.lines)
        return {"prices": [answer for answer in answers if answer is not None]}

    def part_numbers(self, request: PartNumbersRequest) -> Json:
        numbers = [(line, self._book.part_number(line.customer, line.sku)) for line in request.lines]
        return {
            "part_numbers": [
                {"customer": line.customer, "sku": line.sku, "part_number": number}
                for line, number in numbers
                if number is not None
            ]
        }

    def resolve(self, request: ResolveRequest) -> Json:
        return {
            "matches": [
                {"customer": line.customer, "code": line.code, "sku": sku}
                for line in request.lines
                for sku in self._book.skus_of(line.customer, line.code)
            ]
        }

    def credit(self, request: CustomersRequest) -> Json:
        return {"credit": self._by_customer(request.customers, self._credit.json)}

    def terms(self, request: CustomersRequest) -> Json:
        return {"terms": self._by_customer(request.customers, self._book.terms)}

    def contracts(self, request: ContractsRequest) -> Json:
        return {
            "contracts": [
                {"scope": line.scope, **_contract_json(contract), **self._volume_json(line.scope, contract)}
                for line in request.lines
                if line.scope in self._book.customers
                for contract in self._book.contracts(line.scope)
                if contract.number == line.number
            ]
        }

    def history(self, query: Mapping[str, str]) -> Json:
        account = query.get("account", "")
        if account not in self._book.customers:
            raise ApiError(404, "UNKNOWN_ACCOUNT", f"There is no customer {account!r}.")
        return {"orders": self._book.history(account)}

    def _price(self, line: PriceLine, today: date) -> Json | None:
        """Price one line; None: the scope, unit, contract or currency is unknown, or the quantity is not above 0."""
        quantity = Decimal(line.quantity)
        if quantity <= 0 or (line.scope is not None and line.scope not in self._book.customers):
            return None
        good = self._book.good(line.sku)
        if good is None:
            return {**_asked(line), "status": "NOT_SOLD"}
        unit = good.unit if line.unit is None else line.unit
        tariff = self._prices.tariff(good, Terms(line.scope, line.date or today, line.contract, line.currency))
        if tariff is None or unit not in good.packagings:
            return None
        if isinstance(tariff, OnRequest):
            return {**_asked(line), "status": "ON_REQUEST"}
        return {**_asked(line), "status": "PRICED", **_priced(UnitPricing(good, tariff, unit), quantity)}

    def _by_customer(self, customers: Sequence[str], find: Callable[[str], Json | None]) -> list[Json]:
        known = [customer for customer in dict.fromkeys(customers) if customer in self._book.customers]
        return [{"customer": customer, **found} for customer in known if (found := find(customer)) is not None]

    def _volume_json(self, scope: str, contract: Contract) -> Json:
        currency = self._book.customers[scope]
        return {
            name: None if value is None else {"value": plain(value), "unit": unit_json(currency, decimals=2)}
            for name, value in (("committed", contract.committed), ("consumed", contract.consumed))
        }


def _asked(line: PriceLine) -> Json:
    return {
        "asked": {
            "scope": line.scope,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit": line.unit,
            "date": line.date,
            "contract": line.contract,
            "currency": line.currency,
        }
    }


def _priced(pricing: UnitPricing, quantity: Decimal) -> Json:
    offer = pricing.tariff.at(quantity * pricing.contains)
    breaks = [{"minimum_quantity": plain(minimum), "unit_price": money(price)} for minimum, price in pricing.breaks()]
    return {
        "currency": pricing.tariff.currency,
        "unit_price": money(pricing.in_unit(offer.unit_price)),
        "per": {"value": plain(pricing.per), "unit": unit_json(pricing.unit)},
        "list_price": money(pricing.in_unit(pricing.tariff.list_price)),
        "net": True,
        "tax_rate": pricing.good.tax_rate,
        "origin": offer.origin,
        "contract": offer.contract and _contract_json(offer.contract),
        "breaks": breaks,
        "valid_from": offer.valid_from and _midnight(offer.valid_from),
        # A last day counts to its end.
        "valid_to": offer.valid_to and _midnight(offer.valid_to + timedelta(days=1)),
    }


def _contract_json(contract: Contract) -> Json:
    return {"number": contract.number, "name": contract.name, "valid_to": contract.valid_to}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)
