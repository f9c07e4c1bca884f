"""Reading: each system's values, remembered and batched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datasources.health import Health
from datasources.model.common import System
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.pricing import PricingSources
from datasources.sources.source import Source
from datasources.sources.stock import StockSources


@dataclass(frozen=True, slots=True)
class Sources:
    """All that resolvers can ask, and how the systems behind it are."""

    catalog: CatalogSources
    pricing: PricingSources
    stock: StockSources
    customers: CustomerSources
    health: dict[System, Health]

    def by_kind(self) -> Mapping[str, Source[Any, Any]]:
        """Return every source by what people call its values."""
        return {
            "prices": self.pricing.quotes,
            "credit": self.pricing.credit,
            "contracts": self.pricing.contracts,
            "terms": self.pricing.terms,
            "part numbers": self.pricing.part_numbers,
            "articles by part number": self.pricing.part_number_codes,
            "customers": self.customers.standings,
            "lists of accounts": self.customers.pages,
            "content": self.catalog.products,
            "search results": self.catalog.searches,
            "articles by code": self.catalog.codes,
            "categories": self.catalog.categories,
            "top categories": self.catalog.top,
            "stock": self.stock.levels,
            "warehouses": self.stock.warehouses,
        }
