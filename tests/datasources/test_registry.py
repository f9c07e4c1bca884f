"""The connectors there are, against their ports."""

import inspect
from typing import Any

import pytest

from datasources import registry
from datasources.model.common import System
from datasources.ports import ConnectorSettings, CrmConnector, ErpConnector, PimConnector, WmsConnector
from tests.datasources.fakes import FakeTransport

PORTS = [
    (System.PIM, PimConnector, registry.PIM),
    (System.ERP, ErpConnector, registry.ERP),
    (System.WMS, WmsConnector, registry.WMS),
    (System.CRM, CrmConnector, registry.CRM),
]
REGISTERED = [
    pytest.param(system, port, connector, id=f"{system.value}-{name}")
    for system, port, connectors in PORTS
    for name, connector in connectors.items()
]


def methods(of: type) -> dict[str, Any]:
    return {name: method for name, method in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_")}


@pytest.mark.parametrize(("system", "port", "connector"), REGISTERED)
def test_a_connector_has_the_methods_of_its_port(system: System, port: type, connector: Any) -> None:
    """Every method of the port is there, a coroutine function that takes and returns the same."""
    wanted = methods(port)
    had = {name: method for name, method in methods(connector).items() if name in wanted}

    assert wanted
    assert {name: inspect.signature(m) for name, m in wanted.items()} == {
        name: inspect.signature(m) for name, m in had.items()
    }
    assert [] == [name for name, method in had.items() if not inspect.iscoroutinefunction(method)]


@pytest.mark.parametrize(("system", "port", "connector"), REGISTERED)
def test_a_connector_opens_with_its_settings(system: System, port: type, connector: Any) -> None:
    """It is made of settings and a transport, asks nothing then, and names its options in lower case."""
    transport = FakeTransport(system)
    opened = connector.connect(
        ConnectorSettings("http://erp.example", None, 2, 8, dict.fromkeys(connector.options, "x")), transport
    )

    assert methods(port).keys() <= {name for name in dir(opened) if callable(getattr(opened, name))}
    assert [] == transport.asked
    assert {name.lower() for name in connector.options} == connector.options


def test_every_system_has_the_open_contract() -> None:
    """`rest` is there for each of the four."""
    assert ["rest"] * 4 == [next(iter(connectors)) for _, _, connectors in PORTS]
