"""
What the ERP makes of an order: its own prices, its totals, and what it objects to.

A line is priced for the day it is wanted itself, else for today. Freight is the sum over the deliveries of what the
customer's terms say of method and services; a delivery without a method, and an order without a delivery, cost nothing.
Freight is taxed at the highest rate among the lines. A part without a price or tax rate (a service by agreement) leaves
the sums that hold it unsaid.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sandbox.credit import CreditDesk
from sandbox.data.tariffs import Good, OnRequest, PriceBook, Tariff, Terms
from sandbox.order_requests import Draft, DraftDelivery, DraftLine
from sandbox.price_desk import PriceDesk
from sandbox.pricing import UnitPricing, decimals_of, in_cents
from sandbox.protocol import Json

MOST_OF_A_LINE = Decimal(1_000_000_000)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Objection:
    code: str
    message: str
    line_key: str | None = None

    def as_json(self) -> Json:
        return {"code": self.code, "message": self.message, "line_key": self.line_key}


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line as the ERP would take it."""

    asked: DraftLine
    good: Good
    unit: str
    quantity: Decimal
    unit_price: Decimal
    per: Decimal

    @property
    def total(self) -> Decimal:
        return in_cents(self.quantity * self.unit_price / self.per)

    @property
    def tax_rate(self) -> Decimal | None:
        return None if self.good.tax_rate is None else Decimal(self.good.tax_rate)

    def is_dearer(self, currency: str, tolerance_percent: Decimal) -> bool:
        """Return whether it costs more than the buyer was told, by more than they tolerate, or cannot be compared."""
        told, per = self.asked.unit_price, Decimal(self.asked.per or 1)
        if told is None:
            return False
        if self.asked.currency not in (None, currency) or per <= 0:
            return True
        return self.unit_price * per * 100 > Decimal(told) * self.per * (100 + tolerance_percent)


@dataclass(frozen=True, slots=True)
class UnpricedLine:
    """A line that the ERP would not take: NOT_SOLD (as it was asked for) or ON_REQUEST."""

    asked: DraftLine
    status: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order comes to; None: that is not known before it is delivered. `known` is what is known of the gross."""

    net: Decimal
    freight: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    known: Decimal

    def as_json(self) -> Json:
        amounts = {"net": self.net, "freight": self.freight, "tax": self.tax, "gross": self.gross}
        return {name: None if amount is None else f"{amount:.2f}" for name, amount in amounts.items()}


@dataclass(slots=True)
class Check:
    """An order as it was looked at."""

    draft: Draft
    currency: str
    lines: list[PricedLine | UnpricedLine] = field(default_factory=list)
    charges: list[Decimal | None] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)

    @property
    def priced(self) -> list[PricedLine]:
        return [line for line in self.lines if isinstance(line, PricedLine)]

    def object(self, code: str, message: str, line_key: str | None = None) -> None:
        self.objections.append(Objection(code, message, line_key))

    def is_dearer(self, tolerance_percent: Decimal) -> bool:
        return any(line.is_dearer(self.currency, tolerance_percent) for line in self.priced)

    def totals(self) -> Totals:
        return totals_of([(line.total, line.tax_rate) for line in self.priced], self.charges)


def totals_of(lines: Sequence[tuple[Decimal, Decimal | None]], charges: Iterable[Decimal | None]) -> Totals:
    """Add up lines (total and tax rate) and what deliveries cost."""
    charges = list(charges)
    rates = [rate for _, rate in lines if rate is not None]
    net = in_cents(sum((total for total, _ in lines), ZERO))
    freight = in_cents(sum((charge for charge in charges if charge is not None), ZERO))
    taxes = sum((total * rate for total, rate in lines if rate is not None), ZERO)
    tax = in_cents(taxes + freight * max(rates, default=ZERO))
    known, whole = net + freight + tax, None not in charges
    taxed = whole and len(rates) == len(lines)
    return Totals(net, freight if whole else None, tax if taxed else None, known if taxed else None, known)


class Checker:
    """Looks at orders by the rules of the house."""

    def __init__(self, book: PriceBook, prices: PriceDesk, credit: CreditDesk) -> None:
        self._book = book
        self._prices = prices
        self._credit = credit

    def check(self, draft: Draft, today: date) -> Check | None:
        """Return what the ERP makes of an order, None for a customer that it does not know."""
        own = self._book.customers.get(draft.customer)
        if own is None:
            return None
        check = Check(draft, own)
        if draft.currency not in (None, own):
            check.object("CURRENCY", f"The account orders in {own}.")
        if not draft.lines:
            check.object("NO_LINES", "The order has no lines.")
        check.lines += [self._line(check, line, today) for line in draft.lines]
        self._agreed(check)
        standing = self._credit.of(draft.customer)
        if standing is not None:
            standing.refuse(check.totals().known, check.object)
        return check

    def _line(self, check: Check, asked: DraftLine, today: date) -> PricedLine | UnpricedLine:
        good = self._book.good(asked.sku)
        unit = asked.unit or (good.unit if good else "")
        quantity = Decimal(asked.quantity)
        tariff: Tariff | OnRequest | None = None
        if good is None:
            check.object("NOT_SOLD", f"{asked.sku} is not sold.", asked.key)
        elif unit not in good.packagings:
            check.object("UNKNOWN_UNIT", f"{asked.sku} is not sold by {unit}.", asked.key)
        elif not _can_be_bought(quantity, unit):
            check.object("QUANTITY", f"{asked.quantity} {unit} cannot be bought.", asked.key)
        else:
            tariff = self._prices.tariff(good, Terms(check.draft.customer, asked.requested_date or today))
        if good is None or tariff is None:
            return UnpricedLine(asked, "NOT_SOLD")
        if isinstance(tariff, OnRequest):
            check.object("ON_REQUEST", f"The price of {asked.sku} is on request.", asked.key)
            return UnpricedLine(asked, "ON_REQUEST")
        pricing = UnitPricing(good, tariff, unit)
        return PricedLine(asked, good, unit, quantity, pricing.price(quantity), pricing.per)

    def _agreed(self, check: Check) -> None:
        """Hold the order against the customer's terms; nothing is agreed with one who has none."""
        terms = self._book.terms(check.draft.customer) or {}
        if terms.get("po_number_required") and not check.draft.po_number:
            check.object("PO_NUMBER_REQUIRED", "The account orders by its own order number only.")
        for delivery in check.draft.deliveries:
            check.charges += self._charges(check, delivery, terms)
            if delivery.split_policy == "SHIP_AVAILABLE_REST_LATER" and not terms.get("allows_split_delivery"):
                check.object("SPLIT_DELIVERY", "The account takes whole deliveries only.")
        for key in _unknown_lines(check.draft):
            check.object("UNKNOWN_LINE", f"A delivery names the line {key!r}, which is none of the order's.")

    def _charges(self, check: Check, delivery: DraftDelivery, terms: Json) -> Iterator[Decimal | None]:
        costs = {method["code"]: method["cost"] for method in terms.get("delivery_methods", ())}
        prices = {service["code"]: service["price"] for service in terms.get("services", ())}
        if delivery.method is not None and delivery.method not in costs:
            check.object("UNKNOWN_DELIVERY_METHOD", f"There is no delivery method {delivery.method!r}.")
        elif delivery.method is not None:
            yield _amount(costs[delivery.method])
        for service in delivery.services:
            if service in prices:
                yield _amount(prices[service])
            else:
                check.object("UNKNOWN_SERVICE", f"There is no service {service!r}.")


def _can_be_bought(quantity: Decimal, unit: str) -> bool:
    smallest = Decimal(1).scaleb(-decimals_of(unit))
    return 0 < quantity <= MOST_OF_A_LINE and quantity % smallest == 0


def _unknown_lines(draft: Draft) -> list[str]:
    known = {line.key for line in draft.lines}
    return [key for delivery in draft.deliveries for key in delivery.line_keys if key not in known]


def _amount(said: str | None) -> Decimal | None:
    return None if said is None else Decimal(said)
