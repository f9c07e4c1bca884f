"""Runs several systems, each in a process of its own, so that one can be killed while the others go on."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Sequence

from sandbox.say import complain


async def supervise(commands: dict[str, Sequence[str]]) -> int:
    """
    Start the commands, pass SIGTERM and SIGINT on to them, wait for all; return the exit code.

    A system that gives up by itself (a taken port, bad data) takes the others with it. One that is killed does not:
    it stays down until somebody starts it again.
    """
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    children = {name: await asyncio.create_subprocess_exec(*command) for name, command in commands.items()}
    ends = [asyncio.create_task(_outcome(name, child, stopping)) for name, child in children.items()]
    stopper = asyncio.create_task(_stop(stopping, list(children.values())))
    codes = await asyncio.gather(*ends)
    stopper.cancel()
    return max(codes)


async def _outcome(name: str, child: Process, stopping: asyncio.Event) -> int:
    code = await child.wait()
    if stopping.is_set():
        return max(code, 0)
    if code < 0:
        complain(f"sandbox {name}: ended by {signal.Signals(-code).name}")
        return 0
    stopping.set()
    return code


async def _stop(stopping: asyncio.Event, children: Sequence[Process]) -> None:
    await stopping.wait()
    for child in children:
        if child.returncode is None:
            child.terminate()
