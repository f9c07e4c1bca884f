"""What is wrong with a cart, the worst first, then by line. A system that does not answer is no more than an issue."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence

from datasources.errors import SourceError
from datasources.model.catalog import Product, RelationKind
from datasources.model.orders import Simulation
from resolvers.batching import batched
from resolvers.catalog import existing
from resolvers.context import RequestContext
from resolvers.orders.carts import Cart, CartLine
from resolvers.orders.issues.facts import Facts, facts_of
from resolvers.orders.issues.kinds import CartIssue, OtherIssue, Severity, StockIssue
from resolvers.orders.issues.of_credit import HOLD, LIMIT, credit_issues
from resolvers.orders.issues.of_prices import price_issues
from resolvers.orders.issues.of_products import product_issues, stock_issues
from resolvers.orders.issues.of_terms import account_issues, terms_issues

MOST_SUBSTITUTES = 10
SAME_AS = {"QUANTITY": "QUANTITY_RULE"}
"""What Kanava calls what the ERP objects to, where the names differ."""
ORDER = (Severity.BLOCKING, Severity.WARNING, Severity.INFO)


async def issues_of(cart: Cart, context: RequestContext) -> list[CartIssue]:
    """Return what is wrong with a cart: asks each system once at the most, all at the same time."""
    return in_order(await facts_of(cart, context)) if cart.kept.lines else []


def in_order(facts: Facts) -> list[CartIssue]:
    """Return the issues: by severity, then by line, those of the whole cart first."""
    found = [
        *account_issues(facts),
        *credit_issues(facts),
        *terms_issues(facts),
        *product_issues(facts),
        *price_issues(facts),
        *stock_issues(facts),
    ]
    found += _objections(facts, found)
    places = {line.key: place for place, line in enumerate(facts.lines)}
    return sorted(found, key=lambda issue: (ORDER.index(issue.severity), places.get(issue.line_key or "", -1)))


def _objections(facts: Facts, found: Iterable[CartIssue]) -> Iterator[CartIssue]:
    """Yield what the ERP objects to beside what is known already."""
    simulation = facts.simulation
    if isinstance(simulation, SourceError):
        message = f"The {simulation.system.value} does not answer: it will check the order when it is sent."
        yield OtherIssue(Severity.INFO, "NOT_CHECKED", message)
    if not isinstance(simulation, Simulation):
        return
    known = {(issue.line_key, issue.code) for issue in found if issue.severity is Severity.BLOCKING}
    for objection in simulation.objections:
        code = SAME_AS.get(objection.code, objection.code)
        if code not in (HOLD, LIMIT) and (objection.line_key, code) not in known:
            yield OtherIssue(Severity.BLOCKING, code, objection.message, objection.line_key)


@batched
async def of_lines(lines: Sequence[CartLine], context: RequestContext) -> Sequence[Sequence[CartIssue]]:
    """Return what is wrong with each line: of its cart's issues, those that name it."""
    carts = {id(line.cart): line.cart for line in lines}
    found = await asyncio.gather(*(issues_of(cart, context) for cart in carts.values()))
    by_line: dict[tuple[int, str | None], list[CartIssue]] = {}
    for place, issues in zip(carts, found, strict=True):
        for issue in issues:
            by_line.setdefault((place, issue.line_key), []).append(issue)
    return [by_line.get((id(line.cart), line.key), []) for line in lines]


@batched
async def substitutes(
    issues: Sequence[StockIssue], context: RequestContext
) -> Sequence[Sequence[Product] | SourceError | None]:
    """Return what can be bought in the place of what is short, None where its content could not be had."""
    meant = [[] if issue.product is None else _in_its_place(issue.product) for issue in issues]
    skus = list(dict.fromkeys(sku for some in meant for sku in some))
    products = dict(zip(skus, await existing(skus, context), strict=True))
    return [
        None if issue.product is None else _found(some, products) for issue, some in zip(issues, meant, strict=True)
    ]


def _in_its_place(product: Product) -> list[str]:
    related = [relation.sku for relation in product.relations if relation.kind is RelationKind.SUBSTITUTE]
    return list(dict.fromkeys([*product.replacement_skus, *related]))[:MOST_SUBSTITUTES]


def _found(
    skus: Sequence[str], products: Mapping[str, Product | SourceError | None]
) -> Sequence[Product] | SourceError:
    failed = next((one for sku in skus if isinstance(one := products[sku], SourceError)), None)
    return failed or [one for sku in skus if isinstance(one := products[sku], Product)]
