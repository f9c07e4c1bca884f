"""Reading: each system's values, remembered and batched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datasources.cache.entry import Policy
from datasources.circuit.board import Board
from datasources.circuit.circuit import Circuit
from datasources.health import Health
from datasources.model.common import System
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.orders import OrderSources
from datasources.sources.policies import Policies
from datasources.sources.pricing import PricingSources
from datasources.sources.source import Source
from datasources.sources.stock import StockSources

__all__ = [
    "CatalogSources",
    "CustomerSources",
    "OrderSources",
    "Policies",
    "Policy",
    "PricingSources",
    "Sources",
    "StockSources",
]


@dataclass(frozen=True, slots=True)
class Sources:
    """All that resolvers can ask, and how the systems behind it are."""

    catalog: CatalogSources
    pricing: PricingSources
    stock: StockSources
    customers: CustomerSources
    orders: OrderSources
    health: Mapping[System, Health]
    circuits: Mapping[System, Circuit]
    board: Board

    def all(self) -> Iterator[Source[Any, Any]]:
        """Return every source."""
        for group in (self.pricing, self.orders, self.customers, self.catalog, self.stock):
            yield from (source for source in vars(group).values() if isinstance(source, Source))
