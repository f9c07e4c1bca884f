"""The rows of the four files, member by member, and what must hold for each."""

import re
from collections.abc import Container
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from sandbox.data.gtin import is_gtin
from sandbox.data.ndjson import BadRow, Table, read_table

PRODUCTS, BREAKS, STOCK, ACCOUNTS = "products.ndjson", "price_breaks.ndjson", "stock.ndjson", "accounts.ndjson"
_DECIMAL = re.compile(r"(\d{1,15}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)
_COUNTRY, _CURRENCY = re.compile(r"[A-Z]{2}"), re.compile(r"[A-Z]{3}")


class ProductRow(Struct, frozen=True, rename="camel"):
    sku: str
    name: str | dict[str, str]
    category: list[str]
    list_price: str
    currency: str
    unit: str
    description: dict[str, str | None] | str | None = None
    attributes: dict[str, str | int | float | bool | list[str] | None] | None = None
    lead_time_days: int | None = None
    sell_from: date | None = None
    sell_until: date | None = None
    discontinued: date | bool | None = None
    gtin: str | None = None


class BreakRow(Struct, frozen=True, rename="camel"):
    sku: str
    name: str
    discount: str
    type: str
    audience: str
    valid_from: date | None = None
    valid_to: date | None = None
    minimum_quantity: int | None = None
    maximum_quantity: int | None = None


class StockRow(Struct, frozen=True):
    sku: str
    location: str
    quantity: int | float | str


class AddressRow(Struct, frozen=True, rename="camel"):
    lines: list[str]
    city: str
    postal_code: str
    country: str
    use: str = "Shipping"
    region: str | None = None


class AccountRow(Struct, frozen=True, rename="camel"):
    number: str
    name: str
    kind: Literal["GROUP", "COMPANY", "SITE", "DEPARTMENT"]
    parent: str | None = None
    sales_rep: str | None = None
    addresses: list[AddressRow] = field(default_factory=list)
    status: Literal["PENDING", "ACTIVE", "BLOCKED", "CLOSED"] = "ACTIVE"
    currency: str | None = None
    assortments: list[str] = field(default_factory=list)


def read_products(folder: Path) -> Table[ProductRow]:
    return read_table(folder / PRODUCTS, ProductRow, lambda row: row.sku, _check_product)


def read_breaks(folder: Path, skus: Container[str]) -> Table[BreakRow]:
    def check(row: BreakRow) -> None:
        _known(row.sku, skus)
        _check_break(row)

    return read_table(folder / BREAKS, BreakRow, _break_key, check)


def read_stock(folder: Path, skus: Container[str]) -> Table[StockRow]:
    def check(row: StockRow) -> None:
        _known(row.sku, skus)
        _filled("location", row.location)
        quantity_of(row)

    return read_table(folder / STOCK, StockRow, lambda row: (row.sku, row.location), check)


def read_accounts(folder: Path) -> Table[AccountRow]:
    table = read_table(folder / ACCOUNTS, AccountRow, lambda row: row.number, _check_account)
    _refuse_orphans(table)
    _refuse_cycles(table)
    _refuse_orphans(table)
    return table


def decimal_of(member: str, value: str) -> Decimal:
    if not _DECIMAL.fullmatch(value):
        raise BadRow(f"{member} is not a decimal: {_shown(value)}")
    return Decimal(value)


def quantity_of(row: StockRow) -> Decimal:
    if isinstance(row.quantity, str):
        return decimal_of("quantity", row.quantity)
    if row.quantity < 0:
        raise BadRow(f"quantity is negative: {row.quantity}")
    return Decimal(str(row.quantity))


def _check_product(row: ProductRow) -> None:
    _filled("sku", row.sku)
    for name in (row.name,) if isinstance(row.name, str) else row.name.values() or ("",):
        _filled("name", name)
    if not row.category:
        raise BadRow("category is empty")
    for part in row.category:
        _filled("category", part)
    decimal_of("listPrice", row.list_price)
    _filled("unit", row.unit)
    _matches("currency", row.currency, _CURRENCY, "a code of three capitals")
    if row.gtin is not None and not is_gtin(row.gtin):
        raise BadRow(f"gtin is not valid: {_shown(row.gtin)}")
    if row.lead_time_days is not None and row.lead_time_days < 0:
        raise BadRow(f"leadTimeDays is negative: {row.lead_time_days}")


def _check_break(row: BreakRow) -> None:
    if decimal_of("discount", row.discount) > 1:
        raise BadRow(f"discount is above 1: {row.discount}")
    least, most = row.minimum_quantity or 0, row.maximum_quantity
    if least < 0 or (most is not None and most < least):
        raise BadRow(f"quantities {row.minimum_quantity} to {most} hold none")
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        raise BadRow(f"dates {row.valid_from} to {row.valid_to} hold no day")


def _check_account(row: AccountRow) -> None:
    _filled("number", row.number)
    _filled("name", row.name)
    if row.currency is not None:
        _matches("currency", row.currency, _CURRENCY, "a code of three capitals")
    for address in row.addresses:
        _matches("country", address.country, _COUNTRY, "a code of two capitals")


def _refuse_orphans(table: Table[AccountRow]) -> None:
    """Refuse rows whose parent is not there, and then those below them."""
    while True:
        numbers = {row.number for row in table}
        orphans = {
            line: f"unknown parent {_shown(row.parent)}"
            for line, row in table.rows
            if row.parent is not None and row.parent not in numbers
        }
        if not orphans:
            return
        table.refuse_all(orphans)


def _refuse_cycles(table: Table[AccountRow]) -> None:
    parents = {row.number: row.parent for row in table}
    table.refuse_all(
        {line: f"{_shown(row.number)} lies above itself" for line, row in table.rows if _circles(row.number, parents)}
    )


def _circles(number: str, parents: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    step = parents[number]
    while step is not None and step != number and step not in seen:
        seen.add(step)
        step = parents[step]
    return step == number


def _break_key(row: BreakRow) -> tuple[object, ...]:
    return row.sku, row.name, row.audience, row.valid_from, row.valid_to, row.minimum_quantity, row.maximum_quantity


def _known(sku: str, skus: Container[str]) -> None:
    if sku not in skus:
        raise BadRow(f"unknown sku {_shown(sku)}")


def _filled(member: str, value: str) -> None:
    if not value.strip():
        raise BadRow(f"{member} is empty")


def _matches(member: str, value: str, pattern: re.Pattern[str], what: str) -> None:
    if not pattern.fullmatch(value):
        raise BadRow(f"{member} is not {what}: {_shown(value)}")


def _shown(value: str | None) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
