"""What a client may get wrong gets a clear error with a code, and nothing else is lost."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("query", "path", "code", "message"),
    [
        (
            '{ product(sku: "KV-000001") { name(locale: "xx") } }',
            ["product", "name"],
            "BAD_USER_INPUT",
            '"xx" is not a language kept here: fi, en, sv.',
        ),
        (
            "{ products(first: -1) { totalCount } }",
            ["products"],
            "BAD_USER_INPUT",
            "first must not be negative; it is -1.",
        ),
        (
            "{ products(first: 1001) { totalCount } }",
            ["products"],
            "LIMIT_EXCEEDED",
            "first may be at most 1000 here; it is 1001.",
        ),
        (
            '{ products(after: "abc") { totalCount } }',
            ["products"],
            "BAD_USER_INPUT",
            '"abc" is not a cursor of this list: use one that it gave, unchanged.',
        ),
        (
            '{ product(sku: "' + "x" * 101 + '") { sku } }',
            ["product"],
            "LIMIT_EXCEEDED",
            "sku may have at most 100 characters; it has 101.",
        ),
        ('{ node(id: "abc") { id } }', ["node"], "BAD_USER_INPUT", '"abc" is not an id of this API.'),
        (
            '{ category(id: "UHJvZHVjdDpLVi0wMDAwMDE") { name } }',
            ["category"],
            "BAD_USER_INPUT",
            '"UHJvZHVjdDpLVi0wMDAwMDE" is the id of a Product, not of a Category.',
        ),
        ("{ product { sku } }", ["product"], "BAD_USER_INPUT", "product takes either id or sku."),
        (
            '{ product(sku: "KV-000001") { price(quantity: 0) { net } } }',
            ["product", "price"],
            "BAD_USER_INPUT",
            "quantity must be above 0; it is 0.",
        ),
        (
            '{ product(sku: "KV-000001") { price(unit: "BARREL") { net } } }',
            ["product", "price"],
            "BAD_USER_INPUT",
            None,
        ),
        (
            '{ product(sku: "KV-000001") { availability(quantity: "-3") { status } } }',
            ["product", "availability"],
            "BAD_USER_INPUT",
            "quantity must be above 0; it is -3.",
        ),
        (
            '{ product(sku: "KV-000001") { images { url(width: 0) } } }',
            ["product", "images", 0, "url"],
            "BAD_USER_INPUT",
            "width must be 1 to 4096; it is 0.",
        ),
        (
            '{ product(sku: "KV-000001") { price(quantity: "NaN") { net } } }',
            None,
            "BAD_USER_INPUT",
            None,
        ),
        ("{ products { nope } }", None, "BAD_USER_INPUT", None),
        ("{ products(", None, "BAD_USER_INPUT", None),
        ("{ viewer { accounts(first: 101) { totalCount } } }", ["viewer", "accounts"], "LIMIT_EXCEEDED", None),
        (
            '{ product(sku: "KV-000001") { price(contractId: "x") { net } } }',
            ["product", "price"],
            "BAD_USER_INPUT",
            None,
        ),
        (
            '{ product(sku: "KV-000001") { price(contractId: "Q29udHJhY3Q6SC05") { net } } }',
            ["product", "price"],
            "NOT_FOUND",
            'There is no Contract "Q29udHJhY3Q6SC05".',
        ),
        (
            '{ product(sku: "KV-000001") { availability(warehouseIds: ["V2FyZWhvdXNlOk1PT04"]) { status } } }',
            ["product", "availability"],
            "NOT_FOUND",
            'There is no Warehouse "V2FyZWhvdXNlOk1PT04".',
        ),
        (
            '{ products(filter: { categoryId: "Q2F0ZWdvcnk6bW9vbg" }) { totalCount } }',
            ["products"],
            "NOT_FOUND",
            'There is no Category "Q2F0ZWdvcnk6bW9vbg".',
        ),
        (
            '{ products(filter: { attributes: [{ code: "dn", values: ["' + "x" * 201 + '"] }] }) { totalCount } }',
            ["products"],
            "LIMIT_EXCEEDED",
            None,
        ),
    ],
)
async def test_a_mistake_is_named(api: Any, query: str, path: list[Any] | None, code: str, message: str | None) -> None:
    """A mistake is an error with its code, at its place, that says what was sent and what was expected."""
    errors = await api.errors(query, person="anna")

    assert [(path, code)] == [(where, what) for where, what, _ in errors]
    assert message in (None, errors[0][2])


async def test_a_cursor_of_another_list_is_refused(api: Any) -> None:
    """A cursor belongs to the list that gave it: not to another search, order or kind of thing."""
    query = "query ($after: Cursor, $query: String) { products(first: 2, after: $after, query: $query) { pageInfo { endCursor } } }"
    cursor = (await api.data(query, {"query": "copper"}))["products"]["pageInfo"]["endCursor"]
    same = await api.ask(query, {"query": "copper", "after": cursor})
    other = await api.errors(query, {"query": "cable", "after": cursor})

    assert "errors" not in same
    assert [(["products"], "BAD_USER_INPUT")] == [(path, code) for path, code, _ in other]


async def test_a_cursor_of_another_person_is_refused(api: Any) -> None:
    """A place in one person's accounts is none in another's."""
    query = "query ($after: Cursor) { viewer { accounts(first: 1, after: $after) { pageInfo { endCursor } } } }"
    cursor = (await api.data(query, person="mikko"))["viewer"]["accounts"]["pageInfo"]["endCursor"]
    own = await api.ask(query, {"after": cursor}, person="mikko")
    other = await api.errors(query, {"after": cursor}, person="sari")

    assert "errors" not in own
    assert [(["viewer", "accounts"], "BAD_USER_INPUT")] == [(path, code) for path, code, _ in other]


async def test_a_forged_cursor_hurts_nobody_else(api: Any) -> None:
    """A cursor that looks right but points nowhere is refused alone; a search in the same call is answered."""
    from base64 import urlsafe_b64decode, urlsafe_b64encode

    query = "query ($after: Cursor) { a: products(first: 2, after: $after) { totalCount } b: channelStatus { mode } }"
    given = (await api.data("{ products(first: 2) { pageInfo { endCursor } } }"))["products"]["pageInfo"]["endCursor"]
    mark = urlsafe_b64decode(given + "==").decode().partition(":")[0]
    forged = urlsafe_b64encode(f"{mark}:nowhere".encode()).decode().rstrip("=")
    errors = await api.errors(query, {"after": forged})

    assert [(["a"], "BAD_USER_INPUT")] == [(path, code) for path, code, _ in errors]


async def test_what_is_no_warehouse_costs_no_call(api: Any) -> None:
    """An id that is not one is refused before the WMS is asked for anything."""
    query = '{ product(sku: "KV-000001") { availability(warehouseIds: ["abc"]) { status } } }'
    errors = await api.errors(query)

    assert [(["product", "availability"], "BAD_USER_INPUT")] == [(path, code) for path, code, _ in errors]
    assert "wms" not in api.sandbox.calls()


async def test_one_bad_unit_spoils_one_price(api: Any) -> None:
    """A unit that one product is not sold in is an error there; its neighbours keep their prices."""
    query = '{ products(first: 20, sort: SKU) { nodes { unit { code } price(unit: "M") { unitPrice { amount } } } } }'
    answer = await api.ask(query, person="anna")
    nodes = answer["data"]["products"]["nodes"]

    assert {"M"} == {node["unit"]["code"] for node in nodes if node["price"]}
    assert {"BAD_USER_INPUT"} == {error["extensions"]["code"] for error in answer["errors"]}
    assert [n for n, node in enumerate(nodes) if node["price"] is None] == [e["path"][2] for e in answer["errors"]]
