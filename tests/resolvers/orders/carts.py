"""Carts, articles and prices for tests."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from datasources.model import captures as kept_as
from datasources.model.catalog import Packaging, Product, ProductLifecycle
from datasources.model.common import Money, Provenance, Quantity, System, Unit
from datasources.model.customers import Access, Account, AccountKind, AccountStatus, Permission, Role, Standing, User
from datasources.model.pricing import CommercialTerms, Credit, CreditStatus, Price, PriceOrigin, Quote, QuoteStatus
from datasources.model.stock import StockLevel, Warehouse, WarehouseStock
from resolvers.orders.carts import Cart
from resolvers.orders.issues.facts import Facts
from tests.datasources.fakes import START, FakeClock, ask

PIECE, METRE = Unit("PCE", {"en": "pc"}, 0), Unit("M", {"en": "m"}, 1)
BOX = Packaging("b", Unit("BOX", {"en": "box"}, 0), Quantity(Decimal(10), PIECE), None, False, None)


def origin(system: System) -> Provenance:
    return Provenance(system, START, START)


def money(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def product(sku: str = "A", **members: Any) -> Product:
    standard = Product(
        sku=sku,
        gtin=None,
        name={"en": sku},
        description=None,
        category_codes=(),
        unit=PIECE,
        attributes=(),
        images=(),
        documents=(),
        packagings=(BOX,),
        quantity_rule=None,
        lifecycle=ProductLifecycle.ACTIVE,
        replacement_skus=(),
        relations=(),
        assortments=None,
        locales=("en",),
        provenance=origin(System.PIM),
    )
    return replace(standard, **members)


ACCOUNT = Account(
    number="C-1",
    name="One",
    kind=AccountKind.SITE,
    status=AccountStatus.ACTIVE,
    parent_number=None,
    erp_number="1",
    price_scope="1",
    currency="EUR",
    assortments=frozenset(),
    addresses=(),
    sales_rep=None,
    provenance=origin(System.CRM),
)


def standing(*permissions: Permission) -> Standing:
    user = User("anna", "Anna", "anna@example.fi", [Role("buyer", {}, permissions)], True, origin(System.CRM))
    return Standing(user, Access.ACT, ACCOUNT)


def line(key: str, sku: str = "A", quantity: str = "1", **members: Any) -> kept_as.CartLine:
    standard = kept_as.CartLine(key, sku, Decimal(quantity), None, money("10"), Decimal(1), None, None)
    return replace(standard, **members)


def cart(*lines: kept_as.CartLine, account: Account = ACCOUNT, **members: Any) -> Cart:
    kept = kept_as.Cart("c", "C-1", 1, list(lines), [], None, None, START)
    user = standing(Permission.PLACE_ORDER, Permission.VIEW_PRICES).user
    return Cart(replace(kept, **members), account, user)


def quote(amount: str = "10", status: QuoteStatus = QuoteStatus.PRICED, per: str = "1") -> Quote:
    price = Price(
        unit_price=money(amount),
        per=Quantity(Decimal(per), PIECE),
        list_price=None,
        net=True,
        tax_rate=None,
        origin=PriceOrigin.LIST,
        contract=None,
        breaks=(),
        valid_from=None,
        valid_to=None,
        provenance=origin(System.ERP),
    )
    return Quote(status, price if status is QuoteStatus.PRICED else None, origin(System.ERP))


def level(sku: str = "A", in_hand: str = "1000", **members: Any) -> StockLevel:
    warehouse = Warehouse("W", {"en": "W"}, False, None, origin(System.WMS))
    there = WarehouseStock(warehouse, Quantity(Decimal(in_hand), PIECE), None, None, origin(System.WMS))
    return replace(StockLevel(sku, PIECE, None, [there], [], None, origin(System.WMS)), **members)


CREDIT = Credit(CreditStatus.OK, money("1000"), money("0"), money("1000"), money("0"), origin(System.ERP))
TERMS = CommercialTerms("30 days net", None, True, False, [], [], origin(System.ERP))


def facts(of: Cart, answers: Sequence[Any] | None = None, **members: Any) -> Facts:
    """Return what systems say of a cart: all is well, but what is given."""
    skus = dict.fromkeys(one.sku for one in of.kept.lines)
    clock = FakeClock()
    context: Any = SimpleNamespace(clock=clock, ask=ask(clock), depends_on=0)
    standard = Facts(
        cart=of,
        context=context,
        products={sku: product(sku) for sku in skus},
        answers=[quote() for _ in of.kept.lines] if answers is None else answers,
        levels={sku: level(sku) for sku in skus},
        simulation=None,
        credit=CREDIT,
        terms=TERMS,
        awaiting=Decimal(0),
    )
    return replace(standard, **members)
