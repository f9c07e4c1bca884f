"""The line of a request in the log is the same, whichever way it was answered."""

import json
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest

from app.telemetry.access import lines_of_requests
from datasources.circuit.breaker import State
from datasources.model.common import System
from tests.app.express.conftest import Served
from tests.app.express.wire import post
from tests.app.telemetry.conftest import OpenLogs, open_logs

__all__ = ["open_logs"]

ID = "kanava-request-id: 0123456789abcdef"
QUERY = '{ product(sku: "KV-1") { sku name } }'
PRICED = '{ product(sku: "KV-1") { price { unitPrice { amount } } } }'
LONG = "{ " + " ".join(f'p{i}: product(sku: "KV-1") {{ id name sku lifecycle }}' for i in range(25)) + " }"


def lines(out: StringIO) -> list[str]:
    """Return lines without their times, as they were written."""
    told = []
    for line in out.getvalue().splitlines():
        read = json.loads(line)
        told.append(line.replace(read["timestamp"], "T").replace(f'"ms":{read["ms"]}', '"ms":null'))
    return told


async def told(served: Served, out: StringIO, request: bytes) -> tuple[str, str]:
    """Return what the log tells of a request, answered at once and on the ordinary way."""
    await served.ask(request)
    with served.ordinarily():
        await served.ask(request)
    waiting = lines_of_requests()
    assert waiting is not None
    waiting.flush()
    first, second = lines(out)[-2:]
    return first, second


@pytest.mark.parametrize(
    ("query", "person", "headers"),
    [
        (QUERY, None, ()),
        (QUERY, "anna", ("accept: application/graphql-response+json",)),
        (QUERY.replace("{ product", "query Name { product"), None, ("x-forwarded-for: 2001:db8::1",)),
        (f"query {'N' * 200} {QUERY}", None, ()),
        (LONG, None, ("accept-encoding: br",)),
        (LONG, "anna", ("accept-encoding: gzip",)),
    ],
)
async def test_a_line(
    served: Served, open_logs: OpenLogs, query: str, person: str | None, headers: tuple[str, ...]
) -> None:
    """It says the same in the same order, but for the time, and how long it took."""
    out, err = open_logs()
    signed = [served.signed(person)] if person else []
    body = await served.known(query, *signed)
    first, second = await told(served, out, post(body, ID, *signed, *headers))

    assert ["express", "ordinary"] == served.ways
    assert second == first
    assert "" == err.getvalue()


async def test_what_went_wrong(served: Served, open_logs: OpenLogs) -> None:
    """The codes of errors are told."""
    out, _ = open_logs()
    signed = served.signed("anna")
    served.services.guards[System.ERP].circuit.force(State.OPEN)
    served.erp.failure = served.erp.left_alone()
    body = await served.known(PRICED, signed)
    first, second = await told(served, out, post(body, ID, signed))

    assert ["express", "ordinary"] == served.ways
    assert second == first
    assert ["SOURCE_UNAVAILABLE"] == json.loads(first)["codes"]


async def test_what_had_to_wait(served: Served, open_logs: OpenLogs) -> None:
    """What was begun at once and had to wait tells of the calls that it waited for; its lines name one request."""
    out, _ = open_logs()
    signed = served.signed("anna")
    body = await served.known(PRICED, signed)
    served.clock.advance(61)
    first, second = await told(served, out, post(body, ID, signed))
    waited, not_waited = json.loads(first), json.loads(second)

    assert ["begun", "ordinary"] == served.ways
    assert (3, 0) == (waited.pop("upstream_calls"), not_waited.pop("upstream_calls"))
    assert not_waited == waited


async def test_in_development(served: Served, open_logs: OpenLogs) -> None:
    """Where lines are made to be read by people every request goes the ordinary way."""
    out, _ = open_logs(production=False)
    body = await served.known(QUERY)
    await served.ask(post(body, ID))

    assert ["ordinary"] == served.ways
    assert "answered" in out.getvalue().splitlines()[-1]
    assert "request=0123456789abcdef" in out.getvalue().splitlines()[-1]


AT_THE_END = """
import asyncio
from app.telemetry import logs
from app.telemetry.access import AccessLog, fixed_of
logs.configure(production=True)
async def main():
    AccessLog().note_plain(fixed_of("Q", "d", 1), (), 0.001, 2, "127.0.0.1", "0123456789abcdef")
asyncio.run(main())
"""


def test_at_the_end() -> None:
    """A line that still waits when the process ends is written."""
    done = subprocess.run([sys.executable, "-c", AT_THE_END], capture_output=True, timeout=60, check=True)
    line: dict[str, Any] = json.loads(done.stdout)

    assert ("Q", "0123456789abcdef", b"") == (line["operation"], line["request"], done.stderr)
