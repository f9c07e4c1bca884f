"""`kanava serve` told to stop: what is under way is answered, nothing new begins, and the end comes soon and in order."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Sandbox
from tests.ports import free_base_port
from tests.scenarios.test_run import ROOT, WITHIN_S, environment, read_until

NEVER_MS = 600_000
AT_ONCE = 20
PATIENT = {"PIM_TIMEOUT_S": "60", "DEADLINE_S": "300"}


class Serving:
    """A running `kanava serve`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, client: httpx.AsyncClient) -> None:
        self.process = process
        self.url = url
        self.client = client

    def ask(self, sku: int) -> asyncio.Task[httpx.Response]:
        """Begin to ask for an article that nobody has asked for."""
        query = f'{{ product(sku: "KV-{sku:06}") {{ sku }} }}'
        return asyncio.create_task(self.client.post(f"{self.url}/graphql", json={"query": query}))

    async def end(self) -> tuple[int | None, str]:
        """Return how it ended, and what it said on stderr."""
        async with asyncio.timeout(WITHIN_S):
            _, said = await self.process.communicate()
        return self.process.returncode, said.decode()


@asynccontextmanager
async def serving(folder: Path, sandbox: Sandbox, **settings: str) -> AsyncIterator[Serving]:
    port = free_base_port()
    env = environment(PORT=str(port), SANDBOX_BASE_PORT=str(sandbox.base_port), **settings)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        "serve",
        cwd=folder,
        env=env | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    url = f"http://127.0.0.1:{port}"
    try:
        await read_until(process.stdout, f"Kanava serves {url}/graphql")
        async with httpx.AsyncClient(trust_env=False, timeout=WITHIN_S) as client:
            await ready(client, url)
            yield Serving(process, url, client)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def ready(client: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while (await client.get(f"{url}/readyz")).status_code != 200:  # noqa: ASYNC110 - what happens in another process sets no event here
            await asyncio.sleep(0.02)


async def wait_for_calls(sandbox: Sandbox, count: int) -> None:
    """Wait until the PIM has been asked so often: then all that was sent before is under way."""
    async with asyncio.timeout(WITHIN_S):
        while sandbox.keys("pim") < count:  # noqa: ASYNC110 - what happens in another process sets no event here
            await asyncio.sleep(0.02)


async def refused(url: str) -> bool:
    """Return whether nobody listens any more, soon."""
    async with asyncio.timeout(WITHIN_S), httpx.AsyncClient(trust_env=False, timeout=1) as client:
        while True:
            try:
                await client.get(f"{url}/healthz")
            except httpx.ConnectError:
                return True
            except httpx.TransportError:
                pass  # it closed the connection while it was asked
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_what_is_under_way_is_answered(tmp_path: Path, sandbox: Sandbox, how: signal.Signals) -> None:
    """A signal while twenty requests wait: nobody new is let in, all twenty are answered, and the end is a good one."""
    async with serving(tmp_path, sandbox, SHUTDOWN_S="60", **PATIENT) as kanava:
        sandbox.fault("pim", "slow", delay_ms=NEVER_MS)
        asked = [kanava.ask(number) for number in range(1, AT_ONCE + 1)]
        await wait_for_calls(sandbox, AT_ONCE)
        kanava.process.send_signal(how)
        closed = await refused(kanava.url)
        waiting = [task.done() for task in asked].count(False)
        sandbox.fault("pim", "ok")
        answers: list[Any] = [(answer.status_code, answer.json()) for answer in await asyncio.gather(*asked)]
        ended = await kanava.end()

    assert (True, AT_ONCE) == (closed, waiting)
    assert [(200, {"data": {"product": {"sku": f"KV-{n:06}"}}}) for n in range(1, AT_ONCE + 1)] == answers
    assert (0, "") == ended


async def test_a_system_that_hangs_keeps_nothing_open(tmp_path: Path, sandbox: Sandbox) -> None:
    """What is not answered when the time is over is cut off with 503, and the process ends as it would otherwise."""
    async with serving(tmp_path, sandbox, SHUTDOWN_S="1", **PATIENT) as kanava:
        sandbox.fault("pim", "slow", delay_ms=NEVER_MS)
        asked = kanava.ask(1)
        await wait_for_calls(sandbox, 1)
        began = asyncio.get_running_loop().time()
        kanava.process.terminate()
        answer = await asked
        status, said = await kanava.end()
        took_s = asyncio.get_running_loop().time() - began

    assert (503, "1", "Kanava stops.") == (answer.status_code, answer.headers["retry-after"], answer.text)
    assert 0 == status
    # that the PIM had not answered may be said as well, when the call to it is ended
    lines = [line for line in said.splitlines() if "PIM does not answer" not in line]
    assert ["Cancel 1 running task(s), timeout graceful shutdown exceeded"] == [
        line.split("] ")[1].split(" [")[0] for line in lines
    ]
    assert 1 <= took_s < 8


async def test_a_second_signal_ends_it_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    """Who cannot wait says so again: the process dies of the second signal."""
    async with serving(tmp_path, sandbox, **PATIENT) as kanava:
        sandbox.fault("pim", "slow", delay_ms=NEVER_MS)
        asked = kanava.ask(1)
        await wait_for_calls(sandbox, 1)
        kanava.process.terminate()
        await refused(kanava.url)
        kanava.process.terminate()
        ended = await kanava.end()
        (outcome,) = await asyncio.gather(asked, return_exceptions=True)

    assert (-signal.SIGTERM, "") == ended
    assert isinstance(outcome, httpx.HTTPError)


async def test_idle_connections_hold_nothing_up(tmp_path: Path, sandbox: Sandbox) -> None:
    """A client that keeps its connection open, but asks nothing, delays nothing."""
    async with serving(tmp_path, sandbox, SHUTDOWN_S="60") as kanava:
        await kanava.client.get(f"{kanava.url}/healthz")
        began = asyncio.get_running_loop().time()
        kanava.process.terminate()
        ended = await kanava.end()
        took_s = asyncio.get_running_loop().time() - began

    assert (0, "") == ended
    assert took_s < 30
