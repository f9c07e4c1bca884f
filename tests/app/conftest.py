"""An endpoint over connectors in memory, and an identity provider that answers from here."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.door import Door
from app.endpoint import Endpoint
from app.identity import Identity
from app.limits.rate import RateLimiter
from app.settings import read_settings
from app.shutdown import Closing
from app.wiring import Services, responses_of
from datasources.cache.entry import Policy
from datasources.cache.guarded import Guarded
from datasources.cache.invalidation import Invalidation
from datasources.cache.memory import Memory
from datasources.cache.sqlite import SqliteStore
from datasources.circuit.board import Board
from datasources.circuit.breaker import Limits
from datasources.circuit.bulkhead import Bulkhead
from datasources.circuit.circuit import Circuit
from datasources.clock import Clock
from datasources.errors import NeverSent
from datasources.guard import Guard
from datasources.health import Health
from datasources.journal.attempt import Attempts
from datasources.journal.forwarder import Forwarder
from datasources.journal.journal import Journal, JournalUnavailable
from datasources.journal.watch import JournalWatch
from datasources.model.catalog import Product, ProductLifecycle, TopCategories
from datasources.model.common import Provenance, System, Unit
from datasources.model.customers import (
    Access,
    Account,
    AccountKind,
    AccountStatus,
    Permission,
    Role,
    Standing,
    StandingKey,
    User,
)
from datasources.ports import CatalogAnswer, CategoriesAnswer, CustomersAnswer, ErpConnector
from datasources.replicas import Alone, Replicas
from datasources.sources import Sources
from datasources.sources.catalog import CatalogSources
from datasources.sources.customers import CustomerSources
from datasources.sources.kit import SourceKit
from datasources.sources.orders import OrderSources
from datasources.sources.policies import Policies
from datasources.sources.pricing import PricingSources
from datasources.sources.stock import StockSources
from datasources.tracing import NoTracer
from schema.schema import build_schema
from tests.datasources.fakes import FakeClock, kit, turns

ISSUER = "http://iam.example"


@dataclass
class Provider:
    """
    An identity provider, as a transport that answers its two addresses; notes each that is asked.

    `members` change its keys as they are published (None leaves one out), `more_keys` are published before them.
    """

    issuer: str = ISSUER
    keys: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    more_keys: list[dict[str, object]] = field(default_factory=list)
    members: dict[str, object] = field(default_factory=dict)
    jwks_uri: str = f"{ISSUER}/jwks"
    asked: list[str] = field(default_factory=list)
    failure: Exception | None = None
    silent: asyncio.Event | None = None

    async def get(self, url: str, decode: Callable[[bytes], Any]) -> Any:
        self.asked.append(url)
        await turns(1)
        if self.silent is not None:
            await self.silent.wait()
        if self.failure is not None:
            raise self.failure
        if url.endswith("/.well-known/openid-configuration"):
            return decode(msgspec.json.encode({"issuer": self.issuer, "jwks_uri": self.jwks_uri, "more": 1}))
        return decode(msgspec.json.encode({"keys": [*self.more_keys, *(self.public(kid) for kid in self.keys)]}))

    def public(self, kid: str) -> dict[str, object]:
        public = self.keys[kid].public_key()
        of_type = RSAAlgorithm if isinstance(public, rsa.RSAPublicKey) else ECAlgorithm
        algorithm = "RS256" if of_type is RSAAlgorithm else "ES256"
        key = of_type.to_jwk(public, as_dict=True) | {"kid": kid, "use": "sig", "alg": algorithm} | self.members
        return {name: value for name, value in key.items() if value is not None}

    def token(
        self,
        clock: Clock,
        *,
        kid: str = "k1",
        algorithm: str = "RS256",
        header: Mapping[str, object] | None = None,
        **claims: object,
    ) -> str:
        """Return a token of anna, good for a minute; a claim or a member of the header given as None is left out."""
        now = int(clock.now().timestamp())
        whole = {"iss": ISSUER, "aud": "kanava", "sub": "anna", "exp": now + 60} | claims
        claimed = {name: value for name, value in whole.items() if value is not None}
        return sign(self.keys[kid], algorithm, {"kid": kid, "typ": "JWT"} | dict(header or {}), claimed)


def sign(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    algorithm: str,
    header: Mapping[str, object],
    claims: Mapping[str, object] | bytes,
) -> str:
    """Return a token, whatever its header and claims say; a member of the header that is None is left out."""
    given = {name: value for name, value in ({"alg": algorithm} | dict(header)).items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signed = b".".join(base64url_encode(part) for part in (json.dumps(given).encode(), payload))
    signature = jwt.get_algorithm_by_name(algorithm).sign(signed, key)
    return b".".join((signed, base64url_encode(signature))).decode()


@pytest.fixture(scope="session")
def keys() -> list[rsa.RSAPrivateKey]:
    return [rsa.generate_private_key(65537, 2048) for _ in range(2)]


@pytest.fixture
def provider(keys: list[rsa.RSAPrivateKey]) -> Provider:
    return Provider(keys={"k1": keys[0]})


@pytest.fixture
def clock() -> FakeClock:
    """A clock that shows the real time at the start of the test, for libraries that look at their own."""
    return FakeClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def identity(provider: Provider, clock: FakeClock) -> Identity:
    return Identity(provider, issuer=ISSUER, audience="kanava", claim_person="sub", clock=clock)  # type: ignore[arg-type]


class Absent:
    """A connector of a system that knows nothing; notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        async def nothing(keys: Sequence[object]) -> Mapping[object, object]:
            self.asked.append(name)
            return {}

        return nothing


@dataclass
class MemoryPim:
    """A PIM that knows one pipe, and breaks in the ways it is told to."""

    clock: Clock
    failure: Exception | None = None

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        if self.failure is not None:
            raise self.failure
        return CatalogAnswer({sku: self._product(sku) for sku in skus if sku == "KV-1"}, {})

    async def categories(self, codes: Sequence[str] | None) -> CategoriesAnswer:
        if self.failure is not None:
            raise self.failure
        now = self.clock.now()
        return CategoriesAnswer(TopCategories((), Provenance(System.PIM, now, now)), {})

    def _product(self, sku: str) -> Product:
        now = self.clock.now()
        return Product(
            sku=sku,
            gtin=None,
            name={"fi": "Putki", "en": "Pipe"},
            description=None,
            category_codes=(),
            unit=Unit("PCE", {"en": "pc"}, 0),
            attributes=(),
            images=(),
            documents=(),
            packagings=(),
            quantity_rule=None,
            lifecycle=ProductLifecycle.ACTIVE,
            replacement_skus=(),
            relations=(),
            assortments=None,
            locales=("fi", "en"),
            provenance=Provenance(System.PIM, now, now),
        )


@dataclass
class MemoryCrm:
    """A CRM that knows anna of C-1002."""

    clock: Clock
    failure: Exception | None = None
    permissions: Sequence[Permission] = tuple(Permission)

    async def standings(self, keys: Sequence[StandingKey]) -> CustomersAnswer:
        if self.failure is not None:
            raise self.failure
        return CustomersAnswer({key: self._standing(key) for key in keys if key.person == "anna"}, {})

    def _standing(self, key: StandingKey) -> Standing:
        now = self.clock.now()
        origin = Provenance(System.CRM, now, now)
        user = User("anna", "Anna", "anna@example.fi", [Role("buyer", {}, self.permissions)], True, origin)
        if key.number not in (None, "C-1002"):
            return Standing(user, Access.NONE, None)
        account = Account(
            number="C-1002",
            name="Lappeenranta",
            kind=AccountKind.SITE,
            status=AccountStatus.ACTIVE,
            parent_number=None,
            erp_number="10002",
            price_scope="10002",
            currency="EUR",
            assortments=frozenset(),
            addresses=(),
            sales_rep=None,
            provenance=origin,
        )
        return Standing(user, Access.ACT, account)


@dataclass
class MemoryJournal:
    """A journal in which so many orders wait, that fails as it is told to; nothing is put into it."""

    waiting: int = 0
    failure: JournalUnavailable | None = None

    async def pending(self) -> int:
        if self.failure is not None:
            raise self.failure
        return self.waiting

    async def check(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass
class Api:
    """An endpoint in this process, and what stands behind it."""

    client: httpx.AsyncClient
    clock: FakeClock
    provider: Provider
    pim: MemoryPim
    crm: MemoryCrm
    erp: Absent
    services: Services

    async def post(self, query: str, headers: Mapping[str, str] | None = None, **more: object) -> httpx.Response:
        return await self.client.post("/graphql", json={"query": query, **more}, headers=headers)

    async def send(self, body: bytes, content_type: str = "application/json") -> httpx.Response:
        return await self.client.post("/graphql", content=body, headers={"content-type": content_type})

    def down(self, system: System) -> NeverSent:
        return NeverSent(system, "no connection")


POLICY = Policy(fresh_for_s=60, refresh_ahead_s=0, stale_for_s=3600)
BACK_ENDS = (System.ERP, System.CRM, System.PIM, System.WMS)


def guard_of(system: System, clock: FakeClock, replicas: Replicas) -> Guard:
    circuit = Circuit(system, Limits(), clock=clock, jitter=lambda: 0.0, replicas=replicas, probe_within_s=3.0)
    return Guard(circuit, clock=clock)


def services_of(
    pim: MemoryPim,
    crm: MemoryCrm,
    erp: Absent,
    identity: Identity,
    clock: FakeClock,
    folder: Path,
    **environment: str,
) -> Services:
    memory, replicas, policies = Memory(100_000_000), Alone(), Policies(*[POLICY] * 6)
    store = Guarded(SqliteStore(folder / "cache.db", clock=clock), clock=clock)
    guards = {system: guard_of(system, clock, replicas) for system in BACK_ENDS}
    circuits = {system: guard.circuit for system, guard in guards.items()}
    bulkheads = {system: Bulkhead(system, most_at_once=8, most_waiting=64, limit=lambda: None) for system in BACK_ENDS}

    def kit_of(system: System) -> SourceKit:
        circuit: Any = guards[system].circuit
        return kit(clock, system=system, memory=memory, circuit=circuit, replicas=replicas)

    as_connector: Any = (pim, crm, erp, Absent())
    sources = Sources(
        catalog=CatalogSources(as_connector[0], kit_of(System.PIM), POLICY),
        pricing=PricingSources(as_connector[2], kit_of(System.ERP), policies),
        stock=StockSources(as_connector[3], kit_of(System.WMS), policies),
        customers=CustomerSources(as_connector[1], kit_of(System.CRM), POLICY),
        orders=OrderSources(as_connector[2], kit_of(System.ERP), policies),
        health={system: Health(clock) for system in BACK_ENDS},
        circuits=circuits,
        board=Board(circuits),
    )
    journal: Any = MemoryJournal()
    settings = read_settings(environment)
    return Services(
        settings,
        clock,
        sources,
        identity,
        memory,
        store,
        replicas,
        Invalidation(sources, store, replicas),
        journal,
        forwarder_of(journal, as_connector[2], circuits[System.ERP], clock),
        JournalWatch(journal),
        guards,
        bulkheads,
        responses_of(settings, sources, memory),
    )


def forwarder_of(journal: Journal, erp: ErpConnector, circuit: Circuit, clock: FakeClock) -> Forwarder:
    """A forwarder that does not run."""
    bulkhead = Bulkhead(System.ERP, most_at_once=8, most_waiting=64, limit=lambda: None)
    attempts = Attempts(erp, gate=bulkhead.slot, call_within_s=2, clock=clock, accepted=lambda order: None)
    return Forwarder(journal, erp, attempts, circuit=circuit, clock=clock, owner="test", lease_s=10, random=lambda: 0.0)


def door_of(services: Services) -> Door:
    rate = services.settings.rate
    limiter = RateLimiter(person_per_minute=rate.person, address_per_minute=rate.address, clock=services.clock)
    return Door(build_schema(), services, limiter=limiter, trusted=None)


PRODUCTION = {"KANAVA_PROFILE": "production", "KANAVA_OIDC_ISSUER": ISSUER} | {
    f"KANAVA_{system}_URL": f"http://{system.lower()}.example" for system in ("ERP", "CRM", "PIM", "WMS")
}

OpenApi = Callable[..., AbstractAsyncContextManager[Api]]


@pytest.fixture
def open_api(identity: Identity, provider: Provider, clock: FakeClock, tmp_path: Path) -> OpenApi:
    """Open an endpoint with settings of its own."""

    @asynccontextmanager
    async def opened(**environment: str) -> AsyncIterator[Api]:
        pim, crm, erp = MemoryPim(clock), MemoryCrm(clock), Absent()
        services = services_of(pim, crm, erp, identity, clock, tmp_path, **environment)
        endpoint = Endpoint(door_of(services), Closing(), NoTracer())

        async def graphql(request: Request) -> Response:
            return await endpoint(request)

        web = Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"])])
        transport = httpx.ASGITransport(web)
        async with httpx.AsyncClient(transport=transport, base_url="http://kanava.example") as client:
            yield Api(client, clock, provider, pim, crm, erp, services)
        await services.store.close()

    return opened


@pytest.fixture
async def api(open_api: OpenApi) -> AsyncIterator[Api]:
    async with open_api() as opened:
        yield opened
