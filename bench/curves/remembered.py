"""A memory full of prices, without any system behind it."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from typing import Any

from app.settings import read_settings
from datasources.cache.memory import Memory
from datasources.clock import SystemClock
from datasources.model.common import Money, Provenance, Quantity, System, Unit
from datasources.model.pricing import Price, PriceBreak, PriceKey, PriceOrigin, Quote, QuoteStatus
from datasources.replicas import Alone
from datasources.sources.ask import Ask
from datasources.sources.kit import SourceKit
from datasources.sources.pricing import PricingSources

AT_ONCE = 500
"""How many prices come with one answer."""
ONE = Decimal(1)
METRE = Unit("M", {"en": "m"}, 1)
NOW = datetime.now(UTC)
ORIGIN = Provenance(System.ERP, NOW, NOW)


class NoErp:
    """An ERP that is never asked."""

    def __getattr__(self, name: str) -> Any:
        return self._fail

    async def _fail(self, keys: object) -> Mapping[Any, Any]:
        raise AssertionError("a price was not remembered")


class Closed:
    """A circuit that lets all calls pass."""

    closed = True
    probe_due = False


@asynccontextmanager
async def gate() -> AsyncIterator[None]:
    """Let all calls pass."""
    yield


def sources(memory: Memory) -> PricingSources:
    """Return sources of prices that remember in this memory alone."""
    kit = SourceKit(
        system=System.ERP,
        origin="none",
        gate=gate,
        call_within_s=1.0,
        circuit=Closed(),
        clock=SystemClock(),
        random=lambda: 0.0,
        memory=memory,
        store=None,
        replicas=Alone(),
    )
    long = {"KANAVA_PRICE_FRESH_FOR_S": "86400", "KANAVA_PRICE_REFRESH_AHEAD_S": "0"}
    return PricingSources(NoErp(), kit, read_settings(long).policies)


def key(product: int, customer: int) -> PriceKey:
    """Return what the price of a product is known by for a customer."""
    return PriceKey(f"C-{customer:05d}", f"KV-{product:06d}", ONE, None, None, None, "EUR")


def quote(cents: int) -> Quote:
    """Return a price with three breaks."""
    breaks = [
        PriceBreak(Decimal(least), _euros(cents * part // 100)) for least, part in ((10, 95), (50, 90), (200, 82))
    ]
    price = Price(
        unit_price=_euros(cents),
        per=Quantity(ONE, METRE),
        list_price=_euros(2 * cents),
        net=True,
        tax_rate=Decimal("0.255"),
        origin=PriceOrigin.CUSTOMER_GROUP,
        contract=None,
        breaks=breaks,
        valid_from=None,
        valid_to=None,
        provenance=ORIGIN,
    )
    return Quote(QuoteStatus.PRICED, price, ORIGIN)


def remember(pricing: PricingSources, keys: Iterable[PriceKey]) -> None:
    """Remember a price of each."""
    some: dict[PriceKey, Quote | None] = {}
    for number, one in enumerate(keys, 1):
        some[one] = quote(number % 90_000 + 100)
        if not number % AT_ONCE:
            pricing.quotes._keeper.keep(some, some, pricing.quotes.mark())
            some = {}
    pricing.quotes._keeper.keep(some, some, pricing.quotes.mark())


def ask() -> Ask:
    """Return what a request asks for that has all the time there is."""
    return Ask(deadline=inf, started_at=NOW.timestamp())


def served(pricing: PricingSources, keys: Sequence[PriceKey]) -> None:
    """Serve prices as a warm request does: without suspending."""
    try:
        pricing.quotes.get_many(keys, ask()).send(None)
    except StopIteration:
        return
    raise AssertionError("a price was not remembered")


def _euros(cents: int) -> Money:
    return Money(Decimal(cents).scaleb(-2), "EUR")
