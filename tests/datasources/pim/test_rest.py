"""The PIM over the open contract: what is asked, and what its answers mean."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from datasources.cache.entry import Entry, Policy
from datasources.cache.kept import Kept, Tab, attach, kept_of
from datasources.model.catalog import (
    Attribute,
    AttributeChoice,
    Category,
    CodeHit,
    CodeMeaning,
    Document,
    DocumentKind,
    Facet,
    FacetValue,
    Image,
    MatchKind,
    Packaging,
    Product,
    ProductLifecycle,
    ProductSearch,
    ProductSort,
    QuantityRule,
    Relation,
    RelationKind,
    SearchHit,
    SearchResult,
    TopCategories,
)
from datasources.model.common import Provenance, Quantity, System, Unit
from datasources.pim.rest import RestPim
from datasources.ports import CatalogAnswer, LookupAnswer, SearchAnswer
from datasources.said import shelves
from tests.datasources.fakes import START, FakeTransport

AS_OF = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
PIECE = {"code": "PCE", "name": {"fi": "kpl", "en": "pc"}, "decimals": 0}
BARE = {"sku": "KV-2", "name": "Valve", "unit": PIECE, "lifecycle": "DISCONTINUED"}
PIPES = {"code": "pipes", "name": {"en": "Pipes"}, "parent_code": None, "child_codes": ["copper"]}
FULL = {
    "sku": "KV-1",
    "gtin": "6412345678908",
    "name": {"fi": "Putki", "en": "Pipe"},
    "description": {"fi": "Kupariputki"},
    "category_codes": ["pipes"],
    "unit": PIECE,
    "attributes": [{"code": "dn", "name": {"en": "Size"}, "values": ["15", {"en": "half inch"}], "unit": "mm"}],
    "images": [{"url": "https://dam.example/1-{width}.{format}", "alt": {"en": "A pipe"}}, {"url": "u"}],
    "documents": [
        {"id": "d1", "kind": "MANUAL", "title": "Manual", "language": "en", "mime_type": "application/pdf", "url": "u"}
    ],
    "packagings": [
        {
            "id": "p1",
            "unit": {"code": "BOX", "name": "box", "decimals": 0},
            "contains": "12",
            "gtin": "16412345678905",
            "is_default": True,
            "weight_kg": "3.40",
        }
    ],
    "quantity_rule": {"minimum": "2", "maximum": "100", "increment": "2"},
    "lifecycle": "ACTIVE",
    "replacement_skus": ["KV-2"],
    "related": [{"kind": "ACCESSORY", "sku": "KV-2"}],
    "assortments": ["trade"],
    "a_member_of_tomorrow": [1, 2, 3],
}


def answer(**more: Any) -> dict[str, Any]:
    return {"products": [], "categories": [], "locales": ["fi", "en"], **more}


def pim(*answers: object) -> tuple[RestPim, FakeTransport]:
    transport = FakeTransport(System.PIM, *answers)
    return RestPim(transport), transport  # type: ignore[arg-type]


def origin(as_of: datetime = START) -> Provenance:
    return Provenance(System.PIM, as_of, START)


def bare(provenance: Provenance) -> Product:
    return Product(
        sku="KV-2",
        gtin=None,
        name={"und": "Valve"},
        description=None,
        category_codes=[],
        unit=UNIT,
        attributes=[],
        images=[],
        documents=[],
        packagings=[],
        quantity_rule=None,
        lifecycle=ProductLifecycle.DISCONTINUED,
        replacement_skus=[],
        relations=[],
        assortments=None,
        locales=["fi", "en"],
        provenance=provenance,
    )


UNIT = Unit("PCE", {"fi": "kpl", "en": "pc"}, 0)


async def test_products() -> None:
    """Articles come back whole, by SKU, with their categories; ids are unique in the PIM; the missing are missing."""
    connector, transport = pim(answer(products=[FULL], categories=[PIPES], as_of=AS_OF))
    found = await connector.products(["KV-1", "KV-9"])
    expected = Product(
        sku="KV-1",
        gtin="6412345678908",
        name={"fi": "Putki", "en": "Pipe"},
        description={"fi": "Kupariputki"},
        category_codes=["pipes"],
        unit=UNIT,
        attributes=[Attribute("dn", {"en": "Size"}, [{"und": "15"}, {"en": "half inch"}], "mm")],
        images=[Image("https://dam.example/1-{width}.{format}", {"en": "A pipe"}), Image("u", None)],
        documents=[Document("KV-1/d1", DocumentKind.MANUAL, {"und": "Manual"}, "en", "application/pdf", "u")],
        packagings=[
            Packaging(
                "KV-1/p1",
                Unit("BOX", {"und": "box"}, 0),
                Quantity(Decimal(12), UNIT),
                "16412345678905",
                True,
                Decimal("3.40"),
            )
        ],
        quantity_rule=QuantityRule(Decimal(2), Decimal(100), Decimal(2)),
        lifecycle=ProductLifecycle.ACTIVE,
        replacement_skus=["KV-2"],
        relations=[Relation(RelationKind.ACCESSORY, "KV-2")],
        assortments=frozenset({"trade"}),
        locales=["fi", "en"],
        provenance=origin(AS_OF),
    )

    assert [("products", {"skus": ["KV-1", "KV-9"]})] == transport.asked
    category = Category("pipes", {"en": "Pipes"}, None, ["copper"], origin(AS_OF))
    assert CatalogAnswer({"KV-1": expected}, {"pipes": category}) == found


@pytest.mark.parametrize(("locales", "stays"), [(["fi", "en"], True), (["fi"], False)])
async def test_a_product_that_is_said_again(locales: list[str], stays: bool) -> None:
    """What was made of it stays with it, unless the PIM keeps other languages now."""
    connector, _ = pim(answer(products=[FULL]), answer(products=[FULL], locales=locales))
    old = (await connector.products(["KV-1"])).products["KV-1"]
    kept = Kept(Tab())
    attach(old, kept)
    entry = Entry(old, as_of=0, received_at=0, policy=Policy(60, 0, 60))
    token = shelves.set({Product: lambda _: entry})
    new = (await connector.products(["KV-1"])).products["KV-1"]
    shelves.reset(token)

    assert (locales, kept if stays else None) == (new.locales, kept_of(new))


async def test_only_the_home_of_a_product_is_needed() -> None:
    """Members that may be absent are; text without a language stands for all."""
    connector, _ = pim(answer(products=[BARE]))

    assert {"KV-2": bare(origin())} == (await connector.products(["KV-2"])).products


async def test_search() -> None:
    """Searches go out whole; results come back in their order, a null one (a foreign cursor) is missing."""
    narrow = ProductSearch(
        query="putki",
        category_code="pipes",
        attributes=(AttributeChoice("dn", ("15", "22")),),
        assortments=("trade",),
        sort=ProductSort.NAME,
        locale="fi",
        first=2,
        after="c7",
        facets=True,
    )
    plain = ProductSearch(None, None, (), (), ProductSort.RELEVANCE, "fi", 0, None, False)
    result = {
        "total": 40,
        "hits": [{"sku": "KV-2", "cursor": "c8"}],
        "has_next": True,
        "facets": [
            {"code": "dn", "name": {"en": "Size"}, "values": [{"value": "15", "label": "15 mm", "count": 3}]},
        ],
    }
    connector, transport = pim(answer(results=[result, None], products=[BARE]))
    found = await connector.search([narrow, plain])

    assert [
        (
            "products/search",
            {
                "searches": [
                    {
                        "query": "putki",
                        "category_code": "pipes",
                        "attributes": [{"code": "dn", "values": ["15", "22"]}],
                        "assortments": ["trade"],
                        "sort": "NAME",
                        "locale": "fi",
                        "first": 2,
                        "after": "c7",
                        "facets": True,
                    },
                    {
                        "query": None,
                        "category_code": None,
                        "attributes": [],
                        "assortments": [],
                        "sort": "RELEVANCE",
                        "locale": "fi",
                        "first": 0,
                        "after": None,
                        "facets": False,
                    },
                ]
            },
        )
    ] == transport.asked
    facet = Facet("dn", {"en": "Size"}, [FacetValue("15", {"und": "15 mm"}, 3)])
    expected = SearchResult(40, [SearchHit("KV-2", "c8")], True, [facet], origin())
    assert SearchAnswer({narrow: expected}, CatalogAnswer({"KV-2": bare(origin())}, {})) == found


async def test_lookup() -> None:
    """A code has all its meanings in order; one that means nothing is missing."""
    matches = [
        {"code": "x", "kind": "GTIN", "sku": "KV-2"},
        {"code": "x", "kind": "SUPERSEDED", "sku": "KV-1"},
        {"code": "KV-2", "kind": "SKU", "sku": "KV-2"},
    ]
    connector, transport = pim(answer(matches=matches, products=[BARE]))
    found = await connector.lookup(["x", "KV-2", "nothing"])
    meanings = {
        "x": CodeMeaning([CodeHit(MatchKind.GTIN, "KV-2"), CodeHit(MatchKind.SUPERSEDED, "KV-1")], origin()),
        "KV-2": CodeMeaning([CodeHit(MatchKind.SKU, "KV-2")], origin()),
    }

    assert [("products/lookup", {"codes": ["x", "KV-2", "nothing"]})] == transport.asked
    assert LookupAnswer(meanings, CatalogAnswer({"KV-2": bare(origin())}, {})) == found


@pytest.mark.parametrize("codes", [None, ["pipes", "nothing"]])
async def test_categories(codes: list[str] | None) -> None:
    """Categories by code; null asks for the top level, whose order is the PIM's."""
    connector, transport = pim(
        {"roots": ["pipes", "cables"], "categories": [PIPES], "as_of": "2026-11-22T08:00:00+02:00"}
    )
    found = await connector.categories(codes)

    assert [("categories", {"codes": codes})] == transport.asked
    assert TopCategories(["pipes", "cables"], origin(AS_OF)) == found.top
    assert {"pipes": Category("pipes", {"en": "Pipes"}, None, ["copper"], origin(AS_OF))} == found.categories


def packed(**changes: object) -> dict[str, Any]:
    return {**BARE, "packagings": [{"id": "p", "unit": PIECE, "contains": "1", **changes}]}


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"products": [BARE], "categories": []}, id="no locales"),
        pytest.param({"products": [BARE], "locales": []}, id="no categories"),
        *(
            pytest.param(answer(products=[{k: v for k, v in BARE.items() if k != name}]), id=f"no {name}")
            for name in BARE
        ),
        pytest.param(answer(products=[{**BARE, "lifecycle": "NEW"}]), id="unknown lifecycle"),
        pytest.param(answer(products=[{**BARE, "name": None}]), id="null name"),
        pytest.param(answer(products=[packed(contains="NaN")]), id="contains NaN"),
        pytest.param(answer(products=[packed(contains="Infinity")]), id="contains Infinity"),
        pytest.param(answer(products=[packed(weight_kg="NaN")]), id="weighs NaN"),
        pytest.param(
            answer(products=[{**BARE, "quantity_rule": {"minimum": "NaN", "maximum": None, "increment": "1"}}]),
            id="minimum NaN",
        ),
    ],
)
async def test_what_was_not_agreed_is_an_error(said: object) -> None:
    """An answer without what it must have, or with what is no number, is refused whole."""
    connector, _ = pim(said)

    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's words are its own
        await connector.products(["KV-2"])


@pytest.mark.parametrize("results", [[], [None, None]])
async def test_results_are_as_many_as_searches(results: list[None]) -> None:
    """A list of results of another length cannot be told apart, and is refused."""
    connector, _ = pim(answer(results=results))
    search = ProductSearch(None, None, (), (), ProductSort.RELEVANCE, "fi", 0, None, False)

    with pytest.raises(ValueError, match="zip"):
        await connector.search([search])
