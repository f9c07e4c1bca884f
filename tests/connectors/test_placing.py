"""What `datasources.ports` promises of taking orders, over every ERP connector in the registry."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from datasources import registry
from datasources.errors import NeverSent, PerhapsSent, RequestRefused, SourceUnavailable
from datasources.model.common import Money, System
from datasources.model.orders import (
    Accepted,
    ErpOrder,
    OrderDraft,
    OrderOrigin,
    OrderStatus,
    OrderToPlace,
    PriceChanged,
    Refused,
)
from datasources.model.pricing import QuoteStatus
from tests.conftest import Sandbox
from tests.connectors.orders import delivery, draft, draft_of, line, order_to_place, place
from tests.connectors.recording import opened
from tests.connectors.test_ports import url

every_erp = pytest.mark.parametrize("name", sorted(registry.ERP))


def order(key: str = "k", **more: Any) -> OrderToPlace:
    """Return an order of two lines that the ERP takes."""
    return order_to_place(place(key, draft(line("a"), line("b", "KV-000034", "150"), **more)))


def told(draft: OrderDraft, amount: str, per: str = "1", currency: str = "EUR") -> OrderDraft:
    """Return the order with what the buyer was told of its first line."""
    first, *others = draft.lines
    price = Money(Decimal(amount), currency)
    return replace(draft, lines=(replace(first, unit_price=price, per=Decimal(per)), *others))


def taken(sandbox: Sandbox) -> list[Any]:
    """Return the keys and lines of what the ERP took, in its own words."""
    said = httpx.get(sandbox.url("erp", "orders"), trust_env=False).raise_for_status().json()["orders"]
    return [(one["idempotency_key"], [(ln["sku"], ln["quantity"]) for ln in one["lines"]]) for one in said]


def codes(placement: object) -> list[tuple[str, str | None]]:
    assert isinstance(placement, Refused), placement
    return [(objection.code, objection.line_key) for objection in placement.objections]


async def accepted(erp: Any, asked: OrderToPlace) -> ErpOrder:
    placement = await erp.place(asked)

    assert isinstance(placement, Accepted), placement
    return placement.order


@every_erp
async def test_an_order_is_taken_as_it_was_simulated(name: str, sandbox: Sandbox) -> None:
    """The order has the simulation's prices and sums, and what it was sent with."""
    asked = order(deliveries=[delivery()])
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        simulation = (await erp.simulate([asked.draft]))[asked.draft]
        before = taken(sandbox)
        it = await accepted(erp, asked)

    assert [] == before
    assert [("k", [("KV-000001", "10"), ("KV-000034", "150")])] == taken(sandbox)
    assert [] == simulation.objections
    assert [("a", QuoteStatus.PRICED), ("b", QuoteStatus.PRICED)] == [(ln.key, ln.status) for ln in simulation.lines]
    assert [(ln.key, ln.unit_price, ln.per, ln.total) for ln in simulation.lines] == [
        (ln.key, ln.unit_price, ln.per, ln.total) for ln in it.lines
    ]
    assert (simulation.net, simulation.freight, simulation.tax) == (it.net, it.freight, it.tax)
    assert simulation.gross == it.gross
    assert ("k", "anna", "C-1002", "PO-7", "Mustola") == (
        it.idempotency_key, it.person, it.customer, it.po_number, it.reference,
    )  # fmt: skip
    assert (OrderOrigin.ONLINE, OrderStatus.CONFIRMED) == (it.origin, it.status)
    assert ("TRUCK", ["CRANE"]) == (it.deliveries[0].method, it.deliveries[0].services)
    assert asked.draft.deliveries[0].address == it.deliveries[0].address


@every_erp
async def test_an_order_is_taken_once(name: str, sandbox: Sandbox) -> None:
    """The same key gives the same order, one after another and twenty at once, whatever prices have become."""
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        first = await accepted(erp, order())
        sandbox.set_price("C-1002", "KV-000001", "999")
        again = await accepted(erp, replace(order(), draft=told(order().draft, "0.01")))
        others = await asyncio.gather(*(accepted(erp, order("other")) for _ in range(20)))

    assert first == again
    assert 1 == len({one.number for one in others})
    assert ["k", "other"] == [key for key, _ in taken(sandbox)]


@every_erp
async def test_another_order_with_the_key_is_refused(name: str, sandbox: Sandbox) -> None:
    """The ERP's conflict is a refusal of the order."""
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        await accepted(erp, order())
        placement = await erp.place(order(reference="another"))

    assert [("IDEMPOTENCY_CONFLICT", None)] == codes(placement)
    assert 1 == len(taken(sandbox))


@every_erp
@pytest.mark.parametrize(
    ("amount", "per", "currency", "tolerance", "takes"),
    [
        ("10.00", "1", "EUR", "0", True),
        ("1000", "100", "EUR", "0", True),
        ("10.50", "1", "EUR", "0", True),
        ("9.9999", "1", "EUR", "0", False),
        ("9.8039", "1", "EUR", "2", False),
        ("9.8040", "1", "EUR", "2", True),
        ("10.00", "1", "SEK", "50", False),
    ],
)
async def test_the_price_told_holds_or_nothing_does(
    amount: str, per: str, currency: str, tolerance: str, takes: bool, name: str, sandbox: Sandbox
) -> None:
    """At 10.00 now: a price told that is lower, by more than is tolerated, leaves the order untaken and its key free."""
    sandbox.set_price("C-1002", "KV-000001", "10")
    asked = replace(order(), draft=told(order().draft, amount, per, currency), tolerance_percent=Decimal(tolerance))
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        placement = await erp.place(asked)
        found = await erp.placed(["k"])
        if isinstance(placement, PriceChanged):
            await accepted(erp, replace(asked, draft=told(asked.draft, "10.00")))
            now = placement.simulation.lines[0]

            assert (Money(Decimal("10.0000"), "EUR"), Decimal(1)) == (now.unit_price, now.per)

    assert (takes, takes) == (isinstance(placement, Accepted), "k" in found)
    assert 1 == len(taken(sandbox))


@every_erp
async def test_what_stands_against_an_order_is_all_said(name: str, sandbox: Sandbox) -> None:
    """A refusal has the simulation's objections, by line, and nothing is taken."""
    bad = draft(line("a", "none"), line("b", quantity="0"), line("c", unit="?"), line("d"), customer="C-3001")
    asked = OrderToPlace("k", draft_of(bad), Decimal(0))
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        placement = await erp.place(asked)
        simulation = (await erp.simulate([asked.draft]))[asked.draft]
        unknown = await erp.place(order(customer="nobody"))

    assert [("NOT_SOLD", "a"), ("QUANTITY", "b"), ("UNKNOWN_UNIT", "c"), ("CREDIT_HOLD", None)] == codes(placement)
    assert Refused(simulation.objections) == placement
    assert [("UNKNOWN_CUSTOMER", None)] == codes(unknown)
    assert [] == taken(sandbox)


@every_erp
async def test_an_answer_that_is_lost_was_perhaps_sent(name: str, sandbox: Sandbox) -> None:
    """The ERP takes the order, the connection breaks; its key finds it."""
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        sandbox.fault("erp", "lost_answer")
        with pytest.raises(PerhapsSent):
            await erp.place(order())
        sandbox.fault("erp", "ok")
        found = await erp.placed(["k", "none"])
        again = await accepted(erp, order())

    assert {"k": again} == found
    assert 1 == len(taken(sandbox))


@every_erp
@pytest.mark.parametrize("mode", ["down", "error", "throttle"])
async def test_an_erp_that_fails_takes_nothing(name: str, mode: str, sandbox: Sandbox) -> None:
    """It is unavailable, for orders and for `ping`; it was asked once each."""
    sandbox.fault("erp", mode)
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        with pytest.raises(SourceUnavailable):
            await erp.place(order())
        with pytest.raises(SourceUnavailable):
            await erp.ping()
    calls = sandbox.calls("erp")
    sandbox.fault("erp", "ok")

    assert {"erp": {"place": 1, "ping": 1}} == calls
    assert [] == taken(sandbox)


@every_erp
async def test_an_erp_that_is_away_was_never_asked(name: str, nobody_listens: str) -> None:
    """An order that found no connection has surely not left."""
    async with opened(System.ERP, name, nobody_listens) as (erp, _):
        with pytest.raises(NeverSent):
            await erp.place(order())
        with pytest.raises(NeverSent):
            await erp.ping()


@every_erp
async def test_a_bad_token_is_no_refusal_of_the_order(name: str, guarded: Sandbox) -> None:
    """It is Kanava that is refused, so the order may still be taken later."""
    async with opened(System.ERP, name, url(guarded, System.ERP), "wrong") as (erp, _):
        with pytest.raises(RequestRefused) as refusal:
            await erp.place(order())
        with pytest.raises(RequestRefused):
            await erp.ping()

    assert 401 == refusal.value.status


@every_erp
async def test_ping(name: str, sandbox: Sandbox) -> None:
    """An ERP that takes orders answers."""
    async with opened(System.ERP, name, url(sandbox, System.ERP)) as (erp, _):
        await erp.ping()

    assert {"erp": {"ping": 1}} == sandbox.calls("erp")
