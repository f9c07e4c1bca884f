"""Gathering keys into flights."""

import asyncio
import contextvars
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from datasources.deadline import calls_end_at
from datasources.errors import NeverSent
from datasources.flights import Flights
from datasources.model.common import System
from tests.datasources.fakes import FakeLoad, Word, turns, value_of

viewer: contextvars.ContextVar[str] = contextvars.ContextVar("viewer", default="nobody")


LATER = 1005.0


def flights_of(load: FakeLoad, *, gate: asyncio.Semaphore | None = None, most_keys: int = 1000) -> Flights[str, Word]:
    shared = gate or asyncio.Semaphore(8)
    return Flights(load, gate=lambda: shared, most_keys=most_keys)


async def landed(flights: Flights[str, Any], *keys: str) -> dict[str, object]:
    boarded = flights.board(keys, LATER)
    await asyncio.wait({flight.task for flight in boarded.values() if flight.task})
    return {key: flight.outcome(key) for key, flight in boarded.items()}


async def test_one_turn_is_one_call() -> None:
    """All keys boarded in one turn go out together, each once and in order of boarding."""
    load = FakeLoad()
    flights = flights_of(load)
    first, second = await asyncio.gather(landed(flights, "a", "b", "a"), landed(flights, "b", "c"))

    assert [["a", "b", "c"]] == load.asked
    assert {"a": value_of("a"), "b": value_of("b")} == first
    assert {"b": value_of("b"), "c": value_of("c")} == second


async def test_a_key_in_the_air_is_joined() -> None:
    """A key under way is not sent again; a new key takes a flight of its own."""
    load = FakeLoad()
    load.released.clear()
    flights = flights_of(load)
    first = flights.board(["a"], LATER)["a"]
    await turns()
    later = flights.board(["a", "b"], LATER)
    load.released.set()
    await turns()

    assert first is later["a"]
    assert first is not later["b"]
    assert [["a"], ["b"]] == load.asked


async def test_a_landed_key_flies_again() -> None:
    """A flight that has landed is forgotten: remembering is the source's."""
    load = FakeLoad()
    flights = flights_of(load)
    await landed(flights, "a")
    await landed(flights, "a")

    assert [["a"], ["a"]] == load.asked


async def test_boarding_stays_open_while_the_gate_is_full() -> None:
    """While the system has all the calls it may have, keys of later turns join the flight that waits."""
    load, gate = FakeLoad(), asyncio.Semaphore(1)
    flights = flights_of(load, gate=gate)
    await gate.acquire()
    first = flights.board(["a"], LATER)["a"]
    await turns()
    second = flights.board(["b"], LATER)["b"]
    await turns()
    asked_while_full = list(load.asked)
    gate.release()
    await turns()

    assert [] == asked_while_full
    assert first is second
    assert [["a", "b"]] == load.asked


async def test_the_gate_is_shared_and_given_back() -> None:
    """The gate bounds the calls of all who share it, and a failed call gives its place back."""
    gate, load = asyncio.Semaphore(1), FakeLoad()
    load.failure = NeverSent(System.PIM, "no connection")
    load.released.clear()
    one, other = flights_of(load, gate=gate), flights_of(load, gate=gate)
    one.board(["a"], LATER)
    other.board(["b"], LATER)
    await turns()
    asked_at_once = len(load.asked)
    load.released.set()
    await turns()

    assert 1 == asked_at_once
    assert [["a"], ["b"]] == load.asked
    assert not gate.locked()


async def test_most_keys_splits() -> None:
    """No flight carries more keys than a call may have."""
    load = FakeLoad()
    outcomes = await landed(flights_of(load, most_keys=2), "a", "b", "c", "d", "e")

    assert [["a", "b"], ["c", "d"], ["e"]] == load.asked
    assert {key: value_of(key) for key in "abcde"} == outcomes


async def test_a_bug_reaches_every_waiter() -> None:
    """A bug in the load is raised to all who wait, and never looks like an absent value."""
    load = FakeLoad()
    load.failure = KeyError("oops")
    flights = flights_of(load)
    outcomes = await asyncio.gather(landed(flights, "a"), landed(flights, "a", "b"), return_exceptions=True)

    assert ["KeyError('oops')"] * 2 == [repr(outcome) for outcome in outcomes]
    assert [["a", "b"]] == load.asked


async def test_an_outage_has_no_frames() -> None:
    """An outage reaches all who wait; it holds no frames of the call, for many raise it."""
    load = FakeLoad()
    load.failure = NeverSent(System.PIM, "no connection")
    flight = flights_of(load).board(["a"], LATER)["a"]
    await turns()

    assert load.failure is flight.failure
    assert load.failure.__traceback__ is None


async def test_a_cancelled_flight_ends_for_its_waiters() -> None:
    """Who waits for a flight that is cancelled is told so, does not hang, and the key can fly again."""
    load = FakeLoad()
    load.released.clear()
    flights = flights_of(load)
    flight = flights.board(["a"], LATER)["a"]
    await turns()
    assert flight.task is not None
    flight.task.cancel()
    await asyncio.wait({flight.task})
    load.released.set()

    with pytest.raises(asyncio.CancelledError):
        flight.outcome("a")
    assert {"a": value_of("a")} == await landed(flights, "a")


async def test_a_flight_runs_in_a_fresh_context() -> None:
    """Nothing of who asks is visible to a call that serves many."""
    seen: list[str] = []

    async def load(keys: Sequence[str]) -> Mapping[str, str]:
        seen.append(viewer.get())
        return dict.fromkeys(keys, "value")

    viewer.set("anna")
    await landed(Flights(load, most_keys=10), "a")

    assert ["nobody"] == seen


async def test_a_flight_ends_when_its_last_waiter_goes() -> None:
    """What is called for a flight is told until when anybody waits: the latest of those who boarded."""
    told: list[float] = []

    async def load(keys: Sequence[str]) -> Mapping[str, str]:
        told.append(calls_end_at.get())
        return dict.fromkeys(keys, "value")

    flights: Flights[str, str] = Flights(load, most_keys=10)
    flights.board(["a"], 7.0)
    flights.board(["b"], 9.0)
    flights.board(["c"], 8.0)
    await turns()

    assert [9.0] == told


async def test_nobody_joins_what_is_in_the_air_for_a_changed_key() -> None:
    """A key that has changed flies again, alone of its flight; a flight on the ground has not asked yet, and is joined."""
    load = FakeLoad()
    load.released.clear()
    flights = flights_of(load)
    before = flights.board(["a", "b"], LATER)
    await turns()
    flights.part_from(lambda key: key == "a")
    after = flights.board(["a", "b"], LATER)
    flights.part_from(lambda key: key == "a")
    again = flights.board(["a"], LATER)
    load.released.set()
    await turns()
    await landed(flights, "a", "b")

    assert before["a"] is not after["a"]
    assert before["b"] is after["b"]
    assert after["a"] is again["a"]
    assert [["a", "b"], ["a"], ["a", "b"]] == load.asked
