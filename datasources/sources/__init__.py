"""Reading: each system's values, remembered and batched."""

from dataclasses import dataclass

from datasources.health import Health
from datasources.model.common import System
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.pricing import PricingSources
from datasources.sources.stock import StockSources


@dataclass(frozen=True, slots=True)
class Sources:
    """All that resolvers can ask, and how the systems behind it are."""

    catalog: CatalogSources
    pricing: PricingSources
    stock: StockSources
    customers: CustomerSources
    health: dict[System, Health]
