"""What is logged, and what never is."""

import json
import logging
import re
from io import StringIO
from typing import Any

import pytest

from app.telemetry.access import AccessLog
from app.telemetry.logs import (
    Answered,
    client_of,
    current_request_id,
    document_hash,
    in_request,
    printable,
    request_id_of,
)
from tests.app.telemetry.conftest import OpenLogs

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
LOG = logging.getLogger("kanava.test")


def answered(**changes: Any) -> Answered:
    usual: dict[str, Any] = {
        "operation": "Listing",
        "document": document_hash("{ a }"),
        "kind": "query",
        "status": 200,
        "codes": (),
        "cost": 12,
        "took_s": 0.01234,
        "upstream_calls": 2,
        "sent_bytes": 345,
        "client": "ipv4",
    }
    return Answered(**{**usual, **changes})


def lines(written: StringIO) -> list[dict[str, Any]]:
    """Return lines of JSON without the time, which each must have."""
    read = [json.loads(line) for line in written.getvalue().splitlines()]
    for line in read:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("timestamp"))
    return read


def test_a_request(open_logs: OpenLogs) -> None:
    """One line of JSON on stdout tells of a request all that others may know."""
    out, err = open_logs()
    with in_request("a1b2c3d4"):
        AccessLog().note(answered(codes=("NOT_FOUND", "INTERNAL")))

    assert [
        {
            "event": "answered",
            "level": "info",
            "logger": "kanava.access",
            "request": "a1b2c3d4",
            "operation": "Listing",
            "document": "1c7e1e347f726166",
            "kind": "query",
            "status": 200,
            "codes": ["NOT_FOUND", "INTERNAL"],
            "cost": 12,
            "ms": 12.3,
            "upstream_calls": 2,
            "bytes": 345,
            "client": "ipv4",
        }
    ] == lines(out)
    assert "" == err.getvalue()


def test_nothing_known(open_logs: OpenLogs) -> None:
    """A request that was refused before it was read has a line too."""
    out, _ = open_logs()
    AccessLog().note(
        answered(operation=None, document=None, kind=None, cost=None, upstream_calls=None, status=400, codes=("X",))
    )
    (line,) = lines(out)

    assert (None, None, None, None, None, 400) == tuple(
        line[name] for name in ("operation", "document", "kind", "cost", "upstream_calls", "status")
    )


def test_in_development(open_logs: OpenLogs) -> None:
    """In development a line is for reading."""
    out, _ = open_logs(production=False)
    with in_request("a1b2c3d4"):
        AccessLog().note(answered())

    assert (
        "[info     ] answered [kanava.access] bytes=345 client=ipv4 codes=[] cost=12 document=1c7e1e347f726166 "
        "kind=query ms=12.3 operation=Listing request=a1b2c3d4 status=200 upstream_calls=2\n"
    ) == out.getvalue().partition(" ")[2]


def test_what_goes_wrong_goes_to_stderr(open_logs: OpenLogs) -> None:
    """Warnings and worse are on stderr, our own news on stdout, and news of libraries nowhere."""
    out, err = open_logs()
    for log in (LOG, logging.getLogger("uvicorn.error")):
        log.info("news")
        log.warning("worse: %s", "why")

    assert [("kanava.test", "news")] == [(line["logger"], line["event"]) for line in lines(out)]
    assert [("kanava.test", "worse: why"), ("uvicorn.error", "worse: why")] == [
        (line["logger"], line["event"]) for line in lines(err)
    ]


@pytest.mark.parametrize("production", [True, False])
def test_a_bug(open_logs: OpenLogs, production: bool) -> None:
    """A bug is told with where it happened, under its request's id, without the values of variables."""
    _, err = open_logs(production=production)
    local = "worth hiding"
    with in_request("a1b2c3d4"):
        try:
            raise KeyError(len(local))
        except KeyError:
            LOG.exception("internal error %s", "77")
    said = err.getvalue()

    assert "internal error 77" in said
    assert "test_a_bug" in said
    assert "KeyError: 12" in said
    assert "a1b2c3d4" in said
    assert '"worth hiding"' not in said.replace("\\", "")
    assert not production or 1 == len(lines(err))


@pytest.mark.parametrize("production", [True, False])
def test_nothing_that_must_not_be_told(open_logs: OpenLogs, production: bool) -> None:
    """Whatever is logged by mistake, tokens, passwords and addresses of people are struck out, and the line is whole."""
    _, err = open_logs(production=production)
    details = {
        "authorization": "opaque-1",
        "hook_secret": "opaque-2",
        "variables": {"a": "opaque-3"},
        "nested": {"apiToken": "opaque-4", "list": [f"x {TOKEN}"]},
        "error": ValueError("of\nmatti.meikäläinen@example.fi\nand ä@example.fi"),
    }
    try:
        raise ValueError("redis://user:pa55word@redis.example/0 and\nanna@example.fi")
    except ValueError:
        LOG.exception("sent %s, %s", TOKEN, "Bearer opaque-5.more", extra=details)
    said = err.getvalue()

    assert [] == [what for what in ("opaque", "eyJ", "pa55word", "@example", "meik") if what in said]
    assert "redis://[...]redis.example/0" in said
    assert not production or {"list": ["x [...]"], "apiToken": "[...]"} == lines(err)[0]["nested"]


def test_harmless_texts_stay(open_logs: OpenLogs) -> None:
    """What is no secret is told as it is, also next to words that come with secrets."""
    _, err = open_logs()
    LOG.warning("a bearer of news, basic as can be: 3 @ 4 EUR, %s", "http://erp.example:8080/prices?a=b")

    assert "a bearer of news, basic as can be: 3 @ 4 EUR, http://erp.example:8080/prices?a=b" == lines(err)[0]["event"]


def test_silent_until_configured(caplog: pytest.LogCaptureFixture) -> None:
    """Where nobody configured logs, requests are not logged."""
    AccessLog().note(answered())

    assert [] == caplog.records


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, None),
        ("", ""),
        ("Listing", "Listing"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("\u202eevil\u2028", "\\u202eevil\\u2028"),
        ("\ud800", "\\ud800"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100),
        ("\n" * 101, "\\n" * 50),
    ],
)
def test_names(name: str | None, shown: str | None) -> None:
    """A name is cut to 100 characters, and can neither begin a line nor colour one."""
    assert shown == printable(name)


@pytest.mark.parametrize("sent", ["a1b2c3d4", "x" * 64, "0190e4c7-6f3b-7cc0-a7b5-4f1d5e6a7b8c"])
def test_an_id_that_came_along(sent: str) -> None:
    """A request keeps the id it came with."""
    assert sent == request_id_of(sent)


@pytest.mark.parametrize("sent", [None, "", "1234567", "x" * 65, "a1b2c3d4\n", "a1b2c3d4 e", "a1b2_c3d4", "äääääääää"])
def test_an_id_of_our_own(sent: str | None) -> None:
    """Without an id that can be used a request gets one, another each time."""
    made = request_id_of(sent)

    assert re.fullmatch("[0-9a-f]{32}", made)
    assert made != request_id_of(sent)


def test_the_request_it_is_done_for() -> None:
    """The id is known inside of its request alone."""
    with in_request("a1b2c3d4"):
        assert "a1b2c3d4" == current_request_id()
    assert current_request_id() is None


@pytest.mark.parametrize(
    ("host", "kind"), [("192.0.2.7", "ipv4"), ("2001:db8::7", "ipv6"), ("", "local"), (None, "local")]
)
def test_clients(host: str | None, kind: str) -> None:
    """Of a client's address only the kind is told."""
    assert kind == client_of(host)


def test_documents() -> None:
    """A document is known by the start of what persisted documents are known by; any text has one."""
    assert ("1c7e1e347f726166", None) == (document_hash("{ a }"), document_hash(None))
    assert 16 == len(document_hash("\ud800") or "")


def test_what_a_span_tells() -> None:
    """A span tells the same as the line, as far as it knows it."""
    assert {
        "graphql.operation.name": "Listing",
        "graphql.operation.type": "query",
        "http.response.status_code": 200,
        "document": "1c7e1e347f726166",
        "codes": "A,B",
        "cost": 12,
    } == answered(codes=("A", "B")).noted()
    assert {"http.response.status_code": 400} == answered(
        operation=None, document=None, kind=None, cost=None, status=400
    ).noted()
