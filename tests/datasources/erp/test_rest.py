"""The ERP over the open contract: what is asked, and what its answers mean."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from datasources.erp.rest import RestErp
from datasources.model.common import Money, Provenance, Quantity, System, Unit
from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    CreditStatus,
    DeliveryMethod,
    DeliveryService,
    PartNumber,
    PartNumberCode,
    PartNumberKey,
    PartNumberMeaning,
    Price,
    PriceBreak,
    PriceKey,
    PriceOrigin,
    Quote,
    QuoteStatus,
)
from tests.datasources.fakes import START, FakeTransport

PLAIN = PriceKey("S1", "KV-1", Decimal(1), None, None, None, None)
WHOLE = PriceKey("S1", "KV-2", Decimal("12.5"), "BOX", date(2026, 12, 1), "K-7", "SEK")
PLAIN_LINE = {
    "scope": "S1",
    "sku": "KV-1",
    "quantity": "1",
    "unit": None,
    "date": None,
    "contract": None,
    "currency": None,
}
WHOLE_LINE = {
    "scope": "S1",
    "sku": "KV-2",
    "quantity": "12.5",
    "unit": "BOX",
    "date": "2026-12-01",
    "contract": "K-7",
    "currency": "SEK",
}
PIECE = {"code": "PCE", "name": {"en": "pc"}, "decimals": 0}
UNIT = Unit("PCE", {"en": "pc"}, 0)
PRICED: dict[str, Any] = {
    "asked": PLAIN_LINE,
    "status": "PRICED",
    "currency": "EUR",
    "unit_price": "12.50",
    "per": {"value": "100", "unit": PIECE},
}


def erp(*answers: object) -> tuple[RestErp, FakeTransport]:
    transport = FakeTransport(System.ERP, *answers)
    return RestErp(transport), transport  # type: ignore[arg-type]


def origin(as_of: datetime = START) -> Provenance:
    return Provenance(System.ERP, as_of, START)


async def test_prices() -> None:
    """Every part of a key is asked; quotes come back by key, in any order; a key without a line is missing."""
    whole = {
        **PRICED,
        "asked": WHOLE_LINE,
        "list_price": "10.00",
        "net": False,
        "tax_rate": "0.255",
        "origin": "CONTRACT",
        "contract": {"number": "K-7", "name": "Frame", "valid_to": "2027-01-31"},
        "breaks": [{"minimum_quantity": "100", "unit_price": "11.00"}],
        "valid_from": "2026-11-01T00:00:00+02:00",
        "valid_to": "2026-12-01T00:00:00Z",
    }
    unknown = PriceKey(None, "KV-9", Decimal(1), None, None, None, None)
    connector, transport = erp({"prices": [whole, PRICED], "as_of": "2026-11-22T08:00:00Z"})
    found = await connector.prices([PLAIN, WHOLE, unknown])
    provenance = origin(START - timedelta(minutes=30))

    assert [
        ("prices", {"lines": [PLAIN_LINE, WHOLE_LINE, {**PLAIN_LINE, "scope": None, "sku": "KV-9"}]})
    ] == transport.asked
    assert {
        PLAIN: Quote(
            QuoteStatus.PRICED,
            Price(
                unit_price=Money(Decimal("12.50"), "EUR"),
                per=Quantity(Decimal(100), UNIT),
                list_price=None,
                net=True,
                tax_rate=None,
                origin=PriceOrigin.LIST,
                contract=None,
                breaks=[],
                valid_from=None,
                valid_to=None,
                provenance=provenance,
            ),
            provenance,
        ),
        WHOLE: Quote(
            QuoteStatus.PRICED,
            Price(
                unit_price=Money(Decimal("12.50"), "EUR"),
                per=Quantity(Decimal(100), UNIT),
                list_price=Money(Decimal("10.00"), "EUR"),
                net=False,
                tax_rate=Decimal("0.255"),
                origin=PriceOrigin.CONTRACT,
                contract=Contract("K-7", "Frame", date(2027, 1, 31), None, None, "S1", provenance),
                breaks=[PriceBreak(Decimal(100), Money(Decimal("11.00"), "EUR"))],
                valid_from=datetime(2026, 10, 31, 22, tzinfo=UTC),
                valid_to=datetime(2026, 12, 1, tzinfo=UTC),
                provenance=provenance,
            ),
            provenance,
        ),
    } == found
    assert "12.50" == str(found[PLAIN].price.unit_price.amount)  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [QuoteStatus.ON_REQUEST, QuoteStatus.NOT_SOLD])
async def test_there_may_be_no_price(status: QuoteStatus) -> None:
    """What is sold by agreement, or not at all, has no price, whatever else the line says."""
    connector, _ = erp({"prices": [{**PRICED, "status": status.value}]})

    assert {PLAIN: Quote(status, None, origin())} == await connector.prices([PLAIN])


async def test_a_copy_is_as_old_as_it_says_but_never_of_the_future() -> None:
    """Without as_of a price is true on arrival, and a clock ahead of ours does not date it later."""
    connector, _ = erp({"prices": [PRICED]}, {"prices": [PRICED], "as_of": "2030-01-01T00:00:00Z"})
    seen = [(await connector.prices([PLAIN]))[PLAIN].price for _ in range(2)]

    assert [origin(), origin()] == [price.provenance for price in seen if price]


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("where", ["unit_price", "list_price", "tax_rate", "per", "break", "quantity"])
async def test_what_is_no_number_is_no_price(where: str, number: str) -> None:
    """Not-a-number and infinity are refused wherever a price has a number."""
    changes: dict[str, Any] = {
        "per": {"per": {"value": number, "unit": PIECE}},
        "break": {"breaks": [{"minimum_quantity": "1", "unit_price": number}]},
        "quantity": {"breaks": [{"minimum_quantity": number, "unit_price": "1"}]},
    }.get(where, {where: number})
    connector, _ = erp({"prices": [PRICED | changes]})

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await connector.prices([PLAIN])


@pytest.mark.parametrize(
    "line",
    [
        *(pytest.param({k: v for k, v in PRICED.items() if k != name}, id=f"no {name}") for name in PRICED),
        pytest.param({**PRICED, "status": "FREE"}, id="unknown status"),
        pytest.param({**PRICED, "unit_price": None}, id="null price"),
        pytest.param({**PRICED, "unit_price": "cheap"}, id="words"),
        pytest.param({**PRICED, "asked": {**PLAIN_LINE, "scope": "S2"}}, id="another scope"),
        pytest.param({**PRICED, "asked": {**PLAIN_LINE, "scope": None}}, id="nobody in particular"),
        pytest.param({**PRICED, "asked": {**PLAIN_LINE, "quantity": "2"}}, id="another quantity"),
        pytest.param({**PRICED, "asked": {**PLAIN_LINE, "quantity": "sNaN"}}, id="no quantity"),
        pytest.param({**PRICED, "asked": {"sku": "KV-1"}}, id="half a line"),
        pytest.param({**PRICED, "valid_to": "2026-12-01T00:00:00"}, id="time without offset"),
    ],
)
async def test_what_was_not_agreed_is_an_error(line: object) -> None:
    """A price without what it must have, or that nobody asked for, spoils the answer, lest it reach the wrong asker."""
    connector, _ = erp({"prices": [line]})

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await connector.prices([PLAIN])


async def test_part_numbers() -> None:
    """A customer's own codes by customer and article; one without a code is missing."""
    connector, transport = erp({"part_numbers": [{"customer": "10", "sku": "KV-1", "part_number": "OMA-1"}]})
    found = await connector.part_numbers([PartNumberKey("10", "KV-1"), PartNumberKey("10", "KV-2")])

    assert [
        ("part-numbers", {"lines": [{"customer": "10", "sku": "KV-1"}, {"customer": "10", "sku": "KV-2"}]})
    ] == transport.asked
    assert {PartNumberKey("10", "KV-1"): PartNumber("OMA-1", origin())} == found


async def test_resolve_part_numbers() -> None:
    """All articles that a customer calls by a code, in the ERP's order."""
    matches = [{"customer": "10", "code": "OMA-1", "sku": sku} for sku in ("KV-2", "KV-1")]
    connector, transport = erp({"matches": matches})
    found = await connector.resolve_part_numbers([PartNumberCode("10", "OMA-1"), PartNumberCode("10", "?")])

    assert [
        ("part-numbers/resolve", {"lines": [{"customer": "10", "code": "OMA-1"}, {"customer": "10", "code": "?"}]})
    ] == transport.asked
    assert {PartNumberCode("10", "OMA-1"): PartNumberMeaning(["KV-2", "KV-1"], origin())} == found


async def test_credit() -> None:
    """Credit by customer in their currency; amounts that the ERP does not say are none."""
    said = {"customer": "10", "status": "NEAR_LIMIT", "currency": "EUR", "limit": "1000", "used": "950.10"}
    connector, transport = erp({"credit": [said]})
    found = await connector.credit(["10", "11"])

    assert [("credit", {"customers": ["10", "11"]})] == transport.asked
    limit, used = Money(Decimal(1000), "EUR"), Money(Decimal("950.10"), "EUR")
    assert {"10": Credit(CreditStatus.NEAR_LIMIT, limit, used, None, None, origin())} == found


async def test_terms() -> None:
    """Terms by customer; what things cost is in the customer's currency, or not known."""
    said = {
        "customer": "10",
        "payment_term": "30 days net",
        "incoterm": "DAP Lappeenranta",
        "allows_split_delivery": True,
        "po_number_required": False,
        "currency": "EUR",
        "delivery_methods": [{"code": "T", "name": {"fi": "Kuljetus"}, "cost": "15.00"}],
        "services": [{"code": "C", "name": "Cutting"}],
    }
    connector, transport = erp({"terms": [said]})
    found = await connector.terms(["10"])

    assert [("terms", {"customers": ["10"]})] == transport.asked
    assert {
        "10": CommercialTerms(
            payment_term="30 days net",
            incoterm="DAP Lappeenranta",
            allows_split_delivery=True,
            po_number_required=False,
            delivery_methods=[DeliveryMethod("T", {"fi": "Kuljetus"}, Money(Decimal("15.00"), "EUR"))],
            services=[DeliveryService("C", {"und": "Cutting"}, None)],
            provenance=origin(),
        )
    } == found


async def test_contracts() -> None:
    """Contracts by scope and number."""
    said = {
        "scope": "S1",
        "number": "K-7",
        "name": "Frame",
        "committed": {"value": "500", "unit": PIECE},
        "consumed": {"value": "20.5", "unit": PIECE},
    }
    connector, transport = erp({"contracts": [said]})
    key = ContractKey("S1", "K-7")
    found = await connector.contracts([key, ContractKey("S2", "K-7")])
    committed, consumed = Quantity(Decimal(500), UNIT), Quantity(Decimal("20.5"), UNIT)

    assert [
        ("contracts", {"lines": [{"scope": "S1", "number": "K-7"}, {"scope": "S2", "number": "K-7"}]})
    ] == transport.asked
    assert {key: Contract("K-7", "Frame", None, committed, consumed, "S1", origin())} == found


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("credit", {"credit": [{"customer": "10", "status": "OK"}]}),
        ("credit", {"credit": [{"customer": "10", "status": "OK", "currency": "EUR", "limit": "NaN"}]}),
        ("credit", {"credit": [{"customer": "10", "status": "FINE", "currency": "EUR"}]}),
        ("terms", {"terms": [{"customer": "10", "payment_term": "x"}]}),
        ("part_numbers", {"part_numbers": [{"customer": "10", "sku": "KV-1"}]}),
        ("resolve_part_numbers", {"matches": [{"customer": "10", "sku": "KV-1"}]}),
        ("contracts", {"contracts": [{"scope": "S1", "name": "Frame"}]}),
        ("contracts", {}),
    ],
)
async def test_half_an_answer_is_an_error(ask: str, said: object) -> None:
    """A line without what it must have is refused."""
    connector, _ = erp(said)

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await getattr(connector, ask)([])
