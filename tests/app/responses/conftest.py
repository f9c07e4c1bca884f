"""An endpoint that remembers whole answers, over systems in memory that know several customers."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.endpoint import Endpoint
from app.express.answering import Express
from app.identity import Identity
from app.responses.responses import Responses
from app.shutdown import Closing
from app.wiring import Services
from datasources.cache.store import Drop
from datasources.model.catalog import ProductSearch, SearchHit, SearchResult
from datasources.model.common import Money, Provenance, Quantity, System
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
from datasources.model.pricing import Price, PriceKey, PriceOrigin, Quote, QuoteStatus
from datasources.ports import CatalogAnswer, CustomersAnswer, SearchAnswer
from datasources.tracing import NoTracer
from tests.app.conftest import ISSUER, Absent, MemoryPim, Provider, door_of, services_of
from tests.datasources.fakes import FakeClock

BUYER = Role("buyer", {}, tuple(Permission))
CLERK = Role("clerk", {}, (Permission.PLACE_ORDER,))


@dataclass
class Pim(MemoryPim):
    """
    A PIM that knows KV-1, and KV-2 of the assortment "own"; `names` are otherwise from when they are set.

    `searched` are the assortments of the searches that it was asked for.
    """

    names: dict[str, str] = field(default_factory=dict)
    searched: list[tuple[str, ...]] = field(default_factory=list)

    async def search(self, searches: Sequence[ProductSearch]) -> SearchAnswer:
        self.searched += [search.assortments for search in searches]
        catalog = await self.products(["KV-1", "KV-2"])
        return SearchAnswer({search: self._found(search, catalog) for search in searches}, catalog)

    def _found(self, search: ProductSearch, catalog: CatalogAnswer) -> SearchResult:
        own = frozenset(search.assortments)
        skus = [sku for sku, one in catalog.products.items() if one.assortments is None or one.assortments & own]
        now = self.clock.now()
        hits = [SearchHit(sku, sku) for sku in skus]
        return SearchResult(len(hits), hits, False, (), Provenance(System.PIM, now, now))

    async def products(self, skus: Sequence[str]) -> CatalogAnswer:
        if self.failure is not None:
            raise self.failure
        found = {sku: self._product(sku) for sku in skus if sku in ("KV-1", "KV-2")}
        named = {sku: replace(one, name={"en": self.names.get(sku, sku), "fi": "putki"}) for sku, one in found.items()}
        own = {sku: replace(one, assortments=frozenset(["own"])) for sku, one in named.items() if sku == "KV-2"}
        return CatalogAnswer({**named, **own}, {})


@dataclass
class Erp(Absent):
    """An ERP with a price for each price scope, `amounts`; notes the scopes it is asked for."""

    clock: FakeClock
    amounts: dict[str | None, str] = field(default_factory=lambda: {"S1": "10", "S2": "20", None: "99"})
    scopes: list[str | None] = field(default_factory=list)
    failure: Exception | None = None
    meanwhile: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def prices(self, keys: Sequence[PriceKey]) -> Mapping[PriceKey, Quote]:
        self.scopes += [key.scope for key in keys]
        if self.failure is not None:
            raise self.failure
        answer = {key: self._quote(key) for key in keys}
        if self.meanwhile is not None:
            self.meanwhile()
        return answer

    def _quote(self, key: PriceKey) -> Quote:
        now = self.clock.now()
        origin = Provenance(System.ERP, now, now)
        unit = MemoryPim(self.clock)._product(key.sku).unit
        money = Money(Decimal(self.amounts[key.scope]), "EUR")
        price = Price(
            money, Quantity(Decimal(1), unit), None, True, None, PriceOrigin.CONTRACT, None, (), None, None, origin
        )
        return Quote(QuoteStatus.PRICED, price, origin)


@dataclass
class Crm:
    """
    A CRM. C-1 and C-3 have the price scope S1 and the assortment "own", C-2 has S2 and none.

    anna buys for C-1, berta for C-3, carl for C-2; mikko for C-1, and for C-2 when he chooses it; dora, of C-1, sees no
    prices; nobody else is known.
    """

    clock: FakeClock
    own: dict[str, str] = field(
        default_factory=lambda: {"anna": "C-1", "berta": "C-3", "carl": "C-2", "mikko": "C-1", "dora": "C-1"}
    )
    scopes: dict[str, str] = field(default_factory=lambda: {"C-1": "S1", "C-2": "S2", "C-3": "S1"})
    roles: dict[str, Role] = field(default_factory=lambda: {"dora": CLERK})
    names: dict[str, str] = field(default_factory=dict)
    asked: list[StandingKey] = field(default_factory=list)
    failure: Exception | None = None

    async def standings(self, keys: Sequence[StandingKey]) -> CustomersAnswer:
        self.asked += keys
        if self.failure is not None:
            raise self.failure
        return CustomersAnswer({key: self._standing(key) for key in keys if key.person in self.own}, {})

    def _standing(self, key: StandingKey) -> Standing:
        now = self.clock.now()
        origin = Provenance(System.CRM, now, now)
        role = self.roles.get(key.person, BUYER)
        user = User(
            key.person, self.names.get(key.person, key.person.title()), f"{key.person}@example.fi", [role], True, origin
        )
        number = key.number or self.own[key.person]
        may = (self.own[key.person], "C-2") if key.person == "mikko" else (self.own[key.person],)
        if number not in may:
            return Standing(user, Access.NONE, None)
        return Standing(user, Access.ACT, self._account(number, origin))

    def _account(self, number: str, origin: Provenance) -> Account:
        return Account(
            number=number,
            name=f"Account {number}",
            kind=AccountKind.SITE,
            status=AccountStatus.ACTIVE,
            parent_number=None,
            erp_number=f"1{number}",
            price_scope=self.scopes[number],
            currency="EUR",
            assortments=frozenset() if number == "C-2" else frozenset(["own"]),
            addresses=(),
            sales_rep=None,
            provenance=origin,
        )


@dataclass
class Shop:
    """The endpoint, and all that stands behind it. A request is sent as a client does; who asks is by name."""

    client: httpx.AsyncClient
    clock: FakeClock
    provider: Provider
    pim: Pim
    crm: Crm
    erp: Erp
    services: Services
    express: Express
    tokens: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    @property
    def responses(self) -> Responses:
        return self.services.responses

    async def post(
        self,
        query: str,
        person: str | None = None,
        *,
        account: str | None = None,
        roles: Sequence[str] = ("buyer", "clerk"),
        variables: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | self.signed(person, account, roles)
        return await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)

    async def get(self, query: str, person: str | None = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | self.signed(person)
        return await self.client.get("/graphql", params={"query": query}, headers=sent)

    async def data(self, query: str, person: str | None = None, **more: Any) -> Any:
        """Return the data of an answer that must have no errors."""
        body = (await self.post(query, person, **more)).json()

        assert ["data"] == list(body), body
        return body["data"]

    async def remember(self, query: str, person: str | None = None, **more: Any) -> Any:
        """Have an answer remembered: the first time its values are fetched, the second it is wanted, the third kept."""
        for _ in range(3):
            data = await self.data(query, person, **more)
        return data

    async def again(self, query: str, person: str | None = None, **more: Any) -> tuple[Any, bool]:
        """Return the data of an answer, and whether it was a remembered one."""
        hits = self.responses.shelf.hits
        data = await self.data(query, person, **more)
        return data, self.responses.shelf.hits > hits

    async def changed(self, kind: str, *tags: str, scope: str | None = None) -> None:
        """Have it announced that values of a kind have changed, as a hook does."""
        await self.services.invalidation.announce([Drop(kind, frozenset(tags) if tags else None, scope)])

    def signed(
        self, person: str | None, account: str | None = None, roles: Sequence[str] = ("buyer", "clerk")
    ) -> dict[str, str]:
        if person is None:
            return {}
        whose = (person, tuple(roles))
        if whose not in self.tokens:
            exp = int(self.clock.now().timestamp()) + 3600
            self.tokens[whose] = self.provider.token(self.clock, sub=person, roles=list(roles), exp=exp)
        signed = {"authorization": f"Bearer {self.tokens[whose]}"}
        return signed | ({"kanava-account": account} if account else {})


OpenShop = Callable[..., AbstractAsyncContextManager[Shop]]


@pytest.fixture
def open_shop(provider: Provider, clock: FakeClock, tmp_path: Path) -> OpenShop:
    """Open a shop with settings of its own."""

    @asynccontextmanager
    async def opened(**environment: str) -> AsyncIterator[Shop]:
        transport: Any = provider
        identity = Identity(
            transport, issuer=ISSUER, audience="kanava", claim_person="sub", claim_roles="roles", clock=clock
        )
        connectors: Any = (Pim(clock), Crm(clock), Erp(clock))
        services = services_of(*connectors, identity, clock, tmp_path, **environment)
        endpoint = Endpoint(door_of(services), Closing(), NoTracer())

        async def graphql(request: Request) -> Response:
            return await endpoint(request)

        web = Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"])])
        over = httpx.ASGITransport(web)
        async with httpx.AsyncClient(transport=over, base_url="http://kanava.example") as client:
            yield Shop(client, clock, provider, *connectors, services, endpoint.express)
        await services.invalidation.settle()
        await services.store.close()

    return opened


@pytest.fixture
async def shop(open_shop: OpenShop) -> AsyncIterator[Shop]:
    async with open_shop() as opened:
        yield opened
