"""
Kanava's processes for tests that start very many: each forked from one that has imported everything already.

Nothing runs in that one but this file. What it forks is a process like any other, and is killed like any other.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.scenarios.processes import ROOT, WITHIN_S, Replica


class Forked:
    """A process that is no child of this one: what is used of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Return None while it runs; of how it ended nothing is known."""
        return 0 if self._has_ended(0) else None

    def send_signal(self, number: int) -> None:
        signal.pidfd_send_signal(self._handle, number)

    def wait(self, within_s: float) -> int:
        assert self._has_ended(within_s), "it does not end"
        os.close(self._handle)
        return 0

    def _has_ended(self, within_s: float) -> bool:
        return bool(select.select([self._handle], [], [], within_s)[0])


class Forks:
    """The process that the others are forked from, within the context."""

    def __enter__(self) -> "Forks":
        command = [sys.executable, "-m", "tests.scenarios.forking"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(WITHIN_S)

    def fork(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Forked:
        """Start `kanava` with these words, in this folder, where it says in `log` what it says on stderr."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"words": list(words), "folder": str(folder), "environment": dict(environment)}
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        return Forked(int(self._process.stdout.readline()))


class ForkedReplica(Replica):
    """A replica that starts at once."""

    def __init__(self, forks: Forks, sandbox_base_port: int, folder: Path, *, port: int, **settings: str) -> None:
        super().__init__(sandbox_base_port, folder, port=port, **settings)
        self._forks = forks

    def _launch(self) -> Forked:
        return self._forks.fork(self._words[3:], self.folder, self._environment)


def main() -> None:
    """Fork a process for each line that comes in, and say its number."""
    import app.cli
    import app.main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while asked := sys.stdin.readline():
        if (pid := os.fork()) == 0:
            become(**json.loads(asked))
            app.cli.main()
        print(pid, flush=True)  # noqa: T201 - what the tests read


def become(*, words: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Make this process one that was started with these words."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for stream, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, os.devnull, os.O_WRONLY),
        (2, "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, stream)
        os.close(opened)
    sys.argv = ["kanava", *words]


if __name__ == "__main__":
    main()
