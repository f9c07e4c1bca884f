"""`kanava serve` told to stop: what is under way is answered, nothing new begins, and the end comes soon and in order."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Sandbox
from tests.ports import free_base_port
from tests.scenarios.processes import WITHIN_S, Replica

NEVER_MS = 600_000
AT_ONCE = 20
PATIENT = {"PIM_TIMEOUT_S": "60", "DEADLINE_S": "300"}


class Serving:
    """A running `kanava serve`."""

    def __init__(self, replica: Replica, client: httpx.AsyncClient) -> None:
        self.replica = replica
        self.url = replica.url
        self.client = client

    def ask(self, sku: int) -> asyncio.Task[httpx.Response]:
        """Begin to ask for an article that nobody has asked for."""
        query = f'{{ product(sku: "KV-{sku:06}") {{ sku }} }}'
        return asyncio.create_task(self.client.post(f"{self.url}/graphql", json={"query": query}))

    async def end(self) -> tuple[int, str]:
        """Return how it ended, and what it said on stderr."""
        return await asyncio.to_thread(self.replica.end), self.replica.log


@asynccontextmanager
async def serving(folder: Path, sandbox: Sandbox, **settings: str) -> AsyncIterator[Serving]:
    replica = Replica(sandbox.base_port, folder, port=free_base_port(), **settings)
    await asyncio.to_thread(replica.start)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=WITHIN_S) as client:
            yield Serving(replica, client)
    finally:
        if replica.runs:
            replica.kill()


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
        kanava.replica.send(how)
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
        kanava.replica.send(signal.SIGTERM)
        answer = await asked
        status, said = await kanava.end()

    assert (503, "1", "Kanava stops.") == (answer.status_code, answer.headers["retry-after"], answer.text)
    assert 0 == status
    # that the PIM had not answered may be said as well, when the call to it is ended
    lines = [line for line in said.splitlines() if "PIM does not answer" not in line]
    assert ["Cancel 1 running task(s), timeout graceful shutdown exceeded"] == [
        line.split("] ")[1].split(" [")[0] for line in lines
    ]


async def test_a_second_signal_ends_it_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    """Who cannot wait says so again: the process dies of the second signal."""
    async with serving(tmp_path, sandbox, **PATIENT) as kanava:
        sandbox.fault("pim", "slow", delay_ms=NEVER_MS)
        asked = kanava.ask(1)
        await wait_for_calls(sandbox, 1)
        kanava.replica.send(signal.SIGTERM)
        await refused(kanava.url)
        kanava.replica.send(signal.SIGTERM)
        ended = await kanava.end()
        (outcome,) = await asyncio.gather(asked, return_exceptions=True)

    assert (-signal.SIGTERM, "") == ended
    assert isinstance(outcome, httpx.HTTPError)


async def test_idle_connections_hold_nothing_up(tmp_path: Path, sandbox: Sandbox) -> None:
    """A client that keeps its connection open, but asks nothing, delays nothing."""
    async with serving(tmp_path, sandbox, SHUTDOWN_S="60") as kanava:
        await kanava.client.get(f"{kanava.url}/healthz")
        kanava.replica.send(signal.SIGTERM)
        ended = await kanava.end()

    assert (0, "") == ended
