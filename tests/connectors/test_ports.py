"""What `datasources.ports` promises, over every connector in the registry."""

import inspect
from typing import Any

import pytest

from datasources import ports
from datasources.errors import InvalidResponse, NeverSent, RequestRefused, SourceError, SourceUnavailable
from datasources.model.common import System
from tests.conftest import SYSTEMS, Sandbox
from tests.connectors.conftest import TOKEN
from tests.connectors.recording import CONNECTORS, opened
from tests.connectors.systems import PROBES, Probe

WITHOUT_KEYS = {System.ERP: ["ping", "place"]}
"""Methods that take no keys; `test_placing.py` has them."""

REGISTERED = [(role, name) for role, connectors in CONNECTORS.items() for name in connectors]
PORTS = {
    System.ERP: ports.ErpConnector,
    System.CRM: ports.CrmConnector,
    System.PIM: ports.PimConnector,
    System.WMS: ports.WmsConnector,
}
every_method = pytest.mark.parametrize(
    ("role", "name", "probe"),
    [
        pytest.param(role, name, probe, id=f"{role.value.lower()}-{name}-{probe.method}")
        for role, name in REGISTERED
        for probe in PROBES.get((role, name), ())
    ],
)


def url(sandbox: Sandbox, role: System) -> str:
    return f"http://127.0.0.1:{sandbox.base_port + 1 + SYSTEMS.index(role.value.lower())}"


async def ask(connector: Any, probe: Probe, keys: list[Any]) -> Any:
    """Return what the connector finds for the keys, and nothing that came along."""
    found = probe.found(await getattr(connector, probe.method)(keys))
    return {key: found[key] for key in keys if key in found}


@pytest.mark.parametrize(("role", "name"), REGISTERED)
def test_every_connector_is_here(role: System, name: str) -> None:
    """Whoever registers a connector tells `systems.py` what to ask it for: each method of its port."""
    methods = [m for m, _ in inspect.getmembers(PORTS[role], inspect.isfunction) if not m.startswith("_")]

    assert sorted(methods) == sorted([p.method for p in PROBES.get((role, name), ())] + WITHOUT_KEYS.get(role, []))


@every_method
async def test_missing_is_missing(role: System, name: str, probe: Probe, sandbox: Sandbox) -> None:
    """What the system knows is there, what it does not know is missing, and neither disturbs the other."""
    async with opened(role, name, url(sandbox, role)) as (connector, _):
        await probe.prepare(connector)
        alone: dict[Any, Any] = {}
        for key in probe.known:
            alone |= await ask(connector, probe, [key])

        assert set(probe.known) == set(alone)
        assert {} == await ask(connector, probe, [*probe.unknown])
        assert alone == await ask(connector, probe, [*probe.unknown, *probe.known])


@every_method
async def test_order_and_repetition(role: System, name: str, probe: Probe, sandbox: Sandbox) -> None:
    """Keys in another order, or twice, find the same."""
    keys = [*probe.known, *probe.unknown]
    async with opened(role, name, url(sandbox, role)) as (connector, _):
        await probe.prepare(connector)
        found = await ask(connector, probe, keys)

        assert found
        assert found == await ask(connector, probe, keys[::-1])
        assert found == await ask(connector, probe, keys + keys)


@every_method
async def test_none_and_a_thousand(role: System, name: str, probe: Probe, sandbox: Sandbox) -> None:
    """No keys find nothing; a thousand are as good as a few."""
    many = [*probe.known, *(probe.filler(number) for number in range(1000 - len(probe.known)))]
    async with opened(role, name, url(sandbox, role)) as (connector, _):
        await probe.prepare(connector)

        assert {} == await ask(connector, probe, [])
        assert await ask(connector, probe, [*probe.known]) == await ask(connector, probe, many)


@every_method
async def test_nobody_listens(role: System, name: str, probe: Probe, nobody_listens: str) -> None:
    """A system that cannot be reached is a SourceError, and the request did not leave."""
    async with opened(role, name, nobody_listens) as (connector, _):
        with pytest.raises(NeverSent) as failure:
            await ask(connector, probe, [*probe.known])

    assert role is failure.value.system


@every_method
@pytest.mark.parametrize("mode", ["down", "error", "throttle", "lost_answer"])
async def test_the_system_fails(role: System, name: str, probe: Probe, mode: str, sandbox: Sandbox) -> None:
    """A system that hangs up, fails or is overrun is unavailable."""
    sandbox.fault(role.value.lower(), mode, retry_after_s=7)
    async with opened(role, name, url(sandbox, role)) as (connector, _):
        with pytest.raises(SourceUnavailable) as failure:
            await ask(connector, probe, [*probe.known])

    assert (role, 7 if mode == "throttle" else None) == (failure.value.system, failure.value.retry_after_s)


@every_method
async def test_garbage(role: System, name: str, probe: Probe, sandbox: Sandbox) -> None:
    """A web page, half an answer, and an answer of wrong types are invalid."""
    sandbox.fault(role.value.lower(), "garbage")
    async with opened(role, name, url(sandbox, role)) as (connector, _):
        for _ in range(3):
            with pytest.raises(InvalidResponse):
                await ask(connector, probe, [*probe.known])


@every_method
async def test_a_refused_token(role: System, name: str, probe: Probe, guarded: Sandbox) -> None:
    """A token that the system does not know is refused with 401; the right one is not."""
    async with opened(role, name, url(guarded, role), "wrong") as (connector, _):
        with pytest.raises(RequestRefused) as refusal:
            await ask(connector, probe, [*probe.known])
    async with opened(role, name, url(guarded, role), TOKEN) as (connector, _):
        await probe.prepare(connector)
        found = await ask(connector, probe, [*probe.known])

    assert (401, "UNAUTHENTICATED") == (refusal.value.status, refusal.value.code)
    assert set(probe.known) == set(found)
    assert isinstance(refusal.value, SourceError)
