"""The CRM behind the open connector contract (`docs/connect/`)."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from datasources.http import Transport
from datasources.model.common import Provenance
from datasources.model.customers import (
    Access,
    Account,
    AccountKind,
    AccountsKey,
    AccountsPage,
    AccountStatus,
    Contact,
    Permission,
    Role,
    Standing,
    StandingKey,
    User,
)
from datasources.model.making import maker
from datasources.ports import ConnectorSettings, CustomersAnswer
from datasources.wire import Answer, WireAddress, WireText, address, text


class WireContact(msgspec.Struct):
    id: str
    name: str
    email: str | None = None
    phone: str | None = None


class WireAccount(msgspec.Struct):
    number: str
    name: str
    kind: AccountKind
    status: AccountStatus
    parent_number: str | None = None
    erp_number: str | None = None
    price_scope: str | None = None
    currency: str | None = None
    assortments: frozenset[str] = frozenset()
    addresses: list[WireAddress] = []
    sales_rep: WireContact | None = None


class WireRole(msgspec.Struct):
    code: str
    name: WireText
    permissions: list[Permission]


class WirePerson(msgspec.Struct):
    id: str
    name: str
    email: str
    roles: list[WireRole]
    active: bool = True


class WireAccess(msgspec.Struct):
    person: str
    number: str
    access: Access


class People(Answer, kw_only=True):
    persons: list[WirePerson]
    accounts: list[WireAccount]
    accesses: list[WireAccess]


class WireContext(msgspec.Struct):
    person: str
    account: str | None
    access: Access
    number: str | None = None


class ContextList(People, kw_only=True):
    contexts: list[WireContext]


class WirePage(msgspec.Struct):
    person: str
    first: int
    after: str | None
    total: int
    numbers: list[str]
    has_next: bool


class WireChildren(WirePage, kw_only=True):
    parent: str


class PageList(People, kw_only=True):
    pages: list[WirePage]


class ChildrenList(People, kw_only=True):
    pages: list[WireChildren]


_make_user = maker(User)
_make_account = maker(Account)
_make_standing = maker(Standing)
_contexts = msgspec.json.Decoder(ContextList)
_pages = msgspec.json.Decoder(PageList)
_children = msgspec.json.Decoder(ChildrenList)


class RestCrm:
    """See `CrmConnector`."""

    options: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def connect(cls, settings: ConnectorSettings, transport: Transport) -> "RestCrm":
        return cls(transport)

    async def standings(self, keys: Sequence[StandingKey]) -> CustomersAnswer:
        def read(body: bytes) -> CustomersAnswer:
            answer = _contexts.decode(body)
            people = _People(answer, self._transport.provenance(answer.as_of))
            standings = people.standings()
            for said in answer.contexts:
                key = StandingKey(said.person, said.account)
                standings[key] = people.standing(said.person, said.number, said.access)
            return CustomersAnswer(standings, {})

        lines = [{"person": key.person, "account": key.number} for key in keys]
        return await self._transport.post("contexts", {"lines": lines}, read)

    async def accounts(self, keys: Sequence[AccountsKey]) -> CustomersAnswer:
        below = [key for key in keys if key.parent is not None]
        own = [{"person": key.person, "first": key.first, "after": key.after} for key in keys if key.parent is None]
        answers = [
            await self._pages(path, asked, decoder)
            for path, asked, decoder in (("accounts/children", below, _children), ("persons/accounts", own, _pages))
            if asked
        ]
        standings = {key: standing for answer in answers for key, standing in answer.standings.items()}
        return CustomersAnswer(standings, {key: page for answer in answers for key, page in answer.pages.items()})

    async def _pages(
        self,
        path: str,
        lines: Sequence[object],
        decoder: msgspec.json.Decoder[ChildrenList] | msgspec.json.Decoder[PageList],
    ) -> CustomersAnswer:
        def read(body: bytes) -> CustomersAnswer:
            answer = decoder.decode(body)
            provenance = self._transport.provenance(answer.as_of)
            people = _People(answer, provenance)
            pages = {
                _accounts_key(said): AccountsPage(said.numbers, said.total, said.has_next, provenance)
                for said in answer.pages
            }
            return CustomersAnswer(people.standings(), pages)

        return await self._transport.post(path, {"lines": lines}, read)


class _People:
    """Who and what one answer speaks of, to be put together."""

    def __init__(self, answer: People, provenance: Provenance) -> None:
        self._users = {said.id: _user(said, provenance) for said in answer.persons}
        self._accounts = {said.number: _account(said, provenance) for said in answer.accounts}
        self._accesses = answer.accesses

    def standings(self) -> dict[StandingKey, Standing]:
        return {
            StandingKey(said.person, said.number): self.standing(said.person, said.number, said.access)
            for said in self._accesses
        }

    def standing(self, person: str, number: str | None, access: Access) -> Standing:
        """
        Return what the person is to the account, without the account when they may not know of it.

        Raises:
            ValueError: the answer names someone or something that did not come along.
        """
        if person not in self._users or (number is not None and number not in self._accounts):
            raise ValueError(f"person {person!r} or account {number!r} is named but did not come along")
        if number is None or access is Access.NONE:
            return _make_standing(self._users[person], access, None)
        return _make_standing(self._users[person], access, self._accounts[number])


def _accounts_key(said: WirePage) -> AccountsKey:
    parent = said.parent if isinstance(said, WireChildren) else None
    return AccountsKey(said.person, parent, said.first, said.after)


def _contact(said: WireContact) -> Contact:
    return Contact(said.id, said.name, said.email, said.phone)


def _user(said: WirePerson, provenance: Provenance) -> User:
    roles = [Role(role.code, text(role.name), role.permissions) for role in said.roles]
    return _make_user(said.id, said.name, said.email, roles, said.active, provenance)


def _account(said: WireAccount, provenance: Provenance) -> Account:
    return _make_account(
        said.number,
        said.name,
        said.kind,
        said.status,
        said.parent_number,
        said.erp_number,
        said.price_scope or said.erp_number,
        said.currency,
        said.assortments,
        [address(a) for a in said.addresses],
        _contact(said.sales_rep) if said.sales_rep else None,
        provenance,
    )
