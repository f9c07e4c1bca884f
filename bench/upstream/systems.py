"""
What the systems answer, put together from pieces that are made once.

Each operation takes the decoded question and returns the body of the answer. What a question does not know here is left
out of the answer, as `docs/connect/` has it.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import orjson

from bench.upstream import data

Question = dict[str, Any]
Operation = Callable[[Question], bytes]


def search(question: Question) -> bytes:
    """PIM: a page for each search, and the products on them."""
    results = [_result(one) for one in question["searches"]]
    skus = dict.fromkeys(hit["sku"] for result in results for hit in result["hits"])
    return _products(skus, b'"results":' + orjson.dumps(results) + b",")


def _result(asked: Question) -> dict[str, Any]:
    skus = data.skus_in(asked["category_code"])
    start = skus.index(asked["after"]) + 1 if asked["after"] else 0
    page = skus[start : start + asked["first"]]
    hits = [{"sku": sku, "cursor": sku} for sku in page]
    return {"total": len(skus), "hits": hits, "has_next": start + len(page) < len(skus), "facets": []}


def products(question: Question) -> bytes:
    """PIM: products by SKU."""
    return _products(sku for sku in question["skus"] if sku in data.SKUS)


def categories(question: Question) -> bytes:
    """PIM: categories by code, or those at the top."""
    codes = question["codes"] or list(data.CATEGORIES)
    found = [data.category(code) for code in codes if code in data.CATEGORIES]
    return orjson.dumps({"categories": found, "roots": list(data.CATEGORIES)})


def prices(question: Question) -> bytes:
    """ERP: prices by scope and SKU."""
    return (
        b'{"prices":['
        + b",".join(_asked(line) + _price(line["sku"], line["scope"]) for line in question["lines"])
        + b"]}"
    )


def stock(question: Question) -> bytes:
    """WMS: stock by SKU, and the warehouses."""
    levels = b",".join(_stock(sku) for sku in question["skus"] if sku in data.SKUS)
    return b'{"warehouses":' + _warehouses() + b',"stock":[' + levels + b"]}"


def contexts(question: Question) -> bytes:
    """CRM: what persons are to accounts, their own or others."""
    lines = [(line["person"], line.get("account")) for line in question["lines"]]
    people = list(dict.fromkeys(person for person, _ in lines))
    accounts = list(dict.fromkeys(number for person in people for number in _known_to(person)))
    return orjson.dumps(
        {
            "contexts": [_context(person, number) for person, number in lines],
            "persons": [data.buyer_of(person) for person in people],
            "accounts": [data.account(number) for number in accounts],
            "accesses": [
                {"person": person, "number": number, "access": access}
                for person in people
                for number, access in zip(_known_to(person), ("ACT", "SEE"), strict=True)
            ],
        }
    )


def _context(person: str, number: str | None) -> dict[str, Any]:
    own, parent = _known_to(person)
    access = {None: "ACT", own: "ACT", parent: "SEE"}.get(number, "NONE")
    return {"person": person, "account": number, "access": access, "number": number or own}


def _known_to(person: str) -> tuple[str, str]:
    own = data.customer(int(person[-4:]))
    return own, data.parent_of(own)


def _products(skus: Iterable[str], before: bytes = b"") -> bytes:
    found = b",".join(_product(sku) for sku in skus)
    return b"{" + before + b'"products":[' + found + b'],"categories":' + _categories() + b',"locales":["fi","en"]}'


def _asked(line: Question) -> bytes:
    return b'{"asked":' + orjson.dumps(line) + b","


@cache
def _price(sku: str, scope: str) -> bytes:
    return orjson.dumps(data.price(data.SKUS[sku], int(scope[2:])))[1:]


@cache
def _product(sku: str) -> bytes:
    return orjson.dumps(data.product(data.SKUS[sku]))


@cache
def _stock(sku: str) -> bytes:
    return orjson.dumps(data.stock(data.SKUS[sku]))


@cache
def _categories() -> bytes:
    return orjson.dumps([data.category(code) for code in data.CATEGORIES])


@cache
def _warehouses() -> bytes:
    return orjson.dumps([data.warehouse(code) for code in data.WAREHOUSES])


OPERATIONS: dict[str, Operation] = {
    "/pim/products/search": search,
    "/pim/products": products,
    "/pim/categories": categories,
    "/erp/prices": prices,
    "/wms/stock": stock,
    "/crm/contexts": contexts,
}
