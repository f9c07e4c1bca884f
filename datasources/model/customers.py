"""Customers: accounts in their hierarchy, people, and what they may do. What the CRM knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from datasources.cache.kept import Remembered
from datasources.model.common import Provenance, Text


class AccountKind(Enum):
    """What an account is in its hierarchy."""

    GROUP = "GROUP"
    COMPANY = "COMPANY"
    SITE = "SITE"
    DEPARTMENT = "DEPARTMENT"


class AccountStatus(Enum):
    """Whether an account may trade."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    CLOSED = "CLOSED"


class AddressUse(Enum):
    """What an address is for."""

    SHIPPING = "SHIPPING"
    BILLING = "BILLING"


class Permission(Enum):
    """Something a role allows."""

    VIEW_PRICES = "VIEW_PRICES"
    PLACE_ORDER = "PLACE_ORDER"
    APPROVE_ORDER = "APPROVE_ORDER"
    VIEW_ALL_ORDERS = "VIEW_ALL_ORDERS"
    VIEW_INVOICES = "VIEW_INVOICES"
    REQUEST_QUOTE = "REQUEST_QUOTE"
    MANAGE_USERS = "MANAGE_USERS"
    CREATE_RETURN = "CREATE_RETURN"
    ACT_ON_BEHALF = "ACT_ON_BEHALF"


class Access(Enum):
    """What a person may do with an account: act for it, see its name above their own, or nothing."""

    ACT = "ACT"
    SEE = "SEE"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is ISO 3166 alpha-2, the id unique within its system. `use` None: any."""

    id: str
    name: str | None
    lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str
    delivery_note: str | None
    use: AddressUse | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to turn to at the wholesaler."""

    id: str
    name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions."""

    code: str
    name: Text
    permissions: Sequence[Permission]


@dataclass(frozen=True, slots=True)
class User(Remembered):
    """A person, as the identity provider names them (`id`) and the CRM knows them."""

    id: str
    name: str
    email: str
    roles: Sequence[Role]
    active: bool
    provenance: Provenance

    def can(self, permission: Permission) -> bool:
        """Return whether any of the person's roles allows it."""
        return any(permission in role.permissions for role in self.roles)


@dataclass(frozen=True, slots=True)
class Account(Remembered):
    """
    A customer account. `erp_number` None: the ERP does not know it.

    `price_scope` is what its prices depend on (see PriceKey); `assortments` are its own and inherited ones.
    """

    number: str
    name: str
    kind: AccountKind
    status: AccountStatus
    parent_number: str | None
    erp_number: str | None
    price_scope: str | None
    currency: str | None
    assortments: frozenset[str]
    addresses: Sequence[Address]
    sales_rep: Contact | None
    provenance: Provenance


class StandingKey(NamedTuple):
    """A person and an account; `number` None: the person's own. A tuple, for every request looks by one or two."""

    person: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Standing(Remembered):
    """What a person is to an account; `account` None: they have no own one, or may not know of it (access NONE)."""

    user: User
    access: Access
    account: Account | None

    @property
    def provenance(self) -> Provenance:
        """Where it comes from: the answer that told of the person told the rest."""
        return self.user.provenance


@dataclass(frozen=True, slots=True)
class AccountsKey:
    """A page of accounts that a person may know: those below `parent`, or (None) all they may act for."""

    person: str
    parent: str | None
    first: int
    after: str | None


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Account numbers in their order; `total` counts all pages."""

    numbers: Sequence[str]
    total: int
    has_next: bool
    provenance: Provenance
