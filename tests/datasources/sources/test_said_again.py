"""What a system says again: what was made of the value stays, and the shared store has it already."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from datasources.cache.entry import Policy
from datasources.cache.kept import Kept, kept_of
from datasources.cache.memory import Memory
from datasources.cache.store import Drop, Record
from datasources.erp.rest import RestErp
from datasources.model.common import System
from datasources.model.pricing import Price, PriceKey, Quote
from datasources.sources.policies import Policies
from datasources.sources.pricing import PricingSources
from tests.datasources.fakes import FakeClock, FakeTransport, MemoryStore, ask, kit, turns

KEY = PriceKey("S1", "KV-1", Decimal(1), None, None, None, None)
LINE = {"scope": "S1", "sku": "KV-1", "quantity": "1", "unit": None, "date": None, "contract": None, "currency": None}
PIECE = {"code": "PCE", "name": {"en": "pc"}, "decimals": 0}
FRESH_FOR_S, LAG_S = 60, 6


def answer(amount: str) -> Mapping[str, Any]:
    price = {"currency": "EUR", "unit_price": amount, "per": {"value": "1", "unit": PIECE}}
    return {"prices": [{"asked": LINE, "status": "PRICED", **price}]}


class CountingStore(MemoryStore):
    """A store that notes how many records each `put_many` brings."""

    def __init__(self) -> None:
        super().__init__()
        self.put: list[int] = []

    async def put_many(self, records: Sequence[Record]) -> None:
        self.put.append(len(records))
        await super().put_many(records)


class Shop:
    """Prices of an ERP that answers one amount after the other."""

    def __init__(self, *amounts: str) -> None:
        self.clock, self.memory, self.store = FakeClock(), Memory(1_000_000), CountingStore()
        transport: Any = FakeTransport(System.ERP, *map(answer, amounts))
        transport.clock = self.clock
        of = kit(self.clock, system=System.ERP, memory=self.memory, store=self.store)  # type: ignore[arg-type]  # no notes
        policies = Policies(*[Policy(FRESH_FOR_S, 0, 3600)] * 6)
        self.quotes = PricingSources(RestErp(transport), of, policies).quotes

    async def fetch(self) -> Price:
        """Return the price, asked for now."""
        (quote,) = await self.quotes.get_many([KEY], ask(self.clock, not_before=self.clock.timestamp()))
        await turns()
        assert isinstance(quote, Quote)
        assert quote.price is not None
        return quote.price

    async def fetch_later(self, later_s: float) -> Price:
        self.clock.advance(later_s)
        return await self.fetch()


def kept(price: Price) -> Kept:
    found = kept_of(price)
    assert found is not None
    return found


async def test_what_was_made_of_it_stays() -> None:
    """Bytes kept with a price are kept with the same price of a later answer, and counted once."""
    shop = Shop("12.50", "12.50")
    kept(await shop.fetch()).keep("words", b"12.50 EUR")
    counted = shop.memory.kept_bytes
    again = await shop.fetch_later(1)

    assert shop.clock.now() == again.provenance.as_of
    assert {"words": b"12.50 EUR"} == kept(again)
    assert (1, counted) == (len(shop.memory), shop.memory.kept_bytes)


async def test_what_was_made_of_another_value_goes() -> None:
    """Another price begins with nothing, and the bytes of the old one are counted no more."""
    shop = Shop("12.50", "12.60")
    kept(await shop.fetch()).keep("words", b"12.50 EUR")
    other = await shop.fetch_later(1)

    assert {} == kept(other)
    assert 0 == shop.memory.kept_bytes


async def test_what_is_forgotten_is_not_handed_on() -> None:
    """After a change that the ERP announced nothing of before stays, though the price is the same."""
    shop = Shop("12.50", "12.50")
    kept(await shop.fetch()).keep("words", b"12.50 EUR")
    shop.quotes.drop(Drop("prices", frozenset({"KV-1"}), None))
    again = await shop.fetch_later(1)

    assert {} == kept(again)
    assert ([1, 1], 0) == (shop.store.put, shop.memory.kept_bytes)


async def test_it_is_not_written_again_before_the_copy_lags() -> None:
    """The store gets the same price again only when its copy is older by a tenth of the time that prices are fresh."""
    shop = Shop(*["12.50"] * 5)
    await shop.fetch()
    often = [await shop.fetch_later(LAG_S / 3) for _ in range(2)]
    before = list(shop.store.put)
    often += [await shop.fetch_later(LAG_S / 3) for _ in range(2)]

    assert [Decimal("12.50")] * 4 == [price.unit_price.amount for price in often]
    assert ([1], [1, 1]) == (before, shop.store.put)


async def test_another_value_is_written_at_once() -> None:
    """However young the store's copy is."""
    shop = Shop("12.50", "12.50", "12.60")
    await shop.fetch()
    await shop.fetch_later(1)
    await shop.fetch_later(1)

    assert [1, 1] == shop.store.put
