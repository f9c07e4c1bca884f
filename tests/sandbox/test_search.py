"""Searching, in this process."""

from typing import Any

import orjson
import pytest

from sandbox.data.articles import Articles
from sandbox.data.content import GeneratedCatalogue
from sandbox.data.gtin import is_gtin
from sandbox.pim import Pim
from sandbox.requests import AttributeFilter, SearchLine, SearchRequest


@pytest.fixture(scope="module")
def pim() -> Pim:
    return Pim(GeneratedCatalogue(Articles(seed=1, count=500)))


def search(pim: Pim, **line: Any) -> Any:
    asked = SearchLine(**{"first": 1000, **line})
    return orjson.loads(orjson.dumps(pim.search(SearchRequest(searches=[asked]))))


def skus(answer: Any) -> list[str]:
    return [hit["sku"] for hit in answer["results"][0]["hits"]]


@pytest.mark.parametrize("sort", ["RELEVANCE", "NAME", "SKU", "NEWEST"])
def test_pages_make_up_the_whole(pim: Pim, sort: str) -> None:
    """Page by page one meets every match once, in the order of the whole."""
    whole = skus(search(pim, query="p", sort=sort))
    pages: list[str] = []
    after, more = None, True
    while more:
        result = search(pim, query="p", sort=sort, first=7, after=after)["results"][0]
        pages += [hit["sku"] for hit in result["hits"]]
        after, more = result["hits"][-1]["cursor"], result["has_next"]

    assert whole == pages
    assert len(set(whole)) == len(whole) == result["total"]


def test_a_cursor_stays_good_while_products_come_and_go(pim: Pim) -> None:
    """The same cursor in a smaller catalogue goes on behind the same SKU."""
    fewer = Pim(GeneratedCatalogue(Articles(seed=1, count=300)))
    cursor = search(pim, sort="SKU", first=310)["results"][0]["hits"][-1]["cursor"]

    assert search(fewer, sort="SKU", after=cursor)["results"][0]["hits"] == []


@pytest.mark.parametrize("cursor", ["", "x", "äö", "WyJTS1UiLDAsMV0"])
def test_foreign_cursors_are_refused(pim: Pim, cursor: str) -> None:
    """A cursor that the PIM did not make has no result."""
    assert search(pim, sort="SKU", after=cursor)["results"] == [None]


def test_facets_count_what_the_filter_finds(pim: Pim) -> None:
    """Filtering by a value gives as many as the facet said."""
    facets = search(pim, query="pu", facets=True, first=0)["results"][0]["facets"]

    assert facets[0]["code"] == "category"
    assert len(facets) <= 20
    for facet in facets[1:4]:
        for value in facet["values"][:3]:
            wanted = [AttributeFilter(code=facet["code"], values=[value["value"]])]
            assert search(pim, query="pu", attributes=wanted)["results"][0]["total"] == value["count"]
    for value in facets[0]["values"][:3]:
        assert search(pim, query="pu", category_code=value["value"])["results"][0]["total"] == value["count"]


def test_assortments_show_only_to_those_who_have_them(pim: Pim) -> None:
    """A product of an assortment counts for nobody else."""
    everybody, saimaa = search(pim), search(pim, assortments=["A-SAIMAA"])
    added = set(skus(saimaa)) - set(skus(everybody))

    own = {product["sku"] for product in saimaa["products"] if product["assortments"] == ["A-SAIMAA"]}
    assert added == own != set()


@pytest.mark.parametrize("query", ["KUPARIPUTKI", "kopparrör 15x1,0", "kopparror 15x1.0", "copper pipe", "kv-000001"])
def test_words_are_found_by_prefix_in_any_language(pim: Pim, query: str) -> None:
    """Case, accents and the decimal sign do not matter."""
    assert "KV-000001" in skus(search(pim, query=query))


def test_a_sku_comes_first(pim: Pim) -> None:
    """What the query names by its SKU stands before what merely mentions it."""
    assert skus(search(pim, query="KV-00012"))[0] == "KV-000120"


def test_gtins_are_valid_and_most_products_have_one(pim: Pim) -> None:
    """Check digits are right."""
    gtins = [product["gtin"] for product in search(pim)["products"] if product["gtin"]]

    assert all(is_gtin(gtin) for gtin in gtins)
    assert 380 < len(gtins) < 450
