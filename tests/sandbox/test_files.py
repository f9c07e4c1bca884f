"""The systems over files: the ERP's rule against the files themselves, and bad rows named."""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest

ADVENTUREWORKS = Path(__file__).parents[3] / "shared/data/adventureworks"
with_adventureworks = pytest.mark.skipif(not ADVENTUREWORKS.is_dir(), reason=f"needs {ADVENTUREWORKS}")
QUANTITIES = (1, 10, 11, 14, 15, 24, 25, 40, 41, 60, 61)


def rows(file: str) -> list[dict[str, Any]]:
    with (ADVENTUREWORKS / file).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def expected(product: dict[str, Any], offers: list[dict[str, Any]], day: str, quantity: int) -> str:
    """Price by the files' own description: the largest reseller discount of the day and quantity."""
    discounts = [
        Decimal(offer["discount"])
        for offer in offers
        if offer["sku"] == product["sku"]
        and offer["audience"] == "Reseller"
        and offer["validFrom"] <= day <= offer["validTo"]
        and offer["minimumQuantity"] <= quantity <= (offer["maximumQuantity"] or 10**9)
    ]
    price = Decimal(product["listPrice"]) * (1 - max(discounts, default=Decimal(0)))
    return str(price.quantize(Decimal("0.0001"), ROUND_HALF_EVEN))


@with_adventureworks
@pytest.mark.parametrize("day", ["2023-05-29", "2023-05-30", "2024-06-10", "2025-05-29", "2025-05-30"])
def test_prices_follow_the_files_rule(start: Any, day: str) -> None:
    """Every SKU at every edge; the public pays the list price; breaks are where the price changes."""
    erp = start("erp", f"--data={ADVENTUREWORKS}")
    products, offers = rows("products.ndjson"), rows("price_breaks.ndjson")
    offered = {offer["sku"] for offer in offers}
    for product in [product for product in products if product["sku"] in offered]:
        line = {"scope": "AW00000701", "sku": product["sku"], "date": day}
        lines = [{**line, "quantity": str(quantity)} for quantity in QUANTITIES]
        *known, public = erp.ask("erp", "prices", lines=[*lines, {**lines[5], "scope": None}])["prices"]
        wanted = [expected(product, offers, day, quantity) for quantity in QUANTITIES]
        changes = [
            (str(q), price)
            for q, before, price in zip(QUANTITIES[1:], wanted, wanted[1:], strict=False)
            if price != before
        ]

        assert wanted == [price["unit_price"] for price in known]
        assert changes == [(step["minimum_quantity"], step["unit_price"]) for step in known[0]["breaks"]]
        assert (product["listPrice"], []) == (public["unit_price"], public["breaks"])


@with_adventureworks
def test_every_row_is_served(start: Any) -> None:
    """All products, accounts and locations are there, and so are the texts in six languages."""
    systems = start(f"--data={ADVENTUREWORKS}")
    search = systems.ask("pim", "products/search", searches=[{"first": 1000}])
    person = {"person": "buyer-AW00000701", "account": None}
    context = systems.ask("crm", "contexts", lines=[person])
    stock = systems.ask("wms", "stock", skus=[row["sku"] for row in rows("stock.ndjson")])

    assert len(rows("products.ndjson")) == search["results"][0]["total"]
    assert search["locales"] == ["ar", "en", "fr", "he", "th", "zh-Hans"]
    assert [account["number"] for account in context["accounts"]] == ["AW00000701", "T-06", "G-NORTH-AMERICA"]
    assert sum(len(shelf["levels"]) for shelf in stock["stock"]) == len(rows("stock.ndjson"))
    assert systems.client.get(systems.url("iam", "token?user=AW00000701")).status_code == 200


GOOD = '{"sku": "A", "name": "a", "category": ["X"], "listPrice": "1.5", "currency": "EUR", "unit": "EA"}'
BAD = {
    "products.ndjson": (
        [GOOD, GOOD, "[1]", '{"sku"', GOOD.replace('"A"', '"B"').replace("1.5", "1,5"), "{}"],
        {2: "duplicate", 3: "object", 4: "truncated", 5: "listPrice", 6: "sku"},
    ),
    "price_breaks.ndjson": (
        ['{"sku": "Z", "name": "n", "discount": ".1", "type": "t", "audience": "Reseller"}'],
        {1: "unknown sku 'Z'"},
    ),
    "stock.ndjson": (
        ['{"sku": "A", "location": "L", "quantity": -1}', '{"sku": "A", "location": "L", "quantity": 3}'],
        {1: "negative"},
    ),
    "accounts.ndjson": (
        [
            '{"number": "1", "name": "one", "kind": "GROUP", "parent": "2"}',
            '{"number": "2", "name": "two", "kind": "GROUP", "parent": "1"}',
            '{"number": "3", "name": "three", "kind": "SITE", "parent": "9"}',
            '{"number": "4", "name": "four", "kind": "SITE"}',
        ],
        {1: "above itself", 2: "above itself", 3: "unknown parent"},
    ),
}


def test_bad_rows_are_named_and_the_rest_is_served(start: Any, tmp_path: Path) -> None:
    """Each bad row is one line on stderr, said once, by the system that owns the file."""
    for file, (lines, _) in BAD.items():
        (tmp_path / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    systems = start(f"--data={tmp_path}")
    found = systems.ask("pim", "products/search", searches=[{"first": 10}])
    people = systems.ask("crm", "contexts", lines=[{"person": "buyer-4"}, {"person": "buyer-1"}])
    systems.stop()

    assert found["results"][0]["total"] == 1
    assert [context["number"] for context in people["contexts"]] == ["4"]
    for file, (lines, problems) in BAD.items():
        said = [line.rstrip() for line in systems.errors if line.startswith(f"{file}:")]
        assert len(said) == len(problems) + 1
        for line, problem in problems.items():
            assert any(one.startswith(f"{file}:{line}: ") and problem in one for one in said), (file, line, said)
        assert said[-1] == f"{file}: {len(lines) - len(problems)} rows loaded, {len(problems)} refused"


def test_without_products_there_is_nothing_to_serve(command: Any, tmp_path: Path) -> None:
    """A folder without products is bad use."""
    code, _, errors = command("pim", f"--data={tmp_path}")

    assert (code, errors.count("\n")) == (2, 1)
