"""A PIM's, WMS's and CRM's data as files give it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from sandbox.data.accounts import Account, Address, Contact
from sandbox.data.catalogue import Entry, Match
from sandbox.data.categories import Category, with_ancestors
from sandbox.data.naming import Attribute, Value
from sandbox.data.rows import AccountRow, AddressRow, ProductRow, StockRow, quantity_of
from sandbox.data.stock import Shelf, Warehouse
from sandbox.data.texts import Unit
from sandbox.protocol import Json

EPOCH = date(1970, 1, 1)


class FiledCatalogue:
    """A PIM over the rows of a file."""

    def __init__(self, rows: Iterable[ProductRow], clock: Callable[[], datetime]) -> None:
        self._rows = sorted(rows, key=lambda row: row.sku)
        self._clock = clock
        self._places = {row.sku: place for place, row in enumerate(self._rows)}
        self._by_gtin: dict[str, list[str]] = {}
        for row in self._rows:
            if row.gtin:
                self._by_gtin.setdefault(row.gtin, []).append(row.sku)
        self.categories = _tree(row.category for row in self._rows)
        self.locales = _languages(self._rows)
        self._lineage = {code: with_ancestors(self.categories, code) for code in self.categories}

    def __len__(self) -> int:
        return len(self._rows)

    def ordinal(self, sku: str) -> int | None:
        return self._places.get(sku)

    def entry(self, ordinal: int) -> Entry:
        row = self._rows[ordinal]
        codes = (row.gtin,) if row.gtin else ()
        lineage = self._lineage[_code_of(row.category)]
        return Entry(row.sku, row.name, codes, attributes_of(row), lineage, (), row.sell_from or EPOCH)

    def product(self, ordinal: int) -> Json:
        row = self._rows[ordinal]
        return {
            "sku": row.sku,
            "gtin": row.gtin,
            "name": row.name,
            "description": _description(row),
            "category_codes": [_code_of(row.category)],
            "unit": {"code": row.unit, "name": row.unit, "decimals": 0},
            "attributes": [_attribute_json(attribute) for attribute in attributes_of(row)],
            "images": [],
            "documents": [],
            "packagings": [],
            "quantity_rule": None,
            "lifecycle": _lifecycle(row, self._clock().date()),
            "replacement_skus": [],
            "related": [],
            "assortments": None,
        }

    def matches(self, code: str) -> list[Match]:
        if code in self._places:
            return [Match("SKU", code)]
        return [Match("GTIN", sku) for sku in self._by_gtin.get(code, [])]


class FiledStock:
    """A WMS over the rows of a file: each location is a warehouse; nothing is known of delivery."""

    def __init__(self, rows: Iterable[StockRow], units: Mapping[str, str]) -> None:
        self._units = units
        self._levels: dict[str, list[tuple[str, Decimal]]] = {}
        locations: dict[str, None] = {}
        for row in rows:
            locations.setdefault(row.location)
            self._levels.setdefault(row.sku, []).append((row.location, quantity_of(row)))
        self.warehouses: Sequence[Warehouse] = [Warehouse(location, location) for location in locations]

    def shelf(self, sku: str) -> Shelf | None:
        if sku not in self._levels:
            return None
        unit = Unit(self._units[sku], self._units[sku])
        return Shelf(sku, unit, tuple(self._levels[sku]))


def accounts_of(rows: Iterable[AccountRow]) -> dict[str, Account]:
    return {row.number: _account(row) for row in rows}


def attributes_of(row: ProductRow) -> tuple[Attribute, ...]:
    """Return a row's attributes; `size` and `sizeUnit` are one, and what is empty is left out."""
    given = {code: values for code, raw in (row.attributes or {}).items() if (values := _values(raw))}
    units = {code for code in given if code.endswith("Unit") and code.removesuffix("Unit") in (row.attributes or {})}
    return tuple(
        Attribute(code, {"en": _human(code)}, tuple(Value(value, value) for value in values), _unit(given, code))
        for code, values in given.items()
        if code not in units
    )


def _unit(given: Mapping[str, Sequence[str]], code: str) -> str | None:
    return given[f"{code}Unit"][0] if f"{code}Unit" in given else None


def _values(raw: object) -> list[str]:
    if isinstance(raw, list):
        return [value for item in raw for value in _values(item)]
    if raw is None or isinstance(raw, bool):
        return [] if raw is None else [str(raw).lower()]
    value = str(raw).strip()
    return [value] if value else []


def _human(code: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-]+", " ", code).strip().lower()
    return words[:1].upper() + words[1:]


def _attribute_json(attribute: Attribute) -> Json:
    return {
        "code": attribute.code,
        "name": attribute.name,
        "values": [value.label for value in attribute.values],
        "unit": attribute.unit,
    }


def _description(row: ProductRow) -> object:
    if not isinstance(row.description, dict):
        return row.description or None
    return {language: words for language, words in row.description.items() if words} or None


def _lifecycle(row: ProductRow, today: date) -> str:
    """Return what a product is today: ended, to end on a day already set, or going on."""
    ended = row.discontinued is True or (isinstance(row.discontinued, date) and row.discontinued <= today)
    if ended or (row.sell_until is not None and row.sell_until < today):
        return "DISCONTINUED"
    return "PHASING_OUT" if row.sell_until is not None or isinstance(row.discontinued, date) else "ACTIVE"


def _languages(rows: Iterable[ProductRow]) -> list[str]:
    texts = (text for row in rows for text in (row.description, row.name) if isinstance(text, dict))
    return sorted({language for text in texts for language, words in text.items() if words}) or ["en"]


def _code_of(path: Sequence[str]) -> str:
    return "/".join(_slug(part) for part in path)


def _slug(part: str) -> str:
    return re.sub(r"[^\w]+", "-", part.casefold()).strip("-") or part.strip()


def _tree(paths: Iterable[Sequence[str]]) -> dict[str, Category]:
    names: dict[str, tuple[str, str | None]] = {}
    children: dict[str, dict[str, None]] = {}
    for path in sorted({tuple(path) for path in paths}):
        for depth in range(1, len(path) + 1):
            code, parent = _code_of(path[:depth]), _code_of(path[: depth - 1]) or None
            names.setdefault(code, (path[depth - 1], parent))
            if parent is not None:
                children.setdefault(parent, {}).setdefault(code)
    return {code: Category(code, name, parent, tuple(children.get(code, ()))) for code, (name, parent) in names.items()}


def _account(row: AccountRow) -> Account:
    rep = Contact(f"rep-{row.sales_rep}", f"Sales representative {row.sales_rep}") if row.sales_rep else None
    return Account(
        row.number, row.name, row.kind, row.status, row.parent, row.currency, tuple(row.assortments),
        tuple(_addresses(row)), rep,
    )  # fmt: skip


def _addresses(row: AccountRow) -> Iterable[Address]:
    """Yield the addresses: a main office is billed, and delivered to when there is no other."""
    ships = any(_is_shipping(address) for address in row.addresses)
    for place, address in enumerate(row.addresses, start=1):
        if _is_shipping(address):
            yield _address(row, address, f"{row.number}-S{place}", "SHIPPING")
            continue
        yield _address(row, address, f"{row.number}-B{place}", "BILLING")
        if not ships:
            yield _address(row, address, f"{row.number}-S{place}", "SHIPPING")


def _is_shipping(address: AddressRow) -> bool:
    return address.use.casefold() == "shipping"


def _address(row: AccountRow, address: AddressRow, code: str, use: str) -> Address:
    lines = tuple(line for line in (*address.lines, address.region) if line)
    return Address(code, use, lines, address.postal_code, address.city, address.country, row.name)
