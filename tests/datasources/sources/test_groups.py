"""Values that are looked up together again and again: one glance at them, and never older than a look at each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from datasources.cache.entry import Policy
from datasources.cache.kept import MOST_KEPT, Cohort, of_all
from datasources.cache.memory import OVERHEAD_BYTES, Memory
from datasources.cache.store import Drop
from datasources.model.common import System
from datasources.sources.ask import Trace
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import START, FakeClock, FakeLoad, Word, ask, kit, turns, value_of

KEYS = ("a", "b", "c", "d")
FRESH_FOR_S, AHEAD_S = 60.0, 120.0


@dataclass
class Shop:
    """A source, its memory, and what makes things of its values, counted."""

    load: FakeLoad = field(default_factory=FakeLoad)
    memory: Memory = field(default_factory=lambda: Memory(10_000_000))
    made: int = 0

    def __post_init__(self) -> None:
        policy = Policy(FRESH_FOR_S, AHEAD_S, 3600)
        kind = Kind("words", Word, policy, "words", tags=lambda key, value: (key,))
        self.source: Source[str, Word] = Source(self.load, kit=kit(self.load.clock, memory=self.memory), kind=kind)

    @property
    def clock(self) -> FakeClock:
        return self.load.clock

    async def look(self, keys: Sequence[str] = KEYS, **wishes: Any) -> Sequence[Any]:
        """Return what a request gets that asks for these."""
        return await self.source.get_many(keys, ask(self.clock, **wishes))

    async def cohort(self, keys: Sequence[str] = KEYS) -> Cohort[Any]:
        """Have them looked up as often as it takes; return their cohort."""
        for _ in range(3):
            await self.look(keys)
        found = await self.look(keys)
        assert isinstance(found, Cohort)
        return found

    def texts(self, values: Sequence[Word | None]) -> list[str | None]:
        """Return something that is made of all values, and count that."""
        self.made += 1
        return [value.text if value else None for value in values]


async def test_what_is_looked_up_together_again_is_one_thing() -> None:
    """From the third time on, the second from memory, the same values are the same column; nobody is asked again."""
    shop = Shop()
    first, second, third, fourth = [await shop.look() for _ in range(4)]
    cohort = await shop.cohort()

    assert [value_of(key) for key in KEYS] == first == second == third == fourth
    assert cohort is fourth
    assert [list(KEYS)] == shop.load.asked


@pytest.mark.parametrize("keys", [("a", "b", "c"), ["a", "b", "c", "d"]])
async def test_few_keys_and_lists_are_looked_up_one_by_one(keys: Sequence[str]) -> None:
    """Less than four are not worth it, and a list can be changed."""
    shop = Shop()
    answers = [await shop.look(keys) for _ in range(5)]

    assert [[value_of(key) for key in keys]] * 5 == answers
    assert not any(isinstance(answer, Cohort) for answer in answers)


async def test_other_keys_are_another_thing() -> None:
    """The same in another order, or some of them, have nothing in common with it."""
    shop = Shop()
    await shop.cohort()
    other = await shop.cohort(tuple(reversed(KEYS)))

    assert [value_of(key) for key in reversed(KEYS)] == other


async def test_a_key_that_is_unknown_is_none_in_it() -> None:
    """What a system does not know is None, as in any look, for as long as that is remembered."""
    shop = Shop(FakeLoad(unknown=["b"]))
    found = list(await shop.cohort())
    shop.clock.advance(11)
    await shop.look()

    assert [value_of("a"), None, value_of("c"), value_of("d")] == found
    assert [list(KEYS), ["b"]] == shop.load.asked


async def test_what_changed_is_not_shown_any_more() -> None:
    """When a system says that one of them has changed, the next look fetches that one, and no thing made is old."""
    shop = Shop()
    cohort = await shop.cohort()
    of_all(shop.texts, cohort)
    shop.load.unknown = frozenset({"c"})
    shop.source.drop(Drop("words", frozenset({"c"}), None))
    after = await shop.look()

    assert [value_of("a"), value_of("b"), None, value_of("d")] == after
    assert ["value of a", "value of b", None, "value of d"] == of_all(shop.texts, await shop.cohort())
    assert [list(KEYS), ["c"]] == shop.load.asked


async def test_it_is_as_fresh_as_the_first_that_is_not() -> None:
    """Past the freshness of one of them a look refreshes what is due, and no more."""
    shop = Shop()
    await shop.look(("a", "b"))
    shop.clock.advance(30)
    await shop.cohort()
    shop.clock.advance(35)
    await shop.look()
    await turns()

    assert [["a", "b"], ["c", "d"], ["a", "b"]] == shop.load.asked


async def test_who_wants_younger_values_gets_them() -> None:
    """A request that takes nothing from before it began is answered by the system."""
    shop = Shop()
    await shop.cohort()
    shop.clock.advance(1)
    await shop.look(not_before=shop.clock.timestamp())

    assert [list(KEYS), list(KEYS)] == shop.load.asked


async def test_values_from_further_in_the_future_have_no_known_age() -> None:
    """After a clock was set back they are asked for again."""
    shop = Shop()
    await shop.cohort()
    shop.clock.set_back(100)
    await shop.look()

    assert [list(KEYS), list(KEYS)] == shop.load.asked


async def test_the_request_and_who_counts_are_told_as_ever() -> None:
    """How old the values are, until when they are fresh, how many there were, and what was looked at."""
    shop = Shop()
    await shop.look(("a", "b"))
    shop.clock.advance(10)
    cohort, values_before = await shop.cohort(), shop.source.tally.values
    shop.clock.advance(5)
    asking = ask(shop.clock, trace=Trace(), looks=[])
    await shop.source.get_many(KEYS, asking)

    assert START.timestamp() == asking.as_of
    assert shop.source.entry("a").fresh_until == asking.fresh_until  # type: ignore[union-attr]
    assert 4 == shop.source.tally.values - values_before
    assert asking.trace is not None
    assert asking.looks is not None
    assert [(System.PIM, 4, 15.0)] == [(one.system, one.remembered, one.oldest_s) for one in asking.trace.readings]
    assert [(KEYS, cohort)] == [(look.keys, look.values) for look in asking.looks]


async def test_what_is_made_of_all_is_made_once() -> None:
    """It is kept with them, and so is what is made of that; another thing, or of something else, is another."""
    shop = Shop()
    cohort = await shop.cohort()
    texts = of_all(shop.texts, cohort)
    again = of_all(shop.texts, await shop.look())
    lengths = [of_all(_lengths, texts, more) for more in (0, 1, 0)]

    assert ([f"value of {key}" for key in KEYS], 1) == (texts, shop.made)
    assert again is texts
    assert [[10] * 4, [11] * 4, [10] * 4] == lengths
    assert lengths[0] is lengths[2]


def _lengths(texts: Sequence[str], more: int) -> list[int]:
    return [len(text) + more for text in texts]


async def test_only_so_much_is_kept_with_it() -> None:
    """One thing more, and the oldest goes; all of it counts, and nothing is left when the values go."""
    shop = Shop()
    cohort = await shop.cohort()
    texts = of_all(shop.texts, cohort)
    full = [of_all(_lengths, texts, more) for more in range(MOST_KEPT)]
    counted = shop.memory.kept_bytes
    of_all(_lengths, texts, MOST_KEPT)

    assert counted == shop.memory.kept_bytes
    assert of_all(_lengths, texts, 1) is full[1]
    assert of_all(_lengths, texts, 0) is not full[0]
    shop.source.drop(Drop("words", frozenset({"d"}), None))
    assert 0 == shop.memory.kept_bytes


async def test_what_gives_way_gives_back_all_that_was_made_of_it() -> None:
    """A column that others push out counts no more, with all that was made of it; who holds it still makes it anew."""
    shop = Shop()
    cohort, counted = await shop.cohort(), []
    columns = []
    for more in range(3 * MOST_KEPT):
        columns.append(of_all(_numbered, cohort, more))
        of_all(shop.texts, columns[-1])
        counted.append(shop.memory.kept_bytes)
    again = [of_all(shop.texts, columns[0]) for _ in range(2)]

    assert counted[MOST_KEPT - 1] == counted[-1] == shop.memory.kept_bytes
    assert [[f"value of {key}" for key in KEYS]] * 2 == again
    assert 3 * MOST_KEPT + 2 == shop.made
    assert of_all(shop.texts, columns[-1]) is of_all(shop.texts, columns[-1])


def _numbered(values: Sequence[Word], _number: int) -> list[Word]:
    return list(values)


async def test_what_has_ended_keeps_nothing() -> None:
    """Who still holds the values of a moment ago may use them; what is made of them then is theirs alone."""
    shop = Shop()
    cohort = await shop.cohort()
    shop.source.drop(Drop("words", frozenset({"a"}), None))
    texts = [of_all(shop.texts, cohort) for _ in range(2)]

    assert [[f"value of {key}" for key in KEYS]] * 2 == texts
    assert (2, 0) == (shop.made, shop.memory.kept_bytes)


async def test_what_is_used_stays_when_room_is_made() -> None:
    """A listing that everybody asks for outlives what is looked up once, however much of that there is."""
    room = 30 * (OVERHEAD_BYTES + 1000)
    shop = Shop(memory=Memory(room))
    await shop.cohort()
    for number in range(200):
        await shop.look((f"other {number}",))
        await shop.look()

    assert [list(KEYS)] == [call for call in shop.load.asked if "a" in call]
    assert shop.memory.currsize + shop.memory.kept_bytes <= room


async def test_with_no_room_for_it_there_is_none() -> None:
    """Where the memory cannot hold what is kept with them the values are served as ever."""
    shop = Shop(memory=Memory(5 * (OVERHEAD_BYTES + 200)))
    answers = [await shop.look() for _ in range(6)]

    assert [[value_of(key) for key in KEYS]] * 6 == answers
    assert shop.memory.currsize + shop.memory.kept_bytes <= shop.memory.maxsize
