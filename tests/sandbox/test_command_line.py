"""Starting, stopping, killing."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    "arguments", [["dwh"], ["--products", "0"], ["--products", "x"], ["--data", "/nonexistent"], ["--bogus"]]
)
def test_bad_use_is_one_line_and_exit_2(command: Any, arguments: list[str]) -> None:
    """No stack trace, nothing started."""
    code, out, errors = command(*arguments)

    assert (code, out, errors.count("\n")) == (2, "", 1)


def test_a_taken_port_is_one_line_and_exit_1(systems: Any, command: Any) -> None:
    """The line names the system and the port."""
    code, _, errors = command("erp", base_port=systems.base_port)

    assert code == 1
    assert errors.startswith(f"sandbox erp: port {systems.base_port + 1} is taken")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_all_of_it_orderly(start: Any, number: int) -> None:
    """The systems end with their supervisor, without an error."""
    running = start("crm", "wms")

    assert running.stop(number) == 0
    assert running.errors == []


def test_a_delayed_call_does_not_hold_up_the_end(start: Any) -> None:
    """Who waits for a slow answer sees the connection close."""
    running = start("wms")
    running.control("PUT", "wms", "fault", mode="slow", delay_ms=60_000)
    with socket.create_connection(("127.0.0.1", running.base_port + 4)) as caller:
        caller.sendall(b'POST /stock HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n{"skus":[]}')
        while running.control("GET", "wms", "calls").json()["total"] == 0:
            pass

        assert running.stop() == 0
        assert caller.recv(100) == b""
    assert running.errors == []


def test_a_killed_system_leaves_the_others_and_comes_back(start: Any) -> None:
    """SIGKILL takes one system down; started again, its data and keys are as they were."""
    running = start("wms", "iam")
    key = running.client.get(running.url("iam", "jwks")).json()
    stock = running.ask("wms", "stock", skus=["KV-000003"])
    for child in children_of(running.process):
        if " iam " in command_of(child):
            os.kill(child, signal.SIGKILL)
    while not any("ended by SIGKILL" in line for line in list(running.errors)):
        running.ask("wms", "stock", skus=[])

    again = start("iam", base_port=running.base_port)
    assert again.client.get(again.url("iam", "jwks")).json() == key
    assert running.ask("wms", "stock", skus=["KV-000003"]) == stock


def test_data_depends_on_the_seed_and_not_on_how_much_there_is(systems: Any, start: Any) -> None:
    """Two processes agree on the articles they share; another seed gives other articles."""
    skus = [f"KV-{number:06d}" for number in range(1, 200)]
    more, other = start("pim", "--products=2000"), start("pim", "--seed=2")

    products = [running.ask("pim", "products", skus=skus)["products"] for running in (systems, more, other)]
    assert products[0] == products[1] != products[2]


def children_of(process: "subprocess.Popen[str]") -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
