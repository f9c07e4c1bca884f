"""The ERP behind the open connector contract (`docs/connect/`)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from datasources.erp.rest_orders import RestOrders
from datasources.erp.rest_prices import contract_of, line_of, quotes_of
from datasources.erp.rest_wire import (
    ContractList,
    CreditList,
    PartNumberList,
    PriceList,
    ResolvedList,
    TermsList,
    WireCredit,
    WireTerms,
)
from datasources.http import Transport
from datasources.model.common import Provenance
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
    PriceKey,
    Quote,
)
from datasources.ports import ConnectorSettings
from datasources.wire import money, text

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
        def read(body: bytes) -> Mapping[PriceKey, Quote]:
            answer = _prices.decode(body)
            return quotes_of(answer, keys, self._transport.provenance(answer.as_of))

        return await self._transport.post("prices", {"lines": [line_of(key) for key in keys]}, read)

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
            contracts = (contract_of(said, said.scope, provenance) for said in answer.contracts)
            return {ContractKey(contract.scope, contract.number): contract for contract in contracts}

        return await self._transport.post("contracts", {"lines": keys}, read)


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
