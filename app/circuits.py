"""
Operating circuits: every process says how its own are, and obeys what an operator says of any, both in notes of the
shared store. So it works the same over a file and over Redis.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from enum import Enum
from pathlib import Path

import msgspec
import typer

from app.settings import CONNECTORS, Settings
from app.tables import aligned, moment
from app.wiring import Services
from datasources.cache.redis import RedisStore, open_redis
from datasources.cache.sqlite import SqliteStore
from datasources.cache.store import SharedStore
from datasources.circuit.board import Board, CircuitStatus
from datasources.circuit.breaker import State
from datasources.circuit.circuit import Circuit
from datasources.clock import SystemClock
from datasources.model.common import System

log = logging.getLogger("kanava.systems")

NOTES = "circuit"
SAID = f"{NOTES}/"
FORCED = f"{NOTES}-forced/"
EVERY_S = 1.0
SAID_FOR_S = 5.0
FORCED_FOR_S = 365 * 86_400.0
SYSTEMS = (*CONNECTORS, System.IAM)
HEADINGS = ("Process", "System", "State", "Since", "Retry at", "Forced")


class Hold(Enum):
    """What an operator wants of a circuit: that it is open, that it is closed, or that it decides by itself."""

    OPEN = "open"
    CLOSE = "close"
    AUTO = "auto"

    @property
    def state(self) -> State | None:
        """The state to hold the circuit at, None when it is to decide by itself."""
        return {Hold.OPEN: State.OPEN, Hold.CLOSE: State.CLOSED, Hold.AUTO: None}[self]


class NoProcess(Exception):
    """No process runs that shares this store."""


class Said(msgspec.Struct):
    """What a process says of one of its circuits."""

    state: State
    since: datetime
    retry_at: datetime | None
    forced: State | None


_said = msgspec.json.Decoder(Said)


class Operator:
    """
    Does in this process what an operator wants of its circuits, and says how they are. `process` is its name.

    `store` must not raise (`Guarded`). One that has forgotten what it was told just now is not believed: while it does
    not work, circuits stay as they are held, and `board` knows of this process alone.
    """

    def __init__(
        self, circuits: Mapping[System, Circuit], store: SharedStore, process: str, board: Board | None = None
    ) -> None:
        self._circuits = circuits
        self._store = store
        self._process = process
        self._board = board
        self._own = {system: f"{SAID}{process}/{system.value}" for system in circuits}

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            try:
                await self.turn()
            except Exception:
                log.exception("a turn of operating the circuits broke; the next one comes")
            await asyncio.sleep(EVERY_S)

    async def turn(self) -> None:
        """Say how the circuits are, hold them as the notes have it, and say so."""
        await self._say()
        notes = await self._store.notes(NOTES)
        if not notes.keys() >= set(self._own.values()):
            self._hear({})  # what others said while it worked may long be otherwise
            return
        self._hear(notes)
        held = [_hold(circuit, notes.get(f"{FORCED}{system.value}")) for system, circuit in self._circuits.items()]
        if any(held):
            await self._say()

    def _hear(self, notes: Mapping[str, str]) -> None:
        if self._board is not None:
            others = (of for name, of in _said_by_process(notes).items() if name != self._process)
            self._board.hear([{System[name]: status_of(said) for name, said in of.items()} for of in others])

    async def leave(self) -> None:
        """Take back what this process says."""
        for name in self._own.values():
            await self._store.remove_note(name)

    async def _say(self) -> None:
        for system, name in self._own.items():
            await self._store.note(name, _note_of(self._circuits[system]), SAID_FOR_S)


@asynccontextmanager
async def operating(services: Services) -> AsyncIterator[None]:
    """Have an operator's word obeyed meanwhile."""
    sources, process = services.sources, f"{socket.gethostname()}-{os.getpid()}"
    operator = Operator(sources.circuits, services.store, process, sources.board)
    task = asyncio.create_task(operator.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        await operator.leave()


def operate(settings: Settings, wish: Hold | None, name: str | None) -> str:
    """
    Do what an operator wants of the named system's circuit, or, without a wish, list all; return what to print.

    Raises:
        typer.BadParameter: no such system. NoProcess: none runs. StoreError: the store does not work.
    """
    system = _system(name) if wish is not None else None
    return asyncio.run(_operate(settings, wish, system))


async def _operate(settings: Settings, wish: Hold | None, system: System | None) -> str:
    store = open_store(settings)
    try:
        return await (listed(store) if wish is None or system is None else hold(store, system, wish))
    finally:
        await store.close()


def open_store(settings: Settings) -> SharedStore:
    """
    Return the store that the processes share, as the settings name it; the caller closes it.

    Raises:
        NoProcess: there is no such file, so nobody has it open.
    """
    if settings.redis_url is not None:
        return RedisStore(open_redis(settings.redis_url.get_secret_value()))
    file = Path(settings.cache_file)
    if not file.exists():
        raise NoProcess(f"no process of Kanava runs here: there is no {file}")
    return SqliteStore(file, clock=SystemClock())


async def listed(store: SharedStore) -> str:
    """
    Return a line for each circuit of each process.

    Raises:
        NoProcess: none runs. StoreError: the store does not work.
    """
    return aligned([HEADINGS, *_rows(await _processes(store))])


async def hold(store: SharedStore, system: System, wish: Hold) -> str:
    """
    Have all processes hold a system's circuit, those too that start later; return what becomes of it.

    Raises:
        NoProcess: none runs. StoreError: the store does not work.
    """
    processes = len(await _processes(store))
    if wish.state is None:
        await store.remove_note(f"{FORCED}{system.value}")
    else:
        await store.note(f"{FORCED}{system.value}", wish.state.value, FORCED_FOR_S)
    what = f"held {wish.state.value}" if wish.state else "automatic"
    return f"{system.value}: {what} in {processes} process{'es' if processes > 1 else ''}, within about {EVERY_S:g} s"


def _system(name: str | None) -> System:
    system = System.__members__.get((name or "").upper())
    if system not in SYSTEMS:
        known = ", ".join(one.value.lower() for one in SYSTEMS)
        raise typer.BadParameter(f"expected a system: one of {known}")
    return system


def _note_of(circuit: Circuit) -> str:
    said = Said(circuit.state, circuit.since, circuit.retry_at, circuit.forced)
    return msgspec.json.encode(said).decode()


def _hold(circuit: Circuit, note: str | None) -> bool:
    """Hold the circuit as the note says, None: not at all; return whether that changes anything."""
    state = {None: None, State.OPEN.value: State.OPEN, State.CLOSED.value: State.CLOSED}.get(note, circuit.forced)
    if state is circuit.forced:
        return False
    what = f"is held {state.value}" if state else "decides by itself again"
    log.warning("%s: an operator says that the circuit %s", circuit.system.value, what)
    circuit.force(state)
    return True


async def _processes(store: SharedStore) -> Mapping[str, Mapping[str, Said]]:
    """Return what each process says of each system, by their names."""
    processes = _said_by_process(await store.notes(SAID))
    if not processes:
        raise NoProcess("no process of Kanava runs that shares this store")
    return processes


def _said_by_process(notes: Mapping[str, str]) -> Mapping[str, Mapping[str, Said]]:
    """Return what notes say, by process and system; what another version says may not be readable."""
    processes: dict[str, dict[str, Said]] = {}
    for name, text in notes.items():
        process, _, system = name.removeprefix(SAID).rpartition("/")
        if name.startswith(SAID) and system in System.__members__:
            with suppress(msgspec.MsgspecError):
                processes.setdefault(process, {})[system] = _said.decode(text)
    return processes


def status_of(said: Said) -> CircuitStatus:
    """Return what a process said as the board takes it."""
    return CircuitStatus(said.state, said.since, said.retry_at)


def _rows(processes: Mapping[str, Mapping[str, Said]]) -> Iterator[Sequence[str]]:
    for process, circuits in sorted(processes.items()):
        for system in System:
            if (said := circuits.get(system.value)) is not None:
                forced = said.forced.value if said.forced else "-"
                yield process, system.value, said.state.value, moment(said.since), moment(said.retry_at), forced
