"""Processes that are measured, and the upstream: started, waited for, stopped."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN_S = 60.0
LOOKS_EVERY_S = 0.1
STOPS_WITHIN_S = 15.0


class NotStarted(Exception):
    """A server that does not answer."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a server is started. `alive` is an address that answers, whatever it says, once the server does."""

    command: Sequence[str]
    env: Mapping[str, str]
    folder: Path
    alive: str


class Server:
    """A process on some cores; what it complains of goes to a file, what it says (an access log, for one) nowhere."""

    def __init__(self, start: Start, cores: set[int], log: Path) -> None:
        self._start = start
        self._log = log
        with log.open("wb") as complaints:
            self._process = subprocess.Popen(
                start.command,
                cwd=start.folder,
                env={**os.environ, **start.env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def wait_until_alive(self) -> None:
        """
        Return when it answers.

        Raises:
            NotStarted: it has ended, or does not answer in time; the end of what it complained of.
        """
        ends_at = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < ends_at and self._process.poll() is None:
            if _answers(self._start.alive):
                return
            time.sleep(LOOKS_EVERY_S)
        complaint = self._log.read_text(errors="replace")[-2000:]
        raise NotStarted(f"{' '.join(self._start.command)} does not answer at {self._start.alive}:\n{complaint}")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
