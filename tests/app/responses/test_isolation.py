"""No answer reaches anybody for whom it would have been another one, however it was remembered."""

from typing import Any

import pytest

from datasources.errors import NeverSent
from datasources.model.common import System
from datasources.model.pricing import PriceStatus
from tests.app.responses.conftest import CLERK, OpenShop, Shop

PRICE = '{ product(sku: "KV-1") { priceStatus price { unitPrice { amount } } } }'
OWN = '{ product(sku: "KV-2") { sku } }'
NAME = '{ product(sku: "KV-1") { name } }'
ME = '{ viewer { user { name } account { number } } product(sku: "KV-1") { sku } }'
PART_NUMBER = '{ product(sku: "KV-1") { customerPartNumber } }'


def priced(amount: str) -> Any:
    return {"product": {"priceStatus": "PRICED", "price": {"unitPrice": {"amount": amount}}}}


def without(status: PriceStatus) -> Any:
    return {"product": {"priceStatus": status.value, "price": None}}


async def test_people_of_one_price_scope_share(shop: Shop) -> None:
    """An answer of prices is shown to whoever has this price scope, of another account too, and to nobody else."""
    await shop.data(NAME, "berta")
    await shop.data(NAME, "carl")
    await shop.remember(PRICE, "anna")
    bertas, carls = await shop.again(PRICE, "berta"), await shop.again(PRICE, "carl")

    assert (priced("10"), True) == bertas
    assert (priced("20"), False) == carls


async def test_an_unknown_viewer_is_asked_about_first(shop: Shop) -> None:
    """Whose standing is not in memory is not shown what is remembered before the CRM has told it."""
    await shop.remember(PRICE, "anna")
    shop.crm.asked.clear()
    first, second = await shop.again(PRICE, "carl"), await shop.again(PRICE, "carl")

    assert ["carl"] == [key.person for key in shop.crm.asked]
    assert (priced("20"), False) == first == second


@pytest.mark.parametrize("setting", ["hidden", "list"])
async def test_visitors_have_their_own(open_shop: OpenShop, setting: str) -> None:
    """Whoever signs in nowhere shares with such others alone; a signed-in one sees nothing of theirs."""
    expected = priced("99") if setting == "list" else without(PriceStatus.LOGIN_REQUIRED)
    async with open_shop(KANAVA_ANONYMOUS_PRICES=setting) as shop:
        await shop.remember(PRICE, "anna")
        nobodys = await shop.remember(PRICE)
        again, annas = await shop.again(PRICE), await shop.again(PRICE, "anna")

    assert (expected, (expected, True)) == (nobodys, again)
    assert (priced("10"), True) == annas


async def test_the_chosen_account_counts(shop: Shop) -> None:
    """One person, two accounts, back and forth: each time the prices of the account acted for."""
    for account in ("C-1", "C-2"):
        await shop.remember(PRICE, "mikko", account=account)
    answers = [await shop.again(PRICE, "mikko", account=account) for account in ("C-1", "C-2", "C-1", None)]
    home = await shop.again(PRICE, "mikko")

    assert [(priced("10"), True), (priced("20"), True), (priced("10"), True)] == answers[:3]
    assert [(priced("10"), False), (priced("10"), True)] == [answers[3], home]


async def test_a_foreign_account_is_refused(shop: Shop) -> None:
    """An account in the header that is not theirs is NOT_FOUND, though its prices are remembered, and content too."""
    await shop.remember(PRICE, "carl", account="C-2")
    await shop.remember(NAME)
    refusals = [(await shop.post(query, "anna", account="C-2")).json() for query in (PRICE, NAME, PRICE, NAME)]

    assert ["NOT_FOUND"] * 4 == [refusal["errors"][0]["extensions"]["code"] for refusal in refusals]
    assert all("data" not in refusal for refusal in refusals)


async def test_somebody_unknown_who_chooses_an_account(shop: Shop) -> None:
    """They are refused, whatever is remembered for everybody."""
    await shop.remember(NAME)
    await shop.data(NAME, "ghost")
    refusals = [(await shop.post(NAME, "ghost", account="C-1")).json() for _ in range(3)]

    assert ["FORBIDDEN"] * 3 == [refusal["errors"][0]["extensions"]["code"] for refusal in refusals]
    assert all("data" not in refusal for refusal in refusals)


async def test_roles_in_a_token_narrow(shop: Shop) -> None:
    """A token that leaves no role to see prices by shows none, though the same person has just seen them."""
    await shop.remember(PRICE, "anna")
    narrowed = [await shop.again(PRICE, "anna", roles=["clerk"]) for _ in range(4)]
    whole = await shop.again(PRICE, "anna")

    assert without(PriceStatus.NOT_PERMITTED) == narrowed[0][0] == narrowed[3][0]
    assert (priced("10"), True) == whole


async def test_who_sees_no_prices(shop: Shop) -> None:
    """A person of the same account without the right to see prices gets none."""
    await shop.remember(PRICE, "anna")
    doras = await shop.remember(PRICE, "dora")

    assert without(PriceStatus.NOT_PERMITTED) == doras


async def test_somebody_unknown_to_the_crm(shop: Shop) -> None:
    """A person whom the CRM does not know shares content with visitors, but no price with anybody."""
    await shop.remember(NAME)
    ghosts = await shop.remember(PRICE, "ghost")
    name = await shop.again(NAME, "ghost")

    assert without(PriceStatus.ACCOUNT_REQUIRED) == ghosts
    assert ({"product": {"name": "putki"}}, True) == name


async def test_assortments_tell_viewers_apart(shop: Shop) -> None:
    """A product of some accounts only: theirs share that it is there, all others that it is not."""
    await shop.data(NAME, "berta")
    await shop.data(NAME, "carl")
    annas, nobodys = await shop.remember(OWN, "anna"), await shop.remember(OWN)

    assert ({"product": {"sku": "KV-2"}}, {"product": None}) == (annas, nobodys)
    assert (annas, True) == await shop.again(OWN, "berta")
    assert (nobodys, True) == await shop.again(OWN, "carl")


@pytest.mark.parametrize("query", [ME, PART_NUMBER])
async def test_what_names_the_person_or_account_is_theirs_alone(shop: Shop, query: str) -> None:
    """Of the same price scope, or even the same account: what tells of who asks is nobody else's."""
    await shop.data(NAME, "mikko")
    await shop.remember(query, "anna")
    hit_again = (await shop.again(query, "anna"))[1]
    others = [(await shop.again(query, person))[1] for person in ("berta", "mikko", None)]

    assert (True, [False] * 3) == (hit_again, others)


async def test_each_is_told_who_they_are(shop: Shop) -> None:
    """Asked in turns by several people, for several accounts, everybody reads their own name and account."""
    who = [("anna", None), ("berta", None), ("mikko", None), ("mikko", "C-2"), ("carl", None), (None, None)]
    seen = {}
    for _ in range(4):
        for person, account in who:
            seen[person, account] = (await shop.data(ME, person, account=account))["viewer"]

    assert shop.responses.shelf.hits >= len(who)
    assert {
        ("anna", None): {"user": {"name": "Anna"}, "account": {"number": "C-1"}},
        ("berta", None): {"user": {"name": "Berta"}, "account": {"number": "C-3"}},
        ("mikko", None): {"user": {"name": "Mikko"}, "account": {"number": "C-1"}},
        ("mikko", "C-2"): {"user": {"name": "Mikko"}, "account": {"number": "C-2"}},
        ("carl", None): {"user": {"name": "Carl"}, "account": {"number": "C-2"}},
        (None, None): None,
    } == seen


@pytest.mark.parametrize("account", [None, "C-1"])
async def test_a_new_name_is_told_at_once(shop: Shop, account: str | None) -> None:
    """What the CRM says has changed of a person is in no answer any more, the one after the next included."""
    await shop.remember(ME, "anna", account=account)
    shop.crm.names["anna"] = "Annika"
    await shop.changed("customers", "anna")
    names = [(await shop.data(ME, "anna", account=account))["viewer"]["user"]["name"] for _ in range(3)]

    assert ["Annika"] * 3 == names


async def test_languages_are_told_apart(shop: Shop) -> None:
    """An answer in one language is for those alone who want the same languages."""
    finnish = await shop.remember(NAME, accept_language="fi")
    english = await shop.remember(NAME, accept_language="en")
    again = [await shop.again(NAME, accept_language=language) for language in ("fi", "en", "en-GB")]

    assert ("putki", "KV-1") == (finnish["product"]["name"], english["product"]["name"])
    assert [(finnish, True), (english, True), (english, False)] == again


async def test_variables_are_told_apart(shop: Shop) -> None:
    """Values of variables, absent and null ones too, each have their answer."""
    query = "query ($sku: String) { product(sku: $sku) { sku } }"
    await shop.remember(query, variables={"sku": "KV-1"})
    same = await shop.again(query, variables={"sku": "KV-1"})
    other = await shop.again(query, variables={"sku": "KV-9"})
    codes = [
        (await shop.post(query, variables=sent)).json()["errors"][0]["extensions"]["code"]
        for sent in ({}, {"sku": None})
    ]

    assert [({"product": {"sku": "KV-1"}}, True), ({"product": None}, False)] == [same, other]
    assert ["BAD_USER_INPUT"] * 2 == codes


async def test_a_person_who_moves_is_shown_the_new_prices(shop: Shop) -> None:
    """The CRM says that somebody's account has changed: from the next request on it is the new price scope's answer."""
    await shop.remember(PRICE, "anna")
    await shop.remember(PRICE, "carl")
    shop.crm.own["anna"] = "C-2"
    before = await shop.again(PRICE, "anna")
    await shop.changed("customers", "anna")
    after, later = await shop.again(PRICE, "anna"), await shop.again(PRICE, "anna")

    assert (priced("10"), True) == before
    assert (priced("20"), False) == after
    assert (priced("20"), True) == later


async def test_a_person_who_loses_a_right_is_shown_nothing(shop: Shop) -> None:
    """So it is with the right to see prices; those who have it still are not concerned."""
    await shop.data(NAME, "berta")
    await shop.remember(PRICE, "anna")
    shop.crm.roles["anna"] = CLERK
    await shop.changed("customers", "anna")
    annas, bertas = await shop.again(PRICE, "anna"), await shop.again(PRICE, "berta")

    assert (without(PriceStatus.NOT_PERMITTED), False) == annas
    assert (priced("10"), True) == bertas


async def test_an_account_that_is_taken_from_somebody(shop: Shop) -> None:
    """Who may not act for an account any more is refused at once, whatever was remembered for them there."""
    await shop.remember(PRICE, "anna", account="C-1")
    shop.crm.own["anna"] = "C-3"
    await shop.changed("customers", "C-1")
    refused = (await shop.post(PRICE, "anna", account="C-1")).json()

    assert "NOT_FOUND" == refused["errors"][0]["extensions"]["code"]


async def test_a_standing_grows_old(shop: Shop) -> None:
    """Whose standing is not fresh is asked about; while the CRM does not answer, an answer is made as without any."""
    await shop.data("{ viewer { user { name } } }", "anna")
    shop.clock.advance(50)
    await shop.remember(PRICE, "berta")
    shop.clock.advance(20)
    shop.crm.failure = NeverSent(System.CRM, "no connection")
    annas = (await shop.post(PRICE, "anna")).json()
    bertas = await shop.again(PRICE, "berta")

    assert priced("10") == annas["data"]
    assert (priced("10"), True) == bertas
    assert {"anna"} == {key.person for key in shop.crm.asked[2:]}


async def test_while_the_crm_is_down_nobody_is_shown_another_ones(shop: Shop) -> None:
    """Somebody whom nothing is remembered of gets an error in the place of prices, not what others see."""
    await shop.remember(PRICE, "anna")
    shop.crm.failure = NeverSent(System.CRM, "no connection")
    carls = [(await shop.post(PRICE, "carl")).json() for _ in range(3)]

    assert [without(PriceStatus.UNAVAILABLE)] * 3 == [answer["data"] for answer in carls]
    assert ["SOURCE_UNAVAILABLE"] * 3 == [answer["errors"][0]["extensions"]["code"] for answer in carls]
