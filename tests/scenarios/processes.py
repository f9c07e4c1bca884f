"""Kanava and the systems behind it, each a process as in production: started, killed, frozen and started again."""

import asyncio
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import httpx

from datasources.cache.sqlite import WRITTEN_AFTER_S
from tests.forking import Forked, environment_with, fork
from tests.ports import free_base_port

NAMES = ("erp", "crm", "pim", "wms", "iam")
REPEATS = int(os.environ.get("KANAVA_TEST_REPEATS", "5"))
SOAK = os.environ.get("KANAVA_TEST_SOAK") == "1"
WITHIN_S = 300 if SOAK else 60
"""What nothing here ever takes: a test that waits longer has failed."""
LOOK_AGAIN_S = 0.02


def kanava(folder: Path, *words: str, **settings: str) -> tuple[int, str, str]:
    """Run a command of `kanava` to its end; return status, stdout, stderr."""
    with TemporaryFile() as out, TemporaryFile() as err:
        ran = fork(["app", *words], folder=folder, environment=environment_with(**settings), out=out, err=err)
        status = ran.wait(WITHIN_S)
        return status, read_again(out), read_again(err)


def read_again(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


class Process:
    """
    A program that listens on a port, with a folder of its own, where `log` is what it says on stderr.

    `ready` is the path at which it answers once it can do its work.
    """

    def __init__(
        self, words: Sequence[str], *, folder: Path, port: int, ready: str, settings: Mapping[str, str]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._words = words
        self._port = port
        self._ready = ready
        self._environment = environment_with(**settings)
        self._process: Forked | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started, and nobody has ended it or waited for its end."""
        return self._process is not None

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def begin(self) -> None:
        """Start it, without waiting for it."""
        assert self._process is None, "it runs already"
        self._process = self._launch()

    def wait(self) -> None:
        """Wait until it answers."""
        assert self._process is not None, "it was not started"
        deadline = time.monotonic() + WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(LOOK_AGAIN_S)

    def start(self) -> None:
        self.begin()
        self.wait()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._end(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None, "it does not run"
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait until it has ended by itself, or of a signal, and return how it did."""
        assert self._process is not None, "it does not run"
        status, self._process = self._process.wait(WITHIN_S), None
        return status

    def stop(self) -> None:
        """End it in order, if it runs."""
        if self._process is not None:
            self.thaw()
            self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Have it do nothing, though connections to it are accepted and hold what is sent."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on, first with what it was sent meanwhile."""
        self.send(signal.SIGCONT)

    def _launch(self) -> Forked:
        with (self.folder / "log").open("ab") as log:
            return fork(self._words, folder=self.folder, environment=self._environment, err=log)

    def _end(self, how: signal.Signals) -> None:
        self.send(how)
        self.end()

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=WITHIN_S)
        with suppress(OSError, HTTPException), closing(connection):
            connection.request("GET", self._ready)
            return connection.getresponse().status == 200
        return False


def start_together(processes: Collection[Process]) -> None:
    """Start processes and wait until each of them answers; when one does not, none is left."""
    try:
        for process in processes:
            process.begin()
        for process in processes:
            process.wait()
    except BaseException:
        for process in processes:
            process.stop()
        raise


class Systems:
    """The sandbox's five systems, which run within the context, and their controls."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.base_port = free_base_port()
        self._control = httpx.Client(timeout=WITHIN_S, trust_env=False)
        self._tokens: dict[str, str] = {}
        options = (f"--base-port={self.base_port}", f"--state={folder}", *options)
        self.processes = {
            name: Process(
                ["sandbox", name, *options],
                folder=folder / name,
                port=self.port(name),
                ready="/_sandbox/health",
                settings={},
            )
            for name in NAMES
        }

    def __enter__(self) -> "Systems":
        start_together(self.processes.values())
        return self

    def __exit__(self, *_: object) -> None:
        self._control.close()
        for process in self.processes.values():
            process.stop()

    @property
    def erp(self) -> Process:
        return self.processes["erp"]

    def port(self, system: str) -> int:
        return self.base_port + 1 + NAMES.index(system)

    def fault(self, system: str, mode: str, **more: Any) -> None:
        self._control.put(self._url(system, "_sandbox/fault"), json={"mode": mode, **more}).raise_for_status()

    def calls(self, system: str = "erp") -> tuple[int, int]:
        """Return how many calls it had since it started, or since these were forgotten, and with how many keys."""
        counted = self._control.get(self._url(system, "_sandbox/calls")).json()
        return counted["total"], counted["keys"]

    def forget_calls(self) -> None:
        for system in NAMES[:4]:
            self._control.delete(self._url(system, "_sandbox/calls")).raise_for_status()

    def set_price(self, account: str, sku: str, unit_price: str) -> None:
        said = {"account": account, "sku": sku, "unit_price": unit_price}
        self._control.put(self._url("erp", "_sandbox/price"), json=said).raise_for_status()

    def erp_prices(self, scope: str, skus: Sequence[str]) -> dict[str, str]:
        """Return what the ERP itself says that the articles cost one of its customers."""
        lines = [{"scope": scope, "sku": sku, "quantity": "1", "currency": "EUR"} for sku in skus]
        answer = self._control.post(self._url("erp", "prices"), json={"lines": lines}).raise_for_status()
        return {price["asked"]["sku"]: price.get("unit_price") for price in answer.json()["prices"]}

    def token(self, person: str) -> str:
        """Return an access token of a person, or of an account's buyer."""
        if person not in self._tokens:
            answer = self._control.get(self._url("iam", "token"), params={"user": person})
            self._tokens[person] = answer.raise_for_status().json()["access_token"]
        return self._tokens[person]

    def _url(self, system: str, path: str) -> str:
        return f"http://127.0.0.1:{self.port(system)}/{path}"


class Replica(Process):
    """`kanava serve` over a sandbox; settings are named without their `KANAVA_`."""

    def __init__(self, sandbox_base_port: int, folder: Path, *, port: int, **settings: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        own = {"PORT": str(port), "SANDBOX_BASE_PORT": str(sandbox_base_port), **settings}
        super().__init__(["app", "serve"], folder=folder, port=port, ready="/readyz", settings=own)

    @property
    def cache_files(self) -> list[Path]:
        return sorted((self.folder / "var").glob("cache.db*"))


@contextmanager
def serving(*replicas: Replica) -> Iterator[None]:
    """Have replicas run within the context; none of them may log a bug."""
    start_together(replicas)
    try:
        yield
    finally:
        for replica in replicas:
            replica.stop()

    assert not any("Traceback" in replica.log for replica in replicas)


class Counting:
    """Stands at a dead system's address: counts the connections, and ends each without an answer."""

    def __init__(self, port: int) -> None:
        self.connections = 0
        self._port = port
        self._counted = asyncio.Condition()

    async def __aenter__(self) -> "Counting":
        self._server = await asyncio.start_server(self._count, "127.0.0.1", self._port, family=socket.AF_INET)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def has_counted(self, connections: int) -> None:
        """Wait until there were so many."""
        async with asyncio.timeout(WITHIN_S), self._counted:
            await self._counted.wait_for(lambda: self.connections >= connections)

    async def _count(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        async with self._counted:
            self.connections += 1
            self._counted.notify_all()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again until it holds."""
    async with asyncio.timeout(WITHIN_S):
        while not await holds():  # noqa: ASYNC110 - what happens in another process sets no event here
            await asyncio.sleep(LOOK_AGAIN_S)


async def until_prices_are_written(cache_file: Path | str) -> None:
    """Wait until the prices that were fetched are in a cache file: they come a moment later, and then no more do."""
    latest: tuple[Any, float] = (None, time.time())

    async def are_all_there() -> bool:
        nonlocal latest
        with closing(sqlite3.connect(cache_file)) as file:
            found = file.execute("SELECT count(*), max(ends) FROM records WHERE kind = 'prices'").fetchone()
        if found != latest[0]:
            latest = found, time.time()
        return time.time() > latest[1] + 3 * WRITTEN_AFTER_S

    await until(are_all_there)
