"""Prices in the open connector contract (`docs/connect/erp.yaml`), and how they become quotes."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from datasources.cache.kept import hand_on
from datasources.erp.rest_wire import PriceList, WireContract, WirePrice, WirePriceLine
from datasources.model.common import Money, Provenance
from datasources.model.making import maker
from datasources.model.pricing import Contract, Price, PriceBreak, PriceKey, Quote, QuoteStatus
from datasources.said import before, note
from datasources.wire import decimal, money, optional_decimal, quantity

_price = msgspec.json.Decoder(WirePrice)
_make_quote = maker(Quote)
_make_price = maker(Price)
_make_break = maker(PriceBreak)
_make_money = maker(Money)


def line_of(key: PriceKey) -> WirePriceLine:
    """Return how a price is asked for."""
    digits = str(key.quantity)
    quantity_said = format(key.quantity, "f") if "E" in digits else digits
    return WirePriceLine(key.scope, key.sku, quantity_said, key.unit, key.delivery_date, key.contract, key.currency)


def quotes_of(answer: PriceList, keys: Sequence[PriceKey], provenance: Provenance) -> dict[PriceKey, Quote]:
    """
    Return the quotes of an answer to these keys.

    Raises:
        MsgspecError, ValueError: it is not what was agreed, or has a price that was not asked for.
    """
    quotes: dict[PriceKey, Quote] = {}
    decoded = []
    remembered = before(Quote)
    # most systems answer in the order of the question, and mostly what they did the last time
    for price, key in zip_longest(map(bytes, answer.prices), keys[: len(answer.prices)]):
        fingerprint = hash(price)
        quote = key and remembered(key, fingerprint)
        if quote:
            quote = _again(quote, provenance)
        else:
            key, quote = _decoded(price, provenance)
            decoded.append(key)
        note(quote, fingerprint)
        quotes[key] = quote
    if decoded and not set(keys).issuperset(decoded):
        raise ValueError("a price that was not asked for")
    return quotes


def contract_of(said: WireContract, scope: str, provenance: Provenance) -> Contract:
    """Return a contract as a price scope sees it."""
    committed = quantity(said.committed) if said.committed else None
    consumed = quantity(said.consumed) if said.consumed else None
    return Contract(said.number, said.name, said.valid_to, committed, consumed, scope, provenance)


def _again(quote: Quote, provenance: Provenance) -> Quote:
    old = quote.price
    if old is None:
        return _make_quote(quote.status, None, provenance)
    price = _make_price(
        old.unit_price,
        old.per,
        old.list_price,
        old.net,
        old.tax_rate,
        old.origin,
        _contract_again(old.contract, provenance) if old.contract else None,
        old.breaks,
        old.valid_from,
        old.valid_to,
        provenance,
    )
    hand_on(old, price)
    return _make_quote(quote.status, price, provenance)


def _contract_again(old: Contract, provenance: Provenance) -> Contract:
    return Contract(old.number, old.name, old.valid_to, old.committed, old.consumed, old.scope, provenance)


def _decoded(price: bytes, provenance: Provenance) -> tuple[PriceKey, Quote]:
    said = _price.decode(price)
    asked = said.asked
    amount = decimal(asked.quantity)
    key = PriceKey(asked.scope, asked.sku, amount, asked.unit, asked.date, asked.contract, asked.currency)
    return key, _quote(said, provenance)


def _quote(said: WirePrice, provenance: Provenance) -> Quote:
    if said.status is not QuoteStatus.PRICED:
        return Quote(said.status, None, provenance)
    if said.currency is None or said.unit_price is None or said.per is None:
        raise ValueError(f"{said.asked.sku} is priced but has no unit_price, currency or per")
    currency = said.currency
    price = _make_price(
        _make_money(decimal(said.unit_price), currency),
        quantity(said.per),
        money(said.list_price, currency),
        said.net,
        optional_decimal(said.tax_rate),
        said.origin,
        contract_of(said.contract, said.asked.scope or "", provenance) if said.contract else None,
        [_make_break(decimal(b.minimum_quantity), _make_money(decimal(b.unit_price), currency)) for b in said.breaks],
        said.valid_from,
        said.valid_to,
        provenance,
    )
    return _make_quote(said.status, price, provenance)
