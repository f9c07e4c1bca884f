"""Orders over the open contract: what is sent, and what the ERP's answers mean."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from datasources.erp.rest import RestErp
from datasources.errors import RequestRefused, SourceUnavailable
from datasources.model.common import Money, Provenance, Quantity, System, Unit
from datasources.model.customers import Address, AddressUse
from datasources.model.orders import (
    Accepted,
    DraftDelivery,
    DraftLine,
    ErpOrder,
    Objection,
    OrderDelivery,
    OrderDraft,
    OrderKey,
    OrderLine,
    OrderOrigin,
    OrdersKey,
    OrdersPage,
    OrderStatus,
    OrderToPlace,
    PriceChanged,
    Refused,
    SimulatedLine,
    Simulation,
    SplitPolicy,
)
from datasources.model.pricing import QuoteStatus
from tests.datasources.fakes import START, FakeTransport

ORIGIN = Provenance(System.ERP, START, START)
PLACE = Address("A1", None, ("Katu 1", "2. krs"), "00100", "Helsinki", "FI", "Portti 3", AddressUse.SHIPPING)
WIRE_PLACE = {
    "id": "A1",
    "use": "SHIPPING",
    "name": None,
    "lines": ["Katu 1", "2. krs"],
    "postal_code": "00100",
    "city": "Helsinki",
    "country": "FI",
    "delivery_note": "Portti 3",
}
LINE = DraftLine(
    "a", "KV-1", Decimal("1E+2"), "M", date(2026, 12, 1), "note", Money(Decimal("4.80"), "EUR"), Decimal(100)
)
BARE = DraftLine("b", "KV-2", Decimal(1), None, None, None, None, None)
DELIVERY = DraftDelivery(PLACE, date(2026, 12, 2), SplitPolicy.COMPLETE_ONLY, "TRUCK", ("CRANE",), ("a",))
DRAFT = OrderDraft("10", "anna", "EUR", "PO", "site", (LINE, BARE), (DELIVERY,))
WIRE_DRAFT: dict[str, Any] = {
    "customer": "10",
    "person": "anna",
    "currency": "EUR",
    "po_number": "PO",
    "reference": "site",
    "lines": [
        {
            "key": "a",
            "sku": "KV-1",
            "quantity": "100",
            "unit": "M",
            "requested_date": "2026-12-01",
            "note": "note",
            "unit_price": "4.80",
            "currency": "EUR",
            "per": "100",
        },
        {
            "key": "b",
            "sku": "KV-2",
            "quantity": "1",
            "unit": None,
            "requested_date": None,
            "note": None,
            "unit_price": None,
            "currency": None,
            "per": None,
        },
    ],
    "deliveries": [
        {
            "address": WIRE_PLACE,
            "requested_date": "2026-12-02",
            "split_policy": "COMPLETE_ONLY",
            "method": "TRUCK",
            "services": ["CRANE"],
            "line_keys": ["a"],
        }
    ],
}
SIMULATION: dict[str, Any] = {
    "currency": "EUR",
    "lines": [
        {"key": "a", "status": "PRICED", "unit_price": "4.90", "per": "100", "total": "4.90"},
        {"key": "b", "status": "NOT_SOLD", "unit_price": "1"},
    ],
    "net": "4.90",
    "freight": "15.00",
    "objections": [{"code": "NOT_SOLD", "message": "No.", "line_key": "b"}, {"code": "CREDIT_HOLD", "message": "No."}],
}
SIMULATED = Simulation(
    lines=[
        SimulatedLine(
            "a", QuoteStatus.PRICED, Money(Decimal("4.90"), "EUR"), Decimal(100), Money(Decimal("4.90"), "EUR")
        ),
        SimulatedLine("b", QuoteStatus.NOT_SOLD, None, None, None),
    ],
    net=Money(Decimal("4.90"), "EUR"),
    freight=Money(Decimal("15.00"), "EUR"),
    tax=None,
    gross=None,
    objections=[Objection("NOT_SOLD", "No.", "b"), Objection("CREDIT_HOLD", "No.", None)],
    provenance=ORIGIN,
)
SMALL: dict[str, Any] = {
    "number": "E-1",
    "customer": "10",
    "origin": "PHONE",
    "status": "BACKORDERED",
    "placed_at": "2026-11-22T10:00:00+02:00",
    "currency": "EUR",
    "lines": [
        {"key": "1", "sku": "KV-1", "unit": {"code": "M", "name": "m", "decimals": 1}, "ordered": "10", "per": "1"}
    ],
}
WHOLE: dict[str, Any] = {
    **SMALL,
    "po_number": "PO",
    "reference": "site",
    "lines": [
        {
            **SMALL["lines"][0],
            "name": {"fi": "Putki"},
            "shipped": "4",
            "backordered": "5",
            "cancelled": "1",
            "unit_price": "4.80",
            "total": "48.00",
            "requested_date": "2026-12-01",
            "confirmed_date": "2026-12-03",
        }
    ],
    "deliveries": [{**WIRE_DRAFT["deliveries"][0], "line_keys": ["1"]}, {}],
    "net": "48.00",
    "freight": "0.00",
    "tax": "12.24",
    "gross": "60.24",
    "idempotency_key": "k",
    "person": "anna",
}
METRE = Unit("M", {"und": "m"}, 1)


def metres(value: int) -> Quantity:
    return Quantity(Decimal(value), METRE)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


SMALL_ORDER = ErpOrder(
    number="E-1",
    customer="10",
    origin=OrderOrigin.PHONE,
    status=OrderStatus.BACKORDERED,
    placed_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    po_number=None,
    reference=None,
    lines=[OrderLine("1", "KV-1", None, metres(10), None, None, None, None, Decimal(1), None, None, None)],
    deliveries=[],
    net=None,
    freight=None,
    tax=None,
    gross=None,
    idempotency_key=None,
    person=None,
    provenance=ORIGIN,
)
WHOLE_ORDER = replace(
    SMALL_ORDER,
    po_number="PO",
    reference="site",
    lines=[
        OrderLine(
            "1", "KV-1", {"fi": "Putki"}, metres(10), metres(4), metres(5), metres(1),
            eur("4.80"), Decimal(1), eur("48.00"), date(2026, 12, 1), date(2026, 12, 3),
        )
    ],
    deliveries=[
        OrderDelivery(PLACE, date(2026, 12, 2), SplitPolicy.COMPLETE_ONLY, "TRUCK", ["CRANE"], ["1"]),
        OrderDelivery(None, None, SplitPolicy.ALLOW_SPLIT, None, [], []),
    ],
    net=eur("48.00"),
    freight=eur("0.00"),
    tax=eur("12.24"),
    gross=eur("60.24"),
    idempotency_key="k",
    person="anna",
)  # fmt: skip
TO_PLACE = OrderToPlace("k", DRAFT, Decimal("2.5"))


def erp(*answers: object) -> tuple[RestErp, FakeTransport]:
    transport = FakeTransport(System.ERP, *answers)
    return RestErp(transport), transport  # type: ignore[arg-type]  # it posts, which is all it needs


class Refusing(FakeTransport):
    """A transport over which the ERP refuses what is written."""

    def __init__(self, status: int, code: str | None) -> None:
        super().__init__(System.ERP)
        self.refusal = RequestRefused(System.ERP, f"refused with status {status}: no", status=status, code=code)

    async def post_once(self, *_: object) -> Any:
        raise self.refusal


async def test_simulate() -> None:
    """Orders go out whole, and what the ERP makes of them comes back to each; of an unknown customer comes nothing."""
    unknown = replace(DRAFT, customer="11")
    connector, transport = erp({"simulations": [{"key": "1", "simulation": SIMULATION}]})
    found = await connector.simulate([unknown, DRAFT])
    orders = [{"key": "0", "order": {**WIRE_DRAFT, "customer": "11"}}, {"key": "1", "order": WIRE_DRAFT}]

    assert [("orders/simulate", {"orders": orders})] == transport.asked
    assert {DRAFT: SIMULATED} == found


@pytest.mark.parametrize(
    ("said", "placement"),
    [
        ({"outcome": "ACCEPTED", "order": WHOLE}, Accepted(WHOLE_ORDER)),
        ({"outcome": "ACCEPTED", "order": SMALL}, Accepted(replace(SMALL_ORDER, idempotency_key="k"))),
        ({"outcome": "PRICE_CHANGED", "simulation": SIMULATION}, PriceChanged(SIMULATED)),
        ({"outcome": "REFUSED", "objections": SIMULATION["objections"]}, Refused(SIMULATED.objections)),
    ],
)
async def test_place(said: object, placement: object) -> None:
    """An order goes out with its key and tolerance, and the ERP says what became of it."""
    connector, transport = erp(said)

    assert placement == await connector.place(TO_PLACE)
    question = {"idempotency_key": "k", "tolerance_percent": "2.5", "order": WIRE_DRAFT}
    assert [("orders/place", question)] == transport.asked


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "ACCEPTED"},
        {"outcome": "PRICE_CHANGED", "order": SMALL},
        {"outcome": "REFUSED", "objections": None},
        {"outcome": "PERHAPS"},
        {"outcome": "ACCEPTED", "order": {**SMALL, "customer": "11"}},
        {"outcome": "ACCEPTED", "order": {**SMALL, "idempotency_key": "other"}},
        {"outcome": "PRICE_CHANGED", "simulation": {**SIMULATION, "lines": [{"key": "z", "status": "NOT_SOLD"}]}},
        {"outcome": "PRICE_CHANGED", "simulation": {**SIMULATION, "lines": [{"key": "a", "status": "PRICED"}]}},
    ],
)
async def test_an_outcome_that_does_not_say_what_it_must_is_an_error(said: object) -> None:
    """Such an answer is not what was agreed; nor is one about another's order."""
    connector, _ = erp(said)

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await connector.place(TO_PLACE)


@pytest.mark.parametrize(
    ("status", "code"), [(409, "IDEMPOTENCY_CONFLICT"), (422, "CLOSED_MONTH"), (400, "BAD_REQUEST")]
)
async def test_a_refusal_with_a_code_is_the_erps_no(status: int, code: str) -> None:
    """The ERP has judged the order and will not take it."""
    placement = await RestErp(Refusing(status, code)).place(TO_PLACE)  # type: ignore[arg-type]  # likewise

    assert Refused([Objection(code, f"refused with status {status}: no", None)]) == placement


@pytest.mark.parametrize(("status", "code"), [(401, "UNAUTHENTICATED"), (404, "NO_SUCH_OPERATION"), (408, None)])
async def test_a_refusal_of_something_else_is_an_error(status: int, code: str | None) -> None:
    """A bad token or address, or what a gateway says, is no judgement of the order."""
    transport = Refusing(status, code)
    with pytest.raises(RequestRefused) as refusal:
        await RestErp(transport).place(TO_PLACE)  # type: ignore[arg-type]  # likewise

    assert transport.refusal is refusal.value


async def test_placed() -> None:
    """Orders by what they were sent with; a key without an order is missing."""
    connector, transport = erp({"placed": [{"idempotency_key": "k", "order": SMALL}]})
    found = await connector.placed(["k", "none"])

    assert [("orders/placed", {"idempotency_keys": ["k", "none"]})] == transport.asked
    assert {"k": replace(SMALL_ORDER, idempotency_key="k")} == found


async def test_orders() -> None:
    """Orders by customer and number."""
    connector, transport = erp({"orders": [WHOLE]})
    found = await connector.orders([OrderKey("10", "E-1"), OrderKey("11", "E-1")])

    lines = [{"customer": "10", "number": "E-1"}, {"customer": "11", "number": "E-1"}]
    assert [("orders/get", {"lines": lines})] == transport.asked
    assert {OrderKey("10", "E-1"): WHOLE_ORDER} == found


async def test_order_pages() -> None:
    """Pages with the ERP's cursors, and the orders on them; a page that is missing has no cursor of this ERP's."""
    plain = OrdersKey(("10",), 20, "?", None)
    key = OrdersKey(
        customers=("10", "11"),
        first=1,
        after="c0",
        person="anna",
        statuses=(OrderStatus.SHIPPED,),
        origins=(OrderOrigin.EDI,),
        po_number="PO",
        placed_from=datetime(2026, 11, 1, tzinfo=UTC),
        placed_to=datetime(2026, 12, 1, tzinfo=UTC),
        search="KV-1",
    )
    page = {"key": "1", "orders": [{"cursor": "c1", "order": SMALL}], "has_next": True, "total": 7}
    connector, transport = erp({"pages": [page]})
    found = await connector.order_pages([plain, key])
    nothing = {"person": None, "statuses": [], "origins": [], "po_number": None, "placed_from": None, "placed_to": None}

    assert [
        {"key": "0", "customers": ["10"], "first": 20, "after": "?", **nothing, "search": None},
        {
            "key": "1",
            "customers": ["10", "11"],
            "first": 1,
            "after": "c0",
            "person": "anna",
            "statuses": ["SHIPPED"],
            "origins": ["EDI"],
            "po_number": "PO",
            "placed_from": "2026-11-01T00:00:00Z",
            "placed_to": "2026-12-01T00:00:00Z",
            "search": "KV-1",
        },
    ] == transport.asked[0][1]["lines"]
    assert {key: OrdersPage([SMALL_ORDER], ["c1"], 7, True, ORIGIN)} == found.pages
    assert {OrderKey("10", "E-1"): SMALL_ORDER} == found.orders


@pytest.mark.parametrize(
    ("ask", "keys", "said"),
    [
        ("simulate", [DRAFT], {"simulations": [{"key": "7", "simulation": SIMULATION}]}),
        ("placed", ["k"], {"placed": [{"idempotency_key": "other", "order": SMALL}]}),
        ("placed", ["k"], {"placed": [{"idempotency_key": "k", "order": {**SMALL, "idempotency_key": "other"}}]}),
        ("orders", [OrderKey("11", "E-1")], {"orders": [SMALL]}),
        (
            "order_pages",
            [OrdersKey(("10",), 1, None, None)],
            {"pages": [{"key": "1", "orders": [], "has_next": False}]},
        ),
        (
            "order_pages",
            [OrdersKey(("11",), 1, None, None)],
            {"pages": [{"key": "0", "orders": [{"cursor": "c", "order": SMALL}], "has_next": False}]},
        ),
    ],
)
async def test_what_was_not_asked_for_is_an_error(ask: str, keys: list[Any], said: object) -> None:
    """It spoils the answer, lest an order reach the wrong asker."""
    connector, _ = erp(said)

    with pytest.raises(ValueError, match=r"asked for|another"):
        await getattr(connector, ask)(keys)


async def test_ping() -> None:
    """An ERP that says it takes no orders now is as good as one that does not answer."""
    connector, transport = erp({"takes_orders": True}, {"takes_orders": False})
    await connector.ping()
    with pytest.raises(SourceUnavailable):
        await connector.ping()

    assert [("ping", {}), ("ping", {})] == transport.asked
