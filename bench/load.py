"""The load: `wrk`, which costs little, on another core than the servers."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.places import HERE


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: a body under the headers of each customer in turn, over so many connections, each one at a time."""

    url: str
    body: Path
    headers: Path
    connections: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a load of `took_s`; `failed` are broken connections, time-outs and statuses from 400 on."""

    requests: int
    took_s: float
    p50_ms: float
    p99_ms: float
    failed: int


class LoadFailed(Exception):
    """`wrk` did not run to its end."""


def run(wrk: str, load: Load, duration_s: int) -> Answered:
    """
    Send as much as is answered for so many seconds.

    Raises:
        LoadFailed: it could not be done.
    """
    options = ["-t1", f"-c{load.connections}", f"-d{duration_s}s", "--timeout", "10s", "-s", str(HERE / "rotate.lua")]
    command = [wrk, *options, load.url, "--", str(load.body), str(load.headers)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=duration_s + 30, check=False)
    said = [line.split() for line in done.stdout.splitlines() if line.startswith("BENCH ")]
    if not said:
        raise LoadFailed(f"{load.url}: {done.stdout}{done.stderr}")
    requests, took_us, p50_us, p99_us, failed = (int(word) for word in said[0][1:])
    return Answered(requests, took_us / 1e6, p50_us / 1e3, p99_us / 1e3, failed)
