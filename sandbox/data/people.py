"""Who logs in, with which roles, and which accounts they hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.data.accounts import Account, Contact
from sandbox.data.texts import Text, text


@dataclass(frozen=True, slots=True)
class Role:
    code: str
    name: Text
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may act for the accounts they hold, and with `below` for all accounts below those."""

    id: str
    name: str
    email: str
    roles: tuple[Role, ...]
    holds: tuple[str, ...] = ()
    below: bool = False
    active: bool = True


BUYER = Role(
    "buyer",
    text("Ostaja", "Buyer", "Inköpare"),
    ("VIEW_PRICES", "PLACE_ORDER", "VIEW_INVOICES", "CREATE_RETURN", "REQUEST_QUOTE"),
)
ADMINISTRATOR = Role(
    "administrator",
    text("Pääkäyttäjä", "Administrator", "Administratör"),
    (
        "VIEW_PRICES", "PLACE_ORDER", "APPROVE_ORDER", "VIEW_ALL_ORDERS", "VIEW_INVOICES", "REQUEST_QUOTE",
        "MANAGE_USERS", "CREATE_RETURN",
    ),
)  # fmt: skip
SALES_REP = Role(
    "sales_rep",
    text("Myyntiedustaja", "Sales representative", "Säljare"),
    ("VIEW_PRICES", "PLACE_ORDER", "VIEW_ALL_ORDERS", "VIEW_INVOICES", "ACT_ON_BEHALF", "REQUEST_QUOTE"),
)
OPERATOR = Role("operator", text("Kanavan ylläpito", "Channel operator", "Kanaloperatör"), ())

OMAR = Person("omar", "Omar Hassan", "omar@kanava.example", (OPERATOR,))
_NAMED = (
    Person("anna", "Anna Virtanen", "anna@saimaa.example", (BUYER,), ("C-1002",)),
    Person("mikko", "Mikko Salonen", "mikko@saimaa.example", (ADMINISTRATOR,), ("C-1000",), below=True),
    Person("elena", "Elena Ionescu", "elena@dunarea.example", (BUYER,), ("C-2001",)),
    Person("sari", "Sari Lindqvist", "sari@kanava.example", (SALES_REP,), ("C-1000", "C-3001"), below=True),
    OMAR,
)


def buyer_id(number: str) -> str:
    return f"buyer-{number}"


def buyers(accounts: Mapping[str, Account]) -> list[Person]:
    """Return one buyer for each account, who acts for that account only."""
    return [_buyer(number, account) for number, account in accounts.items()]


def _buyer(number: str, account: Account) -> Person:
    own = buyer_id(number)
    return Person(own, f"Buyer of {account.name}", f"{own.lower()}@buyers.example", (BUYER,), (number,))


def generated_people(accounts: Mapping[str, Account]) -> dict[str, Person]:
    return {person.id: person for person in (*_NAMED, *buyers(accounts))}


def people_of(accounts: Mapping[str, Account]) -> dict[str, Person]:
    """Return the people of accounts read from a file: buyers, representatives, and the channel's operator."""
    held: dict[Contact, list[str]] = {}
    for number, account in accounts.items():
        if account.sales_rep:
            held.setdefault(account.sales_rep, []).append(number)
    reps = [
        Person(rep.id, rep.name, f"{rep.id}@sales.example", (SALES_REP,), tuple(numbers))
        for rep, numbers in held.items()
    ]
    return {person.id: person for person in (*buyers(accounts), *reps, OMAR)}
