"""Products as far as they exist for the viewer, when the same ones are looked up again and again."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from datasources.cache.entry import Policy
from datasources.ports import CatalogAnswer
from datasources.sources.catalog import CatalogSources
from resolvers.catalog import existing
from resolvers.context import Caller, RequestContext
from tests.app.conftest import MemoryPim
from tests.datasources.fakes import FakeClock, ask, kit

SKUS = ("KV-1", "KV-2", "KV-3", "KV-4")


class Pim(MemoryPim):
    """A PIM whose first product exists for some only."""

    restricted: frozenset[str] | None = None

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        known = {sku: self._product(sku) for sku in skus}
        known["KV-1"] = replace(known["KV-1"], assortments=self.restricted)
        return CatalogAnswer(known, {})


class Shop:
    """A catalogue, looked at by people of other assortments."""

    def __init__(self, restricted: frozenset[str] | None) -> None:
        self.clock = FakeClock()
        pim = Pim(self.clock)
        pim.restricted = restricted
        source: Any = pim
        self.catalog = CatalogSources(source, kit(self.clock), Policy(60, 0, 3600))

    async def look(self, *assortments: str) -> Any:
        """Return what is there for somebody of these assortments."""
        sources: Any = SimpleNamespace(catalog=self.catalog)
        standing: Any = SimpleNamespace(account=SimpleNamespace(assortments=frozenset(assortments)))
        nothing: Any = None
        caller = Caller("anna", None)
        context = RequestContext(sources, self.clock, caller, ("fi",), ask(self.clock), False, nothing)
        context.known_standing = standing
        return await existing(SKUS, context)


async def test_what_exists_for_everybody_is_one_column_for_all() -> None:
    """However many assortments ask, they share what is made of it."""
    shop = Shop(None)
    for _ in range(3):
        await shop.look("a")

    assert list(SKUS) == [product.sku for product in await shop.look("a")]
    assert await shop.look("a") is await shop.look("b")


@pytest.mark.parametrize(("assortment", "first"), [("a", "KV-1"), ("b", None)])
async def test_what_exists_for_some_is_shown_to_them_alone(assortment: str, first: str | None) -> None:
    """Looked up by turns, and remembered, each sees what exists for them."""
    shop = Shop(frozenset({"a"}))
    for _ in range(3):
        await shop.look("a")
        await shop.look("b")
    found = await shop.look(assortment)

    assert [first, *SKUS[1:]] == [product and product.sku for product in found]
