"""Pricing sources, over the ERP."""

from collections.abc import Sequence

from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    PartNumberCode,
    PartNumberKey,
    PriceKey,
    Quote,
)
from datasources.ports import ErpConnector
from datasources.sources.source import Source, SourceKit


class PricingSources:
    """Quotes by price key, customers' part numbers both ways, contracts; credit and terms by ERP customer number."""

    def __init__(
        self,
        connector: ErpConnector,
        kit: SourceKit,
        *,
        price_fresh_for_s: float,
        credit_fresh_for_s: float,
        customer_fresh_for_s: float,
    ) -> None:
        self.quotes: Source[PriceKey, Quote] = kit.source(connector.prices, fresh_for_s=price_fresh_for_s)
        self.contracts: Source[ContractKey, Contract] = kit.source(connector.contracts, fresh_for_s=price_fresh_for_s)
        self.credit: Source[str, Credit] = kit.source(connector.credit, fresh_for_s=credit_fresh_for_s)
        self.terms: Source[str, CommercialTerms] = kit.source(connector.terms, fresh_for_s=customer_fresh_for_s)
        self.part_numbers: Source[PartNumberKey, str] = kit.source(
            connector.part_numbers, fresh_for_s=customer_fresh_for_s
        )
        self.part_number_codes: Source[PartNumberCode, Sequence[str]] = kit.source(
            connector.resolve_part_numbers, fresh_for_s=customer_fresh_for_s
        )
