"""
Processes for tests that start many: each forked from one that has imported everything already.

Nothing runs in that one but this file. What it forks is a process like any other, and is killed like any other.
"""

import atexit
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
WITHIN_S = 60
MOST_BYTES = 200_000
"""What the words, the folder and the environment of a process take together, at the most."""
MOST_FILES = 4096
"""Above what the process that forks has open at any time."""
NUMBER = struct.Struct("i")
IMPORTED = (
    *("app.cli", "app.main", "app.serving", "aiosqlite", "asyncpg", "redis.asyncio"),
    *("sandbox.listen", "sandbox.server", "sandbox.supervise", "sandbox.systems"),
    *("uvicorn.lifespan.on", "uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl", "uvloop"),
    *("uvicorn.protocols.websockets.wsproto_impl", "sqlalchemy.dialects.postgresql.asyncpg"),
    *("sqlalchemy.dialects.sqlite.aiosqlite", "sqlalchemy.dialects.sqlite.pysqlite"),
)


def environment_with(**settings: str) -> dict[str, str]:
    """Return the environment of a process with these settings, named without their `KANAVA_`, and no others."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("KANAVA_")}
    return ours | {"PYTHONPATH": str(ROOT)} | {f"KANAVA_{name}": value for name, value in settings.items()}


class Forked:
    """A process that is no child of this one: what is used of `subprocess.Popen`."""

    def __init__(self, told: socket.socket) -> None:
        number, handles, _, _ = socket.recv_fds(told, NUMBER.size, 1)
        assert handles, "the process that forks has ended"
        self.pid: int = NUMBER.unpack(number)[0]
        (self._handle,), self._told = handles, told
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._ended_within(0)

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # it has ended, and the number may be another's by now
            signal.pidfd_send_signal(self._handle, number)

    def wait(self, within_s: float) -> int:
        ended = self._ended_within(within_s)
        assert ended is not None, "it does not end"
        return ended

    def _ended_within(self, seconds: float) -> int | None:
        if self.returncode is None:
            self._told.settimeout(seconds)
            with suppress(TimeoutError, BlockingIOError):
                (self.returncode,) = NUMBER.unpack(self._told.recv(NUMBER.size))
                self._told.close()
                os.close(self._handle)
        return self.returncode


@cache
def _server() -> socket.socket:
    """Start the process that the others are forked from, which ends with this one; return what it listens to."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.forking"]
    with its:
        process = subprocess.Popen(command, cwd=ROOT, env=environment_with(), stdin=its.fileno())

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait(WITHIN_S)

    return ours


def fork(
    words: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    out: IO[Any] | int = subprocess.DEVNULL,
    err: IO[Any] | int = subprocess.DEVNULL,
) -> Forked:
    """Start `python -m` with these words, as `subprocess.Popen` does, without input."""
    asked = json.dumps({"words": list(words), "folder": str(folder), "environment": dict(environment)}).encode()
    told, tells = socket.socketpair()
    with open(os.devnull, "r+b") as nothing, tells:
        streams = [nothing, *(nothing if stream == subprocess.DEVNULL else stream for stream in (out, err))]
        fds = [stream if isinstance(stream, int) else stream.fileno() for stream in streams]
        socket.send_fds(_server(), [asked], [*fds, tells.fileno()])
    return Forked(told)


class Server:
    """Forks what is asked for on a socket, and tells whoever asked how it ended."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._running = selectors.DefaultSelector()
        self._running.register(asked, selectors.EVENT_READ)

    def run(self) -> None:
        """Go on until nobody asks any more; what runs then is killed."""
        while True:
            for key, _ in self._running.select():
                if key.fileobj is not self._asked:
                    self._ended(key.fd, *key.data)
                elif not self._fork():
                    return self._kill_all()

    def _fork(self) -> bool:
        asked, fds, _, _ = socket.recv_fds(self._asked, MOST_BYTES, 4)
        if not asked:
            return False
        *streams, tells = fds
        if (pid := os.fork()) == 0:
            os.close(tells)
            self._asked.close()
            self._running.close()
            become(streams, **json.loads(asked))
        handle = os.pidfd_open(pid)
        teller = socket.socket(fileno=tells)
        socket.send_fds(teller, [NUMBER.pack(pid)], [handle])
        for stream in streams:
            os.close(stream)
        self._running.register(handle, selectors.EVENT_READ, (pid, teller))
        return True

    def _ended(self, handle: int, pid: int, teller: socket.socket) -> None:
        self._running.unregister(handle)
        os.close(handle)
        _, status = os.waitpid(pid, 0)
        with teller, suppress(BrokenPipeError):  # whoever asked is gone
            teller.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _kill_all(self) -> None:
        for key in self._running.get_map().values():
            if key.data is not None:
                os.kill(key.data[0], signal.SIGKILL)


def become(streams: Sequence[int], words: Sequence[str], folder: str, environment: Mapping[str, str]) -> None:
    """Make this process one that was started with these words; it ends as they end."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(len(streams), MOST_FILES)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    sys.exit(0)


def main() -> None:
    for name in IMPORTED:
        import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the tests end what they began
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=0) as asked:
        Server(asked).run()


if __name__ == "__main__":
    main()
