"""Puts each system together with its part of the data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sandbox.crm import Crm
from sandbox.data.accounts import Account, generated_accounts
from sandbox.data.articles import Articles
from sandbox.data.content import GeneratedCatalogue
from sandbox.data.contracts import customers_of
from sandbox.data.filed import FiledCatalogue, FiledStock, accounts_of
from sandbox.data.filed_prices import FiledPriceBook
from sandbox.data.people import Person, generated_people, people_of
from sandbox.data.prices import GeneratedPriceBook
from sandbox.data.rows import read_accounts, read_breaks, read_products, read_stock
from sandbox.data.stock import GeneratedStock
from sandbox.erp import Erp
from sandbox.iam import Iam, kept_key
from sandbox.order_store import OrderStore
from sandbox.pim import Pim
from sandbox.protocol import System
from sandbox.wms import Wms

NAMES = ("erp", "crm", "pim", "wms", "iam")
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Options:
    """What to serve: generated data, or with `data` the files in a folder."""

    base_port: int = 9100
    products: int = 500
    seed: int = 1
    data: Path | None = None
    state: Path = Path("var/sandbox")

    def port(self, name: str) -> int:
        return self.base_port + NAMES.index(name) + 1


def utc_now() -> datetime:
    return datetime.now(UTC)


def build(name: str, options: Options, clock: Clock = utc_now) -> System:
    """Build one system. The owner of a file says what is wrong in it; others read what is right."""
    match name:
        case "erp":
            return _erp(options, clock)
        case "crm":
            accounts = _accounts(options, report=True)
            return Crm(accounts, _people(options, accounts))
        case "pim":
            return _pim(options, clock)
        case "wms":
            return _wms(options, clock)
        case "iam":
            issuer = f"http://127.0.0.1:{options.port('iam')}"
            people = _people(options, _accounts(options, report=False))
            return Iam(people, kept_key(options.state), issuer=issuer, clock=clock)
    raise ValueError(f"There is no system {name!r}.")


def _erp(options: Options, clock: Clock) -> Erp:
    accounts = _accounts(options, report=False)
    customers = customers_of(accounts)
    store = OrderStore(options.state / _orders_file(options.data))
    if options.data is None:
        return Erp(GeneratedPriceBook(Articles(options.seed, options.products), customers), store, clock)
    products = list(read_products(options.data))
    breaks = read_breaks(options.data, {row.sku for row in products})
    breaks.report()
    return Erp(FiledPriceBook(products, breaks, customers), store, clock)


def _orders_file(data: Path | None) -> str:
    """Return where orders are kept: those of other data name other articles and customers."""
    if data is None:
        return "erp-orders.db"
    return f"erp-orders-{sha256(str(data.resolve()).encode()).hexdigest()[:12]}.db"


def _pim(options: Options, clock: Clock) -> Pim:
    if options.data is None:
        return Pim(GeneratedCatalogue(Articles(options.seed, options.products)))
    products = read_products(options.data)
    products.report()
    return Pim(FiledCatalogue(products, clock))


def _wms(options: Options, clock: Clock) -> Wms:
    if options.data is None:
        return Wms(GeneratedStock(Articles(options.seed, options.products)), clock)
    units = {row.sku: row.unit for row in read_products(options.data)}
    stock = read_stock(options.data, units)
    stock.report()
    return Wms(FiledStock(stock, units), clock)


def _accounts(options: Options, *, report: bool) -> Mapping[str, Account]:
    if options.data is None:
        return generated_accounts()
    rows = read_accounts(options.data)
    if report:
        rows.report()
    return accounts_of(rows)


def _people(options: Options, accounts: Mapping[str, Account]) -> Mapping[str, Person]:
    return generated_people(accounts) if options.data is None else people_of(accounts)
