"""Sandbox systems in processes of their own, as everybody else meets them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_base_port

ROOT = Path(__file__).parents[2]
NAMES = ("erp", "crm", "pim", "wms", "iam")


@dataclass(slots=True)
class Running:
    """A `python -m sandbox` that listens, and how to talk to it."""

    process: subprocess.Popen[str]
    base_port: int
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=20))
    errors: list[str] = field(default_factory=list)

    def url(self, system: str, path: str) -> str:
        return f"http://127.0.0.1:{self.base_port + NAMES.index(system) + 1}/{path}"

    def ask(self, system: str, path: str, **body: Any) -> Any:
        answer = self.client.post(self.url(system, path), json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, method: str, system: str, path: str, **body: Any) -> httpx.Response:
        return self.client.request(method, self.url(system, f"_sandbox/{path}"), json=body or None)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(20)
        self.client.close()
        return code


Start = Callable[..., Running]


def launch(*arguments: str, base_port: int, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KANAVA_")}
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments, f"--base-port={base_port}"],
        cwd=ROOT, env={**clean, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _started(process: subprocess.Popen[str], base_port: int, systems: int) -> Running:
    running = Running(process, base_port)
    assert process.stdout is not None
    assert process.stderr is not None
    lines = [process.stdout.readline() for _ in range(systems)]
    # A full pipe would stop the systems, so somebody reads it.
    threading.Thread(target=lambda: running.errors.extend(process.stderr or ()), daemon=True).start()
    if not all(line.startswith("sandbox ") for line in lines):
        running.stop(signal.SIGKILL)
        raise AssertionError((lines, running.errors))
    return running


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    """Start systems (all five when none is named) that stop with the test."""
    begun: list[Running] = []

    def run(*arguments: str, base_port: int | None = None, env: dict[str, str] | None = None) -> Running:
        port = base_port or free_base_port()
        process = launch(f"--state={state}", *arguments, base_port=port, env=env)
        named = [argument for argument in arguments if argument in NAMES]
        begun.append(_started(process, port, len(named) or len(NAMES)))
        return begun[-1]

    yield run
    for running in begun:
        running.stop()
        _close(running)


@pytest.fixture(scope="session")
def shared(state: Path) -> Iterator[Running]:
    """All five systems with generated data, for tests that leave them as they were."""
    port = free_base_port()
    running = _started(launch(f"--state={state}", base_port=port), port, len(NAMES))
    yield running
    running.stop()
    _close(running)


@pytest.fixture
def systems(shared: Running) -> Iterator[Running]:
    yield shared
    for name in NAMES:
        shared.control("POST", name, "reset")


@pytest.fixture
def command() -> Callable[..., tuple[int, str, str]]:
    """Run the command line to its end: exit code, stdout, stderr."""

    def run(*arguments: str, base_port: int | None = None) -> tuple[int, str, str]:
        process = launch(*arguments, base_port=base_port or free_base_port())
        out, errors = process.communicate(timeout=20)
        return process.returncode, out, errors

    return run


def _close(running: Running) -> None:
    for stream in (running.process.stdout, running.process.stderr):
        if stream is not None:
            stream.close()
