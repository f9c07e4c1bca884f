"""The CRM: accounts, people, and who may act for whom."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sandbox.data.accounts import Account, Address, erp_number, lineage
from sandbox.data.people import Person
from sandbox.protocol import Control, Json, Operation
from sandbox.requests import ChildrenRequest, ContextLine, ContextsRequest, PersonAccountsRequest


class Crm:
    """Answers who people are and where they belong. It knows no prices."""

    name = "crm"
    controls: Sequence[Control] = ()

    def __init__(self, accounts: Mapping[str, Account], people: Mapping[str, Person]) -> None:
        self._accounts = accounts
        self._people = people
        self._children: dict[str, list[str]] = {}
        for account in accounts.values():
            if account.parent is not None:
                self._children.setdefault(account.parent, []).append(account.number)
        self._acts = lru_cache(maxsize=4096)(self._find_acts)
        self._sees = lru_cache(maxsize=4096)(self._find_sees)
        self.operations = (
            Operation("contexts", "/contexts", ContextsRequest, self.contexts),
            Operation("children", "/accounts/children", ChildrenRequest, self.children),
            Operation("person_accounts", "/persons/accounts", PersonAccountsRequest, self.person_accounts),
        )

    def reset(self) -> None:
        """Do nothing: nobody writes here."""

    def contexts(self, request: ContextsRequest) -> Json:
        lines = [line for line in request.lines if self._known(line.person)]
        contexts = [self._context(line) for line in lines]
        named = [(context["person"], context["number"]) for context in contexts if context["number"] is not None]
        return {"contexts": contexts, **self._who_and_what((line.person for line in lines), named)}

    def children(self, request: ChildrenRequest) -> Json:
        pages, named = [], []
        for line in request.lines:
            if not self._known(line.person) or self._access(line.person, line.parent) == "NONE":
                continue
            visible = [n for n in self._children.get(line.parent, ()) if self._access(line.person, n) != "NONE"]
            page = _page(visible, line.first, line.after)
            pages.append({"person": line.person, "parent": line.parent, **page})
            named += [(line.person, number) for number in page["numbers"]]
        return {"pages": pages, **self._who_and_what((page["person"] for page in pages), named)}

    def person_accounts(self, request: PersonAccountsRequest) -> Json:
        pages, named = [], []
        for line in request.lines:
            if not self._known(line.person):
                continue
            page = _page(self._acts(line.person), line.first, line.after)
            pages.append({"person": line.person, **page})
            named += [(line.person, number) for number in page["numbers"]]
        return {"pages": pages, **self._who_and_what((page["person"] for page in pages), named)}

    def _context(self, line: ContextLine) -> Json:
        number = self._own(line.person) if line.account is None else line.account
        access = "NONE" if number is None else self._access(line.person, number)
        shown = None if access == "NONE" else number
        return {"person": line.person, "account": line.account, "access": access, "number": shown}

    def _own(self, person: str) -> str | None:
        """Return the first account they hold and may act for, in order of number."""
        acts = self._acts(person)
        return min((number for number in self._people[person].holds if number in acts), default=None)

    def _known(self, person: str) -> bool:
        return person in self._people and self._people[person].active

    def _access(self, person: str, number: str) -> str:
        if number in self._acts(person):
            return "ACT"
        return "SEE" if number in self._sees(person) else "NONE"

    def _find_acts(self, person: str) -> dict[str, None]:
        """Return whom a person may act for, in order of number. Nobody acts for a closed account."""
        holder = self._people[person]
        found = set(holder.holds)
        queue = list(found) if holder.below else []
        while queue:
            children = self._children.get(queue.pop(), [])
            found.update(children)
            queue += children
        return dict.fromkeys(sorted(number for number in found if self._accounts[number].status != "CLOSED"))

    def _find_sees(self, person: str) -> frozenset[str]:
        return frozenset(above.number for number in self._acts(person) for above in lineage(self._accounts, number))

    def _who_and_what(self, persons: Iterable[str], named: Iterable[tuple[str, str]]) -> Json:
        pairs = dict.fromkeys(
            (person, above.number) for person, number in named for above in lineage(self._accounts, number)
        )
        accesses = [{"person": who, "number": number, "access": self._access(who, number)} for who, number in pairs]
        numbers = dict.fromkeys(number for _, number in pairs)
        return {
            "persons": [_person_json(self._people[person]) for person in dict.fromkeys(persons)],
            "accounts": [self._account_json(self._accounts[number]) for number in numbers],
            "accesses": accesses,
        }

    def _account_json(self, account: Account) -> Json:
        rep = account.sales_rep
        return {
            "number": account.number,
            "name": account.name,
            "kind": account.kind,
            "status": account.status,
            "parent_number": account.parent,
            "erp_number": erp_number(self._accounts, account.number),
            "price_scope": None,
            "currency": account.currency,
            "assortments": account.assortments,
            "addresses": [_address_json(address) for address in account.addresses],
            "sales_rep": rep and {"id": rep.id, "name": rep.name, "email": rep.email, "phone": rep.phone},
        }


def _page(numbers: Iterable[str], first: int, after: str | None) -> Json:
    ordered = sorted(numbers)
    left = [number for number in ordered if after is None or number > after]
    return {
        "first": first,
        "after": after,
        "total": len(ordered),
        "numbers": left[:first],
        "has_next": len(left) > first,
    }


def _address_json(address: Address) -> Json:
    return {
        "id": address.id,
        "use": address.use,
        "name": address.name,
        "lines": address.lines,
        "postal_code": address.postal_code,
        "city": address.city,
        "country": address.country,
        "delivery_note": address.delivery_note,
    }


def _person_json(person: Person) -> Json:
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "active": person.active,
        "roles": [{"code": role.code, "name": role.name, "permissions": role.permissions} for role in person.roles],
    }
