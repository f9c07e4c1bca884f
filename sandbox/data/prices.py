"""The generated price book: list prices, group discounts, contracts, promotions, quantity breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from sandbox.data.articles import SHOWCASE, Article, Articles, sku_of
from sandbox.data.categories import category_tree, with_ancestors
from sandbox.data.contracts import GROUP_DISCOUNTS, Customer
from sandbox.data.customers import credit_of, terms_of
from sandbox.data.history import orders_of
from sandbox.data.tariffs import Contract, Good, Offer, OnRequest, Tariff, Terms
from sandbox.pricing import money, rounded
from sandbox.protocol import Json

TAX_RATE = "0.255"
RATES = {"EUR": Decimal(1), "SEK": Decimal("11.25"), "RON": Decimal("4.975")}
STEPS = (Decimal("0.97"), Decimal("0.94"), Decimal("0.91"), Decimal("0.88"))
SHARED_PART_NUMBER_EVERY = 50
_LINEAGE = {code: with_ancestors(category_tree(), code) for code in category_tree()}


@dataclass(frozen=True, slots=True)
class TieredTariff:
    """One rule's price, falling at some quantities."""

    list_price: Decimal
    currency: str
    offer: Offer
    tiers: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def thresholds(self) -> Sequence[Decimal]:
        return [minimum for minimum, _ in self.tiers]

    def at(self, quantity: Decimal) -> Offer:
        price = self.offer.unit_price
        for minimum, lower in self.tiers:
            if quantity >= minimum:
                price = lower
        own = self.offer
        return Offer(price, own.origin, own.contract, own.valid_from, own.valid_to)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one price comes about: a share of the list price, and whether it falls with quantity."""

    factor: Decimal
    origin: str
    contract: Contract | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    stepped: bool = True


class GeneratedPriceBook:
    """Prices worked out from an article's number and the ERP's own tables."""

    def __init__(self, articles: Articles, customers: Mapping[str, Customer]) -> None:
        self._articles = articles
        self._customers = customers
        self.customers = {number: customer.currency for number, customer in customers.items()}
        self.good = lru_cache(maxsize=32_768)(self._find_good)
        self._list_price = lru_cache(maxsize=32_768)(self._find_list_price)

    def tariff(self, good: Good, terms: Terms) -> Tariff | OnRequest | None:
        customer = self._customers[terms.customer] if terms.customer is not None else None
        currency = terms.currency or (customer.currency if customer else "EUR")
        if currency not in RATES or not _has_contract(customer, terms.contract):
            return None
        article = self._article(good.sku)
        if self.on_request(article):
            return OnRequest()
        rule = self._rule(article, customer, terms)
        return self._tiered(article, rule, currency)

    def fixed(self, good: Good, terms: Terms, unit_price: Decimal) -> Tariff | None:
        own = self.customers[str(terms.customer)]
        currency = terms.currency or own
        if currency not in RATES:
            return None
        price = rounded(unit_price * RATES[currency] / RATES[own])
        listed = self._list_price(self._article(good.sku).index)
        return TieredTariff(rounded(listed * RATES[currency]), currency, Offer(price, "CONTRACT"))

    def contracts(self, customer: str) -> Sequence[Contract]:
        return self._customers[customer].contracts

    def part_number(self, customer: str, sku: str) -> str | None:
        scheme = self._scheme(customer)
        article = self._articles.by_sku(sku)
        if scheme is None or article is None or not self._has_part_number(scheme, article.index):
            return None
        return f"{scheme}-{10_000 + _part_place(article.index)}"

    def skus_of(self, customer: str, code: str) -> list[str]:
        scheme = self._scheme(customer)
        prefix, _, digits = code.partition("-")
        if scheme is None or prefix != scheme or not digits.isascii() or not digits.isdigit() or len(digits) > 9:
            return []
        place = int(digits) - 10_000
        candidates = [sku_of(index) for index in (place, place + 1) if 0 < index <= self._articles.count]
        return [sku for sku in candidates if self.part_number(customer, sku) == code]

    def credit(self, customer: str) -> Json | None:
        return credit_of(self._articles.dice, customer, self.customers[customer])

    def terms(self, customer: str) -> Json | None:
        return terms_of(self._articles.dice, self._customers[customer])

    def history(self, customer: str) -> list[Json]:
        return orders_of(self._articles, customer, self._paid)

    def on_request(self, article: Article) -> bool:
        return article.index > SHOWCASE and self._articles.dice.share("on-request", article.index) < 0.02

    def _find_good(self, sku: str) -> Good | None:
        article = self._articles.by_sku(sku)
        if article is None:
            return None
        return Good(sku, article.family.unit.code, article.packagings, Decimal(article.family.per), TAX_RATE)

    def _article(self, sku: str) -> Article:
        article = self._articles.by_sku(sku)
        assert article is not None
        return article

    def _find_list_price(self, index: int) -> Decimal:
        article = self._articles.at(index)
        wobble = 0.94 + 0.12 * self._articles.dice.share("list", article.family.code, article.make.brand)
        cents = round(article.family.price * article.make.size * wobble * 100)
        return Decimal(max(cents, 5)) / 100

    def _rule(self, article: Article, customer: Customer | None, terms: Terms) -> Rule:
        """Choose by the ERP's order: a contract's price, a promotion or discount, whichever is lower, the list."""
        if customer is None:
            return Rule(Decimal(1), "LIST")
        contracts = [own for own in customer.contracts if own.holds_on(terms.day)]
        if terms.contract is not None:
            contracts = [own for own in contracts if own.number == terms.contract]
        for contract in contracts:
            if self._names(contract, article.index):
                return self._contract_rule(contract, self._contract_factor(contract, article.index))
        discounted = self._discount_rule(article, customer, contracts)
        promotion = self._promotion(article, terms.day)
        return promotion if promotion and promotion.factor < discounted.factor else discounted

    def _contract_rule(self, contract: Contract, factor: Decimal) -> Rule:
        return Rule(factor, "CONTRACT", contract, contract.valid_from, contract.valid_to)

    def _discount_rule(self, article: Article, customer: Customer, contracts: Sequence[Contract]) -> Rule:
        line = _LINEAGE[article.family.category]
        for contract in contracts:
            discount = _nearest(contract.discounts or {}, line)
            if discount:
                return self._contract_rule(contract, 1 - discount)
        discount = _nearest(GROUP_DISCOUNTS[customer.group], line)
        return Rule(1 - discount, "CUSTOMER_GROUP") if discount else Rule(Decimal(1), "LIST")

    def _names(self, contract: Contract, index: int) -> bool:
        return self._articles.dice.share("contract", contract.number, index) < contract.share

    def _contract_factor(self, contract: Contract, index: int) -> Decimal:
        # One in 33 was agreed before the list price fell, and stands above it.
        roll = self._articles.dice.between(0, 300, "agreed", contract.number, index)
        above = self._articles.dice.share("above", contract.number, index) < 0.03
        return Decimal(1020 + roll // 2 if above else 620 + roll) / 1000

    def _promotion(self, article: Article, day: date) -> Rule | None:
        """Return this year's promotion when the day falls in it: some weeks in a month of the article's own."""
        dice = self._articles.dice
        if article.index <= SHOWCASE or dice.share("promotion", article.index) >= 0.08:
            return None
        start = date(day.year, dice.between(1, 12, "month", article.index), dice.between(1, 10, "from", article.index))
        end = start + timedelta(days=dice.between(13, 27, "weeks", article.index))
        if not start <= day <= end:
            return None
        factor = Decimal(dice.between(60, 85, "promoted", article.index)) / 100
        return Rule(factor, "PROMOTION", None, start, end, stepped=False)

    def _tiered(self, article: Article, rule: Rule, currency: str) -> TieredTariff:
        listed = self._list_price(article.index) * RATES[currency]
        base = listed * rule.factor
        offer = Offer(rounded(base), rule.origin, rule.contract, rule.valid_from, rule.valid_to)
        steps = self._steps(article, rule) if rule.stepped else 0
        tiers = zip(article.family.breaks[:steps], STEPS, strict=False)
        return TieredTariff(rounded(listed), currency, offer, tuple((Decimal(q), rounded(base * s)) for q, s in tiers))

    def _steps(self, article: Article, rule: Rule) -> int:
        """Return at how many quantities the price falls; about half of all prices do not."""
        key = (rule.contract.number if rule.contract else "list", article.index)
        if article.index > SHOWCASE and self._articles.dice.share("stepped", *key) >= 0.55:
            return 0
        return self._articles.dice.between(2, 4, "steps", *key)

    def _scheme(self, customer: str) -> str | None:
        return self._customers[customer].part_scheme if customer in self._customers else None

    def _has_part_number(self, scheme: str, index: int) -> bool:
        shared = index % SHARED_PART_NUMBER_EVERY in (0, SHARED_PART_NUMBER_EVERY - 1)
        return shared or index <= 5 or self._articles.dice.share("part", scheme, index) < 0.2

    def _paid(self, customer: str, sku: str, quantity: Decimal, day: date) -> tuple[str, str] | None:
        """Return unit price and currency as they were on a day, or None for what has no price."""
        good = self.good(sku)
        tariff = self.tariff(good, Terms(customer, day)) if good else None
        if tariff is None or isinstance(tariff, OnRequest):
            return None
        return money(tariff.at(quantity).unit_price), tariff.currency


def _part_place(index: int) -> int:
    # Every fiftieth article shares its part number with the one before it, as happens when people keep such lists.
    return index - 1 if index % SHARED_PART_NUMBER_EVERY == 0 else index


def _has_contract(customer: Customer | None, number: str | None) -> bool:
    return number is None or (customer is not None and any(own.number == number for own in customer.contracts))


def _nearest(discounts: Mapping[str, Decimal], line: Sequence[str]) -> Decimal:
    return next((discounts[code] for code in line if code in discounts), Decimal(0))
