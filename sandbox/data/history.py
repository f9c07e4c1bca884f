"""Orders that customers placed in the two years before the data's fixed day."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sandbox.calendar import HELSINKI, working_day_after
from sandbox.data.articles import Article, Articles
from sandbox.data.customers import ON_HOLD
from sandbox.data.dice import Dice
from sandbox.protocol import Json

ANCHOR = date(2026, 1, 1)
SPAN_DAYS = 730
ORIGINS = ("ONLINE", "ONLINE", "ONLINE", "PHONE", "PHONE", "EDI", "EDI", "STORE", "SALES_REP")
METHODS = ("TRUCK", "PARCEL", "PICKUP")
# Gives unit price and currency for customer, SKU, quantity and day; None when there was no price.
Paid = Callable[[str, str, Decimal, date], tuple[str, str] | None]


def orders_of(articles: Articles, customer: str, paid: Paid) -> list[Json]:
    """Return a customer's past orders, the oldest first."""
    count = articles.dice.between(5, 60, "orders", customer)
    days = sorted(articles.dice.between(1, SPAN_DAYS, "placed", customer, order) for order in range(count))
    placed = [ANCHOR - timedelta(days=days_before) for days_before in reversed(days)]
    return [_order(articles, customer, number, day, paid) for number, day in enumerate(placed, start=1)]


def _order(articles: Articles, customer: str, number: int, day: date, paid: Paid) -> Json:
    dice = articles.dice
    count = dice.between(1, 8, "lines", customer, number)
    lines = (_line(articles, customer, number, place, day, paid) for place in range(1, count + 1))
    return {
        "number": f"H-{customer}-{number:03d}",
        "account": customer,
        "placed_on": day,
        "placed_at": _moment(dice, day, customer, number).isoformat(),
        "requested_on": working_day_after(day, dice.between(1, 8, "requested", customer, number)),
        "origin": dice.pick(ORIGINS, "origin", customer, number),
        "status": _status(dice, day, customer, number),
        "method": dice.pick(METHODS, "method", customer, number),
        "po_number": f"PO-{dice.between(10_000, 99_999, 'po', customer, number)}",
        "lines": [line for line in lines if line is not None],
    }


def _moment(dice: Dice, day: date, customer: str, number: int) -> datetime:
    minute = dice.between(7 * 60, 17 * 60, "minute", customer, number)
    return datetime.combine(day, time(minute // 60, minute % 60), HELSINKI)


def _status(dice: Dice, day: date, customer: str, number: int) -> str:
    """Return what has become of an order by the data's fixed day: of an old one, mostly that it was delivered."""
    days_ago, draw = (ANCHOR - day).days, dice.share("status", customer, number)
    if draw < 0.04:
        return "CANCELLED"
    if days_ago > 60:
        return "DELIVERED"
    if days_ago > 20:
        return "PARTIALLY_SHIPPED" if draw < 0.2 else "SHIPPED"
    if customer in ON_HOLD:
        return "ON_CREDIT_HOLD"
    return "BACKORDERED" if draw < 0.3 else "CONFIRMED"


def _line(articles: Articles, customer: str, number: int, place: int, day: date, paid: Paid) -> Json | None:
    article = _bought(articles, customer, number, place)
    step = Decimal(article.family.increment)
    quantity = step * articles.dice.between(1, 20, "quantity", customer, number, place)
    price = paid(customer, article.sku, quantity, day)
    if price is None:
        return None
    amount, currency = price
    return {
        "sku": article.sku,
        "quantity": format(quantity, "f"),
        "unit": article.family.unit.code,
        "unit_price": amount,
        "currency": currency,
        "per": str(article.family.per),
    }


def _bought(articles: Articles, customer: str, number: int, place: int) -> Article:
    """Return one of the articles that the customer buys again and again, or any."""
    key = (customer, number, place)
    usual = articles.dice.share("usual", *key) < 0.6
    bound = min(articles.count, 40) if usual else min(articles.count, 5000)
    return articles.at(articles.dice.between(1, bound, "bought", *key))
