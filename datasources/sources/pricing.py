"""Pricing sources, over the ERP."""

from collections.abc import Mapping, Sequence

from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    PartNumber,
    PartNumberCode,
    PartNumberKey,
    PartNumberMeaning,
    PriceKey,
    Quote,
)
from datasources.ports import ErpConnector
from datasources.sources.kind import Kind, any_change
from datasources.sources.kit import SourceKit
from datasources.sources.policies import Policies
from datasources.sources.source import Source

PRICE, CUSTOMER = "price", "customer"


class PricingSources:
    """
    Quotes by price key, customers' part numbers both ways, contracts; credit and terms by ERP customer number.

    `holds` is credit again, kept for as long as what is known of customers: who was stopped stays so in an outage that
    outlasts what credit is good for. It is asked for only then.

    Whose a value is (its scope) is what the ERP's prices depend on, or the customer by the ERP's number.
    """

    def __init__(self, connector: ErpConnector, kit: SourceKit, policies: Policies) -> None:
        self._connector = connector
        price, customer = policies.price, policies.customer
        self.quotes: Source[PriceKey, Quote] = Source(
            connector.prices,
            kit=kit,
            kind=Kind("prices", Quote, price, PRICE, _sku_of_price, _scope_of_price, private=True, parts=_price_of),
        )
        self.contracts: Source[ContractKey, Contract] = Source(
            connector.contracts,
            kit=kit,
            kind=Kind("contracts", Contract, price, PRICE, any_change, lambda key: key.scope, private=True),
        )
        self.credit: Source[str, Credit] = Source(
            self._credit,
            kit=kit,
            kind=Kind("credit", Credit, policies.credit, CUSTOMER, scope=str, private=True),
        )
        self.holds: Source[str, Credit] = Source(
            connector.credit,
            kit=kit,
            kind=Kind("credit holds", Credit, customer, CUSTOMER, scope=str, private=True),
        )
        self.terms: Source[str, CommercialTerms] = Source(
            connector.terms,
            kit=kit,
            kind=Kind("terms", CommercialTerms, customer, CUSTOMER, scope=str, private=True),
        )
        self.part_numbers: Source[PartNumberKey, PartNumber] = Source(
            connector.part_numbers,
            kit=kit,
            kind=Kind("part numbers", PartNumber, customer, PRICE, _sku_of_number, _customer_of_number, private=True),
        )
        self.part_number_codes: Source[PartNumberCode, PartNumberMeaning] = Source(
            connector.resolve_part_numbers,
            kit=kit,
            kind=Kind(
                "articles by part number",
                PartNumberMeaning,
                customer,
                PRICE,
                any_change,
                lambda key: key.customer,
                private=True,
            ),
        )

    async def _credit(self, customers: Sequence[str]) -> Mapping[str, Credit]:
        mark = self.holds.mark()
        credit = await self._connector.credit(customers)
        self.holds.remember(credit, mark)
        return credit


def _price_of(quote: Quote) -> tuple[object, ...]:
    return (quote.price,)


def _sku_of_price(key: PriceKey, _quote: Quote | None) -> tuple[str, ...]:
    return (key.sku,)


def _scope_of_price(key: PriceKey) -> str | None:
    return key.scope


def _sku_of_number(key: PartNumberKey, _number: PartNumber | None) -> tuple[str, ...]:
    return (key.sku,)


def _customer_of_number(key: PartNumberKey) -> str | None:
    return key.customer
