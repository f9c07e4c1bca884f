"""Customers' accounts and their hierarchy. The CRM and the ERP both know them, each its own side."""

# ruff: noqa: E501  # tables read best with a row a line
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    id: str
    use: str
    lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str
    name: str | None = None
    delivery_note: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A sales representative."""

    id: str
    name: str
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    number: str
    name: str
    kind: str
    status: str = "ACTIVE"
    parent: str | None = None
    currency: str | None = None
    assortments: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    sales_rep: Contact | None = None


def lineage(accounts: Mapping[str, Account], number: str) -> Iterator[Account]:
    """Yield an account and all above it, nearest first."""
    step: str | None = number
    while step is not None:
        account = accounts[step]
        yield account
        step = account.parent


def erp_number(accounts: Mapping[str, Account], number: str) -> str | None:
    """Return the account's number in the ERP: its own, save that departments buy on their site's."""
    return next((account.number for account in lineage(accounts, number) if account.kind != "DEPARTMENT"), None)


_REPS = {
    "sari": Contact("sari", "Sari Lindqvist", "sari@kanava.example", "+358 40 555 0101"),
    "lasse": Contact("lasse", "Lasse Niemi", "lasse.niemi@kanava.example", "+358 40 555 0102"),
    "ingrid": Contact("ingrid", "Ingrid Åberg", "ingrid.aberg@kanava.example", "+46 70 555 0103"),
    "andrei": Contact("andrei", "Andrei Popescu", "andrei.popescu@kanava.example", "+40 721 555 104"),
    "kadri": Contact("kadri", "Kadri Tamm", "kadri.tamm@kanava.example", None),
}

# number, kind, name, parent, status, street, postal code, city, country, representative
_ACCOUNTS = (
    ("C-1000", "GROUP", "Saimaa-konserni", None, "ACTIVE", "Kauppakatu 40", "53100", "Lappeenranta", "FI", "sari"),
    ("C-1001", "COMPANY", "Saimaa Rakennus", "C-1000", "ACTIVE", "Kauppakatu 40", "53100", "Lappeenranta", "FI", "sari"),
    ("C-1002", "SITE", "Saimaa Rakennus Lappeenranta", "C-1001", "ACTIVE", "Mustolankatu 12", "53200", "Lappeenranta", "FI", "sari"),
    ("C-1003", "SITE", "Saimaa Rakennus Mikkeli", "C-1001", "ACTIVE", "Insinöörinkatu 5", "50150", "Mikkeli", "FI", "sari"),
    ("C-2000", "GROUP", "Dunarea Grup", None, "ACTIVE", "Calea Prutului 18", "800001", "Galați", "RO", "andrei"),
    ("C-2001", "COMPANY", "Dunarea Instal", "C-2000", "ACTIVE", "Strada Portului 7", "800025", "Galați", "RO", "andrei"),
    ("C-3001", "COMPANY", "Talotekniikka Harju", None, "ACTIVE", "Harjukatu 21", "15100", "Lahti", "FI", "sari"),
    ("C-4000", "GROUP", "Pohjan Putki -ryhmä", None, "ACTIVE", "Rautatienkatu 8", "90100", "Oulu", "FI", "lasse"),
    ("C-4001", "COMPANY", "Pohjan Putki", "C-4000", "ACTIVE", "Rautatienkatu 8", "90100", "Oulu", "FI", "lasse"),
    ("C-4002", "SITE", "Pohjan Putki Oulu", "C-4001", "ACTIVE", "Nuottasaarentie 3", "90400", "Oulu", "FI", "lasse"),
    ("C-4003", "SITE", "Pohjan Putki Kemi", "C-4001", "ACTIVE", "Ajoksentie 44", "94900", "Kemi", "FI", "lasse"),
    ("C-4004", "DEPARTMENT", "Pohjan Putki Oulu, huolto", "C-4002", "ACTIVE", "Nuottasaarentie 3", "90400", "Oulu", "FI", "lasse"),
    ("C-4005", "DEPARTMENT", "Pohjan Putki Oulu, projektit", "C-4002", "ACTIVE", "Nuottasaarentie 3", "90400", "Oulu", "FI", "lasse"),
    ("C-4100", "GROUP", "Norrland Bygg", None, "ACTIVE", "Storgatan 51", "903 26", "Umeå", "SE", "ingrid"),
    ("C-4101", "COMPANY", "Norrland Bygg Umeå", "C-4100", "ACTIVE", "Storgatan 51", "903 26", "Umeå", "SE", "ingrid"),
    ("C-4102", "SITE", "Norrland Bygg Umeå Väst", "C-4101", "ACTIVE", "Formvägen 10", "906 21", "Umeå", "SE", "ingrid"),
    ("C-4103", "SITE", "Norrland Bygg Luleå", "C-4101", "ACTIVE", "Banvägen 3", "973 46", "Luleå", "SE", "ingrid"),
    ("C-4104", "DEPARTMENT", "Norrland Bygg Umeå Väst, service", "C-4102", "ACTIVE", "Formvägen 10", "906 21", "Umeå", "SE", "ingrid"),
    ("C-4110", "COMPANY", "Västerbotten El", "C-4100", "ACTIVE", "Kungsgatan 77", "931 30", "Skellefteå", "SE", "ingrid"),
    ("C-4111", "SITE", "Västerbotten El Lycksele", "C-4110", "ACTIVE", "Hamngatan 4", "921 31", "Lycksele", "SE", "ingrid"),
    ("C-4200", "COMPANY", "Tallinna Torutööd", None, "ACTIVE", "Kopli 25", "10412", "Tallinn", "EE", "kadri"),
    ("C-4201", "SITE", "Tallinna Torutööd Tartu", "C-4200", "ACTIVE", "Ringtee 60", "50105", "Tartu", "EE", "kadri"),
    ("C-4202", "SITE", "Tallinna Torutööd Pärnu", "C-4200", "CLOSED", "Savi 20", "80010", "Pärnu", "EE", "kadri"),
    ("C-4300", "COMPANY", "Carpați Construct", None, "ACTIVE", "Bulevardul Gării 2", "500227", "Brașov", "RO", "andrei"),
    ("C-4301", "SITE", "Carpați Construct Brașov", "C-4300", "ACTIVE", "Strada Zizinului 110", "500407", "Brașov", "RO", "andrei"),
    ("C-4302", "SITE", "Carpați Construct Cluj", "C-4300", "BLOCKED", "Calea Turzii 150", "400495", "Cluj-Napoca", "RO", "andrei"),
    ("C-4400", "GROUP", "Kymijoki Teollisuus", None, "ACTIVE", "Tehtaankatu 1", "45130", "Kouvola", "FI", "lasse"),
    ("C-4401", "COMPANY", "Kymijoki Kartonki", "C-4400", "ACTIVE", "Tehtaankatu 1", "45130", "Kouvola", "FI", "lasse"),
    ("C-4402", "SITE", "Kymijoki Kartonki Kuusankoski", "C-4401", "ACTIVE", "Selluntie 3", "45700", "Kuusankoski", "FI", "lasse"),
    ("C-4403", "SITE", "Kymijoki Kartonki Kotka", "C-4401", "ACTIVE", "Satamakatu 12", "48100", "Kotka", "FI", "lasse"),
    ("C-4404", "DEPARTMENT", "Kuusankoski, kunnossapito", "C-4402", "ACTIVE", "Selluntie 3", "45700", "Kuusankoski", "FI", "lasse"),
    ("C-4405", "DEPARTMENT", "Kuusankoski, sähkö ja automaatio", "C-4402", "ACTIVE", "Selluntie 3", "45700", "Kuusankoski", "FI", "lasse"),
    ("C-4500", "GROUP", "Rautapiha-ketju", None, "ACTIVE", "Itäinen Pitkäkatu 30", "20810", "Turku", "FI", "lasse"),
    ("C-4501", "COMPANY", "Rautapiha Turku", "C-4500", "ACTIVE", "Tampereentie 240", "20360", "Turku", "FI", "lasse"),
    ("C-4502", "COMPANY", "Rautapiha Salo", "C-4500", "ACTIVE", "Meriniitynkatu 8", "24100", "Salo", "FI", "lasse"),
    ("C-4503", "COMPANY", "Rautapiha Rauma", "C-4500", "BLOCKED", "Lensunkatu 9", "26100", "Rauma", "FI", "lasse"),
    ("C-4600", "COMPANY", "Sähkö-Virtanen", None, "ACTIVE", "Vuorikatu 14", "70100", "Kuopio", "FI", "lasse"),
    ("C-4601", "COMPANY", "LVI-Lehtonen", None, "BLOCKED", "Hatanpäänkatu 2", "33900", "Tampere", "FI", "lasse"),
    ("C-4602", "COMPANY", "Putkihuolto Salmi", None, "CLOSED", "Koulukatu 33", "65100", "Vaasa", "FI", "lasse"),
    ("C-4603", "COMPANY", "Åbo Rör och El", None, "PENDING", "Linnankatu 61", "20100", "Turku", "FI", "ingrid"),
)  # fmt: skip

# Assortments belong to heads of groups; all below inherit them.
_ASSORTMENTS = {"C-1000": ("A-SAIMAA",), "C-2000": ("A-DUNAREA",), "C-4000": ("A-NORDIC",), "C-4100": ("A-NORDIC",)}
CURRENCIES = {"SE": "SEK"}
_NOTES = {"C-1002": "Nosturi-ilmoitus tuntia ennen toimitusta.", "C-4402": "Portti 3, ilmoittaudu vastaanottoon."}


def generated_accounts() -> dict[str, Account]:
    accounts: dict[str, Account] = {}
    for number, kind, name, parent, status, street, postal_code, city, country, rep in _ACCOUNTS:
        inherited = accounts[parent].assortments if parent else ()
        shipping = Address(f"{number}-S1", "SHIPPING", (street,), postal_code, city, country, name, _NOTES.get(number))
        billing = Address(
            f"{number}-B1", "BILLING", (f"{name}, PL 100", "Ostolaskut"), postal_code, city, country, name
        )
        accounts[number] = Account(
            number, name, kind, status, parent, CURRENCIES.get(country, "EUR"),
            (*inherited, *_ASSORTMENTS.get(number, ())), (shipping, billing), _REPS[rep],
        )  # fmt: skip
    return accounts
