"""Workers and their parent; `tests/scenarios/test_workers.py` has whole processes of Kanava."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from app.cli import workers_or_bad_use
from app.settings import read_settings
from app.worker import STEADY_S, Restarts, told
from tests.datasources.fakes import FakeClock

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60
SCRIPT = """
import os, signal, socket, sys
from app.worker import TAKES, Place
from app.workers import Workers, WorkersFailed
from datasources.clock import SystemClock

listening = socket.create_server(("127.0.0.1", 0))

def fails(place: Place) -> int:
    os.write(1, b"began\\n")
    return 3

def breaks(place: Place) -> int:
    raise ValueError("so it is")

def stops_badly(place: Place) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    place.say(TAKES)
    signal.sigwait({signal.SIGTERM})
    return 4

def does_not_stop(place: Place) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    place.say(TAKES)
    signal.pause()
    return 0

def stop() -> None:
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

try:
    workers = Workers(2, globals()[sys.argv[1]], listening, clock=SystemClock(), stop_within_s=float(sys.argv[2]))
    workers.run(ready=stop)
except WorkersFailed as failure:
    print(failure)
"""


def run(serve: str, *, stop_within_s: float = WITHIN_S) -> list[str]:
    """Have a process run two workers that `serve` so, told to stop as soon as both take connections; return what it prints."""
    command = [sys.executable, "-c", SCRIPT, serve, str(stop_within_s)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=True)
    return done.stdout.splitlines()


def test_restarts_come_later_and_later() -> None:
    """What ends soon after its start, again and again, starts at once, then after ever longer pauses, up to 30 s."""
    clock, restarts, pauses = FakeClock(), Restarts(), []
    for _ in range(9):
        restarts.started_at = clock.monotonic()
        clock.advance(1)
        pauses.append(restarts.ended(clock.monotonic()) - clock.monotonic())

    assert [0, 0.5, 1, 2, 4, 8, 16, 30, 30] == pauses


def test_who_has_served_for_long_starts_at_once() -> None:
    """What once served for a minute is as good as new."""
    clock, restarts = FakeClock(), Restarts()
    for _ in range(3):
        restarts.started_at = clock.monotonic()
        restarts.ended(clock.monotonic())
    restarts.started_at = clock.monotonic()
    clock.advance(STEADY_S)

    assert clock.monotonic() == restarts.ended(clock.monotonic())
    assert clock.monotonic() + 0.5 == restarts.ended(clock.monotonic() - 1) + 1


def test_how_a_process_ended() -> None:
    """In words that an operator knows."""
    assert "exit status 3" == told(3)
    assert "SIGKILL" == told(-9)


def test_how_many() -> None:
    """The option counts, else the setting; several need a Redis, however they are asked for."""
    alone = read_settings({"KANAVA_WORKERS": "3"})
    shared = read_settings({"KANAVA_WORKERS": "3", "KANAVA_REDIS_URL": "redis://127.0.0.1:6379/0"})

    assert 1 == workers_or_bad_use(1, alone)
    assert (3, 2) == (workers_or_bad_use(None, shared), workers_or_bad_use(2, shared))
    for asked in (None, 2):
        with pytest.raises(typer.BadParameter, match="workers need KANAVA_REDIS_URL"):
            workers_or_bad_use(asked, alone)


def test_one_that_cannot_start_is_tried_once() -> None:
    """What keeps one from starting would keep all: it is said once."""
    assert ["began", "worker 1 could not start (exit status 3); its log says why"] == run("fails")


def test_a_bug_ends_the_worker_alone() -> None:
    """An exception in a worker never goes on in the parent's code."""
    assert ["worker 1 could not start (exit status 1); its log says why"] == run("breaks")


@pytest.mark.parametrize(
    ("serve", "within_s", "how"), [("stops_badly", WITHIN_S, "exit status 4"), ("does_not_stop", 0.2, "SIGKILL")]
)
def test_who_does_not_stop_in_order_is_named(serve: str, within_s: float, how: str) -> None:
    """Who ends with another status, or has to be ended by force, makes it a failure."""
    said = f"not all workers stopped in order: worker 1: {how}; worker 2: {how}"

    assert ["ready", said] == run(serve, stop_within_s=within_s)
