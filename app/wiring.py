"""What is opened when Kanava starts and closed when it stops."""

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import stamina

from app import shares
from app.identity import Identity
from app.ordering import open_ordering
from app.responses.responses import Responses
from app.settings import CONNECTORS, Settings
from datasources import registry
from datasources.cache.guarded import Guarded
from datasources.cache.invalidation import Invalidation
from datasources.cache.memory import Memory, Share
from datasources.cache.sqlite import SqliteStore
from datasources.circuit.board import Board
from datasources.circuit.bulkhead import Bulkhead
from datasources.circuit.circuit import Circuit
from datasources.clock import Clock, SystemClock
from datasources.guard import Guard
from datasources.health import Health
from datasources.http import Transport, open_client, trusted
from datasources.journal.forwarder import Forwarder
from datasources.journal.journal import Journal
from datasources.journal.watch import JournalWatch
from datasources.model.common import System
from datasources.ports import CrmConnector, ErpConnector, PimConnector, WmsConnector
from datasources.redis_replicas import open_replicas
from datasources.replicas import Alone, Replicas
from datasources.sources import Sources
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.kit import SourceKit
from datasources.sources.orders import OrderSources
from datasources.sources.pricing import PricingSources
from datasources.sources.stock import StockSources

IAM_TIMEOUT_S = 2.0
IAM_CONNECTIONS = 4
PROBE_MARGIN_S = 1.0
"""How much longer than a call may take a replica has the right to be the only one that probes."""
MEGABYTE = 1024 * 1024


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
    """What requests are answered with. `store` and `replicas` are what processes have in common."""

    settings: Settings
    clock: Clock
    sources: Sources
    identity: Identity
    memory: Memory
    store: Guarded
    replicas: Replicas
    invalidation: Invalidation
    journal: Journal
    forwarder: Forwarder
    watch: JournalWatch
    guards: Mapping[System, Guard]
    bulkheads: Mapping[System, Bulkhead]
    responses: Responses


@asynccontextmanager
async def open_systems(
    settings: Settings, clock: Clock, guards: Mapping[System, Guard] | None = None
) -> AsyncIterator[Systems]:
    """
    Open connections to every system (none is asked anything yet) and close them in the end.

    Without `guards` every call is made, and once.
    """
    async with AsyncExitStack() as stack:

        async def transport(system: System, url: str, token: str | None, timeout_s: float, most: int) -> Transport:
            client = await stack.enter_async_context(open_client(trusted(), most))
            guard = guards[system] if guards else None
            return Transport(system, client, url=url, token=token, timeout_s=timeout_s, clock=clock, guard=guard)

        transports = {}
        for system in CONNECTORS:
            of = settings.connector(system)
            transports[system] = await transport(system, of.url, of.token, of.timeout_s, of.max_concurrent)
        iam = transports[System.IAM] = await transport(
            System.IAM, settings.issuer, None, IAM_TIMEOUT_S, IAM_CONNECTIONS
        )
        yield _systems(settings, transports, _identity(settings, iam, clock))


@asynccontextmanager
async def open_services(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Open the systems and what is shared, and put the sources that remember over them."""
    clock = clock or SystemClock()
    stamina.instrumentation.set_on_retry_hooks(())  # the guards count retries; a log line for each says nothing more
    memory = Memory(settings.memory_mb * MEGABYTE)
    async with _open_shared(settings, clock, memory) as (store, replicas):
        guards = {system: _guard(settings, system, clock, replicas) for system in (*CONNECTORS, System.IAM)}
        bulkheads = {system: _bulkhead(settings, system, guards[system]) for system in CONNECTORS}
        async with open_systems(settings, clock, guards) as systems:

            def kit(system: System) -> SourceKit:
                return SourceKit(
                    system=system,
                    origin=f"{settings.of(system).connector} {settings.connector(system).url}",
                    gate=bulkheads[system].slot,
                    call_within_s=settings.of(system).timeout_s,
                    circuit=guards[system].circuit,
                    clock=clock,
                    random=random.random,
                    memory=memory,
                    store=store,
                    replicas=replicas,
                )

            sources = _sources(settings, systems, kit, {system: guard.circuit for system, guard in guards.items()})
            invalidation = Invalidation(sources, store, replicas)
            async with open_ordering(
                settings, clock, systems.erp, guards=guards, bulkheads=bulkheads, invalidation=invalidation
            ) as (journal, forwarder, watch):
                yield Services(
                    settings,
                    clock,
                    sources,
                    systems.identity,
                    memory,
                    store,
                    replicas,
                    invalidation,
                    journal,
                    forwarder,
                    watch,
                    guards,
                    bulkheads,
                    responses_of(settings, sources, memory),
                )
            await invalidation.settle()


def responses_of(settings: Settings, sources: Sources, memory: Memory) -> Responses:
    """Return what remembers whole answers made of these sources, in the memory that they share with the values."""
    share = Share(min(settings.responses_mb * MEGABYTE, int(memory.maxsize * shares.RESPONSES)), memory)
    return Responses(sources, share=share, list_prices=settings.anonymous_prices == "list")


@asynccontextmanager
async def _open_shared(settings: Settings, clock: Clock, memory: Memory) -> AsyncIterator[tuple[Guarded, Replicas]]:
    """Open what outlives this process: Redis for all replicas, or a file for this one alone."""
    if settings.redis_url is not None:
        async with open_replicas(settings.redis_url.get_secret_value(), clock) as shared:
            yield shared
        return
    waiting = memory.share(shares.WAITING)
    store = Guarded(SqliteStore(Path(settings.cache_file), clock=clock, waiting=waiting), clock=clock)
    try:
        yield store, Alone()
    finally:
        await store.close()


def _guard(settings: Settings, system: System, clock: Clock, replicas: Replicas) -> Guard:
    own = settings.of(system) if system in CONNECTORS else None
    most = own.max_concurrent if own else IAM_CONNECTIONS
    circuit = Circuit(
        system,
        replace(settings.circuit.limits(), ramp_to=most),
        clock=clock,
        jitter=random.random,
        replicas=replicas,
        probe_within_s=(own.timeout_s if own else IAM_TIMEOUT_S) + PROBE_MARGIN_S,
    )
    return Guard(circuit, clock=clock)


def _bulkhead(settings: Settings, system: System, guard: Guard) -> Bulkhead:
    of, circuit = settings.of(system), guard.circuit
    return Bulkhead(
        system, most_at_once=of.max_concurrent, most_waiting=of.max_waiting, limit=lambda: circuit.most_at_once
    )


def _identity(settings: Settings, transport: Transport, clock: Clock) -> Identity:
    oidc = settings.oidc
    return Identity(
        transport,
        issuer=settings.issuer,
        audience=oidc.audience,
        claim_person=oidc.claim_person,
        claim_account=oidc.claim_account,
        claim_roles=oidc.claim_roles,
        leeway_s=oidc.leeway_s,
        clock=clock,
    )


def _systems(settings: Settings, transports: Mapping[System, Transport], identity: Identity) -> Systems:
    pim = registry.PIM[settings.pim.connector].connect(settings.connector(System.PIM), transports[System.PIM])
    erp = registry.ERP[settings.erp.connector].connect(settings.connector(System.ERP), transports[System.ERP])
    wms = registry.WMS[settings.wms.connector].connect(settings.connector(System.WMS), transports[System.WMS])
    crm = registry.CRM[settings.crm.connector].connect(settings.connector(System.CRM), transports[System.CRM])
    health = {system: transport.health for system, transport in transports.items()}
    return Systems(erp, crm, pim, wms, identity, health)


def _sources(
    settings: Settings,
    systems: Systems,
    kit: Callable[[System], SourceKit],
    circuits: Mapping[System, Circuit],
) -> Sources:
    policies = settings.policies
    return Sources(
        catalog=CatalogSources(systems.pim, kit(System.PIM), policies.content),
        pricing=PricingSources(systems.erp, kit(System.ERP), policies),
        stock=StockSources(systems.wms, kit(System.WMS), policies),
        customers=CustomerSources(systems.crm, kit(System.CRM), policies.customer),
        orders=OrderSources(systems.erp, kit(System.ERP), policies),
        health=systems.health,
        circuits=circuits,
        board=Board(circuits),
    )
