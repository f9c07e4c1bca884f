"""The ERP's own tables of customers: groups, discounts, contracts, part number schemes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.data.accounts import Account, lineage
from sandbox.data.tariffs import Contract

# Discounts of a customer group by category, those of the nearest category first; the rest has none.
GROUP_DISCOUNTS: Mapping[str, Mapping[str, Decimal]] = {
    "installers": {
        "pipes": Decimal("0.22"), "fittings": Decimal("0.25"), "valves": Decimal("0.20"), "heating": Decimal("0.15"),
        "cables": Decimal("0.24"), "electrical": Decimal("0.18"), "tools": Decimal("0.08"),
    },
    "builders": {
        "pipes": Decimal("0.15"), "fittings": Decimal("0.15"), "cables": Decimal("0.12"), "tools": Decimal("0.10"),
        "electrical": Decimal("0.10"),
    },
    "industry": {
        "industrial": Decimal("0.20"), "valves": Decimal("0.18"), "cables": Decimal("0.15"), "tools": Decimal("0.12"),
        "luminaires": Decimal("0.14"),
    },
    "retail": {"tools": Decimal("0.20"), "electrical": Decimal("0.12")},
}  # fmt: skip
_GROUPS = {
    "C-1000": "builders", "C-2000": "installers", "C-3001": "installers", "C-4000": "installers", "C-4100": "builders",
    "C-4200": "installers", "C-4300": "builders", "C-4400": "industry", "C-4500": "retail",
}  # fmt: skip
# Saimaa's accounts share one scheme of part numbers, as do the other groups'.
_PART_SCHEMES = {"C-1000": "SR", "C-2000": "DI", "C-4100": "NB", "C-4400": "KK"}

_CONTRACTS = (
    Contract(
        "K-1000-24", "Saimaa puitesopimus 2024-2028", "C-1000", date(2024, 1, 1), date(2028, 12, 31), 0.30,
        {"pipes": Decimal("0.18"), "cables": Decimal("0.22")}, Decimal(2_500_000), Decimal(1_184_320),
    ),
    Contract(
        "K-1000-21", "Saimaa puitesopimus 2021-2023", "C-1000", date(2021, 1, 1), date(2023, 12, 31), 0.25,
        {"pipes": Decimal("0.16")},
    ),
    Contract(
        "P-1002-25", "Lappeenrannan kampus, projektihinnat", "C-1002", date(2025, 6, 1), date(2027, 12, 31), 0.06, None,
        Decimal(400_000), Decimal(96_410),
    ),
    Contract(
        "K-2000-25", "Dunarea contract-cadru 2025-2028", "C-2000", date(2025, 1, 1), date(2028, 12, 31), 0.22,
        {"fittings": Decimal("0.28")}, Decimal(600_000), Decimal(212_050),
    ),
    Contract(
        "K-4000-25", "Pohjan Putki vuosisopimus", "C-4000", date(2025, 1, 1), date(2027, 12, 31), 0.20,
        {"pipes": Decimal("0.26"), "fittings": Decimal("0.30")},
    ),
    Contract(
        "K-4100-24", "Norrland Bygg ramavtal 2024-2029", "C-4100", date(2024, 7, 1), date(2029, 6, 30), 0.18,
        {"cables": Decimal("0.20")}, Decimal(9_000_000), Decimal(3_871_400),
    ),
    Contract(
        "K-4400-24", "Kymijoki kunnossapitosopimus", "C-4400", date(2024, 3, 1), date(2029, 2, 28), 0.25,
        {"industrial": Decimal("0.24"), "valves": Decimal("0.22")},
    ),
    Contract(
        "K-4500-25", "Rautapiha ketjusopimus", "C-4500", date(2025, 1, 1), date(2028, 12, 31), 0.15,
        {"tools": Decimal("0.25")},
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the ERP keeps it. Contracts closest to the customer come first."""

    number: str
    currency: str
    group: str
    contracts: tuple[Contract, ...]
    part_scheme: str | None


def customers_of(accounts: Mapping[str, Account]) -> dict[str, Customer]:
    """Return the ERP's customers: every account but the departments, which buy on their site's number."""
    return {
        number: _customer(account, [above.number for above in lineage(accounts, number)])
        for number, account in accounts.items()
        if account.kind != "DEPARTMENT"
    }


def _customer(account: Account, line: list[str]) -> Customer:
    group = next((_GROUPS[number] for number in line if number in _GROUPS), "installers")
    scheme = next((_PART_SCHEMES[number] for number in line if number in _PART_SCHEMES), None)
    contracts = tuple(contract for number in line for contract in _CONTRACTS if contract.head == number)
    return Customer(account.number, account.currency or "EUR", group, contracts, scheme)
