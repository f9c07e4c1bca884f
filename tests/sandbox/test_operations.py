"""Every operation once, over real processes."""

from typing import Any

import jwt
import pytest

from sandbox.data.accounts import generated_accounts
from sandbox.data.people import generated_people


def only(items: list[Any]) -> Any:
    assert len(items) == 1, items
    return items[0]


def test_a_contract_price_repeats_its_key_and_lists_rising_breaks(systems: Any) -> None:
    """A price repeats what was asked, and the price at a break is the one that the break promised."""
    line = {"scope": "C-1002", "sku": "KV-000001", "quantity": "1.0", "date": "2026-02-01"}
    price = only(systems.ask("erp", "prices", lines=[line])["prices"])

    assert {name: price["asked"][name] for name in line} == line
    assert (price["status"], price["currency"], price["origin"]) == ("PRICED", "EUR", "CONTRACT")
    assert price["contract"]["number"] == "K-1000-24"
    minima = [float(step["minimum_quantity"]) for step in price["breaks"]]
    assert minima == sorted(minima) != []
    for step in price["breaks"]:
        asked = {**line, "quantity": step["minimum_quantity"]}
        assert only(systems.ask("erp", "prices", lines=[asked])["prices"])["unit_price"] == step["unit_price"]


def test_unknown_things_have_no_line_and_unknown_articles_are_not_sold(systems: Any) -> None:
    """An unknown scope, unit, contract or currency leaves no line."""
    asked = {"scope": "C-1002", "sku": "KV-000001", "quantity": "1"}
    unknown = [{"scope": "X"}, {"unit": "X"}, {"contract": "X"}, {"currency": "XXX"}, {"quantity": "0"}]
    answer = systems.ask("erp", "prices", lines=[*({**asked, **other} for other in unknown), {**asked, "sku": "X"}])

    assert only(answer["prices"])["status"] == "NOT_SOLD"


def test_a_packaging_is_priced_by_its_contents(systems: Any) -> None:
    """Ten lengths of three metres cost thirty times the metre price for thirty metres."""
    bundle = {"sku": "KV-000001", "quantity": "1", "unit": "BDL"}
    metres = {"sku": "KV-000001", "quantity": "30"}
    first, second = systems.ask("erp", "prices", lines=[bundle, metres])["prices"]

    assert first["per"]["value"] == "1"
    assert float(first["unit_price"]) == pytest.approx(30 * float(second["unit_price"]))


def test_screws_are_priced_by_the_hundred(systems: Any) -> None:
    """The price of a screw is for a hundred, that of a box for the box."""
    asked = {"sku": "KV-000034", "quantity": "1"}
    pieces, box = systems.ask("erp", "prices", lines=[asked, {**asked, "unit": "BOX"}])["prices"]

    assert pieces["per"]["value"] == "100"
    assert box["per"]["value"] == "1"


def test_a_price_set_for_an_account_is_for_that_account_only(systems: Any) -> None:
    """A set price stands above the list, and its neighbour's price stays."""
    lines = [{"scope": scope, "sku": "KV-000002", "quantity": "1"} for scope in ("C-1002", "C-1003")]
    before = systems.ask("erp", "prices", lines=lines)["prices"]
    body = {"account": "C-1002", "sku": "KV-000002", "unit_price": "999.5"}
    assert systems.control("PUT", "erp", "price", **body).status_code == 200
    after = systems.ask("erp", "prices", lines=lines)["prices"]

    assert (after[0]["unit_price"], after[0]["origin"], after[0]["breaks"]) == ("999.5000", "CONTRACT", [])
    assert before[1] == after[1]
    assert systems.control("PUT", "erp", "price", **{**body, "account": "X"}).status_code == 404
    assert systems.control("PUT", "erp", "price", **{**body, "sku": "X"}).status_code == 404


def test_part_numbers_lead_there_and_back(systems: Any) -> None:
    """The group's accounts share part numbers; a number that two articles share is ambiguous."""
    lines = [{"customer": "C-1003", "sku": sku} for sku in ("KV-000049", "KV-000050")]
    numbers = [one["part_number"] for one in systems.ask("erp", "part-numbers", lines=lines)["part_numbers"]]
    matches = systems.ask("erp", "part-numbers/resolve", lines=[{"customer": "C-1002", "code": numbers[0]}])["matches"]

    assert numbers == ["SR-10049", "SR-10049"]
    assert [match["sku"] for match in matches] == ["KV-000049", "KV-000050"]


def test_credit_terms_contracts_and_history(systems: Any) -> None:
    """C-3001 is on hold; what is unknown is missing."""
    credit = systems.ask("erp", "credit", customers=["C-3001", "nobody"])["credit"]
    terms = systems.ask("erp", "terms", customers=["C-1002"])["terms"]
    contracts = systems.ask("erp", "contracts", lines=[{"scope": "C-1002", "number": "K-1000-24"}])["contracts"]
    orders = systems.control("GET", "erp", "history?account=C-1002").json()["orders"]

    assert only(credit)["status"] == "ON_HOLD"
    assert only(terms)["customer"] == "C-1002"
    assert only(contracts)["valid_to"] == "2028-12-31"
    assert 5 <= len(orders) <= 60
    assert systems.control("GET", "erp", "orders").json() == {"orders": []}


def test_contexts_say_who_may_act_for_whom(systems: Any) -> None:
    """One's own account, what lies above it, and what is not one's business."""
    asked = [
        ("anna", None),
        ("anna", "C-1001"),
        ("anna", "C-2001"),
        ("mikko", "C-1003"),
        ("sari", None),
        ("omar", None),
    ]
    lines = [{"person": person, "account": account} for person, account in (*asked, ("nobody", None))]
    answer = systems.ask("crm", "contexts", lines=lines)

    expected = [
        ("ACT", "C-1002"),
        ("SEE", "C-1001"),
        ("NONE", None),
        ("ACT", "C-1003"),
        ("ACT", "C-1000"),
        ("NONE", None),
    ]
    assert expected == [(context["access"], context["number"]) for context in answer["contexts"]]
    assert [account["number"] for account in answer["accounts"]][:3] == ["C-1002", "C-1001", "C-1000"]
    assert {"person": "anna", "number": "C-1000", "access": "SEE"} in answer["accesses"]


def test_there_are_forty_accounts_and_five_named_people() -> None:
    """The accounts and people that the contract promises, and a buyer for each account."""
    accounts = generated_accounts()
    people = generated_people(accounts)

    assert len(accounts) == 40
    assert {"anna", "mikko", "elena", "sari", "omar"} == {name for name in people if not name.startswith("buyer-")}
    assert (accounts["C-1002"].name, accounts["C-2001"].name) == ("Saimaa Rakennus Lappeenranta", "Dunarea Instal")


def test_children_and_accounts_come_in_pages(systems: Any) -> None:
    """Pages are in order of number and show only what the person may see."""
    line = {"person": "mikko", "parent": "C-1001", "first": 1}
    page = only(systems.ask("crm", "accounts/children", lines=[line])["pages"])
    rest = only(systems.ask("crm", "accounts/children", lines=[{**line, "after": "C-1002"}])["pages"])
    own = only(systems.ask("crm", "persons/accounts", lines=[{"person": "sari", "first": 10}])["pages"])

    assert (page["total"], page["numbers"], page["has_next"]) == (2, ["C-1002"], True)
    assert (rest["numbers"], rest["has_next"]) == (["C-1003"], False)
    assert own["numbers"] == ["C-1000", "C-1001", "C-1002", "C-1003", "C-3001"]
    assert systems.ask("crm", "accounts/children", lines=[{**line, "person": "elena"}])["pages"] == []


def test_products_come_with_their_categories_and_lookup_knows_every_code(systems: Any) -> None:
    """A SKU, a GTIN of a packaging and an old number lead to products."""
    products = systems.ask("pim", "products", skus=["KV-000001", "KV-999999"])
    product = only(products["products"])
    gtin = product["packagings"][1]["gtin"]
    matches = systems.ask("pim", "products/lookup", codes=["KV-000001", gtin, "OLD-1234", "no"])["matches"]

    assert [category["code"] for category in products["categories"]] == ["copper-pipes", "metal-pipes", "pipes"]
    kinds = [(match["kind"], match["sku"]) for match in matches]
    assert kinds == [("SKU", "KV-000001"), ("GTIN", "KV-000001"), ("SUPERSEDED", "KV-000234")]


def test_stock_names_its_warehouses(systems: Any) -> None:
    """Levels name warehouses that the answer describes; an unknown SKU is missing."""
    answer = systems.ask("wms", "stock", skus=["KV-000001", "X"])
    shelf = only(answer["stock"])

    assert {level["warehouse"] for level in shelf["levels"]} <= {place["code"] for place in answer["warehouses"]}
    assert only(systems.ask("wms", "warehouses", codes=["OUL", "X"])["warehouses"])["pickup"] is False


def test_tokens_verify_against_the_published_key(systems: Any) -> None:
    """Discovery leads to the key that signed the token."""
    discovery = systems.client.get(systems.url("iam", ".well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict(systems.client.get(discovery["jwks_uri"]).json())
    token = systems.client.get(systems.url("iam", "token?user=C-1002")).json()["access_token"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="kanava", issuer=discovery["issuer"])

    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("buyer-C-1002", 3600)
    assert systems.client.get(systems.url("iam", "token?user=nobody")).status_code == 404
    late = systems.client.get(systems.url("iam", "token?user=anna&expires_in=-10")).json()["access_token"]
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(late, key, algorithms=["RS256"], audience="kanava")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "BAD_REQUEST"),
        (b"[]", "BAD_REQUEST"),
        (b'{"skus": [1]}', "BAD_REQUEST"),
        (b'{"skus": ["\xff"]}', "BAD_REQUEST"),
        (b'{"skus": [' + b'"a",' * 1000 + b'"a"]}', "TOO_MANY_KEYS"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused(systems: Any, content: bytes, code: str) -> None:
    """A bad request is a 400 that says what is wrong."""
    answer = systems.client.post(systems.url("wms", "stock"), content=content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
