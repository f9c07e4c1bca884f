"""`make run`: the sandbox systems and the API, each its own process, started and stopped together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import httpx

from app.settings import SANDBOX_PORTS, Settings, http_address
from datasources.model.common import System

RUN = Path("var/run")
OPTIONS = RUN / "sandbox.options"
"""The options of the sandbox that is running, so that a killed system comes back with the same data."""
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 10.0
SANDBOXED = (System.ERP, System.CRM, System.PIM, System.WMS, System.IAM)


def remembered_options() -> list[str]:
    """Return the options of the demo that is running, none when none is."""
    return OPTIONS.read_text("utf-8").splitlines() if OPTIONS.exists() else []


def take_place(name: str) -> None:
    """Note that this process takes the place of a system that was killed, so that the demo ends it with the others."""
    (RUN / f"{name}.pid").write_text(f"{os.getpid()}\n")


def sandbox_options(*, base_port: int, products: int | None, seed: int | None, data: Path | None) -> list[str]:
    """Return the options for the sandbox's own command line."""
    given = {"--base-port": base_port, "--products": products, "--seed": seed, "--data": data}
    return [word for name, value in given.items() if value is not None for word in (name, str(value))]


class Demo:
    """The processes of one `make run`."""

    def __init__(self, settings: Settings, options: list[str]) -> None:
        self._settings = settings
        self._options = options
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False

    def ports(self) -> list[tuple[str, int]]:
        """Return where the processes will listen."""
        base = self._settings.sandbox_base_port
        sandbox = [("127.0.0.1", base + SANDBOX_PORTS[system]) for system in SANDBOXED if not self._has_own(system)]
        return [(self._settings.host, self._settings.port), *sandbox]

    def run(self) -> int:
        """Start everything, say when it is ready, and stay until told to stop; return the exit status."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            return self._run()
        finally:
            self._end_all()

    def _run(self) -> int:
        systems = [system for system in SANDBOXED if not self._has_own(system)]
        RUN.mkdir(parents=True, exist_ok=True)
        self._forget_other_data()
        OPTIONS.write_text("\n".join(self._options), "utf-8")
        for system in systems:
            name = system.value.lower()
            self._start(name, [sys.executable, "-m", "sandbox", name, *self._options])
        addresses = {s.value.lower(): f"{self._settings.sandbox_url(s)}/_sandbox/health" for s in systems}
        if not self._wait_for(addresses):
            return 0 if self._stopping else 1
        self._start("api", [sys.executable, "-m", "app", "serve", "--workers=1"])
        address = http_address(self._settings.host, self._settings.port)
        if not self._wait_for({"api": f"{address}/readyz"}):
            return 0 if self._stopping else 1
        sys.stdout.write(f"Kanava is ready: {address}/graphql\n")  # in one write: the processes share a stdout
        sys.stdout.flush()
        return self._stay()

    def _forget_other_data(self) -> None:
        """Remove what was remembered of a sandbox with other data: it listened at the same addresses."""
        cache = Path(self._settings.cache_file)
        noted, options = cache.with_name(f"{cache.name}.sandbox"), "\n".join(self._options)
        if not noted.exists() or noted.read_text("utf-8") != options:
            for ending in ("", "-wal", "-shm"):
                cache.with_name(cache.name + ending).unlink(missing_ok=True)
            noted.parent.mkdir(parents=True, exist_ok=True)
            noted.write_text(options, "utf-8")

    def _has_own(self, system: System) -> bool:
        if system is System.IAM:
            return self._settings.oidc.issuer is not None
        return self._settings.of(system).url is not None

    def _start(self, name: str, command: list[str]) -> None:
        # a session of its own: Ctrl-C reaches this process alone, which then stops the others in order
        process = subprocess.Popen(command, start_new_session=True)
        self._processes[name] = process
        (RUN / f"{name}.pid").write_text(f"{process.pid}\n")

    def _wait_for(self, addresses: dict[str, str]) -> bool:
        """Wait until all answer; False when one ended (it said why), or some do not answer in time."""
        waiting, deadline = dict(addresses), time.monotonic() + READY_WITHIN_S
        while waiting and not self._stopping:
            for name, address in list(waiting.items()):
                if self._processes[name].poll() is not None:
                    print(f"kanava: {name} did not start", file=sys.stderr)
                    return False
                if _answers(address):
                    del waiting[name]
            if waiting and time.monotonic() > deadline:
                print(f"kanava: {', '.join(waiting)} did not answer within {READY_WITHIN_S:g} s", file=sys.stderr)
                return False
            time.sleep(0.05)
        return not self._stopping

    def _stay(self) -> int:
        """Stay while the API runs. A sandbox system that ends stays down: that is what killing it is for."""
        api = self._processes["api"]
        while not self._stopping:
            if api.poll() is not None:
                print(f"kanava: the API ended with status {api.returncode}", file=sys.stderr)
                return 1
            for process in self._processes.values():
                process.poll()
            time.sleep(0.1)
        return 0

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end_all(self) -> None:
        """Stop the API first, so that what it is answering still has its systems."""
        names = sorted(self._processes, key=lambda name: name != "api")
        for name in names:
            process = self._processes[name]
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _end_successor(name, self._options)
            _remove(RUN / f"{name}.pid", f"{process.pid}\n")
        _remove(OPTIONS, "\n".join(self._options))


def _end_successor(name: str, options: list[str]) -> None:
    """End what took a killed system's place (`take_place`), if it runs still: known by its command, for pids return."""
    file = RUN / f"{name}.pid"
    command = Path("/proc", file.read_text().strip(), "cmdline") if file.exists() else file
    if command.exists() and command.read_bytes().decode().split("\0")[1:-1] == ["-m", "sandbox", name, *options]:
        os.kill(int(file.read_text()), signal.SIGTERM)
        file.unlink()


def _remove(file: Path, ours: str) -> None:
    """Remove a file of this run; another run in the same folder may have written its own since."""
    if file.exists() and file.read_text("utf-8") == ours:
        file.unlink()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
