"""What is opened when Kanava starts and closed when it stops."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.identity import Identity
from app.settings import Settings
from datasources import registry
from datasources.clock import Clock, SystemClock
from datasources.health import Health
from datasources.http import Transport, open_client
from datasources.model.common import System
from datasources.ports import CrmConnector, ErpConnector, PimConnector, WmsConnector
from datasources.sources import Sources
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.pricing import PricingSources
from datasources.sources.source import SourceKit
from datasources.sources.stock import StockSources

REMEMBERED_VALUES = 200_000
"""How many values of each kind this process remembers at the most."""
IAM_TIMEOUT_S = 2.0
IAM_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Systems:
    """A connector to each system, as the settings name them, with nothing remembered in between."""

    erp: ErpConnector
    crm: CrmConnector
    pim: PimConnector
    wms: WmsConnector
    identity: Identity
    health: dict[System, Health]


@dataclass(frozen=True, slots=True)
class Services:
    """What requests are answered with."""

    settings: Settings
    clock: Clock
    sources: Sources
    identity: Identity


@asynccontextmanager
async def open_systems(settings: Settings, clock: Clock) -> AsyncIterator[Systems]:
    """Open connections to every system (none is asked anything yet) and close them in the end."""
    ssl_context = ssl.create_default_context()
    async with AsyncExitStack() as stack:

        async def transport(system: System, url: str, token: str | None, timeout_s: float, most: int) -> Transport:
            client = await stack.enter_async_context(open_client(ssl_context, most))
            return Transport(system, client, url=url, token=token, timeout_s=timeout_s, clock=clock)

        transports = {}
        for system in (System.ERP, System.CRM, System.PIM, System.WMS):
            of = settings.connector(system)
            transports[system] = await transport(system, of.url, of.token, of.timeout_s, of.max_concurrent)
        iam = transports[System.IAM] = await transport(
            System.IAM, settings.issuer, None, IAM_TIMEOUT_S, IAM_CONNECTIONS
        )
        yield _systems(settings, transports, _identity(settings, iam, clock))


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Open the systems, and put the sources that remember over them."""
    clock = clock or SystemClock()
    async with open_systems(settings, clock) as systems:
        yield Services(settings, clock, _sources(settings, systems, clock), systems.identity)


def _identity(settings: Settings, transport: Transport, clock: Clock) -> Identity:
    oidc = settings.oidc
    return Identity(
        transport, issuer=settings.issuer, audience=oidc.audience, claim_person=oidc.claim_person, clock=clock
    )


def _systems(settings: Settings, transports: Mapping[System, Transport], identity: Identity) -> Systems:
    pim = registry.PIM[settings.pim.connector].connect(settings.connector(System.PIM), transports[System.PIM])
    erp = registry.ERP[settings.erp.connector].connect(settings.connector(System.ERP), transports[System.ERP])
    wms = registry.WMS[settings.wms.connector].connect(settings.connector(System.WMS), transports[System.WMS])
    crm = registry.CRM[settings.crm.connector].connect(settings.connector(System.CRM), transports[System.CRM])
    health = {system: transport.health for system, transport in transports.items()}
    return Systems(erp, crm, pim, wms, identity, health)


def _sources(settings: Settings, systems: Systems, clock: Clock) -> Sources:
    def kit(system: System) -> SourceKit:
        gate = asyncio.Semaphore(settings.of(system).max_concurrent)
        return SourceKit(system, gate, clock, REMEMBERED_VALUES)

    content, customer = settings.content.fresh_for_s, settings.customer.fresh_for_s
    return Sources(
        catalog=CatalogSources(systems.pim, kit(System.PIM), fresh_for_s=content),
        pricing=PricingSources(
            systems.erp,
            kit(System.ERP),
            price_fresh_for_s=settings.price.fresh_for_s,
            credit_fresh_for_s=settings.credit.fresh_for_s,
            customer_fresh_for_s=customer,
        ),
        stock=StockSources(
            systems.wms, kit(System.WMS), stock_fresh_for_s=settings.stock.fresh_for_s, content_fresh_for_s=content
        ),
        customers=CustomerSources(systems.crm, kit(System.CRM), fresh_for_s=customer),
        health=systems.health,
    )
