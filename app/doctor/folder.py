"""The keys that an export names: the files of `docs/data.md`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

Row = TypeVar("Row", bound=msgspec.Struct)

PRODUCTS, BREAKS, STOCK, ACCOUNTS = "products.ndjson", "price_breaks.ndjson", "stock.ndjson", "accounts.ndjson"
BOM = b"\xef\xbb\xbf"


class ArticleRow(msgspec.Struct):
    """As far as it is compared."""

    sku: str


class StockRow(ArticleRow):
    """As far as it is compared."""

    location: str


class AccountRow(msgspec.Struct, rename="camel"):
    """As far as it is compared."""

    number: str
    parent: str | None = None
    sales_rep: str | None = None
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Folder:
    """SKUs by file, accounts by number without closed ones (nobody acts for them); None or no entry: no such file."""

    skus: Mapping[str, frozenset[str]]
    locations: frozenset[str] | None
    accounts: Mapping[str, AccountRow] | None
    unreadable: Sequence[str]


NO_FOLDER = Folder({}, None, None, ())
"""Nothing is named."""


class NoData(Exception):
    """The folder cannot be compared with anything; says why."""


def read_folder(path: Path) -> Folder:
    """
    Read the folder's files, and note each row that cannot be read.

    Raises:
        NoData: there is none of the files, or one cannot be opened.
    """
    if not path.is_dir():
        raise NoData(f"there is no folder {path}")
    unreadable: list[str] = []
    articles = {name: _rows(path / name, ArticleRow, unreadable) for name in (PRODUCTS, BREAKS)}
    stock = _rows(path / STOCK, StockRow, unreadable)
    accounts = _rows(path / ACCOUNTS, AccountRow, unreadable)
    found = {name: rows for name, rows in {**articles, STOCK: stock}.items() if rows is not None}
    if not found and accounts is None:
        raise NoData(f"{path} has none of {PRODUCTS}, {BREAKS}, {STOCK}, {ACCOUNTS}")
    return Folder(
        {name: frozenset(row.sku for row in rows) for name, rows in found.items()},
        None if stock is None else frozenset(row.location for row in stock),
        None if accounts is None else {row.number: row for row in accounts if row.status != "CLOSED"},
        unreadable,
    )


def _rows(path: Path, kind: type[Row], unreadable: list[str]) -> list[Row] | None:
    decoder, rows = msgspec.json.Decoder(kind), []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                text = line.removeprefix(BOM).strip()
                try:
                    rows += [decoder.decode(text)] if text else []
                except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                    unreadable.append(f"{path.name}:{number}: {error}")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoData(f"{path} cannot be read: {error.strerror}") from None
    return rows
