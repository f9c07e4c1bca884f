"""What remembering costs: prices served, kept, dropped and looked through by the collector, the more there are."""

import gc
from collections.abc import Sequence
from contextlib import suppress
from itertools import count, islice

from app.garbage import short_collections
from app.limits.rate import RateLimiter
from bench.curves.curve import Curve, Point, cpu_us, longest_collection
from bench.curves.remembered import key, remember, served, sources
from datasources.cache.memory import Memory
from datasources.cache.store import Drop
from datasources.clock import SystemClock
from datasources.sources.pricing import PricingSources

CATALOGUES = (500, 5_000, 50_000, 250_000, 1_000_000)
CALLERS = (1, 10, 100, 1_000, 10_000)
PAGE = 24
LISTINGS = 200
ROOM = 1.05
"""How much more room there is than the keys should need: what they weigh is estimated."""
PRODUCTS = 1000
MOST = 1_000_000_000


def by_keys(sizes: Sequence[int] = CATALOGUES) -> Sequence[Curve]:
    """Return what serving, keeping, dropping and collecting cost with so many keys remembered."""
    serving = Curve(f"{PAGE} prices served from memory", "keys remembered", "price")
    keeping = Curve("Prices kept, of an answer of 500; as many old ones make room", "keys remembered", "price")
    dropping = Curve("A price dropped that has changed", "keys remembered", "price")
    title = "The longest collection of garbage, in which all stands still"
    pausing = Curve(f"{title}, while so many were kept", "keys kept", "collection")
    whole = Curve(f"{title}, without `app/garbage.py`", "keys remembered", "collection")
    for size in sizes:
        memory = Memory(int(size * _weight_bytes() * ROOM))
        pricing = sources(memory)
        pausing.points.append(Point(size, _pausing_us(pricing, size)))
        serving.points.append(Point(size, _serving_us(pricing, size), PAGE))
        dropping.points.append(Point(size, _dropping_us(memory, size)))
        keeping.points.append(Point(size, _keeping_us(pricing, _until_full(memory, pricing, size)), 500))
        whole.points.append(Point(size, cpu_us(gc.collect)))
    return [serving, keeping, dropping, pausing, whole]


def by_callers(sizes: Sequence[int] = CALLERS) -> Curve:
    """Return what it costs to count what a request asks for, with so many who ask in turn."""
    curve = Curve("What a person asks for taken from their allowance", "persons", "request")
    for size in sizes:
        limiter = RateLimiter(person_per_minute=MOST, address_per_minute=MOST, clock=SystemClock())
        names = [f"person {number}" for number in range(size)]

        def take(limiter: RateLimiter = limiter, names: Sequence[str] = names) -> None:
            for name in names:
                with suppress(StopIteration):
                    limiter.take(name, 100, anonymous=False).send(None)

        take()
        curve.points.append(Point(size, cpu_us(take, max(1, 1000 // size)), size))
    return curve


def _weight_bytes() -> int:
    """Return what a price is counted as."""
    memory = Memory(1 << 30)
    remember(sources(memory), (key(number, 0) for number in range(PRODUCTS)))
    return int(memory.currsize / PRODUCTS) + 1


def _pausing_us(pricing: PricingSources, size: int) -> float:
    """Remember so many, as a process does that has served for a while: what it is made of has been looked through."""
    gc.collect()  # and what a size before has left
    with short_collections(), longest_collection() as longest:
        gc.freeze()
        remember(pricing, (key(number % PRODUCTS, number // PRODUCTS) for number in range(size)))
    return longest.took_us


def _serving_us(pricing: PricingSources, size: int) -> float:
    spread = range(0, size, max(1, size // (PAGE * LISTINGS)))
    pages = [[key(n % PRODUCTS, n // PRODUCTS) for n in spread[at : at + PAGE]] for at in range(0, len(spread), PAGE)]
    pages = [page for page in pages if len(page) == PAGE]

    def serve() -> None:
        for page in pages:
            served(pricing, page)

    return cpu_us(serve) / len(pages)


def _until_full(memory: Memory, pricing: PricingSources, first: int) -> int:
    """Keep more until there is no room, and return the number that comes next."""
    numbers = count(first)
    while not memory.evicted:
        remember(pricing, [key(n % PRODUCTS, n // PRODUCTS) for n in islice(numbers, 500)])
    return next(numbers)


def _keeping_us(pricing: PricingSources, first: int) -> float:
    numbers = count(first)
    return cpu_us(lambda: remember(pricing, [key(n % PRODUCTS, n // PRODUCTS) for n in islice(numbers, 500)]))


def _dropping_us(memory: Memory, size: int) -> float:
    numbers = iter(range(size))

    def drop() -> None:
        number = next(numbers)
        one = key(number % PRODUCTS, number // PRODUCTS)
        assert memory.drop(Drop("prices", frozenset({one.sku}), one.scope)) == 1

    return cpu_us(drop, min(20, size // 10))
