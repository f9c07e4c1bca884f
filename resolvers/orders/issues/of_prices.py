"""Issues of prices: moved, not fresh, not known, not sold."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.common import Money
from datasources.model.pricing import Price, PriceStatus, Quote, QuoteStatus
from resolvers.orders.issues.facts import Facts
from resolvers.orders.issues.kinds import CartIssue, OtherIssue, PriceChangedIssue, PriceStaleIssue, Severity
from resolvers.orders.prices import price_of
from resolvers.pricing import Answer
from resolvers.status import freshness_of

MOST_DECIMALS = 6


def price_issues(facts: Facts) -> Iterator[CartIssue]:
    """Yield what is to be said of the lines' prices; nothing of it to who does not see prices."""
    if facts.cart.money:
        for line, answer in zip(facts.lines, facts.answers, strict=True):
            yield from _issues_of(line, answer, facts)


def _issues_of(line: kept_as.CartLine, answer: Answer, facts: Facts) -> Iterator[CartIssue]:
    price = price_of(answer)
    if price is None:
        issue = _no_price(line, answer)
        if issue is not None:
            yield issue
        return
    told = _told(line, price)
    if told is not None and told != price.unit_price:
        yield _changed(line, told, price.unit_price)
    if facts.context.ask.stale_reason(price.provenance) is not None:
        message = f"The price of {line.sku} is the last known one: the ERP gives no newer one."
        freshness = freshness_of(price.provenance, facts.context)
        yield PriceStaleIssue(Severity.WARNING, "PRICE_STALE", message, line.key, freshness)


def _no_price(line: kept_as.CartLine, answer: Answer) -> CartIssue | None:
    if isinstance(answer, SourceError):
        message = f"The price of {line.sku} is not known: the {answer.system.value} does not answer."
        return OtherIssue(Severity.WARNING, "PRICE_UNKNOWN", message, line.key)
    if isinstance(answer, PriceStatus):
        message = f"There are no prices for this account, so none for {line.sku}."
        return OtherIssue(Severity.WARNING, "PRICE_UNKNOWN", message, line.key)
    if isinstance(answer, Quote) and answer.status is QuoteStatus.ON_REQUEST:
        message = f"The price of {line.sku} is by agreement: ask for a quote."
        return OtherIssue(Severity.BLOCKING, "ON_REQUEST", message, line.key)
    message = f"The account cannot buy {line.sku}."
    return OtherIssue(Severity.BLOCKING, "NOT_SOLD", message, line.key)


def _told(line: kept_as.CartLine, price: Price) -> Money | None:
    """Return what the account was told, for as much as the price is for; None: nothing."""
    if line.seen_price is None:
        return None
    per = line.seen_per or Decimal(1)
    if per == price.per.value:
        return line.seen_price
    return replace(line.seen_price, amount=round(line.seen_price.amount * price.per.value / per, MOST_DECIMALS))


def _changed(line: kept_as.CartLine, previous: Money, current: Money) -> CartIssue:
    dearer = previous.currency != current.currency or current.amount > previous.amount
    message = f"The price of {line.sku} was {_worded(previous)} and is {_worded(current)} now."
    severity = Severity.WARNING if dearer else Severity.INFO
    return PriceChangedIssue(severity, "PRICE_CHANGED", message, line.key, previous, current)


def _worded(money: Money) -> str:
    return f"{money.amount:f} {money.currency}"
