"""The access log: what a line tells, whichever way it is made."""

import json
from io import StringIO
from typing import Any

import pytest

from app.telemetry.access import AccessLog, fixed_of, lines_of_requests
from app.telemetry.logs import Answered, in_request
from tests.app.telemetry.conftest import OpenLogs

NAMES = [
    None,
    "",
    "Listing",
    "N" * 99,
    "N" * 100,
    "N" * 101,
    'with "quotes"',
    "with \\backslash\\",
    "\N{SNOWMAN}\N{GRINNING FACE}",
    "\x00\n\r\u2028\x7f",
    "å" * 300,
    "}{%s",
    "Bearer abcdefghijkl",
    "anna@example.fi",
    "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
    "\N{GRINNING FACE}" * 100,
]
CODES = [(), ("SOURCE_UNAVAILABLE",), ("NOT_FOUND", "INTERNAL")]


def answered(name: str | None, **changes: Any) -> Answered:
    usual: dict[str, Any] = {
        "operation": name,
        "document": "0123456789abcdef",
        "kind": "query",
        "status": 200,
        "codes": [],
        "cost": 12,
        "took_s": 0.0123,
        "upstream_calls": 0,
        "sent_bytes": 345,
        "client": "ipv4",
    }
    return Answered(**{**usual, **changes})


def written(out: StringIO) -> list[str]:
    """Return the lines, without their times."""
    return [line.replace(json.loads(line)["timestamp"], "TIME") for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("codes", CODES)
@pytest.mark.parametrize("name", NAMES)
def test_both_lines_are_the_same(open_logs: OpenLogs, name: str | None, codes: tuple[str, ...]) -> None:
    """What is made of parts that are ready is what is made of them all, to the byte."""
    out, _ = open_logs()
    log = AccessLog()
    with in_request("a1b2c3d4"):
        log.note(answered(name, codes=list(codes)))
    log.note_plain(fixed_of(name, "0123456789abcdef", 12), codes, 0.0123, 345, "127.0.0.1", "a1b2c3d4")
    first, second = written(out)

    assert first == second


@pytest.mark.parametrize("took_s", [0.0, 0.00004, 0.00005, 0.04995, 0.05, 1.0, 12.34567, 5_000.0])
def test_how_long_it_took(open_logs: OpenLogs, took_s: float) -> None:
    """It is told in milliseconds to a tenth, the same both ways."""
    out, _ = open_logs()
    log = AccessLog()
    with in_request("a1b2c3d4"):
        log.note(answered("Q", took_s=took_s))
    log.note_plain(fixed_of("Q", "0123456789abcdef", 12), (), took_s, 345, "127.0.0.1", "a1b2c3d4")
    first, second = written(out)

    assert first == second
    assert round(took_s * 1000, 1) == json.loads(first)["ms"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_client_made_up(open_logs: OpenLogs, name: str | None) -> None:
    """Whatever a client calls its operation, a line is one line of JSON, and tells no secret."""
    out, _ = open_logs()
    AccessLog().note(answered(name, status=400))
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)["operation"]

    assert name is None or len(told) <= 100
    assert not any(secret in line for secret in ("abcdefghijkl", "anna", "eyJ"))


def test_in_development(open_logs: OpenLogs) -> None:
    """Lines for people are made by logging: none is made here."""
    out, _ = open_logs(production=False)
    log = AccessLog()
    log.note_plain(fixed_of("Q", "d", 1), (), 0.001, 1, "127.0.0.1", "a1b2c3d4")

    assert (None, False, "") == (lines_of_requests(), log.is_plain, out.getvalue())


def test_when_nobody_configured_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is written, and nothing has to wait for it."""
    caplog.set_level("WARNING", "kanava")
    log = AccessLog()
    log.note(answered("Q"))
    log.note_plain(fixed_of("Q", "d", 1), (), 0.001, 1, "127.0.0.1", "a1b2c3d4")

    assert log.is_plain
    assert [] == caplog.records
