"""One system down from the start: the rest of the answer stands, and the error says what, where and why."""

import asyncio
from typing import Any

import pytest

QUERY = """
{ viewer { user { name } account { number } }
  products(first: 3, sort: SKU) { nodes { sku priceStatus price { unitPrice { amount } } availability { status } } }
  channelStatus { mode systems { system circuit } capabilities { capability state system } } }
"""


def places(answer: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    """Return where errors stand (without list positions), their code, system and reason."""
    return {
        (
            ".".join(step for step in error["path"] if isinstance(step, str)),
            error["extensions"]["code"],
            error["extensions"]["system"],
            error["extensions"]["reason"],
        )
        for error in answer["errors"]
    }


async def test_erp_down(api: Any) -> None:
    """Without the ERP prices are missing, each with its error; content, stock and customer are there."""
    api.sandbox.fault("erp", "down")
    answer = await api.ask(QUERY, person="anna")
    nodes = answer["data"]["products"]["nodes"]

    assert ["KV-000001", "KV-000002", "KV-000003"] == [node["sku"] for node in nodes]
    assert {("UNAVAILABLE", None)} == {(node["priceStatus"], node["price"]) for node in nodes}
    assert all(node["availability"] for node in nodes)
    assert "C-1002" == answer["data"]["viewer"]["account"]["number"]
    assert {("products.nodes.price", "SOURCE_UNAVAILABLE", "ERP", "CONNECTION_FAILED")} == places(answer)
    assert [["products", "nodes", n, "price"] for n in range(3)] == [error["path"] for error in answer["errors"]]


async def test_wms_down(api: Any) -> None:
    """Without the WMS stock is missing."""
    api.sandbox.fault("wms", "error")
    answer = await api.ask(QUERY, person="anna")
    nodes = answer["data"]["products"]["nodes"]

    assert {None} == {node["availability"] for node in nodes}
    assert all(node["price"] for node in nodes)
    assert {("products.nodes.availability", "SOURCE_UNAVAILABLE", "WMS", "UPSTREAM_ERROR")} == places(answer)


async def test_crm_down(api: Any) -> None:
    """Without the CRM nobody knows whose prices to ask: the public catalogue and its stock are there."""
    api.sandbox.fault("crm", "down")
    answer = await api.ask(QUERY, person="anna", account="C-1002")
    nodes = answer["data"]["products"]["nodes"]

    assert answer["data"]["viewer"] is None
    assert {("UNAVAILABLE", None)} == {(node["priceStatus"], node["price"]) for node in nodes}
    assert all(node["availability"] for node in nodes)
    assert {
        ("viewer", "SOURCE_UNAVAILABLE", "CRM", "CONNECTION_FAILED"),
        ("products.nodes.price", "SOURCE_UNAVAILABLE", "CRM", "CONNECTION_FAILED"),
    } == places(answer)
    assert "erp" not in api.sandbox.calls()


async def test_a_silent_crm_is_waited_for_once(api: Any) -> None:
    """However many fields ask who is asking, a CRM that keeps silent is called once for the request."""
    api.sandbox.fault("crm", "slow", delay_ms=60_000)
    answer = await api.ask(QUERY, person="anna", account="C-1002")

    assert {
        ("viewer", "SOURCE_UNAVAILABLE", "CRM", "TIMEOUT"),
        ("products.nodes.price", "SOURCE_UNAVAILABLE", "CRM", "TIMEOUT"),
    } == places(answer)
    assert {"contexts": 1} == api.sandbox.calls("crm")["crm"]


async def test_pim_down(api: Any) -> None:
    """Without the PIM there is no catalogue; what does not need it is there."""
    api.sandbox.fault("pim", "down")
    query = """{ viewer { account { number } } channelStatus { mode } product(sku: "KV-000001") { sku }
        products { totalCount } categories { name } productsByCode(codes: [{ code: "KV-000001" }]) { key kind product { sku } } }"""
    answer = await api.ask(query, person="anna")
    data = answer["data"]

    assert ("C-1002", "NORMAL") == (data["viewer"]["account"]["number"], data["channelStatus"]["mode"])
    assert (None, None, None) == (data["product"], data["products"], data["categories"])
    assert [{"key": "0", "kind": "NOT_FOUND", "product": None}] == data["productsByCode"]
    assert {
        (place, "SOURCE_UNAVAILABLE", "PIM", "CONNECTION_FAILED")
        for place in ("product", "products", "categories", "productsByCode.product")
    } == places(answer)


async def test_iam_down(api: Any) -> None:
    """Without the identity provider's keys a token cannot be checked, and nobody is taken for a visitor; visitors go on."""
    token = api.sandbox.token("anna")
    api.sandbox.fault("iam", "down")
    refused = await api.post(QUERY, headers={"authorization": f"Bearer {token}"})
    visitor = await api.data("{ products(first: 1) { nodes { sku } } }")

    assert 503 == refused.status_code
    assert [("SOURCE_UNAVAILABLE", "IAM")] == [
        (e["extensions"]["code"], e["extensions"]["system"]) for e in refused.json()["errors"]
    ]
    assert 1 == len(visitor["products"]["nodes"])


@pytest.mark.parametrize(
    ("mode", "reason"),
    [("garbage", "INVALID_RESPONSE"), ("throttle", "RATE_LIMITED"), ("error", "UPSTREAM_ERROR")],
)
async def test_each_failure_has_its_reason(api: Any, mode: str, reason: str) -> None:
    """What the ERP does wrong is named; throttling says when to come back. An error is tried three times a request."""
    api.sandbox.fault("erp", mode, retry_after_s=7)
    for _ in range(1 if mode == "error" else 3):  # garbage comes in three kinds
        answer = await api.ask(QUERY, person="anna")

        assert {("products.nodes.price", "SOURCE_UNAVAILABLE", "ERP", reason)} == places(answer)
        retry = {error["extensions"].get("retryAfterSeconds") for error in answer["errors"]}

        assert ({7} if mode == "throttle" else {None}) == retry


class TestDeadline:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"KANAVA_DEADLINE_S": "0.4", "KANAVA_ERP_TIMEOUT_S": "30"}

    async def test_nothing_waits_past_the_deadline(self, api: Any) -> None:
        """An ERP that takes a minute holds the answer up until the request's deadline, and no longer."""
        api.sandbox.fault("erp", "slow", delay_ms=60_000)
        async with asyncio.timeout(20):
            answer = await api.ask(QUERY, person="anna")

        assert {("products.nodes.price", "SOURCE_UNAVAILABLE", "ERP", "TIMEOUT")} == places(answer)
        assert all(node["availability"] for node in answer["data"]["products"]["nodes"])


class TestChannelStatus:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"KANAVA_CIRCUIT_OPEN_FOR_S": "0.05", "KANAVA_CIRCUIT_CONSECUTIVE_FAILURES": "3"}

    async def test_it_follows(self, api: Any) -> None:
        """The channel tells which system is left alone, what that means, and when it is well again."""
        query = """{ channelStatus { mode systems { system circuit retryAt }
            capabilities { capability state system message } } }"""
        before = (await api.data(query))["channelStatus"]
        api.sandbox.fault("erp", "down")
        await api.ask(QUERY, person="anna")
        without_erp = (await api.data(query))["channelStatus"]
        api.sandbox.fault("erp", "ok")
        async with asyncio.timeout(20):
            while (await api.ask(QUERY, person="anna")).get("errors"):
                pass  # until it is found that it answers again
        api.sandbox.fault("wms", "down")
        await api.ask('{ product(sku: "KV-000009") { price { net } availability { status } } }', person="anna")
        without_wms = (await api.data(query))["channelStatus"]

        assert "NORMAL" == before["mode"]
        assert {("CLOSED", None)} == {(system["circuit"], system["retryAt"]) for system in before["systems"]}
        assert {("AVAILABLE", None)} == {(of["state"], of["message"]) for of in before["capabilities"]}
        assert "CAPTURE_ONLY" == without_erp["mode"]
        assert ["ERP"] == [system["system"] for system in without_erp["systems"] if system["circuit"] == "OPEN"]
        assert [
            ("LIVE_PRICES", "STALE"),
            ("PLACE_ORDER", "DEFERRED"),
            ("ORDER_HISTORY", "STALE"),
            ("CREDIT_CHECK", "UNAVAILABLE"),
        ] == [(c["capability"], c["state"]) for c in without_erp["capabilities"] if c["system"] == "ERP"]
        assert "DEGRADED" == without_wms["mode"]
        assert ["WMS"] == [system["system"] for system in without_wms["systems"] if system["circuit"] == "OPEN"]
