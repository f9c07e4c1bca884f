"""`make run` and the command line, as processes: started, looked at, killed, stopped."""

import asyncio
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_base_port

KANAVA = [sys.executable, "-m", "app"]
ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60


def environment(**settings: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("KANAVA_")}
    return ours | {"PYTHONPATH": str(ROOT)} | {f"KANAVA_{name}": value for name, value in settings.items()}


def kanava(folder: Path, *words: str, **settings: str) -> tuple[int, str, str]:
    """Run a command to its end; return status, stdout, stderr."""
    done = subprocess.run(
        [*KANAVA, *words], cwd=folder, env=environment(**settings), capture_output=True, text=True, timeout=WITHIN_S
    )
    return done.returncode, done.stdout, done.stderr


class Demo:
    """A running `kanava demo`, in a folder of its own."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, base: int) -> None:
        self.process = process
        self.folder = folder
        self.base = base
        self.url = f"http://127.0.0.1:{base}"

    def pid(self, name: str) -> int:
        return int((self.folder / f"var/run/{name}.pid").read_text())

    async def ask(self, query: str, person: str | None = None) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            headers = {}
            if person:
                token = (await client.get(f"http://127.0.0.1:{self.base + 5}/token", params={"user": person})).json()
                headers = {"authorization": f"Bearer {token['access_token']}"}
            answer = await client.post(f"{self.url}/graphql", json={"query": query}, headers=headers)
            body: dict[str, Any] = answer.json()
            return body


async def read_until(stream: asyncio.StreamReader, line: str) -> list[str]:
    """Read lines until this one comes."""
    lines: list[str] = []
    async with asyncio.timeout(WITHIN_S):
        while line not in lines:
            read = await stream.readline()
            assert read, f"it ended after {lines}"
            lines.append(read.decode().rstrip("\n"))
    return lines


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async for running in start_demo(tmp_path):
        yield running


async def start_demo(folder: Path, *options: str) -> AsyncIterator[Demo]:
    base = free_base_port()
    env = environment(PORT=str(base), SANDBOX_BASE_PORT=str(base))
    process = await asyncio.create_subprocess_exec(
        *KANAVA, "demo", *options, cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        await read_until(process.stdout, f"Kanava is ready: http://127.0.0.1:{base}/graphql")
        yield Demo(process, folder, base)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(WITHIN_S):
            await process.communicate()


async def test_ready_means_ready(demo: Demo) -> None:
    """After the ready line a query with prices works, and every process is known by its pid file."""
    query = '{ product(sku: "KV-000001") { name price { unitPrice { currency } } availability { status } } }'
    product = (await demo.ask(query, "anna"))["data"]["product"]

    assert {
        "name": "Kupariputki 15x1,0 mm pehmeä 3 m",
        "price": {"unitPrice": {"currency": "EUR"}},
        "availability": {"status": "IN_STOCK"},
    } == product
    for name in ("erp", "crm", "pim", "wms", "iam", "api"):
        os.kill(demo.pid(name), 0)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_all_of_it(demo: Demo, how: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end every process, in order, and leave no pid file."""
    pids = [demo.pid(name) for name in ("erp", "crm", "pim", "wms", "iam", "api")]
    demo.process.send_signal(how)
    async with asyncio.timeout(WITHIN_S):
        _, stderr = await demo.process.communicate()

    assert (0, b"") == (demo.process.returncode, stderr)
    assert [] == list((demo.folder / "var/run").iterdir())
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_clients_that_hang_up_end_nothing(demo: Demo) -> None:
    """However clients go away, before, during or after the answer, the API goes on and says nothing of it."""
    question = json.dumps({"query": "{ products(first: 100) { nodes { sku name } } }"}).encode()
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    whole = head % len(question) + question
    large = b"GET /graphql/explorer/explorer.js HTTP/1.1\r\nHost: x\r\n\r\n"
    for sent in (b"", whole[:40], whole[:-5], whole, *[large] * 60):
        for reset in (0, 1):
            with socket.create_connection(("127.0.0.1", demo.base)) as client:
                client.sendall(sent)
                assert sent != large or client.recv(1000)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", reset, 0))
    answer = await demo.ask("{ channelStatus { mode } }")
    demo.process.terminate()
    async with asyncio.timeout(WITHIN_S):
        _, stderr = await demo.process.communicate()

    assert {"data": {"channelStatus": {"mode": "NORMAL"}}} == answer
    assert (0, b"") == (demo.process.returncode, stderr)


def test_output_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    """`kanava sdl | true` says nothing on stderr."""
    words = [*KANAVA, "sdl"]
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()

        assert b"" == process.stderr.read()


async def test_a_killed_erp_comes_back_with_its_data(tmp_path: Path) -> None:
    """The ERP killed: browsing goes on without prices. `kanava sandbox erp` brings it back, with its data, into the demo."""
    async for demo in start_demo(tmp_path, "--products", "60", "--seed", "7"):
        query = "{ products(first: 60, sort: SKU) { totalCount nodes { sku price { unitPrice { amount } } } } }"
        os.kill(demo.pid("erp"), signal.SIGKILL)
        without = await demo.ask(query, "anna")
        env = environment(PORT=str(demo.base), SANDBOX_BASE_PORT=str(demo.base))
        erp = await asyncio.create_subprocess_exec(
            *KANAVA, "sandbox", "erp", cwd=tmp_path, env=env, stdout=asyncio.subprocess.PIPE
        )
        assert erp.stdout is not None
        await read_until(erp.stdout, f"sandbox erp: http://127.0.0.1:{demo.base + 1}")
        with_erp = await demo.ask(query, "anna")
        noted = demo.pid("erp")
        demo.process.terminate()
        async with asyncio.timeout(WITHIN_S):
            await erp.communicate()
            await demo.process.communicate()

        assert (erp.pid, 0) == (noted, erp.returncode)
        assert [] == list((tmp_path / "var/run").iterdir())
        assert {None} == {node["price"] for node in without["data"]["products"]["nodes"]}
        assert {"ERP"} == {error["extensions"]["system"] for error in without["errors"]}
        assert "errors" not in with_erp
        assert without["data"]["products"]["totalCount"] == with_erp["data"]["products"]["totalCount"] < 60


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    """A port in use is told in one line before anything is started, by every command that listens."""
    base = free_base_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base))
        taken.listen()
        said = f"kanava: cannot listen on 127.0.0.1:{base}: Address already in use\n"

        assert (1, "", said) == kanava(tmp_path, "serve", "--port", str(base))
        assert (1, "", said) == kanava(tmp_path, "demo", PORT=str(base), SANDBOX_BASE_PORT=str(base))
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("command", [["serve"], ["demo"], ["token", "anna"]])
def test_all_bad_settings_are_listed(tmp_path: Path, command: list[str]) -> None:
    """Every setting that is wrong is named with its value and what was expected; exit 2."""
    status, out, err = kanava(tmp_path, *command, PORT="eighty", ERP_URL="erp.example", NO_SUCH="1", ERP_TOKEN="s3cret")

    assert (2, "") == (status, out)
    assert [
        "kanava: KANAVA_ERP_URL='erp.example': expected an address such as http://erp.example:8080, without user, password or query",
        "kanava: KANAVA_NO_SUCH: there is no such setting",
        "kanava: KANAVA_PORT='eighty': Input should be a valid integer, unable to parse string as an integer",
    ] == sorted(err.splitlines())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense"], "kanava: No such command 'nonsense'.\n"),
        (
            ["serve", "--port", "x"],
            "kanava: Invalid value for '--port': Input should be a valid integer, unable to parse string as an integer\n",
        ),
        (["demo", "--data", "no-such"], "kanava: Invalid value for '--data': dir 'no-such' does not exist.\n"),
        (["token"], "kanava: Missing argument 'name'.\n"),
    ],
)
def test_bad_use_is_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    """Bad use of the command line is one line on stderr and exit 2."""
    assert (2, "", message) == kanava(tmp_path, *words)


def test_a_token_needs_its_provider(tmp_path: Path) -> None:
    """Without a provider `kanava token` says where it looked; exit 1."""
    base = free_base_port()
    status, out, err = kanava(tmp_path, "token", "anna", SANDBOX_BASE_PORT=str(base))

    assert (1, "") == (status, out)
    assert err.startswith(f"kanava: no identity provider answers at http://127.0.0.1:{base + 5}")
    assert 1 == len(err.splitlines())


async def test_bad_rows_are_named_and_the_rest_is_served(tmp_path: Path) -> None:
    """A company's own export: every bad row is named by file and line, and everything else can be queried."""
    product = {
        "sku": "A-1",
        "name": "Pump",
        "model": "P",
        "category": ["Pumps"],
        "description": {"en": "A pump.", "fi": "Pumppu."},
        "attributes": {"color": "Red"},
        "listPrice": "10.0000",
        "currency": "EUR",
        "unit": "EA",
        "leadTimeDays": 1,
        "sellFrom": "2019-04-30",
        "sellUntil": None,
        "discontinued": None,
    }
    account = {"number": "X-1", "name": "Shop", "kind": "COMPANY", "parent": None, "addresses": []}
    data = tmp_path / "export"
    data.mkdir()
    for name, rows in {
        "products": [json.dumps(product), "{not json", json.dumps(product | {"sku": "A-2", "listPrice": "ten"})],
        "stock": [json.dumps({"sku": "A-1", "location": "Main", "quantity": 5}), '{"sku": "A-1"}'],
        "accounts": [json.dumps(account), json.dumps(account | {"number": "X-2", "parent": "nobody"})],
        "price_breaks": [],
    }.items():
        (data / f"{name}.ndjson").write_text("".join(row + "\n" for row in rows), "utf-8")
    async for demo in start_demo(tmp_path, "--data", str(data)):
        query = """{ viewer { account { name } } products(first: 10) { totalCount nodes { sku description(locale: "fi")
            price { unitPrice { amount currency } } availability { quantity { value } } } } }"""
        answer = await demo.ask(query, "X-1")
        demo.process.terminate()
        _, stderr = await demo.process.communicate()

        assert {
            "viewer": {"account": {"name": "Shop"}},
            "products": {
                "totalCount": 1,
                "nodes": [
                    {
                        "sku": "A-1",
                        "description": "Pumppu.",
                        "price": {"unitPrice": {"amount": "10.0000", "currency": "EUR"}},
                        "availability": {"quantity": {"value": "5"}},
                    }
                ],
            },
        } == answer["data"]
        named = re.findall(r"^\S*?(\w+\.ndjson:\d+): \S.*$", stderr.decode(), re.MULTILINE)

        assert ["accounts.ndjson:2", "products.ndjson:2", "products.ndjson:3", "stock.ndjson:2"] == sorted(named)
