"""A shared store that may fail, be slow, or hang: who uses it never notices more than an absence."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import pytest

from datasources.cache import guarded
from datasources.cache.guarded import Guarded
from datasources.cache.store import Drop, Record, StoreError
from tests.datasources.fakes import FakeClock, turns

RECORD = Record("k", "price", "C-1", ("A",), b"v", 100)


class FakeStore:
    """A store that notes what it is asked, waits while held, then answers or fails."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.dropped: list[Drop] = []
        self.failures: dict[str, Exception] = {}
        self.released = asyncio.Event()
        self.released.set()

    def break_down(self) -> None:
        methods = ("get_many", "put_many", "drop", "note", "notes", "remove_note", "close")
        self.failures = dict.fromkeys(methods, StoreError("broken"))

    async def _ask(self, method: str) -> None:
        self.asked.append(method)
        await self.released.wait()
        if method in self.failures:
            raise self.failures[method]

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        await self._ask("get_many")
        return dict.fromkeys(keys, b"v")

    async def put_many(self, records: Sequence[Record]) -> None:
        await self._ask("put_many")

    async def drop(self, drop: Drop) -> None:
        await self._ask("drop")
        self.dropped.append(drop)

    async def note(self, name: str, text: str, keep_for_s: float) -> None:
        await self._ask("note")

    async def notes(self, start: str) -> Mapping[str, str]:
        await self._ask("notes")
        return {start: "text"}

    async def remove_note(self, name: str) -> None:
        await self._ask("remove_note")

    async def close(self) -> None:
        await self._ask("close")


def price_drop(*tags: str, scope: str | None = None) -> Drop:
    return Drop("price", frozenset(tags), scope)


async def test_a_working_store_is_passed_on() -> None:
    """While the store works its answers are given, and nothing is counted."""
    store = FakeStore()
    safe = Guarded(store, clock=FakeClock())
    values, notes = await safe.get_many(["a"]), await safe.notes("n")
    await safe.put_many([RECORD])
    await safe.drop(price_drop("A"))
    await safe.note("n", "t", 1)
    await safe.remove_note("n")
    await safe.close()

    assert ({"a": b"v"}, {"n": "text"}) == (values, notes)
    assert ["get_many", "notes", "put_many", "drop", "note", "remove_note", "close"] == store.asked
    assert [price_drop("A")] == store.dropped
    assert {} == safe.failures


@pytest.mark.parametrize("failure", [StoreError("broken"), ValueError("a bug")])
async def test_a_failing_store_is_an_empty_one(failure: Exception) -> None:
    """Whatever is raised, there is nothing in the store, and the failure is counted."""
    store, clock = FakeStore(), FakeClock()
    store.break_down()
    store.failures = dict.fromkeys(store.failures, failure)
    safe = Guarded(store, clock=clock, rest_s=0)
    values, notes = await safe.get_many(["a"]), await safe.notes("n")
    await safe.note("n", "t", 1)
    await safe.remove_note("n")
    await safe.drop(price_drop("A"))
    await safe.close()

    assert ({}, {}) == (values, notes)
    assert {"get_many": 1, "notes": 1, "note": 1, "remove_note": 1, "drop": 1, "close": 1} == safe.failures


async def test_a_hanging_store_is_not_waited_for() -> None:
    """A store that does not answer costs the timeout once; while it rests it is not asked at all."""
    store, clock = FakeStore(), FakeClock()
    store.released.clear()
    safe = Guarded(store, clock=clock, timeout_s=0.01, rest_s=1.0)
    values = [await safe.get_many(["a"]) for _ in range(100)]
    await safe.put_many([RECORD])

    assert [{}] * 100 == values
    assert ["get_many"] == store.asked
    assert {"get_many": 1} == safe.failures


async def test_one_tries_after_the_rest() -> None:
    """After rest_s one of many tries; when it gets an answer the store is asked by all again."""
    store, clock = FakeStore(), FakeClock()
    store.break_down()
    safe = Guarded(store, clock=clock, timeout_s=10, rest_s=1.0)
    await safe.get_many(["a"])
    clock.advance(0.9)
    await safe.get_many(["a"])
    asked_while_resting = len(store.asked)
    clock.advance(0.1)
    store.released.clear()
    probes = [asyncio.create_task(safe.get_many(["a"])) for _ in range(5)]
    await turns()
    asked_after_rest = len(store.asked)
    store.failures.clear()
    store.released.set()
    values = await asyncio.gather(*probes)

    assert (1, 2) == (asked_while_resting, asked_after_rest)
    assert [{"a": b"v"}, {}, {}, {}, {}] == values
    assert {"a": b"v"} == await safe.get_many(["a"])


async def test_a_full_store_is_read(caplog: pytest.LogCaptureFixture) -> None:
    """A store that takes nothing more rests from puts, but goes on being read."""
    store, clock = FakeStore(), FakeClock()
    store.failures["put_many"] = StoreError("full")
    safe = Guarded(store, clock=clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            await safe.put_many([RECORD])

            assert {"a": b"v"} == await safe.get_many(["a"])

    assert ["put_many", "get_many", "get_many", "get_many"] == store.asked
    assert 1 == len(caplog.records)


async def test_it_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """One line when it begins to fail, and one when it works again."""
    store, clock = FakeStore(), FakeClock()
    safe = Guarded(store, clock=clock)
    with caplog.at_level(logging.WARNING):
        for is_broken in (False, True, True, False, False):
            store.failures.clear()
            if is_broken:
                store.break_down()
            clock.advance(1)
            await safe.get_many(["a"])

    assert [
        "the shared store: does not work, going on without (StoreError: broken)",
        "the shared store: works again",
    ] == [record.getMessage() for record in caplog.records]


async def test_a_cancelled_caller_stays_cancelled() -> None:
    """Who is cancelled while it waits is cancelled; that says nothing about the store."""
    store = FakeStore()
    store.released.clear()
    safe = Guarded(store, clock=FakeClock(), timeout_s=10)
    asking = asyncio.create_task(safe.get_many(["a"]))
    await turns()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    store.released.set()

    assert {} == safe.failures
    assert {"a": b"v"} == await safe.get_many(["a"])


async def test_owed_drops_are_made_before_anything_is_read() -> None:
    """Drops that failed, and those made while the store rested, come first when it works again, those alike at once."""
    store, clock = FakeStore(), FakeClock()
    store.break_down()
    safe = Guarded(store, clock=clock)
    for drop in (price_drop("A"), price_drop("B"), price_drop("C", scope="C-1"), Drop("stock", None, None)):
        await safe.drop(drop)
    store.failures.clear()
    resting = await safe.get_many(["a"])
    clock.advance(1)
    store.asked.clear()
    values = await safe.get_many(["a"])

    assert ({}, {"a": b"v"}) == (resting, values)
    assert ["drop", "drop", "drop", "get_many"] == store.asked
    assert [price_drop("A", "B"), price_drop("C", scope="C-1"), Drop("stock", None, None)] == store.dropped
    assert {"a": b"v"} == await safe.get_many(["a"])
    assert 3 == len(store.dropped)


async def test_who_reads_beside_a_drop_waits_for_it() -> None:
    """A read that comes while a drop is under way is made after it; the drop is made once."""
    store = FakeStore()
    safe = Guarded(store, clock=FakeClock(), timeout_s=10)
    store.released.clear()
    dropping = asyncio.create_task(safe.drop(price_drop("A")))
    await turns()
    reading = [asyncio.create_task(safe.get_many(["a"])) for _ in range(3)]
    await turns()
    asked_meanwhile = list(store.asked)
    store.released.set()
    await asyncio.gather(dropping, *reading)

    assert ["drop"] == asked_meanwhile
    assert ["drop", "get_many", "get_many", "get_many"] == store.asked


async def test_a_cancelled_drop_is_owed() -> None:
    """A drop whose caller is cancelled is made before the next read all the same."""
    store = FakeStore()
    safe = Guarded(store, clock=FakeClock(), timeout_s=10)
    store.released.clear()
    dropping = asyncio.create_task(safe.drop(price_drop("A")))
    await turns()
    dropping.cancel()
    await asyncio.wait({dropping})
    store.released.set()
    await safe.get_many(["a"])

    assert ["drop", "drop", "get_many"] == store.asked
    assert [price_drop("A")] == store.dropped


async def test_too_many_owed_drops_are_whole_kinds() -> None:
    """Over the bound nothing is forgotten that should not be remembered: all of the kinds goes."""
    store, clock = FakeStore(), FakeClock()
    store.break_down()
    safe = Guarded(store, clock=clock)
    await safe.drop(Drop("stock", frozenset({"S"}), None))
    for i in range(guarded.MOST_OWED):
        await safe.drop(price_drop(f"{i}"))
    await safe.drop(price_drop("last", scope="C-1"))
    store.failures.clear()
    clock.advance(1)
    await safe.get_many(["a"])

    assert [Drop("price", None, None), Drop("stock", None, None), price_drop("last", scope="C-1")] == store.dropped
