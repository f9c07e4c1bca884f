"""Stock sources, over the WMS."""

from collections.abc import Mapping, Sequence

from datasources.model.stock import StockLevel, Warehouse
from datasources.ports import WmsConnector
from datasources.sources.kind import Kind
from datasources.sources.kit import SourceKit
from datasources.sources.policies import Policies
from datasources.sources.source import Source

SUBJECT = "stock"


class StockSources:
    """Stock by SKU, warehouses by code. Warehouses that come along with stock are kept."""

    def __init__(self, connector: WmsConnector, kit: SourceKit, policies: Policies) -> None:
        self._connector = connector
        self.levels: Source[str, StockLevel] = Source(
            self._levels, kit=kit, kind=Kind("stock", StockLevel, policies.stock, SUBJECT)
        )
        self.warehouses: Source[str, Warehouse] = Source(
            connector.warehouses, kit=kit, kind=Kind("warehouses", Warehouse, policies.content, SUBJECT)
        )

    async def _levels(self, skus: Sequence[str]) -> Mapping[str, StockLevel]:
        mark = self.warehouses.mark()
        levels = await self._connector.levels(skus)
        along = {s.warehouse.code: s.warehouse for level in levels.values() for s in level.by_warehouse}
        self.warehouses.remember(along, mark)
        return levels
