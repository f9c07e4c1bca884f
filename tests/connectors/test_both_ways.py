"""Kanava's requests and the sandbox's answers, as they were on the wire, against the contract."""

from collections.abc import Mapping, Sequence

import pytest

from datasources.errors import RequestRefused, SourceError
from tests.conftest import SYSTEMS, Sandbox
from tests.connectors.conftest import TOKEN
from tests.connectors.documents import contract
from tests.connectors.operations import OPERATIONS, ORDER, PLACE, UNPRICED, Operation, Question, prepare, price, search
from tests.connectors.orders import delivery, draft, line, page, place, simulate
from tests.connectors.recording import Exchange, Wire, opened

SKUS = [f"KV-{number:06d}" for number in range(1, 501)]
SCOPES = (None, "C-1000", "C-1002", "C-2001", "C-3001")
PERSONS = ("anna", "mikko", "elena", "sari", "omar", "nobody")

QUESTIONS: Mapping[str, Sequence[Question]] = {
    "erp/prices": [
        {"lines": []},
        *({"lines": [price(sku, scope) for sku in SKUS]} for scope in SCOPES),
        {"lines": [price("KV-000001", "C-1002", quantity) for quantity in ("0.5", "1", "1.00", "60", "100000")]},
        {"lines": [price("KV-000001", "C-1002", unit=unit) for unit in ("M", "ROD", "BDL", "none")]},
        {"lines": [price("KV-000001", "C-1002", date=date) for date in ("2026-12-01", "2099-01-01")]},
        {"lines": [price("KV-000001", "C-1002", contract=number) for number in ("K-1000-24", "P-1002-25", "none")]},
        {"lines": [price("KV-000001", "C-1002", currency=currency) for currency in ("EUR", "SEK", "RON", "XXX")]},
        {"lines": [price("none", None), price("KV-000001", "nobody"), price("KV-000001", "C-1002", "0")]},
    ],
    "erp/part-numbers": [
        {"lines": []},
        {"lines": [{"customer": customer, "sku": sku} for customer in ("C-1002", "none") for sku in SKUS]},
    ],
    "erp/part-numbers/resolve": [
        {"lines": []},
        {"lines": [{"customer": c, "code": code} for c in ("C-1002", "none") for code in ("SR-10049", "SR-10001", "?", "")]},
    ],
    "erp/credit": [{"customers": []}, {"customers": [f"C-{n}" for n in range(1000, 1999)]}],
    "erp/terms": [{"customers": []}, {"customers": [f"C-{n}" for n in range(1000, 1999)]}],
    "erp/contracts": [
        {"lines": []},
        {"lines": [{"scope": s, "number": n} for s in ("C-1000", "C-1002", "none") for n in ("K-1000-24", "P-1002-25", "?")]},
    ],
    "erp/orders/simulate": [
        {"orders": []},
        simulate(draft(*(line(sku, sku, unit_price="1", currency="EUR", per="1") for sku in SKUS))),
        simulate(*(draft(line("a"), customer=customer) for customer in ("C-1001", "C-3001", "C-4101", "nobody")), draft()),
        simulate(draft(line("a"), currency="SEK", po_number=None, person="x", reference=None, deliveries=[delivery(method=None, requested_date=None, services=["CALL", "?"], line_keys=["a", "z"]), delivery(method="?", split_policy="SHIP_AVAILABLE_REST_LATER")])),
        simulate(draft(*(line(n, quantity=n) for n in ("0", "-1", "0.1", "0.15", "1.50", "999999999999999")), line("unit", unit="?"), line("box", unit="BDL"))),
    ],
    "erp/orders/place": [
        *(place(f"both ways {n}", order) for n, order in enumerate((ORDER, UNPRICED, draft(), draft(line("a"), customer="nobody")))),
        place("call", draft(line("a"), deliveries=[delivery(services=["CALL"], line_keys=["a"])]), "2.5"),
    ],
    "erp/orders/placed": [{"idempotency_keys": []}, {"idempotency_keys": ["none", "rich", "rich"]}],
    "erp/orders/get": [
        {"lines": []},
        {"lines": [{"customer": c, "number": n} for c in ("C-1002", "C-2001", "none") for n in ("E-100001", "E-1", "H-C-1002-001", "none", "")]},
    ],
    "erp/orders/search": [
        {"lines": []},
        {"lines": [page(n, customers=customers, first=1000) for n, customers in enumerate(([], ["none"], ["C-1002"], ["C-1002", "C-1003", "C-1002"]))]},
        {"lines": [page(0, first=0), page(1, person="anna"), page(2, person="nobody"), page(3, after="not a cursor")]},
        {"lines": [page(0, statuses=["CAPTURED"]), page(1, statuses=["DELIVERED", "SHIPPED"]), page(2, origins=["EDI", "OTHER"]), page(3, po_number="PO-7")]},
        {"lines": [page(0, placed_from="2025-01-01T00:00:00+02:00", placed_to="2025-02-01T00:00:00Z"), page(1, search="kv-000001"), page(2, search="h-c-1002"), page(3, search="")]},
    ],
    "erp/ping": [{}],
    "crm/contexts": [
        {"lines": []},
        {"lines": [{"person": who, "account": what} for who in PERSONS for what in (None, "C-1000", "C-1002", "C-3001", "?")]},
    ],
    "crm/accounts/children": [
        {"lines": [{"person": who, "parent": "C-1000", "first": 1, "after": None} for who in PERSONS]},
        {"lines": [{"person": "mikko", "parent": "?", "first": 1000, "after": None}]},
        {"lines": [{"person": "mikko", "parent": "C-1001", "first": n, "after": after} for n in (0, 1) for after in (None, "C-1002")]},
    ],
    "crm/persons/accounts": [
        {"lines": [{"person": who, "first": 2, "after": None} for who in PERSONS]},
        {"lines": [{"person": "mikko", "first": n, "after": after} for n in (0, 1000) for after in (None, "C-1001", "ZZ")]},
    ],
    "pim/products/search": [
        {"searches": []},
        {"searches": [search(sort=sort, first=5, locale=locale) for sort in ("RELEVANCE", "NAME", "SKU", "NEWEST") for locale in ("fi", "en", "sv-FI", "xx")]},
        {"searches": [search(query="putki", first=3, facets=True), search(query="no such thing", facets=True), search(query="", first=0)]},
        {"searches": [search(category_code=code, facets=True) for code in ("pipes", "none")]},
        {"searches": [search(attributes=[{"code": "material", "values": ["copper", "pex"]}, {"code": "none", "values": []}], facets=True)]},
        {"searches": [search(assortments=["A-SAIMAA", "none"], first=1000)]},
        {"searches": [search(after="not a cursor"), search()]},
    ],
    "pim/products": [{"skus": []}, {"skus": ["none", *SKUS]}],
    "pim/products/lookup": [{"codes": []}, {"codes": [*SKUS, "6419000000011", "6419200000019", "none", ""]}],
    "pim/categories": [{"codes": None}, {"codes": []}, {"codes": ["pipes", "copper-pipes", "none"]}],
    "wms/stock": [{"skus": []}, {"skus": ["none", *SKUS]}],
    "wms/warehouses": [{"codes": []}, {"codes": ["VAN", "TRE", "OUL", "none"]}],
}  # fmt: skip


def url(sandbox: Sandbox, operation: Operation) -> str:
    """Return where the system of an operation is."""
    return f"http://127.0.0.1:{sandbox.base_port + 1 + SYSTEMS.index(operation.role.value.lower())}"


def problems(operation: Operation, exchange: Exchange, status: str = "200") -> list[str]:
    """Return what breaks the contract in one call, on either side."""
    its = contract(operation.role)
    asked = its.problems(exchange.question, operation.path)
    return asked + its.problems(exchange.answer, operation.path, status)


def form(exchange: Exchange) -> tuple[str, str, str, int]:
    return exchange.method, exchange.path, exchange.headers["content-type"], exchange.status


async def test_the_next_page(sandbox: Sandbox) -> None:
    """A cursor of the sandbox goes back to it as it came, in every sort; another sort's is refused with null."""
    operation = next(o for o in OPERATIONS if o.path == "products/search")
    async with opened(operation.role, "rest", url(sandbox, operation)) as (pim, wire):
        for sort in ("RELEVANCE", "NAME", "SKU", "NEWEST"):
            await operation.ask(pim, {"searches": [search(sort=sort, first=2)]})
            cursor = wire.exchanges[-1].answer["results"][0]["hits"][-1]["cursor"]
            other = "SKU" if sort == "NAME" else "NAME"
            await operation.ask(pim, {"searches": [search(sort=sort, after=cursor), search(sort=other, after=cursor)]})

            assert [True, False] == [result is not None for result in wire.exchanges[-1].answer["results"]]
        assert [[]] * 8 == [problems(operation, exchange) for exchange in wire.exchanges]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_both_sides_keep_the_contract(operation: Operation, sandbox: Sandbox) -> None:
    """Every request and every answer is what the schemas say: known and unknown keys, null, empty lists, whole pages."""
    questions = [operation.rich, *operation.others, *QUESTIONS[str(operation)]]
    async with opened(operation.role, "rest", url(sandbox, operation)) as (connector, wire):
        await prepare(operation, connector)
        wire.exchanges.clear()
        for question in questions:
            await operation.ask(connector, question)

    assert [("POST", operation.path, "application/json", 200)] * len(wire.exchanges) == [
        form(e) for e in wire.exchanges
    ]
    assert len(questions) == len(wire.exchanges)
    assert [] == [problem for exchange in wire.exchanges for problem in problems(operation, exchange)][:5]


async def failed(operation: Operation, wire: Wire, connector: object, question: Question) -> Exchange:
    """Ask what fails and return how it went."""
    with pytest.raises(SourceError):
        await operation.ask(connector, question)
    return wire.exchanges[-1]


async def test_a_conflict(sandbox: Sandbox) -> None:
    """Another order with a key that the ERP has is the 409 of the contract."""
    async with opened(PLACE.role, "rest", url(sandbox, PLACE)) as (erp, wire):
        for question in (place("one", ORDER), place("one", draft(line("a")))):
            await PLACE.ask(erp, question)
    exchange = wire.exchanges[-1]

    assert 409 == exchange.status
    assert "IDEMPOTENCY_CONFLICT" == exchange.answer["error"]["code"]
    assert [] == problems(PLACE, exchange, "409")


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.bulk], ids=str)
async def test_too_many_keys(operation: Operation, sandbox: Sandbox) -> None:
    """Over 1,000 keys break the contract, and the sandbox says so with a 400."""
    question = {name: [*(keys or ["x"])][-1:] * 1001 for name, keys in operation.rich.items()}
    async with opened(operation.role, "rest", url(sandbox, operation)) as (connector, wire):
        exchange = await failed(operation, wire, connector, question)

    assert 400 == exchange.status
    assert contract(operation.role).problems(exchange.question, operation.path)
    assert [] == contract(operation.role).problems(exchange.answer, operation.path, "400")


@pytest.mark.parametrize(("mode", "status"), [("throttle", "429"), ("error", "5XX")])
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_failures(operation: Operation, mode: str, status: str, sandbox: Sandbox) -> None:
    """The sandbox fails in the form that the contract describes."""
    sandbox.fault(operation.role.value.lower(), mode)
    async with opened(operation.role, "rest", url(sandbox, operation)) as (connector, wire):
        exchange = await failed(operation, wire, connector, operation.rich)

    assert {"429": 429, "5XX": 500}[status] == exchange.status
    assert [] == contract(operation.role).problems(exchange.answer, operation.path, status)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_the_token(operation: Operation, guarded: Sandbox) -> None:
    """The token goes along as a bearer token; without the right one comes the 401 of the contract."""
    for token, status in ((TOKEN, 200), ("wrong", 401), (None, 401)):
        async with opened(operation.role, "rest", url(guarded, operation), token) as (connector, wire):
            if status == 200:
                await operation.ask(connector, operation.rich)
            else:
                with pytest.raises(RequestRefused):
                    await operation.ask(connector, operation.rich)
        (exchange,) = wire.exchanges

        assert status == exchange.status
        assert (f"Bearer {token}" if token else None) == exchange.headers.get("authorization")
        assert [] == contract(operation.role).problems(exchange.answer, operation.path, str(status))
