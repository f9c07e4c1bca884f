"""Which systems a resolver may ask: as its code says, and as its calls show."""

from pathlib import Path
from typing import Any

from app.documents import Documents
from app.execution.arguments import NO_VARIABLES
from app.execution.explain import Explainer
from app.execution.foreseen import Unforeseen
from app.execution.plans import Plans
from app.execution.systems import JOURNAL, systems_asked
from app.execution.ways import Kind, way_of
from app.limits.check import Limits
from datasources.model.common import System
from resolvers.errors import ClientError
from schema.costs import declared
from schema.schema import Schema
from tests.app.execution.comparison import by_reference, told
from tests.app.execution.tours import Stop, tour
from tests.app.execution.worlds import random_world

ASKED = {
    "Account.addresses": "CRM",
    "Account.children": "CRM",
    "Account.credit": "CRM ERP",
    "Account.orders": "CRM ERP journal",
    "Account.parent": "CRM",
    "Account.salesRep": "CRM",
    "Account.terms": "CRM ERP",
    "Cart.deliveries": "ERP",
    "Cart.issues": "CRM ERP PIM WMS journal",
    "Cart.totals": "CRM ERP",
    "CartLine.issues": "CRM ERP PIM WMS journal",
    "CartLine.lineTotal": "CRM ERP",
    "CartLine.packaging": "CRM PIM",
    "CartLine.price": "CRM ERP",
    "CartLine.product": "CRM PIM",
    "CartLine.quantity": "CRM PIM",
    "Category.children": "PIM",
    "Category.parent": "PIM",
    "Category.products": "CRM PIM",
    "Order.account": "CRM",
    "Order.capture": "CRM journal",
    "OrderCapture.order": "CRM ERP",
    "OrderLine.name": "PIM",
    "OrderLine.product": "CRM PIM",
    "Product.availability": "WMS",
    "Product.categories": "PIM",
    "Product.customerPartNumber": "CRM ERP",
    "Product.price": "CRM ERP",
    "Product.priceStatus": "CRM ERP",
    "Product.related": "CRM PIM",
    "Product.replacements": "CRM PIM",
    "Query.categories": "PIM",
    "Query.category": "PIM",
    "Query.channelStatus": "journal",
    "Query.node": "CRM ERP PIM WMS journal",
    "Query.nodes": "CRM ERP PIM WMS journal",
    "Query.order": "CRM ERP journal",
    "Query.orderCapture": "CRM journal",
    "Query.product": "CRM PIM",
    "Query.products": "CRM PIM",
    "Query.productsByCode": "CRM ERP PIM",
    "Query.viewer": "CRM",
    "StockIssue.substitutes": "CRM PIM",
    "Viewer.accounts": "CRM",
    "Viewer.cart": "CRM journal",
}
WORLDS, OPERATIONS = 3, 25


def resolvers(schema: Schema) -> dict[str, Any]:
    """Return what of a query waits, by type and field."""
    found = {}
    for name, type_ in schema._schema.type_map.items():
        if name in ("Mutation", "Subscription") or name.startswith("__"):
            continue
        for field, definition in getattr(type_, "fields", {}).items():
            if "strawberry-definition" in (getattr(definition, "extensions", None) or {}):
                way = way_of(definition)
                if way.kind in (Kind.AWAITED, Kind.BATCHED):
                    found[f"{name}.{field}"] = way.call
    return found


def test_every_field_that_waits_asks_what_its_code_says(schema: Schema) -> None:
    """Whose fields ask which systems, all of them."""
    found = {name: " ".join(systems_asked(resolver)) for name, resolver in resolvers(schema).items()}

    assert ASKED == dict(sorted(found.items()))


def test_what_costs_keys_of_systems_asks_some(schema: Schema) -> None:
    """A field of a query that declares a cost waits, and one without asks nothing but the journal."""
    waiting = resolvers(schema)
    for name, resolver in waiting.items():
        type_name, field = name.split(".")
        definition = schema._schema.type_map[type_name].fields[field]  # type: ignore[attr-defined]

        assert (declared(definition).weight > 0) == (systems_asked(resolver) != [JOURNAL]), name


async def test_no_system_is_called_that_was_not_told(schema: Schema, tmp_path: Path) -> None:
    """Random operations call the systems that their plans are said to ask, and no others."""
    documents = Documents(schema, Limits(), introspection=True)
    called: set[System] = set()
    for seed in range(WORLDS):
        world = random_world(seed, schema, tmp_path)
        for _, stop in tour(world, schema, OPERATIONS):
            foretold = systems_told(documents, schema, stop)
            result = await told(world, by_reference(world), stop.sent, stop.visitor, late=stop.late)
            stop.words.learn(result.data)
            if foretold is not None:
                systems = {system for system, _ in result.calls}
                called |= systems

                assert systems <= foretold, f"{stop.sent.query} {stop.sent.variables}"

    assert {System.CRM, System.ERP, System.PIM, System.WMS} == called


def systems_told(documents: Documents, schema: Schema, stop: Stop) -> set[System] | None:
    """Return which systems are said to be asked for an operation and at the door, None where there is no plan."""
    sent, plans = stop.sent, Plans()
    plans.uses = 1
    try:
        document = documents.get(sent.query or "")
        name = document.meant(sent.operation_name).name
        binding = plans.binding(schema, document.node, name, sent.variables)
    except (ClientError, Unforeseen):
        return None
    if binding is None:
        return None
    steps = Explainer(schema._schema, NO_VARIABLES).explain(binding.plan).steps
    at_the_door = {System.CRM} if stop.visitor.caller and stop.visitor.caller.account_number else set()
    return {System(name) for step in steps for name in step.systems if name != JOURNAL} | at_the_door
