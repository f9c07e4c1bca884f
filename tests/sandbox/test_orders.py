"""The ERP's order desk, over real processes: its rules, its memory, and what survives a kill."""

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

PRICE = 10


def line(key: str = "a", sku: str = "KV-000001", quantity: str = "10", **more: Any) -> dict[str, Any]:
    return {"key": key, "sku": sku, "quantity": quantity, **more}


def order(*lines: Any, customer: str = "C-1002", **more: Any) -> dict[str, Any]:
    return {"customer": customer, "person": "anna", "lines": lines or [line()], **more}


def delivery(**more: Any) -> dict[str, Any]:
    return {"split_policy": "ALLOW_SPLIT", **more}


def place(systems: Any, key: str = "k", placed: Any = None, **more: Any) -> Any:
    return systems.ask("erp", "orders/place", idempotency_key=key, order=placed or order(), **more)


def simulate(systems: Any, placed: Any) -> Any:
    (found,) = systems.ask("erp", "orders/simulate", orders=[{"key": "x", "order": placed}])["simulations"]

    assert found["key"] == "x"
    return found["simulation"]


def codes(said: Any) -> list[tuple[str, str | None]]:
    return [(one["code"], one["line_key"]) for one in said["objections"]]


def set_price(systems: Any, unit_price: int | str = PRICE, sku: str = "KV-000001", account: str = "C-1002") -> None:
    said = {"account": account, "sku": sku, "unit_price": str(unit_price)}
    assert systems.control("PUT", "erp", "price", **said).status_code == 200


def set_credit(systems: Any, account: str = "C-1002", **said: Any) -> Any:
    answer = systems.control("PUT", "erp", "credit", account=account, **said)

    assert answer.status_code == 200
    return answer.json()


def pages(systems: Any, **asked: Any) -> Any:
    asked = {"key": "0", "customers": ["C-1002"], "first": 1000, **asked}
    return systems.ask("erp", "orders/search", lines=[asked])["pages"]


def numbers(systems: Any, **asked: Any) -> list[str]:
    (page,) = pages(systems, **asked)
    return [found["order"]["number"] for found in page["orders"]]


def test_sums_are_exact(systems: Any) -> None:
    """Lines by price unit and packaging, half a cent to even; freight of method and services; tax on both."""
    set_price(systems, "0.0545")
    set_price(systems, "7.87", "KV-000034")
    asked = order(
        line("a", quantity="10"),
        line("b", quantity="30"),
        line("c", "KV-000034", "150"),
        line("d", unit="BDL", quantity="2"),
        deliveries=[delivery(method="TRUCK", services=["CRANE"], line_keys=["a"]), delivery(method="PARCEL")],
    )
    said = simulate(systems, asked)

    # 0.545 and 1.635 to even; 150 at 7.87 for 100 are 11.805; a bundle of 30 at 0.0545 is 1.635, priced singly
    expected = [("0.0545", "1", "0.54"), ("0.0545", "1", "1.64"), ("7.8700", "100", "11.80"), ("1.6350", "1", "3.27")]
    assert [(ln["unit_price"], ln["per"], ln["total"]) for ln in said["lines"]] == expected
    # 0.255 of 17.25 and 138.90 is 39.81825
    assert (said["net"], said["freight"], said["tax"], said["gross"]) == ("17.25", "138.90", "39.82", "195.97")
    assert said["objections"] == []


def test_what_is_by_agreement_is_left_unsaid(systems: Any) -> None:
    """A service without a price leaves freight, tax and gross open; no delivery, and none chosen, cost nothing."""
    open_said = simulate(systems, order(deliveries=[delivery(method="TRUCK", services=["CALL"])]))
    free = [simulate(systems, order(deliveries=given)) for given in ([], [delivery()], [delivery(method="PICKUP")])]

    assert [open_said[name] for name in ("freight", "tax", "gross")] == [None, None, None]
    assert open_said["net"] == free[0]["net"]
    assert [said["freight"] for said in free] == ["0.00"] * 3


def test_each_line_and_the_whole_are_objected_to(systems: Any) -> None:
    """Everything that stands against an order is said at once, and the rest of it is priced."""
    asked = order(
        line("sold"), line("none", "X"), line("request", "KV-000028"), line("unit", unit="X"), line("zero", quantity="0"),
        line("minus", quantity="-1"), line("fine", quantity="0.25"), line("much", quantity="1000000001"),
        currency="SEK", deliveries=[delivery(method="X", services=["Y"], line_keys=["Z"])],
    )  # fmt: skip
    said = simulate(systems, asked)

    assert codes(said) == [
        ("CURRENCY", None), ("NOT_SOLD", "none"), ("ON_REQUEST", "request"), ("UNKNOWN_UNIT", "unit"), ("QUANTITY", "zero"),
        ("QUANTITY", "minus"), ("QUANTITY", "fine"), ("QUANTITY", "much"), ("UNKNOWN_DELIVERY_METHOD", None),
        ("UNKNOWN_SERVICE", None), ("UNKNOWN_LINE", None),
    ]  # fmt: skip
    assert [ln["status"] for ln in said["lines"]] == ["PRICED", "NOT_SOLD", "ON_REQUEST", *["NOT_SOLD"] * 5]
    assert said["net"] == said["lines"][0]["total"]
    assert place(systems, placed=asked) == {"outcome": "REFUSED", "objections": said["objections"]}


def test_terms_are_kept(systems: Any) -> None:
    """C-1001 orders by PO number only; C-4101 takes no split deliveries; an order has lines."""
    assert codes(simulate(systems, order(customer="C-1001"))) == [("PO_NUMBER_REQUIRED", None)]
    assert codes(simulate(systems, order(customer="C-1001", po_number="1"))) == []
    rest_later = [delivery(split_policy="SHIP_AVAILABLE_REST_LATER")]
    assert codes(simulate(systems, order(customer="C-4101", deliveries=rest_later))) == [("SPLIT_DELIVERY", None)]
    assert codes(simulate(systems, order(deliveries=rest_later))) == []
    assert codes(simulate(systems, {**order(), "lines": []})) == [("NO_LINES", None)]


def test_credit_is_used_up(systems: Any) -> None:
    """Orders taken count, whether or not all of their sums are known; over the limit is an objection."""
    set_price(systems)
    before = systems.ask("erp", "credit", customers=["C-1002"])["credit"][0]
    asked = order(line(quantity="100"), deliveries=[delivery(services=["CALL"])])
    assert place(systems, placed=asked)["outcome"] == "ACCEPTED"
    after = systems.ask("erp", "credit", customers=["C-1002"])["credit"][0]
    gross = float(after["used"]) - float(before["used"])
    set_credit(systems, limit=after["used"])

    assert gross == pytest.approx(1255)
    assert float(before["available"]) - float(after["available"]) == pytest.approx(1255)
    said = place(systems, "k2", order(line(quantity="0.1")))
    assert (said["outcome"], codes(said)) == ("REFUSED", [("CREDIT_LIMIT", None)])
    set_credit(systems, limit=f"{float(after['used']) + 1.26:.2f}")
    assert place(systems, "k2", order(line(quantity="0.1")))["outcome"] == "ACCEPTED"


def test_credit_is_what_a_test_says(systems: Any) -> None:
    """Hold and limit by themselves; what is not said stays; C-3001 is on hold until told otherwise."""
    assert codes(simulate(systems, order(customer="C-3001"))) == [("CREDIT_HOLD", None)]
    set_credit(systems, "C-3001", status="OK", limit="1000000")
    assert codes(simulate(systems, order(customer="C-3001"))) == []
    held = set_credit(systems, "C-3001", status="ON_HOLD")

    assert (held["status"], held["limit"]) == ("ON_HOLD", "1000000.00")
    assert codes(simulate(systems, order(customer="C-3001"))) == [("CREDIT_HOLD", None)]
    assert systems.control("PUT", "erp", "credit", account="X", status="OK").status_code == 404
    assert systems.control("PUT", "erp", "credit", account="C-1002", status="FINE").status_code == 400


def test_an_unknown_customer_has_no_simulation_and_no_order(systems: Any) -> None:
    """It is missing among the simulations and refused as a whole."""
    lines = [{"key": "a", "order": order(customer="X")}, {"key": "b", "order": order()}]
    found = systems.ask("erp", "orders/simulate", orders=lines)["simulations"]

    assert [one["key"] for one in found] == ["b"]
    assert codes(place(systems, placed=order(customer="X"))) == [("UNKNOWN_CUSTOMER", None)]


def test_a_key_is_kept_with_what_was_ordered(systems: Any) -> None:
    """Prices told and the way a quantity is written do not make another order; a note does."""
    first = place(systems)["order"]
    told = {"unit_price": "0.01", "currency": "EUR", "per": "1"}
    again = place(systems, placed=order(line(quantity="10.0", **told)), tolerance_percent="1")["order"]
    body = {"idempotency_key": "k", "order": order(line(note="urgent"))}
    other = systems.client.post(systems.url("erp", "orders/place"), json=body)

    assert first == again
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert place(systems, "k2")["order"]["number"] != first["number"]
    assert (
        systems.client.post(systems.url("erp", "orders/place"), json={**body, "idempotency_key": ""}).status_code == 400
    )


def test_dates_are_confirmed(systems: Any) -> None:
    """A line is priced for the day it is wanted, and comes then, but never before the next working day."""
    asked = order(
        line("own", requested_date="2099-01-05"), line("past", requested_date="2020-01-01"), line("group"), line("none"),
        deliveries=[delivery(requested_date="2099-02-02", line_keys=["group"])],
    )  # fmt: skip
    lines = place(systems, placed=asked)["order"]["lines"]
    confirmed = [ln["confirmed_date"] for ln in lines]

    assert [ln["requested_date"] for ln in lines] == ["2099-01-05", "2020-01-01", "2099-02-02", None]
    assert [confirmed[0], confirmed[2]] == ["2099-01-05", "2099-02-02"]
    assert confirmed[1] == confirmed[3] > "2026"


def test_orders_taken_are_told_in_order_of_arrival(systems: Any) -> None:
    """The control has only those that were taken, as short as the contract of the sandbox says."""
    set_price(systems)
    first, second = (place(systems, key)["order"]["number"] for key in ("one", "two"))
    place(systems, "three", order(line(unit="X")))
    lines = [{"sku": "KV-000001", "quantity": "10", "unit_price": "10.0000"}]

    assert systems.control("GET", "erp", "orders").json() == {
        "orders": [
            {"number": number, "account": "C-1002", "idempotency_key": key, "lines": lines}
            for key, number in (("one", first), ("two", second))
        ]
    }
    systems.control("POST", "erp", "reset")
    assert systems.control("GET", "erp", "orders").json() == {"orders": []}
    assert systems.ask("erp", "orders/placed", idempotency_keys=["one"]) == {"placed": []}


def test_history_is_walked_page_by_page(systems: Any) -> None:
    """The newest first, orders just taken before those of history, though more come while the pages are read."""
    history = len(systems.control("GET", "erp", "history?account=C-1002").json()["orders"])
    taken = place(systems)["order"]["number"]
    whole = numbers(systems)
    walked: list[str] = []
    after, has_next = None, True
    while has_next:
        (page,) = pages(systems, first=5, after=after)
        walked += [found["order"]["number"] for found in page["orders"]]
        after, has_next = page["orders"][-1]["cursor"], page["has_next"]
        place(systems, f"later {after}")

    assert walked == whole
    assert (whole[0], whole[1:], len(whole)) == (taken, sorted(whole[1:], reverse=True), history + 1)
    assert pages(systems, after="no cursor") == []
    assert pages(systems, first=0)[0]["has_next"] is True


def test_history_is_filtered(systems: Any) -> None:
    """Person, status, origin, PO number, moments and words narrow it, one by one."""
    every = pages(systems)[0]["orders"]
    orders = [found["order"] for found in every]
    own = place(systems, placed=order(po_number="PO-XYZ", reference="Kampus B"))["order"]["number"]
    third = orders[2]

    assert numbers(systems, person="elena") == [one["number"] for one in orders]
    assert numbers(systems, person="anna")[0] == own
    for name, value in (("status", "DELIVERED"), ("origin", "EDI")):
        names = {"status": "statuses", "origin": "origins"}
        assert numbers(systems, **{names[name]: [value]}) == [o["number"] for o in orders if o[name] == value] != []
    assert numbers(systems, po_number="PO-XYZ") == numbers(systems, search="pus b") == [own]
    assert numbers(systems, po_number="PO-XY") == []
    assert numbers(systems, search=third["number"].lower()) == [third["number"]]
    assert third["number"] in numbers(systems, search=third["lines"][0]["sku"].lower())
    assert numbers(systems, placed_from=third["placed_at"]) == [own, *(o["number"] for o in orders[:3])]
    assert numbers(systems, placed_to=third["placed_at"]) == [o["number"] for o in orders[3:]]


def test_orders_by_number_are_their_customers_only(systems: Any) -> None:
    """Whoever asks for another's order, taken or of history, finds none."""
    taken = place(systems)["order"]
    old = pages(systems)[0]["orders"][-1]["order"]
    lines = [
        {"customer": c, "number": n} for c in ("C-1002", "C-1003") for n in (taken["number"], old["number"], "E-x")
    ]
    found = systems.ask("erp", "orders/get", lines=lines)["orders"]

    assert found == [taken, old]
    assert old["lines"][0]["total"] is not None


def test_history_has_every_origin_and_adds_up(systems: Any) -> None:
    """Orders of all ways in; what was delivered was shipped whole; sums are those of the lines."""
    (page,) = pages(systems, customers=[f"C-{number}" for number in range(1000, 5000)])
    orders = [found["order"] for found in page["orders"]]
    delivered = [ln for o in orders if o["status"] == "DELIVERED" for ln in o["lines"]]

    assert {o["origin"] for o in orders} == {"ONLINE", "PHONE", "EDI", "STORE", "SALES_REP"}
    assert {"DELIVERED", "SHIPPED", "PARTIALLY_SHIPPED", "BACKORDERED", "CONFIRMED", "CANCELLED", "ON_CREDIT_HOLD"} == {
        o["status"] for o in orders
    }
    assert [ln["ordered"] for ln in delivered] == [ln["shipped"] for ln in delivered]
    assert page["total"] > 1000 == len(orders)
    for one in orders:
        assert float(one["net"]) == pytest.approx(sum(float(ln["total"]) for ln in one["lines"]))
        assert float(one["gross"]) == pytest.approx(sum(float(one[name]) for name in ("net", "freight", "tax")))


def test_a_killed_erp_comes_back_with_its_orders_and_keys(start: Any, tmp_path: Path) -> None:
    """Orders, keys, numbers, prices and credit set are as they were, also of a call whose answer was lost."""
    state = f"--state={tmp_path}"
    erp = start("erp", state)
    set_price(erp)
    first = place(erp, "one")
    set_credit(erp, status="ON_HOLD")
    set_credit(erp, "C-2001", limit="1")
    erp.control("PUT", "erp", "fault", mode="lost_answer")
    with pytest.raises(httpx.TransportError):
        place(erp, "two", order(customer="C-1003", po_number="7"))
    erp.stop(signal.SIGKILL)
    erp = start("erp", state)

    assert place(erp, "one") == first
    (second,) = erp.ask("erp", "orders/placed", idempotency_keys=["none", "two"])["placed"]
    assert [one["idempotency_key"] for one in erp.control("GET", "erp", "orders").json()["orders"]] == ["one", "two"]
    assert second["order"]["number"] > first["order"]["number"]
    assert simulate(erp, order())["lines"][0]["unit_price"] == "10.0000"
    assert codes(simulate(erp, order())) == [("CREDIT_HOLD", None)]
    assert codes(simulate(erp, order(customer="C-2001"))) == [("CREDIT_LIMIT", None)]
    erp.control("POST", "erp", "reset")
    erp.stop(signal.SIGKILL)
    erp = start("erp", state)
    assert codes(simulate(erp, order())) == []
    assert erp.control("GET", "erp", "orders").json() == {"orders": []}


def test_five_hundred_lines(systems: Any) -> None:
    """A large order fits, and comes back whole."""
    asked = order(*(line(str(number), "KV-000002", "1") for number in range(500)))
    taken = place(systems, placed=asked)["order"]

    assert [ln["key"] for ln in taken["lines"]] == [str(number) for number in range(500)]
    assert systems.ask("erp", "orders/get", lines=[{"customer": "C-1002", "number": taken["number"]}])["orders"] == [
        taken
    ]
