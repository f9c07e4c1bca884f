"""The circuits of all processes together."""

from datetime import timedelta

import pytest

from datasources.circuit.board import Board, CircuitStatus
from datasources.circuit.breaker import Outcome, State
from datasources.model.common import System
from tests.datasources.circuit.test_circuit import circuit_of, fail
from tests.datasources.fakes import START, FakeClock

ERP, WMS = System.ERP, System.WMS
OPEN, HALF_OPEN, CLOSED = State.OPEN, State.HALF_OPEN, State.CLOSED


def board_of(clock: FakeClock) -> Board:
    return Board({system: circuit_of(clock, system=system) for system in (ERP, WMS)})


def said(state: State, at_s: float = 0, retry_in_s: float | None = None) -> CircuitStatus:
    """Return what another process says of a circuit that has been so since then."""
    since = START + timedelta(seconds=at_s)
    return CircuitStatus(state, since, None if retry_in_s is None else since + timedelta(seconds=retry_in_s))


async def test_alone_it_is_as_the_circuits_are() -> None:
    """With nobody else, a system is as this process has it: state, since when, and when it may be tried again."""
    clock = FakeClock()
    circuits = {system: circuit_of(clock, system=system) for system in (ERP, WMS)}
    board = Board(circuits)
    before = board.statuses()
    clock.advance(7)
    await fail(circuits[ERP])

    assert {ERP: said(CLOSED), WMS: said(CLOSED)} == before
    assert {ERP: said(OPEN, 7, 5), WMS: said(CLOSED)} == board.statuses()


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        (CLOSED, [], CLOSED),
        (CLOSED, [CLOSED, CLOSED], CLOSED),
        (CLOSED, [HALF_OPEN], HALF_OPEN),
        (CLOSED, [HALF_OPEN, OPEN], OPEN),
        (OPEN, [], OPEN),
        (OPEN, [CLOSED, HALF_OPEN], OPEN),
    ],
)
async def test_the_worst_counts(own: State, others: list[State], expected: State) -> None:
    """A system is as the process has it that sees it worst, for every process."""
    circuit = circuit_of(FakeClock())
    circuit.force(own)
    board = Board({ERP: circuit})
    board.hear([{ERP: said(state)} for state in others])

    assert expected is board.statuses()[ERP].state


async def test_of_several_the_longest_counts() -> None:
    """Where several see a system as badly, it has been so since the first of them saw it."""
    clock = FakeClock()
    circuit = circuit_of(clock)
    clock.advance(10)
    await fail(circuit)
    board = Board({ERP: circuit})
    board.hear([{ERP: said(OPEN, 4, 5)}, {ERP: said(OPEN, 8, 5)}])

    assert said(OPEN, 4, 5) == board.statuses()[ERP]


async def test_what_was_said_before_is_forgotten() -> None:
    """What others say now stands in the place of all that they said before; who is gone says nothing."""
    board = board_of(FakeClock())
    board.hear([{ERP: said(OPEN)}, {WMS: said(OPEN)}])
    both = {system: status.state for system, status in board.statuses().items()}
    board.hear([{WMS: said(OPEN)}])
    one = {system: status.state for system, status in board.statuses().items()}
    board.hear([])

    assert ({ERP: OPEN, WMS: OPEN}, {ERP: CLOSED, WMS: OPEN}) == (both, one)
    assert {ERP: said(CLOSED), WMS: said(CLOSED)} == board.statuses()


async def test_of_systems_not_known_here_nothing_is_heard() -> None:
    """A process of another version may speak of more systems."""
    board = board_of(FakeClock())
    board.hear([{System.IAM: said(OPEN), WMS: said(OPEN)}])

    assert {ERP: said(CLOSED), WMS: said(OPEN)} == board.statuses()


async def test_own_changes_are_told_at_once() -> None:
    """Whoever watches is told of each change of an own circuit, and of nothing else."""
    clock = FakeClock()
    circuits = {system: circuit_of(clock, system=system) for system in (ERP, WMS)}
    board, told = Board(circuits), []
    with board.watching() as changed:
        (await circuits[WMS].admit()).end(Outcome.FAILURE)
        told.append(changed.is_set())
        await fail(circuits[ERP])
        told.append(changed.is_set())
        changed.clear()
        clock.advance(5)
        permit = await circuits[ERP].admit()
        told.append(changed.is_set())
        changed.clear()
        permit.end(Outcome.SUCCESS)
        told.append(changed.is_set())

    assert [False, True, True, True] == told
    assert CLOSED is board.statuses()[ERP].state


async def test_what_others_say_is_told_where_it_changes_anything() -> None:
    """Whoever watches is told when what others say changes a state as this process tells it."""
    board, told = board_of(FakeClock()), []
    words = [
        [{ERP: said(CLOSED)}],
        [{ERP: said(OPEN)}],
        [{ERP: said(OPEN, 1, 5)}, {ERP: said(CLOSED)}],
        [{ERP: said(HALF_OPEN)}],
        [],
        [],
    ]
    with board.watching() as changed:
        for word in words:
            board.hear(word)
            told.append(changed.is_set())
            changed.clear()

    assert [False, True, False, True, True, False] == told


async def test_what_others_say_of_an_open_circuit_is_no_news() -> None:
    """Where the own circuit is open already, another that opens and closes is not told of."""
    circuit = circuit_of(FakeClock())
    circuit.force(OPEN)
    board, told = Board({ERP: circuit}), []
    with board.watching() as changed:
        for state in (OPEN, CLOSED):
            board.hear([{ERP: said(state)}])
            told.append(changed.is_set())

    assert [False, False] == told


async def test_many_watch() -> None:
    """Each who watches has an event of its own, until it has watched enough."""
    circuit = circuit_of(FakeClock())
    board = Board({ERP: circuit})
    with board.watching() as first:
        with board.watching() as second:
            circuit.force(OPEN)
            both = first.is_set(), second.is_set()
            first.clear()
            second.clear()
        circuit.force(CLOSED)

    assert ((True, True), (True, False)) == (both, (first.is_set(), second.is_set()))
