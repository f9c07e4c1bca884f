"""What one process remembers."""

import random

from hypothesis import given
from hypothesis import strategies as st

from datasources.cache.entry import Entry, Policy
from datasources.cache.memory import OVERHEAD_BYTES, Memory, Share, Shelf
from datasources.cache.store import Drop

POLICY = Policy(60, 0, 3600)


def entry(
    value: str, *, at: float = 0.0, weight: int = 100, tags: tuple[str, ...] = (), scope: str | None = None
) -> Entry[str]:
    return Entry(value, as_of=at, received_at=at, policy=POLICY, tags=tags, scope=scope, weight_bytes=weight)


def values(shelf: Shelf[str, str], keys: str) -> list[str | None]:
    found = [shelf.get(key) for key in keys]
    return [one.value if one else None for one in found]


def test_kinds_are_apart() -> None:
    """The same key of two kinds are two entries, counted apart."""
    memory = Memory(100_000)
    prices: Shelf[str, str] = Shelf(memory, "prices")
    stock: Shelf[str, str] = Shelf(memory, "stock")
    prices.put("a", entry("1"))
    stock.put("a", entry("2"))
    stock.put("b", entry("3"))

    assert (["1", None], ["2", "3"]) == (values(prices, "ab"), values(stock, "ab"))
    assert (1, 2) == (len(prices), len(stock))


def test_a_newer_entry_replaces_an_older_one_and_not_the_other_way() -> None:
    """What arrived later stays, whichever is put last."""
    shelf: Shelf[str, str] = Shelf(Memory(100_000), "words")
    shelf.put("a", entry("newer", at=2))
    shelf.put("a", entry("older", at=1))
    before = values(shelf, "a")
    shelf.put("a", entry("newest", at=3))

    assert (["newer"], ["newest"], 1) == (before, values(shelf, "a"), len(shelf))


def test_over_the_ceiling_the_oldest_goes_unless_it_was_used() -> None:
    """What was used since it came is passed over once."""
    memory = Memory(3 * (100 + OVERHEAD_BYTES))
    shelf: Shelf[str, str] = Shelf(memory, "words")
    for key in "abc":
        shelf.put(key, entry(key))
    used = shelf.get("a")
    assert used is not None
    used.used = True
    shelf.put("d", entry("d"))
    once = values(shelf, "abcd")
    for key in "ef":
        shelf.put(key, entry(key))

    assert ["a", None, "c", "d"] == once
    assert [None, None, "d", "e", "f"] == values(shelf, "acdef")
    assert 3 == memory.evicted


def test_what_is_more_than_all_may_weigh_is_not_kept() -> None:
    """An entry above the ceiling is left out, and nothing goes for it."""
    shelf: Shelf[str, str] = Shelf(Memory(5000), "words")
    shelf.put("a", entry("a"))
    shelf.put("b", entry("b", weight=5000))

    assert ["a", None] == values(shelf, "ab")


def test_dropped_by_tag_and_scope() -> None:
    """A drop takes the entries of its kind with any of the tags, all of them without tags, of the scope if it names one."""
    memory = Memory(100_000)
    prices: Shelf[str, str] = Shelf(memory, "prices")
    stock: Shelf[str, str] = Shelf(memory, "stock")
    for key, tag, scope in (("a", "1", "x"), ("b", "1", "y"), ("c", "2", "x"), ("d", "2", None)):
        prices.put(key, entry(key, tags=(tag,), scope=scope))
    stock.put("a", entry("a", tags=("1",)))
    counts = [
        memory.drop(Drop("prices", frozenset({"1", "9"}), "x")),
        memory.drop(Drop("prices", frozenset({"2"}), None)),
    ]
    after = values(prices, "abcd")
    counts.append(memory.drop(Drop("prices", None, None)))

    assert ([1, 2, 1], [None, "b", None, None]) == (counts, after)
    assert (0, 1) == (len(prices), len(stock))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3000), st.booleans()), max_size=300))
def test_the_ceiling_holds(puts: list[tuple[int, int, bool]]) -> None:
    """Whatever is put, used and dropped, the weights stay below the ceiling and counts and tags agree with what is there."""
    memory = Memory(20_000)
    shelf: Shelf[int, str] = Shelf(memory, "words")
    for number, (key, weight, use) in enumerate(puts):
        there = shelf.get(key)
        if there is not None:
            there.used = use
        shelf.put(key, entry(str(key), at=number, weight=weight, tags=(str(key % 5),)))
        if number % 50 == 49:
            memory.drop(Drop("words", frozenset({"3"}), None))

        assert memory.currsize <= 20_000
    left = sum(shelf.get(key) is not None for key in range(41))
    memory.drop(Drop("words", frozenset("01234"), None))

    assert (left, 0, 0) == (left, len(shelf), len(memory))


def test_many_keys_stay_under_the_ceiling() -> None:
    """A hundred thousand keys put at random leave what fits."""
    memory = Memory(1_000_000)
    shelf: Shelf[int, str] = Shelf(memory, "words")
    dice = random.Random(7)
    for number in range(100_000):
        shelf.put(dice.randrange(1_000_000), entry("v", at=number, weight=100))

    assert 1000 == len(shelf) == len(memory)
    assert memory.currsize <= memory.maxsize


def test_a_renewed_entry_is_the_youngest_and_is_found_by_its_tags() -> None:
    """What takes the place of an older entry goes last, and by what it is about."""
    memory = Memory(2 * (100 + OVERHEAD_BYTES))
    shelf: Shelf[str, str] = Shelf(memory, "words")
    for at, (key, tags) in enumerate([("a", ("1",)), ("b", ("1",)), ("a", ("1",)), ("c", ("1",)), ("c", ("2",))]):
        shelf.put(key, entry(f"{key}{at}", at=at, tags=tags))
    before = values(shelf, "abc")
    dropped = memory.drop(Drop("words", frozenset({"1"}), None))

    assert (["a2", None, "c4"], 1, [None, None, "c4"]) == (before, dropped, values(shelf, "abc"))
    assert 100 + OVERHEAD_BYTES == memory.currsize


def test_values_give_way_to_what_another_cache_takes() -> None:
    """What has a share takes its room from the values, and gives it back; all together stay under the ceiling."""
    memory = Memory(4 * (100 + OVERHEAD_BYTES))
    share, shelf = memory.share(1 / 2), Shelf[str, str](memory, "words")
    for key in "abcd":
        shelf.put(key, entry(key))
    share.takes(share.most_bytes)
    given_way = values(shelf, "abcd")
    full = memory.bytes
    share.takes(0)
    for key in "ef":
        shelf.put(key, entry(key))

    assert [None, None, "c", "d"] == given_way
    assert 4 * (100 + OVERHEAD_BYTES) == full
    assert (["c", "d", "e", "f"], full, 0) == (values(shelf, "cdef"), memory.bytes, share.bytes)


def test_a_value_that_has_no_room_beside_the_other_caches() -> None:
    """It is not remembered, and nothing goes for it."""
    memory = Memory(4 * (100 + OVERHEAD_BYTES))
    shelf = Shelf[str, str](memory, "words")
    memory.share(1 / 2).takes(2 * (100 + OVERHEAD_BYTES))
    shelf.put("a", entry("a"))
    shelf.put("b", entry("b", weight=2 * (100 + OVERHEAD_BYTES)))

    assert ["a", None] == values(shelf, "ab")


def test_what_has_a_share_may_end_with_the_values_that_go_for_it() -> None:
    """What was made of a value ends when that makes room; what it took is given back meanwhile."""
    memory = Memory(4 * (100 + OVERHEAD_BYTES))
    share, shelf = memory.share(1 / 2), Shelf[str, str](memory, "words")
    made_of = entry("a")
    made_of.add_dependent(Taking(share))
    for key, of in (("a", made_of), ("b", entry("b")), ("c", entry("c")), ("d", entry("d"))):
        shelf.put(key, of)
    share.takes(share.most_bytes)

    assert ([None, "b", "c", "d"], 0) == (values(shelf, "abcd"), share.bytes)


class Taking:
    """What takes a share until it ends."""

    def __init__(self, share: Share) -> None:
        self._share = share

    def end(self) -> None:
        self._share.takes(0)
