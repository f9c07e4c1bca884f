"""Who may see what, and how much may be asked for: a plan that is warm for one is no way around it for another."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.documents import Wish
from app.door import Visitor
from app.protocol.reading import Sent
from resolvers.context import Caller
from resolvers.errors import LimitExceeded, NotFound
from resolvers.ids import to_id
from schema.schema import Schema
from tests.app.execution.comparison import both, by_plan, told
from tests.app.execution.goods import SKUS
from tests.app.execution.words import CART
from tests.app.execution.worlds import World, random_world

EVERYTHING = """
query ($ids: [ID!]!, $first: Int = 3) {
  viewer {
    user { id name roles { code } } account { number credit { status } terms { paymentTerm } addresses { city } salesRep { name } }
    accounts(first: $first) { nodes { number credit { limit { amount } } orders { nodes { number totals { net { amount } } } } } }
    cart { id totals { net { amount } } lines { nodes { sku price { net } seenPrice { amount } lineTotal { amount } } } }
    can(permission: VIEW_PRICES)
  }
  products(first: $first) { nodes { sku priceStatus price { unitPrice { amount currency } contract { number } } customerPartNumber } }
  nodes(ids: $ids) { id ... on Product { name price { net } } ... on Account { name parent { number } } ... on Cart { revision } }
  order(number: "50001") { number lines { nodes { sku unitPrice { amount } } } totals { net { amount } } }
}
"""
IDS = [
    *(to_id("Product", sku) for sku in SKUS),
    *(to_id("Account", number) for number in ("C-1000", "C-1002", "C-2001")),
    *(to_id("Contract", "K-1"), to_id("Cart", CART), to_id("User", "anna"), to_id("Order", "C-1002/50001")),
]
EVERYBODY = (
    *(Caller("anna", None), Caller("olli", "C-1002"), Caller("mikko", "C-1002"), Caller("mikko", "C-1000"), None),
    *(Caller("elena", None), Caller("omar", None), Caller("nobody", None), Caller("anna", None, frozenset())),
    *(Caller("olli", None), Caller("anna", "C-2001"), Caller("anna", None)),
)


def visitor(caller: Caller | None) -> Visitor:
    return Visitor(caller, None, ("fi", "en"), "192.0.2.1", Wish(None, True))


@pytest.fixture
def world(schema: Schema, tmp_path: Path) -> World:
    return random_world(4, schema, tmp_path, broken=False)


@pytest.mark.parametrize("backwards", [False, True])
async def test_everybody_sees_their_own(world: World, backwards: bool) -> None:
    """One document, used by one after the other, who are whom they are, act for whom they do, and may what they may."""
    sent = Sent(query=EVERYTHING, variables={"ids": IDS})
    for caller in EVERYBODY[::-1] if backwards else EVERYBODY:
        for _ in range(2):
            expected, found = await both(world, by_plan(world), sent, visitor(caller))

            assert (caller, expected.data, expected.errors) == (caller, found.data, found.errors)
    assert world.door.executor.tally.fell_back == 0


async def shown(world: World, caller: Caller | None, query: str, **variables: Any) -> Any:
    sent = Sent(query=query, variables=variables)
    await told(world, by_plan(world), sent, visitor(Caller("mikko", "C-1000")))
    found = await told(world, by_plan(world), sent, visitor(caller))
    assert found.data is not None
    return json.loads(found.data)


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (None, "LOGIN_REQUIRED"),
        (Caller("omar", None), "ACCOUNT_REQUIRED"),
        (Caller("olli", "C-1002"), "NOT_PERMITTED"),
        (Caller("anna", None, frozenset()), "NOT_PERMITTED"),
    ],
)
async def test_prices_only_for_whom_they_are(world: World, caller: Caller | None, status: str) -> None:
    """Who may see no prices is shown none, though the plan has just shown them to somebody who may."""
    found = await shown(world, caller, "{ products { nodes { sku priceStatus price { net } } } }")
    products = found["products"]["nodes"]

    assert products
    assert [(status, None)] * len(products) == [(one["priceStatus"], one["price"]) for one in products]


async def test_an_account_of_others_is_refused(world: World) -> None:
    """The account chosen is looked at before anything is executed, by a plan or not."""
    sent = Sent(query="{ viewer { account { number } } }")
    await told(world, by_plan(world), sent, visitor(Caller("elena", None)))

    with pytest.raises(NotFound):
        await world.prepare(sent, visitor(Caller("anna", "C-2001")))


@pytest.mark.parametrize(
    ("query", "few", "many"),
    [
        (
            "query ($n: Int) { products(first: $n) { nodes { related(kind: ACCESSORY, first: $n) { price { net } } } } }",
            {"n": 2},
            {"n": 1000},
        ),
        ("query ($n: [ID!]!) { nodes(ids: $n) { id } }", {"n": IDS[:1]}, {"n": IDS[:1] * 1001}),
    ],
)
async def test_limits_hold_for_warm_plans(world: World, query: str, few: Any, many: Any) -> None:
    """What is measured of an operation is measured of each one, with its own variables."""
    somebody = visitor(None)
    for _ in range(3):
        assert (await told(world, by_plan(world), Sent(query=query, variables=few), somebody)).data is not None

    with pytest.raises(LimitExceeded):
        await world.prepare(Sent(query=query, variables=many), somebody)


async def test_what_a_resolver_refuses_stays_refused(world: World) -> None:
    """A page that is too long is refused by the resolver, for the plan as for the reference."""
    query = "query ($n: Int) { viewer { accounts(first: $n) { nodes { number } } } }"
    anna = visitor(Caller("anna", None))
    for n in (1, 100, 101, 1, 101, -1):
        expected, found = await both(world, by_plan(world), Sent(query=query, variables={"n": n}), anna)

        assert (n, expected.data, expected.errors) == (n, found.data, found.errors)
        assert ([] if 0 < n <= 100 else [["viewer", "accounts"]]) == [error["path"] for error in found.errors]
