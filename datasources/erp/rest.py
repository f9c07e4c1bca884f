"""The ERP behind the open connector contract (`docs/connect/`)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec

from datasources.erp.rest_orders import RestOrders
from datasources.erp.rest_wire import (
    ContractList,
    CreditList,
    PartNumberList,
    PriceList,
    ResolvedList,
    TermsList,
    WireBreak,
    WireContract,
    WireCredit,
    WirePrice,
    WirePriceLine,
    WireTerms,
)
from datasources.http import Transport
from datasources.model.common import Money, Provenance
from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    DeliveryMethod,
    DeliveryService,
    PartNumber,
    PartNumberCode,
    PartNumberKey,
    PartNumberMeaning,
    Price,
    PriceBreak,
    PriceKey,
    Quote,
    QuoteStatus,
)
from datasources.ports import ConnectorSettings
from datasources.wire import money, optional_decimal, quantity, text

_prices = msgspec.json.Decoder(PriceList)
_part_numbers = msgspec.json.Decoder(PartNumberList)
_resolved = msgspec.json.Decoder(ResolvedList)
_credit = msgspec.json.Decoder(CreditList)
_terms = msgspec.json.Decoder(TermsList)
_contracts = msgspec.json.Decoder(ContractList)


class RestErp(RestOrders):
    """See `ErpConnector`."""

    options: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def connect(cls, settings: ConnectorSettings, transport: Transport) -> "RestErp":
        return cls(transport)

    async def prices(self, keys: Sequence[PriceKey]) -> Mapping[PriceKey, Quote]:
        asked = frozenset(keys)

        def read(body: bytes) -> Mapping[PriceKey, Quote]:
            answer = _prices.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            quotes = {_price_key(said.asked): _quote(said, provenance) for said in answer.prices}
            if not quotes.keys() <= asked:
                raise ValueError("a price that was not asked for")
            return quotes

        return await self._transport.post("prices", {"lines": [_price_line(key) for key in keys]}, read)

    async def part_numbers(self, keys: Sequence[PartNumberKey]) -> Mapping[PartNumberKey, PartNumber]:
        def read(body: bytes) -> Mapping[PartNumberKey, PartNumber]:
            answer = _part_numbers.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            return {
                PartNumberKey(line.customer, line.sku): PartNumber(line.part_number, provenance)
                for line in answer.part_numbers
            }

        return await self._transport.post("part-numbers", {"lines": keys}, read)

    async def resolve_part_numbers(self, keys: Sequence[PartNumberCode]) -> Mapping[PartNumberCode, PartNumberMeaning]:
        def read(body: bytes) -> Mapping[PartNumberCode, PartNumberMeaning]:
            answer = _resolved.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            skus: dict[PartNumberCode, dict[str, None]] = {}
            for line in answer.matches:
                skus.setdefault(PartNumberCode(line.customer, line.code), {})[line.sku] = None
            return {key: PartNumberMeaning(list(found), provenance) for key, found in skus.items()}

        return await self._transport.post("part-numbers/resolve", {"lines": keys}, read)

    async def credit(self, customers: Sequence[str]) -> Mapping[str, Credit]:
        def read(body: bytes) -> Mapping[str, Credit]:
            answer = _credit.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            return {said.customer: _credit_of(said, provenance) for said in answer.credit}

        return await self._transport.post("credit", {"customers": customers}, read)

    async def terms(self, customers: Sequence[str]) -> Mapping[str, CommercialTerms]:
        def read(body: bytes) -> Mapping[str, CommercialTerms]:
            answer = _terms.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            return {said.customer: _terms_of(said, provenance) for said in answer.terms}

        return await self._transport.post("terms", {"customers": customers}, read)

    async def contracts(self, keys: Sequence[ContractKey]) -> Mapping[ContractKey, Contract]:
        def read(body: bytes) -> Mapping[ContractKey, Contract]:
            answer = _contracts.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            contracts = (_contract(said, said.scope, provenance) for said in answer.contracts)
            return {ContractKey(contract.scope, contract.number): contract for contract in contracts}

        return await self._transport.post("contracts", {"lines": keys}, read)


def _price_line(key: PriceKey) -> WirePriceLine:
    return WirePriceLine(
        key.scope, key.sku, format(key.quantity, "f"), key.unit, key.delivery_date, key.contract, key.currency
    )


def _price_key(said: WirePriceLine) -> PriceKey:
    return PriceKey(said.scope, said.sku, Decimal(said.quantity), said.unit, said.date, said.contract, said.currency)


def _quote(said: WirePrice, provenance: Provenance) -> Quote:
    if said.status is not QuoteStatus.PRICED:
        return Quote(said.status, None, provenance)
    if said.currency is None or said.unit_price is None or said.per is None:
        raise ValueError(f"{said.asked.sku} is priced but has no unit_price, currency or per")
    price = Price(
        unit_price=Money(Decimal(said.unit_price), said.currency),
        per=quantity(said.per),
        list_price=money(said.list_price, said.currency),
        net=said.net,
        tax_rate=optional_decimal(said.tax_rate),
        origin=said.origin,
        contract=_contract(said.contract, said.asked.scope or "", provenance) if said.contract else None,
        breaks=[_break(b, said.currency) for b in said.breaks],
        valid_from=said.valid_from,
        valid_to=said.valid_to,
        provenance=provenance,
    )
    return Quote(said.status, price, provenance)


def _break(said: WireBreak, currency: str) -> PriceBreak:
    return PriceBreak(Decimal(said.minimum_quantity), Money(Decimal(said.unit_price), currency))


def _contract(said: WireContract, scope: str, provenance: Provenance) -> Contract:
    committed = quantity(said.committed) if said.committed else None
    consumed = quantity(said.consumed) if said.consumed else None
    return Contract(said.number, said.name, said.valid_to, committed, consumed, scope, provenance)


def _credit_of(said: WireCredit, provenance: Provenance) -> Credit:
    limit, used, available, overdue = (
        money(amount, said.currency) for amount in (said.limit, said.used, said.available, said.overdue)
    )
    return Credit(said.status, limit, used, available, overdue, provenance)


def _terms_of(said: WireTerms, provenance: Provenance) -> CommercialTerms:
    return CommercialTerms(
        payment_term=said.payment_term,
        incoterm=said.incoterm,
        allows_split_delivery=said.allows_split_delivery,
        po_number_required=said.po_number_required,
        delivery_methods=[
            DeliveryMethod(m.code, text(m.name), money(m.cost, said.currency)) for m in said.delivery_methods
        ],
        services=[DeliveryService(s.code, text(s.name), money(s.price, said.currency)) for s in said.services],
        provenance=provenance,
    )
