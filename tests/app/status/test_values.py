"""What the page says of values: how many, how old, how long they are good, and where they are."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.status import page
from datasources.cache.entry import Entry
from datasources.cache.guarded import Guarded
from datasources.cache.store import StoreError
from tests.app.conftest import POLICY
from tests.app.status.conftest import Behind
from tests.app.status.reading import Status


class Broken:
    """A store that fails, whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        async def fails(*_: object) -> None:
            raise StoreError(f"{name} does not work")

        return fails


async def test_what_was_served_of_a_kind(behind: Callable[..., Behind]) -> None:
    """The newest is told to the second; the oldest one served, by the bound that its age kept to."""
    at = behind()
    tally = at.services.sources.stock.levels.tally
    tally.values, tally.missed, tally.stale, tally.failed = 1000, 250, 240, 10
    tally.calls, tally.keys, tally.received_at = 3, 72, at.clock.now()
    for age_s in (0.5, 15, 400):
        tally.ages_s.note(age_s)
    row = "Stock newest 1 h 30 min ago, oldest served at most 15 min old asked for 3 × 24 keys 240 served stale, 10 failed 0 75 %"
    of_its_age = at.seen(5400).values()
    tally.ages_s.note(86_401)
    of_any_age = at.seen().values()

    assert row in of_its_age
    assert row.replace("at most 15 min", "over 1 d") in of_any_age


async def test_only_from_the_store(behind: Callable[..., Behind]) -> None:
    """What was only ever read from the shared store has no newest: nothing was received of it since the start."""
    at = behind()
    at.services.sources.stock.levels.tally.values = 1

    assert "Stock none received yet 0 100 %" in at.seen().values()


async def test_how_long_values_are_good(behind: Callable[..., Behind]) -> None:
    """Kinds with the same ages share a row; what is not refreshed ahead has none."""
    (row,) = behind().seen().ages()
    names = row.partition(" 1 min ")[0].lower().split(", ")

    assert row.endswith(" 1 min – 1 h")
    assert ("prices", 19) == (names[0], len(names))


async def test_every_kind_of_value_is_told(behind: Callable[..., Behind]) -> None:
    """No source is left out of the page, and none stands in it twice."""
    at = behind()
    for source in at.services.sources.all():
        source.tally.values = 1
    rows = [row.partition(" none received yet")[0].lower() for row in at.seen().values()]

    assert sorted(source.kind.name for source in at.services.sources.all()) == sorted(
        row for row in rows if row not in ("erp", "crm", "pim", "wms")
    )


async def test_memory_and_store(behind: Callable[..., Behind]) -> None:
    """Memory is told against its ceiling, and which shared store there is."""
    memory, store = behind().seen().kept()

    assert (
        "Memory of this process 0 % full In use, about 0.0 MB At the most 95.4 MB Values 0 "
        "No value had to make room for another." == memory
    )
    assert "Shared store file works What is in it outlives a restart. No operation has failed." == store


async def test_a_full_memory(behind: Callable[..., Behind]) -> None:
    """What had to make room for others is counted; the memory stays below its ceiling."""
    at = behind()
    for key in range(3):
        entry: Entry[str] = Entry(None, as_of=0, received_at=0, policy=POLICY, weight_bytes=40_000_000)
        at.services.memory.put("prices", key, entry)

    assert (
        "Memory of this process 80 % full In use, about 76.3 MB At the most 95.4 MB Values 2 "
        "1 value made room for others since the start." == at.seen().kept()[0]
    )


async def test_a_store_that_does_not_work(behind: Callable[..., Behind]) -> None:
    """That the shared store does not work is said at the top, too, but changes nothing else there."""
    at = behind()
    broken = Guarded(Broken(), clock=at.clock)
    await broken.get_many(["a"])
    status = Status(page.StatusPage(replace(at.services, store=broken)).html())

    assert ("NORMAL", '<section class="channel unheard"') == (
        status.mode,
        re.findall("<section class=.channel .*?(?= aria)", status.html)[0],
    )
    assert "The shared store does not work: Kanava goes on from memory." in status.top
    assert (
        "Shared store file does not work Kanava goes on from memory; a restart now would forget what is not in the "
        "store yet. 1 operation failed since the start." == status.kept()[1]
    )


async def test_redis_is_named_not_told(behind: Callable[..., Behind]) -> None:
    """Of a Redis it is said that it is one; neither where it is nor how one gets in."""
    status = behind(KANAVA_REDIS_URL="redis://:s3cret@redis.example:6379/0").seen()

    assert status.kept()[1].startswith("Shared store Redis works What is in it outlives a restart, and all replicas ")
    assert [] == [word for word in ("s3cret", "redis.example", "6379") if word in status.html]
