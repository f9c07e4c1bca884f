"""What is wrong with a cart, from what the systems say."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from datasources.errors import NeverSent
from datasources.model.captures import CartDelivery
from datasources.model.catalog import ProductLifecycle, QuantityRule
from datasources.model.common import Quantity, StaleReason, System
from datasources.model.customers import AccountStatus, Permission
from datasources.model.orders import Objection, SimulatedLine, Simulation, SplitPolicy
from datasources.model.pricing import CreditStatus, QuoteStatus
from datasources.model.stock import InboundStock
from resolvers.orders.issues import in_order
from resolvers.orders.issues.facts import Facts
from resolvers.orders.issues.kinds import CreditIssue, PriceChangedIssue, PriceStaleIssue, QuantityIssue, StockIssue
from resolvers.orders.totals import as_known, as_simulated
from tests.resolvers.orders.carts import (
    ACCOUNT,
    CREDIT,
    PIECE,
    TERMS,
    cart,
    facts,
    level,
    line,
    money,
    origin,
    product,
    quote,
    standing,
)

ERP_DOWN = NeverSent(System.ERP, "no connection")
WMS_DOWN = NeverSent(System.WMS, "no connection")
PIM_DOWN = NeverSent(System.PIM, "no connection")


def simulation(*objections: Objection, **members: Any) -> Simulation:
    simulated = [SimulatedLine("a", QuoteStatus.PRICED, money("10"), Decimal(1), money("10"))]
    said = Simulation(simulated, money("10"), money("5"), money("3.6"), money("18.6"), objections, origin(System.ERP))
    return replace(said, **members)


def told(of: Facts) -> list[tuple[str, str, str | None]]:
    return [(issue.severity.value, issue.code, issue.line_key) for issue in in_order(of)]


def all_well(*lines: Any, **members: Any) -> Facts:
    return facts(cart(*lines) if lines else cart(line("a")), **{"simulation": simulation(), **members})


def test_nothing_is_wrong() -> None:
    """A cart that everybody agrees to has no issues."""
    assert [] == told(all_well())


def test_the_worst_first_then_by_line() -> None:
    """Severity decides, then the cart before its lines, then the lines in their order."""
    of = all_well(
        line("b", "B", requested_date=date(2020, 1, 1)),
        line("a", "A", "2000"),
        products={"A": product("A"), "B": None},
        answers=[quote(), quote("9")],
        terms=replace(TERMS, po_number_required=True),
    )

    assert told(of) == [
        ("BLOCKING", "PO_NUMBER_REQUIRED", None),
        ("BLOCKING", "NOT_IN_ASSORTMENT", "b"),
        ("BLOCKING", "DATE_PAST", "b"),
        ("WARNING", "STOCK_SHORT", "a"),
        ("INFO", "PRICE_CHANGED", "a"),
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (quote("10.50"), ("WARNING", "PRICE_CHANGED", "a")),
        (quote("1000", per="100"), None),
        (quote(status=QuoteStatus.NOT_SOLD), ("BLOCKING", "NOT_SOLD", "a")),
        (quote(status=QuoteStatus.ON_REQUEST), ("BLOCKING", "ON_REQUEST", "a")),
        (ERP_DOWN, ("WARNING", "PRICE_UNKNOWN", "a")),
        (None, ("BLOCKING", "NOT_SOLD", "a")),
    ],
)
def test_prices(answer: Any, expected: tuple[str, str, str] | None) -> None:
    """A price that moved, one that is not there, and one that nobody knows."""
    assert [expected] * (expected is not None) == told(all_well(answers=[answer]))


def test_a_moved_price_is_told_for_as_much_as_the_price_of_now() -> None:
    """What was seen for a hundred is told for one, where the ERP prices one now."""
    of = all_well(line("a", seen_price=money("100"), seen_per=Decimal(100)), answers=[quote("2")])
    (issue,) = in_order(of)

    assert isinstance(issue, PriceChangedIssue)
    assert (money("1"), money("2")) == (issue.previous, issue.current)


def test_a_stale_price_is_told() -> None:
    """A price that should have been fetched and could not be is the last known one."""
    of = all_well()
    answer = of.answers[0]
    of.context.ask.note_stale(answer.price.provenance, StaleReason.TIMEOUT)  # type: ignore[union-attr]
    (issue,) = in_order(of)

    assert isinstance(issue, PriceStaleIssue)
    assert ("PRICE_STALE", StaleReason.TIMEOUT) == (issue.code, issue.freshness.stale_reason)


def test_who_does_not_see_prices_is_told_nothing_of_them() -> None:
    """Neither prices nor credit are shown to who may not see prices; that the account is stopped is."""
    user = standing(Permission.PLACE_ORDER).user
    held = replace(CREDIT, status=CreditStatus.ON_HOLD)
    of = facts(replace(cart(line("a")), user=user), [quote("12")], simulation=simulation(), credit=held)
    (issue,) = in_order(of)

    assert isinstance(issue, CreditIssue)
    assert ("CREDIT_HOLD", None) == (issue.code, issue.credit)


def test_quantities() -> None:
    """A breach of the rule suggests the nearest quantity, a unit that is not sold any more the sales unit."""
    ruled = product(quantity_rule=QuantityRule(Decimal(60), None, Decimal(20)))
    of = all_well(line("a", quantity="61"), line("b", quantity="3", unit="PAL"), products={"A": ruled})
    found = [issue for issue in in_order(of) if isinstance(issue, QuantityIssue)]

    assert [("QUANTITY_RULE", Quantity(Decimal(80), PIECE)), ("UNKNOWN_UNIT", Quantity(Decimal(60), PIECE))] == [
        (issue.code, issue.suggested) for issue in found
    ]


def test_lines_share_what_is_in_stock() -> None:
    """A line has what those before it leave, and hears when enough is there again."""
    warehouse = level().by_warehouse[0].warehouse
    inbound = [
        InboundStock(warehouse, Quantity(Decimal(amount), PIECE), day, True, None)
        for amount, day in ((5, date(2026, 12, 9)), (100, None), (20, date(2026, 12, 1)))
    ]
    of = all_well(
        line("a", quantity="3", unit="BOX"),
        line("b", quantity="25"),
        levels={"A": level(in_hand="40", inbound=inbound)},
    )
    (issue,) = in_order(of)

    assert isinstance(issue, StockIssue)
    assert ("STOCK_SHORT", "b", Decimal(10), date(2026, 12, 1)) == (
        issue.code,
        issue.line_key,
        issue.available.value if issue.available else None,
        issue.restock_at,
    )


@pytest.mark.parametrize(
    ("in_stock", "expected"),
    [
        (level(in_hand="1"), [("WARNING", "DISCONTINUED", "a")]),
        (level(in_hand="0"), [("BLOCKING", "DISCONTINUED", "a"), ("WARNING", "STOCK_SHORT", "a")]),
        (None, [("BLOCKING", "DISCONTINUED", "a"), ("WARNING", "NOT_STOCKED", "a")]),
        (WMS_DOWN, [("WARNING", "DISCONTINUED", "a"), ("INFO", "NO_STOCK_INFO", None)]),
    ],
)
def test_discontinued_products_are_sold_while_stocks_last(in_stock: Any, expected: list[Any]) -> None:
    """What is discontinued and not there blocks; what is there, or may be, is a warning."""
    ended = product(lifecycle=ProductLifecycle.DISCONTINUED)

    assert expected == told(all_well(products={"A": ended}, levels={"A": in_stock}))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"credit": replace(CREDIT, status=CreditStatus.ON_HOLD)}, "CREDIT_HOLD"),
        ({"credit": replace(CREDIT, status=CreditStatus.EXCEEDED)}, "CREDIT_LIMIT"),
        ({"simulation": simulation(Objection("CREDIT_LIMIT", "too much", None))}, "CREDIT_LIMIT"),
        ({"simulation": simulation(Objection("CREDIT_HOLD", "stopped", None)), "credit": ERP_DOWN}, "CREDIT_HOLD"),
        ({"simulation": simulation(), "credit": replace(CREDIT, available=money("1"))}, None),
        ({"simulation": ERP_DOWN, "credit": replace(CREDIT, available=money("9.99"))}, "CREDIT_LIMIT"),
        ({"simulation": ERP_DOWN, "credit": replace(CREDIT, available=money("10"))}, None),
        (
            {"simulation": ERP_DOWN, "credit": replace(CREDIT, available=money("10")), "awaiting": Decimal(1)},
            "CREDIT_LIMIT",
        ),
    ],
)
def test_credit(members: dict[str, Any], expected: str | None) -> None:
    """A hold or a limit blocks; without the ERP, what is known of credit and of orders that wait decides."""
    assert [expected] * (expected is not None) == [
        code for severity, code, _ in told(all_well(**members)) if severity == "BLOCKING"
    ]


def test_what_the_erp_objects_to_is_told_once() -> None:
    """An objection that is an issue already is not repeated; what only the ERP knows comes by its own code."""
    objections = [
        Objection("NOT_SOLD", "not sold", "a"),
        Objection("QUANTITY", "too fine", "a"),
        Objection("PO_NUMBER_REQUIRED", "by number only", None),
        Objection("EMBARGO", "not to there", None),
    ]
    of = all_well(
        line("a", quantity="1.5"),
        answers=[quote(status=QuoteStatus.NOT_SOLD)],
        terms=replace(TERMS, po_number_required=True),
        simulation=simulation(*objections),
    )

    assert [("PO_NUMBER_REQUIRED", None), ("EMBARGO", None), ("QUANTITY_RULE", "a"), ("NOT_SOLD", "a")] == [
        (code, key) for _, code, key in told(of)
    ]


def test_deliveries_against_the_terms() -> None:
    """Method, services, parts, address and day are held against what was agreed; without terms, less is."""
    delivery = CartDelivery(
        "d", "gone", date(2026, 11, 21), SplitPolicy.SHIP_AVAILABLE_REST_LATER, "ROCKET", ["MAGIC"], []
    )
    of = facts(
        cart(line("a"), deliveries=[delivery]),
        simulation=simulation(),
        terms=replace(TERMS, allows_split_delivery=False),
    )
    codes = [code for _, code, _ in told(of)]

    assert ["UNKNOWN_ADDRESS", "DATE_PAST", "UNKNOWN_DELIVERY_METHOD", "UNKNOWN_SERVICE", "SPLIT_DELIVERY"] == codes
    assert ["UNKNOWN_ADDRESS", "DATE_PAST", "NO_TERMS_INFO"] == [
        code for _, code, _ in told(replace(of, terms=ERP_DOWN))
    ]


@pytest.mark.parametrize(
    ("members", "expected"),
    [({"status": AccountStatus.BLOCKED}, "ACCOUNT_NOT_ACTIVE"), ({"erp_number": None}, "UNKNOWN_CUSTOMER")],
)
def test_accounts_that_cannot_order(members: dict[str, Any], expected: str) -> None:
    """An account that is not open, or that the ERP does not know, cannot order."""
    of = facts(cart(line("a"), account=replace(ACCOUNT, **members)), simulation=simulation())

    assert [("BLOCKING", expected, None)] == told(of)


def test_without_any_system_nothing_blocks() -> None:
    """What cannot be checked is said, and is no reason not to order."""
    of = all_well(
        answers=[ERP_DOWN],
        products={"A": PIM_DOWN},
        levels={"A": WMS_DOWN},
        simulation=ERP_DOWN,
        credit=ERP_DOWN,
        terms=ERP_DOWN,
    )

    assert told(of) == [
        ("WARNING", "CREDIT_UNKNOWN", None),
        ("WARNING", "PRICE_UNKNOWN", "a"),
        ("INFO", "NO_TERMS_INFO", None),
        ("INFO", "NO_PRODUCT_INFO", None),
        ("INFO", "NO_STOCK_INFO", None),
        ("INFO", "NOT_CHECKED", None),
    ]


def test_totals_are_complete_only_with_all_parts() -> None:
    """What the ERP leaves unsaid, or a line that it does not price, makes them incomplete."""
    unpriced = [SimulatedLine("a", QuoteStatus.ON_REQUEST, None, None, None)]

    assert [True, False, False] == [
        as_simulated(said).complete for said in (simulation(), simulation(freight=None), simulation(lines=unpriced))
    ]


def test_totals_without_the_erp_are_what_is_known() -> None:
    """Prices of now, else those seen, added up to the cent; a line that is not sold is in none."""
    of = cart(line("a", quantity="3"), line("b"), line("c"), line("d", seen_price=None))
    sum_of_known = as_known(of, [quote("0.335"), ERP_DOWN, quote(status=QuoteStatus.NOT_SOLD), ERP_DOWN])
    nothing = as_known(cart(line("d", seen_price=None)), [ERP_DOWN])

    assert sum_of_known is not None
    assert (money("11.01"), False, None) == (sum_of_known.net, sum_of_known.complete, sum_of_known.gross)
    assert nothing is None
