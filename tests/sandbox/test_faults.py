"""Faults and counts, over real sockets."""

import json
from typing import Any

import httpx
import pytest


def stock(systems: Any) -> httpx.Response:
    response: httpx.Response = systems.client.post(
        systems.url("wms", "stock"), json={"skus": ["KV-000001", "KV-000002"]}
    )
    return response


def set_fault(systems: Any, **fault: Any) -> None:
    assert systems.control("PUT", "wms", "fault", **fault).status_code == 200


@pytest.mark.parametrize("mode", ["down", "lost_answer"])
def test_a_closed_connection_says_nothing(systems: Any, mode: str) -> None:
    """The connection ends without any answer, and the call counts."""
    set_fault(systems, mode=mode)

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        stock(systems)
    assert systems.control("GET", "wms", "calls").json() == {"total": 1, "by_operation": {"stock": 1}, "keys": 2}
    assert systems.control("GET", "wms", "health").json() == {"system": "wms", "ok": True}


def test_error_and_throttle_are_statuses(systems: Any) -> None:
    """500, and 429 with the time to wait."""
    set_fault(systems, mode="error")
    failed = stock(systems)
    set_fault(systems, mode="throttle", retry_after_s=7)
    throttled = stock(systems)

    assert failed.status_code == 500
    assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "7")


def test_garbage_takes_turns(systems: Any) -> None:
    """An HTML page, half a JSON, and values of the wrong types, all with 200."""
    true = stock(systems).json()
    set_fault(systems, mode="garbage")
    page, half, twisted = (stock(systems) for _ in range(3))

    assert [page.status_code, half.status_code, twisted.status_code] == [200, 200, 200]
    assert page.text.startswith("<!doctype html>")
    with pytest.raises(json.JSONDecodeError):
        half.json()
    assert true.keys() == twisted.json().keys()
    assert twisted.json()["stock"][0]["sku"] == 7


def test_flaky_hits_the_same_share_of_calls_every_time(systems: Any) -> None:
    """The draw is deterministic for a fault."""

    def outcomes() -> list[int]:
        set_fault(systems, mode="flaky", rate=0.5)
        return [outcome(systems) for _ in range(40)]

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {0, 200, 500}


def test_a_delay_comes_before_the_answer(systems: Any) -> None:
    """A caller with less patience than the delay goes without."""
    set_fault(systems, mode="slow", delay_ms=60_000)

    with pytest.raises(httpx.ReadTimeout):
        systems.client.post(systems.url("wms", "stock"), json={"skus": []}, timeout=0.1)


def test_bad_faults_are_refused_and_reset_heals(systems: Any) -> None:
    """An unknown mode, name or rate is a 400; a reset takes everything back."""
    for fault in ({"mode": "dwn"}, {"mode": "ok", "rte": 1}, {"mode": "ok", "rate": 2}, {"rate": 1.0}):
        assert systems.control("PUT", "wms", "fault", **fault).status_code == 400
    set_fault(systems, mode="error")
    stock(systems)
    systems.control("POST", "wms", "reset")

    assert systems.control("GET", "wms", "calls").json()["total"] == 0
    assert stock(systems).status_code == 200


def test_iam_has_faults_too(systems: Any) -> None:
    """The identity provider fails and counts like the others."""
    systems.control("PUT", "iam", "fault", mode="error")
    answer = systems.client.get(systems.url("iam", "jwks"))

    assert answer.status_code == 500
    assert systems.control("GET", "iam", "calls").json()["by_operation"] == {"jwks": 1}


def test_a_token_opens_the_systems_but_not_the_controls(start: Any) -> None:
    """With a token set, calls need it and tests' handles do not."""
    running = start("wms", env={"KANAVA_SANDBOX_TOKEN": "secret"})
    good = {"Authorization": "Bearer secret"}

    assert stock(running).status_code == 401
    assert running.client.post(running.url("wms", "stock"), json={"skus": []}, headers=good).status_code == 200
    assert running.control("GET", "wms", "calls").status_code == 200


def outcome(systems: Any) -> int:
    try:
        return stock(systems).status_code
    except httpx.TransportError:
        return 0
