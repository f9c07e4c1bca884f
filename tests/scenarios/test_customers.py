"""Who is asking, for which account, and that nobody sees another's prices."""

import asyncio
from typing import Any

import pytest

from resolvers.ids import shown
from sandbox.data.accounts import generated_accounts

VIEWER = """
{ viewer {
  user { id name email roles { code permissions } }
  account { number }
  accounts { totalCount nodes { number } pageInfo { hasNextPage } }
  can(permission: PLACE_ORDER)
} }
"""
PRICES = "{ products(first: 100, sort: SKU) { nodes { sku priceStatus price { unitPrice { amount } origin } } } }"


@pytest.mark.parametrize(
    ("person", "own", "all_of_theirs", "orders"),
    [
        ("anna", "C-1002", ["C-1002"], True),
        ("mikko", "C-1000", ["C-1000", "C-1001", "C-1002", "C-1003"], True),
        ("elena", "C-2001", ["C-2001"], True),
        ("sari", "C-1000", ["C-1000", "C-1001", "C-1002", "C-1003", "C-3001"], True),
        ("omar", None, [], False),
    ],
)
async def test_the_viewer(api: Any, person: str, own: str | None, all_of_theirs: list[str], orders: bool) -> None:
    """Each person has the accounts that the CRM gives them, and their own one unless they choose."""
    viewer = (await api.data(VIEWER, person=person))["viewer"]

    assert own == (viewer["account"] and viewer["account"]["number"])
    assert all_of_theirs == [account["number"] for account in viewer["accounts"]["nodes"]]
    assert len(all_of_theirs) == viewer["accounts"]["totalCount"]
    assert orders is viewer["can"]


async def test_a_visitor_is_nobody(api: Any) -> None:
    """Without a token there is no viewer, no price, and the CRM and ERP are not asked."""
    data = await api.data("{ viewer { user { name } } products(first: 5) { nodes { sku priceStatus price { net } } } }")

    assert data["viewer"] is None
    assert {("LOGIN_REQUIRED", None)} == {(n["priceStatus"], n["price"]) for n in data["products"]["nodes"]}
    assert list(api.sandbox.calls()) == ["pim"]


async def test_someone_without_an_account_has_no_prices(api: Any) -> None:
    """An operator without an account is told that prices need one; the ERP is not asked."""
    data = await api.data(PRICES, person="omar")

    assert {("ACCOUNT_REQUIRED", None)} == {(n["priceStatus"], n["price"]) for n in data["products"]["nodes"]}
    assert "erp" not in api.sandbox.calls()


class TestListPrices:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"KANAVA_ANONYMOUS_PRICES": "list"}

    async def test_visitors_see_list_prices_where_set(self, api: Any) -> None:
        """With list prices for visitors they see those, and only those."""
        nodes = (await api.data(PRICES))["products"]["nodes"]
        priced = [node for node in nodes if node["priceStatus"] == "PRICED"]

        assert len(priced) > 80
        assert {"LIST", "PROMOTION"} >= {node["price"]["origin"] for node in priced}


@pytest.mark.parametrize("account", ["C-2001", "C-1001", "C-9999", "' OR 1=1", "x" * 101])
async def test_an_account_that_is_not_yours_does_not_exist(api: Any, account: str) -> None:
    """Choosing another's account, one above one's own, or none at all: the same answer, and no ERP call."""
    answer = await api.ask(PRICES, person="anna", account=account)

    assert "data" not in answer
    assert [("NOT_FOUND", f"There is no account {shown(account)} that you may act for.")] == [
        (e["extensions"]["code"], e["message"]) for e in answer["errors"]
    ]
    assert "erp" not in api.sandbox.calls()


async def test_choosing_an_account(api: Any) -> None:
    """Kanava-Account chooses whose prices one sees."""
    api.sandbox.set_price("C-1003", "KV-000001", "77.7700")
    query = '{ viewer { account { number } } product(sku: "KV-000001") { price { unitPrice { amount } origin } } }'
    chosen = await api.data(query, person="mikko", account="C-1003")
    own = await api.data(query, person="mikko")

    assert chosen["viewer"]["account"]["number"] == "C-1003"
    assert chosen["product"]["price"] == {"unitPrice": {"amount": "77.7700"}, "origin": "CONTRACT"}
    assert own["viewer"]["account"]["number"] == "C-1000"
    assert own["product"]["price"]["unitPrice"]["amount"] != "77.7700"


async def test_every_account_at_the_same_time(api: Any) -> None:
    """Every customer asks at once, three times over, in changing order: each sees the price made for them alone."""
    accounts = {n: a for n, a in generated_accounts().items() if a.status != "CLOSED"}
    customers = [number for number, account in accounts.items() if account.kind != "DEPARTMENT"]
    prices = {number: f"{100 + index}.0000" for index, number in enumerate(customers)}
    for number, price in prices.items():
        api.sandbox.set_price(number, "KV-000001", price)
    # a department is no customer of the ERP: it buys at its site's prices
    expected = {number: prices.get(number) or prices[account.parent or ""] for number, account in accounts.items()}
    numbers = list(accounts)
    query = '{ viewer { account { number } } product(sku: "KV-000001") { price { unitPrice { amount } } } }'

    async def ask(number: str) -> tuple[str, str]:
        data = await api.data(query, person=f"buyer-{number}", account=number)
        return data["viewer"]["account"]["number"], data["product"]["price"]["unitPrice"]["amount"]

    for _ in range(2):  # from here on the provider's keys are known, and the query is executed by its plan
        await ask("C-1002")
    for order in (numbers, numbers[::-1], numbers[::3] + numbers[1::3] + numbers[2::3]):
        answers = await asyncio.gather(*(ask(number) for number in order))

        assert expected == dict(answers)
    assert len(set(expected.values())) > 30
    assert {"prices": 2} == api.sandbox.calls("erp")["erp"]
    assert len(customers) == api.sandbox.keys("erp")


HIERARCHY = """
{ viewer { account { number kind credit { status } addresses { city } salesRep { name } terms { paymentTerm }
  parent { number name credit { status } addresses { city } salesRep { name } terms { paymentTerm }
    children { totalCount nodes { number } }
    parent { number parent { number } children { nodes { number } } } } } } }
"""


async def test_the_hierarchy_above_is_known_by_name_only(api: Any) -> None:
    """A buyer sees what stands above them, but neither its money and addresses nor their siblings."""
    account = (await api.data(HIERARCHY, person="anna"))["viewer"]["account"]
    parent = account["parent"]

    assert account["credit"]["status"] in ("OK", "NEAR_LIMIT")
    assert account["addresses"]
    assert account["salesRep"]
    assert account["terms"]
    assert parent["number"] == "C-1001"
    assert (parent["credit"], parent["addresses"], parent["salesRep"], parent["terms"]) == (None, [], None, None)
    assert parent["children"] == {"totalCount": 1, "nodes": [{"number": "C-1002"}]}
    assert parent["parent"] == {"number": "C-1000", "parent": None, "children": {"nodes": [{"number": "C-1001"}]}}


async def test_a_head_office_sees_all_below(api: Any) -> None:
    """An administrator of the group sees every account below with its money, in one ERP call."""
    query = """{ viewer { account { children { nodes { number credit { status }
        children { nodes { number credit { status limit { amount currency } } } } } } } } }"""
    (company,) = (await api.data(query, person="mikko"))["viewer"]["account"]["children"]["nodes"]

    assert company["number"] == "C-1001"
    assert [site["number"] for site in company["children"]["nodes"]] == ["C-1002", "C-1003"]
    assert all(site["credit"] for site in company["children"]["nodes"])


async def test_credit_hold(api: Any) -> None:
    """An account on credit hold says so."""
    query = "{ viewer { account { credit { status freshness { system status } } } } }"
    data = await api.data(query, person="sari", account="C-3001")

    assert data["viewer"]["account"]["credit"] == {
        "status": "ON_HOLD",
        "freshness": {"system": "ERP", "status": "LIVE"},
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expires_in": -3600}, "The access token has expired."),
        ({"audience": "other"}, "The access token is not good: it is for another audience."),
    ],
)
async def test_a_bad_token_is_401(api: Any, options: dict[str, Any], message: str) -> None:
    """A token that is expired or for somebody else is refused as a whole."""
    token = api.sandbox.token("anna", **options)
    answer = await api.post("{ viewer { user { name } } }", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert {"errors": [{"message": message, "extensions": {"code": "UNAUTHENTICATED"}}]} == answer.json()
    assert api.sandbox.calls() == {}


@pytest.mark.parametrize("header", ["Bearer", "Bearer abc", "Basic YTpi", "Bearer a.b.c", ""])
async def test_what_is_no_token_is_401(api: Any, header: str) -> None:
    """What is no bearer token at all is refused too, never an error of ours."""
    answer = await api.post("{ viewer { user { name } } }", headers={"authorization": header})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
