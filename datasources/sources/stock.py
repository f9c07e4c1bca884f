"""Stock sources, over the WMS."""

from collections.abc import Mapping, Sequence

from datasources.model.stock import StockLevel, Warehouse
from datasources.ports import WmsConnector
from datasources.sources.source import Source, SourceKit


class StockSources:
    """Stock by SKU, warehouses by code. Warehouses that come along with stock are kept."""

    def __init__(
        self, connector: WmsConnector, kit: SourceKit, *, stock_fresh_for_s: float, content_fresh_for_s: float
    ) -> None:
        self._connector = connector
        self.levels: Source[str, StockLevel] = kit.source(self._levels, fresh_for_s=stock_fresh_for_s)
        self.warehouses: Source[str, Warehouse] = kit.source(connector.warehouses, fresh_for_s=content_fresh_for_s)

    async def _levels(self, skus: Sequence[str]) -> Mapping[str, StockLevel]:
        levels = await self._connector.levels(skus)
        self.warehouses.remember(
            {s.warehouse.code: s.warehouse for level in levels.values() for s in level.by_warehouse}
        )
        return levels
