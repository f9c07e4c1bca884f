"""A source: remembered and batched values of one kind."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasources.cache.entry import Policy
from datasources.errors import NeverSent, SourceError
from datasources.model.common import StaleReason, System
from datasources.sources.fetch import MOST_KEYS_A_CALL
from datasources.sources.kind import Kind
from datasources.sources.source import Source
from tests.datasources.fakes import FakeClock, FakeLoad, Word, ask, kit, turns, value_of


def source_of(
    load: FakeLoad, clock: FakeClock | None = None, fresh_for_s: float = 60, **more: Any
) -> Source[str, Word]:
    """Return a source whose values are fresh for so long, and gone after an hour."""
    load.clock = clock or load.clock
    policy = Policy(fresh_for_s, 0, 3600)
    return Source(load, kit=kit(load.clock, **more), kind=Kind("words", Word, policy, "words"))


async def test_requests_of_one_turn_share_one_call() -> None:
    """Two requests that miss in the same turn cost one call with each key once, and each gets its own keys' values."""
    load = FakeLoad(unknown=["c"])
    source = source_of(load)
    answers = await asyncio.gather(
        source.get_many(["b", "a", "b"], ask(load.clock)), source.get_many(["c", "a"], ask(load.clock))
    )

    assert [[value_of("b"), value_of("a"), value_of("b")], [None, value_of("a")]] == answers
    assert [["b", "a", "c"]] == load.asked


async def test_only_what_is_missing_is_asked() -> None:
    """Remembered keys are not sent along with those that are missing."""
    load = FakeLoad()
    source = source_of(load)
    await source.get_many(["a", "b"], ask(load.clock))
    answer = await source.get_many(["a", "c", "b"], ask(load.clock))

    assert [value_of("a"), value_of("c"), value_of("b")] == answer
    assert [["a", "b"], ["c"]] == load.asked


async def test_a_key_in_the_air_is_joined() -> None:
    """A request that comes while its key is under way waits for that call."""
    load = FakeLoad()
    load.released.clear()
    source = source_of(load)
    first = asyncio.create_task(source.get("a", ask(load.clock)))
    await turns()
    second = asyncio.create_task(source.get("a", ask(load.clock)))
    await turns()
    load.released.set()

    assert [value_of("a")] * 2 == await asyncio.gather(first, second)
    assert [["a"]] == load.asked


async def test_many_keys_are_split_into_calls() -> None:
    """More keys than a call may carry go out in several."""
    load = FakeLoad()
    keys = [str(n) for n in range(MOST_KEYS_A_CALL + 1)]
    answer = await source_of(load).get_many(keys, ask(load.clock))

    assert [value_of(key) for key in keys] == answer
    assert [1000, 1] == [len(call) for call in load.asked]


async def test_a_cancelled_waiter_leaves_the_flight_alone() -> None:
    """Who goes away takes nothing from others who wait for the same call."""
    load = FakeLoad()
    load.released.clear()
    source = source_of(load)
    leaving = asyncio.create_task(source.get_many(["a"], ask(load.clock)))
    staying = asyncio.create_task(source.get_many(["a"], ask(load.clock)))
    await turns()
    leaving.cancel()
    await turns()
    load.released.set()

    assert [value_of("a")] == await staying
    assert leaving.cancelled()
    assert [["a"]] == load.asked


async def test_a_flight_lands_without_waiters() -> None:
    """A call whose only waiter went away is still remembered."""
    load = FakeLoad()
    load.released.clear()
    source = source_of(load)
    leaving = asyncio.create_task(source.get_many(["a"], ask(load.clock)))
    await turns()
    leaving.cancel()
    load.released.set()
    await turns()

    assert value_of("a") == await source.get("a", ask(load.clock))
    assert [["a"]] == load.asked


async def test_a_bug_is_raised_and_not_remembered() -> None:
    """A bug in the load reaches every waiter as it is; the next ask tries again."""
    load = FakeLoad()
    load.failure = KeyError("oops")
    source = source_of(load)
    answers = await asyncio.gather(
        source.get("a", ask(load.clock)), source.get("a", ask(load.clock)), return_exceptions=True
    )
    load.failure = None

    assert ["KeyError('oops')"] * 2 == [repr(answer) for answer in answers]
    assert value_of("a") == await source.get("a", ask(load.clock))
    assert [["a"], ["a"]] == load.asked


async def test_an_outage_is_a_value_and_not_remembered() -> None:
    """A failed call is an error in the place of each of its keys alone, and the next ask fetches again."""
    load = FakeLoad()
    source = source_of(load)
    await source.get("known", ask(load.clock))
    load.failure = NeverSent(System.PIM, "no connection")
    failed = await source.get_many(["known", "a", "b"], ask(load.clock))
    failure, load.failure = load.failure, None

    assert [value_of("known"), failure, failure] == failed
    assert [value_of("a"), value_of("b")] == await source.get_many(["a", "b"], ask(load.clock))
    assert [["known"], ["a", "b"], ["a", "b"]] == load.asked


async def test_get_raises_an_outage() -> None:
    """Asking for one key raises what get_many has in its place."""
    load = FakeLoad()
    load.failure = NeverSent(System.PIM, "no connection")

    with pytest.raises(NeverSent, match=r"^PIM: no connection$"):
        await source_of(load).get("a", ask(load.clock))


@pytest.mark.parametrize(
    ("unknown", "fresh_for_s", "after_s", "calls"),
    [
        ([], 60, 53.9, 1),
        ([], 60, 60.1, 2),
        (["a"], 60, 8.9, 1),
        (["a"], 60, 10.1, 2),
        (["a"], 4, 3.5, 1),
        (["a"], 4, 4.1, 2),
    ],
)
async def test_what_is_fresh_is_not_asked_again(
    unknown: list[str], fresh_for_s: float, after_s: float, calls: int
) -> None:
    """A value is good for fresh_for_s less up to a tenth, an absence for 10 s or for fresh_for_s if that is less."""
    load, clock = FakeLoad(unknown=unknown), FakeClock()
    source = source_of(load, clock, fresh_for_s)
    first = await source.get("a", ask(load.clock))
    clock.advance(after_s)
    second = await source.get("a", ask(clock))

    assert (None if unknown else value_of("a")) == first == second
    assert [["a"]] * calls == load.asked


async def test_what_came_along_is_not_asked() -> None:
    """A value that came with another answer is remembered like one that was asked for."""
    load = FakeLoad()
    source = source_of(load)
    source.remember({"a": value_of("came along")}, source.mark())

    assert value_of("came along") == await source.get("a", ask(load.clock))
    assert [] == load.asked


async def test_a_warm_answer_does_not_suspend() -> None:
    """When everything is remembered the coroutine ends at its first step."""
    load = FakeLoad(unknown=["b"])
    source = source_of(load)
    await source.get_many(["a", "b"], ask(load.clock))

    with pytest.raises(StopIteration) as ended:
        source.get_many(["b", "a", "a"], ask(load.clock)).send(None)
    assert [None, value_of("a"), value_of("a")] == ended.value.value


async def test_nothing_asked_is_nothing_called() -> None:
    """No keys: no call, no waiting."""
    load = FakeLoad()

    assert [] == await source_of(load).get_many([], ask(load.clock))
    assert [] == load.asked


async def test_a_deadline_is_the_waiters_own() -> None:
    """Past its deadline a waiter gets TIMEOUT for what is not there; the call goes on for others."""
    load, clock = FakeLoad(), FakeClock()
    source = source_of(load, clock)
    await source.get("known", ask(load.clock))
    load.released.clear()
    patient = asyncio.create_task(source.get("a", ask(load.clock)))
    await turns()
    known, late = await asyncio.wait_for(source.get_many(["known", "a"], ask(clock, 0)), 10)
    load.released.set()

    assert value_of("known") == known
    assert isinstance(late, SourceError)
    assert (System.PIM, StaleReason.TIMEOUT) == (late.system, late.reason)
    assert value_of("a") == await patient
    assert value_of("a") == await source.get("a", ask(clock, 0))
    assert [["known"], ["a"]] == load.asked


KEYS = st.sampled_from("abcdefgh")


@given(
    turns_=st.lists(st.lists(st.lists(KEYS, max_size=5), max_size=3), max_size=5),
    unknown=st.sets(KEYS),
    held_until=st.integers(0, 6),
)
@settings(max_examples=100, deadline=None)
async def test_each_key_once_and_its_own_value(
    turns_: list[list[list[str]]], unknown: set[str], held_until: int
) -> None:
    """However requests fall into turns, a key is asked once while it is remembered, and every result is its key's."""
    load = FakeLoad(unknown=sorted(unknown))
    load.released.clear()
    source = source_of(load)
    requests = [keys for turn in turns_ for keys in turn]
    tasks = []
    for number, turn in enumerate(turns_):
        if number == held_until:
            load.released.set()
        tasks += [asyncio.create_task(source.get_many(keys, ask(load.clock))) for keys in turn]
        await asyncio.sleep(0)
    load.released.set()
    answers = await asyncio.gather(*tasks)
    asked = [key for call in load.asked for key in call]

    assert [[None if key in unknown else value_of(key) for key in keys] for keys in requests] == answers
    assert sorted({key for keys in requests for key in keys}) == sorted(asked)
