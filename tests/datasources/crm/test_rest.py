"""The CRM over the open contract: what is asked, and what its answers mean."""

from datetime import timedelta
from typing import Any

import pytest

from datasources.crm.rest import RestCrm
from datasources.model.common import Provenance, System
from datasources.model.customers import (
    Access,
    Account,
    AccountKind,
    AccountsKey,
    AccountsPage,
    AccountStatus,
    Address,
    AddressUse,
    Contact,
    Permission,
    Role,
    Standing,
    StandingKey,
    User,
)
from datasources.ports import CustomersAnswer
from tests.datasources.fakes import START, FakeTransport

ORIGIN = Provenance(System.CRM, START - timedelta(minutes=30), START)
ROLE = {"code": "buyer", "name": {"fi": "Ostaja"}, "permissions": ["VIEW_PRICES", "PLACE_ORDER"]}
ANNA = {"id": "anna", "name": "Anna", "email": "anna@example.fi", "active": True, "roles": [ROLE]}
SITE = {
    "number": "C-1002",
    "name": "Lappeenranta",
    "kind": "SITE",
    "status": "ACTIVE",
    "parent_number": "C-1001",
    "erp_number": "10002",
    "price_scope": "S1",
    "currency": "EUR",
    "assortments": ["trade"],
    "addresses": [
        {"id": "a1", "lines": ["Katu 1"], "postal_code": "5", "city": "L", "country": "FI", "use": "SHIPPING"}
    ],
    "sales_rep": {"id": "sari", "name": "Sari", "email": "sari@example.fi", "phone": "+358"},
}
COMPANY = {"number": "C-1001", "name": "Saimaa", "kind": "COMPANY", "status": "BLOCKED", "erp_number": "10001"}
USER = User(
    "anna",
    "Anna",
    "anna@example.fi",
    [Role("buyer", {"fi": "Ostaja"}, [Permission.VIEW_PRICES, Permission.PLACE_ORDER])],
    True,
    ORIGIN,
)
SITE_ACCOUNT = Account(
    number="C-1002",
    name="Lappeenranta",
    kind=AccountKind.SITE,
    status=AccountStatus.ACTIVE,
    parent_number="C-1001",
    erp_number="10002",
    price_scope="S1",
    currency="EUR",
    assortments=frozenset({"trade"}),
    addresses=[Address("a1", None, ("Katu 1",), "5", "L", "FI", None, AddressUse.SHIPPING)],
    sales_rep=Contact("sari", "Sari", "sari@example.fi", "+358"),
    provenance=ORIGIN,
)
COMPANY_ACCOUNT = Account(
    number="C-1001",
    name="Saimaa",
    kind=AccountKind.COMPANY,
    status=AccountStatus.BLOCKED,
    parent_number=None,
    erp_number="10001",
    price_scope="10001",
    currency=None,
    assortments=frozenset(),
    addresses=[],
    sales_rep=None,
    provenance=ORIGIN,
)


def access(number: str, of: str, person: str = "anna") -> dict[str, str]:
    return {"person": person, "number": number, "access": of}


def people(**more: Any) -> dict[str, Any]:
    both = {"persons": [ANNA], "accounts": [SITE, COMPANY]}
    return both | {"accesses": [access("C-1002", "ACT"), access("C-1001", "SEE")]} | {"as_of": ORIGIN.as_of} | more


def crm(*answers: object) -> tuple[RestCrm, FakeTransport]:
    transport = FakeTransport(System.CRM, *answers)
    return RestCrm(transport), transport  # type: ignore[arg-type]


def key(number: str | None) -> StandingKey:
    return StandingKey("anna", number)


ALONG = {
    key("C-1002"): Standing(USER, Access.ACT, SITE_ACCOUNT),
    key("C-1001"): Standing(USER, Access.SEE, COMPANY_ACCOUNT),
}


async def test_standings() -> None:
    """The own account and those above come in one operation; a person that the CRM does not know is missing."""
    contexts = [
        {"person": "anna", "account": None, "number": "C-1002", "access": "ACT"},
        {"person": "anna", "account": "C-2001", "number": None, "access": "NONE"},
    ]
    connector, transport = crm(people(contexts=contexts))
    found = await connector.standings([key(None), key("C-2001"), StandingKey("nobody", None)])

    assert [
        (
            "contexts",
            {
                "lines": [
                    {"person": "anna", "account": None},
                    {"person": "anna", "account": "C-2001"},
                    {"person": "nobody", "account": None},
                ]
            },
        )
    ] == transport.asked
    assert (
        CustomersAnswer(
            {
                **ALONG,
                key(None): Standing(USER, Access.ACT, SITE_ACCOUNT),
                key("C-2001"): Standing(USER, Access.NONE, None),
            },
            {},
        )
        == found
    )


async def test_no_access_shows_no_account() -> None:
    """An account of access NONE stays out of the standing even when the CRM sends it along."""
    connector, _ = crm(people(contexts=[], accesses=[access("C-1002", "NONE")]))

    assert {key("C-1002"): Standing(USER, Access.NONE, None)} == (await connector.standings([])).standings


async def test_a_sales_representative_may_have_a_name_alone() -> None:
    """E-mail and telephone of a sales representative may be absent."""
    connector, _ = crm(people(contexts=[], accounts=[{**SITE, "sales_rep": {"id": "sari", "name": "Sari"}}, COMPANY]))
    account = (await connector.standings([])).standings[key("C-1002")].account

    assert account is not None
    assert Contact("sari", "Sari", None, None) == account.sales_rep


async def test_pages_of_accounts() -> None:
    """Pages below an account and pages of all that a person may act for are two operations, one call each."""
    below, own = AccountsKey("anna", "C-1001", 2, "C-1001"), AccountsKey("anna", None, 1, None)
    page = {"person": "anna", "total": 3, "numbers": ["C-1002"], "has_next": True}
    connector, transport = crm(
        people(pages=[{**page, "parent": "C-1001", "first": 2, "after": "C-1001"}]),
        people(pages=[{**page, "first": 1, "after": None}], accesses=[]),
    )
    found = await connector.accounts([own, below])

    assert [
        ("accounts/children", {"lines": [{"person": "anna", "parent": "C-1001", "first": 2, "after": "C-1001"}]}),
        ("persons/accounts", {"lines": [{"person": "anna", "first": 1, "after": None}]}),
    ] == transport.asked
    assert CustomersAnswer(ALONG, dict.fromkeys((below, own), AccountsPage(["C-1002"], 3, True, ORIGIN))) == found


async def test_only_the_operation_needed_is_called() -> None:
    """Without keys of one kind its operation is not asked; a page that is missing is missing."""
    connector, transport = crm(people(pages=[]))
    found = await connector.accounts([AccountsKey("anna", None, 1, None)])

    assert ["persons/accounts"] == [path for path, _ in transport.asked]
    assert {} == found.pages


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(people(contexts=[], persons=[]), id="person did not come along"),
        pytest.param(people(contexts=[], accounts=[SITE]), id="account did not come along"),
        pytest.param(people(contexts=[{"person": "anna", "number": "C-9", "access": "ACT"}]), id="unknown account"),
        pytest.param(people(contexts=[{"person": "eve", "access": "NONE"}]), id="unknown person"),
        pytest.param(people(), id="no contexts"),
        pytest.param(people(contexts=[{"person": "anna"}]), id="no access"),
        pytest.param(people(contexts=[], accesses=[access("C-1002", "OWN")]), id="unknown access"),
        pytest.param(people(contexts=[], accounts=[{**SITE, "kind": "CITY"}, COMPANY]), id="unknown kind"),
        pytest.param(people(contexts=[], persons=[{**ANNA, "roles": None}]), id="null roles"),
    ],
)
async def test_what_was_not_agreed_is_an_error(said: object) -> None:
    """An answer that names who or what did not come along, or lacks what it must have, is refused."""
    connector, _ = crm(said)

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await connector.standings([key("C-1002")])
