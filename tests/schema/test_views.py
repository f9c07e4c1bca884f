"""Every view against the domain value it shows."""

import dataclasses
import types
from collections.abc import Iterator, Sequence
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

import pytest
from strawberry.types.base import StrawberryList, StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from datasources.model import catalog, common, customers, pricing, stock
from resolvers import customers as customers_resolvers
from resolvers import paging, status, user_errors
from resolvers.orders import captures, carts, confirming, deliveries, history, order, placing, totals
from resolvers.orders.issues import kinds
from schema.schema import build_schema

ORDERS = (order, captures, history, carts, deliveries, totals, kinds, placing, confirming)
MODULES = (common, catalog, pricing, stock, customers, customers_resolvers, paging, status, user_errors, *ORDERS)
DOMAIN: dict[str, type] = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__
}
WITHOUT_VALUE = {"Query", "Mutation", "Subscription"}
WIDER = {
    "AccountConnection.total_count": "a system may come that does not count",
    "CapabilityStatus.system": "a capability may come that Kanava decides itself",
    "CartLineConnection.total_count": "as other lists",
    "Freshness.age_seconds": "a system may come that does not say",
    "Freshness.as_of": "a system may come that does not say",
    "OrderLineConnection.total_count": "as other lists",
    "ProductConnection.total_count": "a system may come that does not count",
}
"""Fields that are nullable though their value never is None, so that a release can do so without breaking clients."""


def views() -> Iterator[StrawberryObjectDefinition]:
    for entry in build_schema().schema_converter.type_map.values():
        definition = entry.definition
        if isinstance(definition, StrawberryObjectDefinition) and not (definition.is_input or definition.is_interface):
            yield definition


VIEWS = {view.name: view for view in views()}
PLAIN = [
    pytest.param(name, field, id=f"{name}.{field.python_name}")
    for name, view in sorted(VIEWS.items())
    for field in view.fields
    if field.base_resolver is None and name not in WITHOUT_VALUE
]


def domain_name(view: str) -> str:
    """Return the name of the value that a view shows; pages and edges are generic values, unless they have their own."""
    if view in DOMAIN:
        return view
    return next((generic for end, generic in (("Connection", "Page"), ("Edge", "Edge")) if view.endswith(end)), view)


def shape_of_view(annotation: Any) -> Any:
    """Return a GraphQL type as (nullable, name) or (nullable, [shape])."""
    if isinstance(annotation, StrawberryOptional):
        return (True, shape_of_view(annotation.of_type)[1])
    if isinstance(annotation, StrawberryList):
        return (False, [shape_of_view(annotation.of_type)])
    if isinstance(annotation, LazyType):
        annotation = annotation.resolve_type()
    if isinstance(annotation, StrawberryEnumDefinition):
        annotation = annotation.wrapped_cls
    return (False, named(annotation))


def shape_of_value(annotation: Any) -> Any:
    """Return the annotation of a domain value as `shape_of_view` does; an error in a value's place is no value."""
    if get_origin(annotation) in (Union, types.UnionType):
        if annotation == kinds.CartIssue:
            return (False, "CartIssue")  # what stands behind an interface is any of its kinds
        shown = [a for a in get_args(annotation) if a is not types.NoneType and a is not Exception]
        assert len(shown) == 1, annotation
        return (types.NoneType in get_args(annotation), shape_of_value(shown[0])[1])
    if get_origin(annotation) in (Sequence, list, tuple):
        return (False, [shape_of_value(get_args(annotation)[0])])
    return (False, named(get_origin(annotation) or annotation))


def named(kind: Any) -> str:
    if isinstance(kind, NewType):
        kind = kind.__supertype__
    if isinstance(kind, TypeVar):
        return "any"
    return domain_name(kind.__name__)


def without_any(view: Any, value: Any) -> Any:
    """Return the view's shape with its kind left open where the value is generic."""
    if isinstance(value[1], list):
        return (view[0], [without_any(view[1][0], value[1][0])]) if isinstance(view[1], list) else view
    return (view[0], "any") if value[1] == "any" else view


def hints_of(value: type) -> dict[str, Any]:
    """Return the annotations of a value's members, properties included."""
    properties = {n: get_type_hints(p.fget)["return"] for n, p in vars(value).items() if isinstance(p, property)}
    return get_type_hints(value) | properties


def test_every_view_shows_a_value() -> None:
    """All object types but the entry points have a dataclass of the same name."""
    assert WITHOUT_VALUE == {name for name in VIEWS if domain_name(name) not in DOMAIN}


@pytest.mark.parametrize(("view", "field"), PLAIN)
def test_a_plain_field_is_a_member(view: str, field: StrawberryField) -> None:
    """A field without a resolver is a member of the value, of the same type and as nullable."""
    hints = hints_of(DOMAIN[domain_name(view)])
    name = field.python_name

    assert name in hints
    value = shape_of_value(hints[name])
    shown = without_any(shape_of_view(field.type), value)
    expected = (True, value[1]) if f"{view}.{name}" in WIDER else value
    assert expected == shown


def test_what_is_wider_is_so_on_purpose() -> None:
    """The fields listed as more nullable than their value are."""
    shown = {
        f"{view}.{field.python_name}": (
            shape_of_view(field.type)[0],
            shape_of_value(hints_of(DOMAIN[domain_name(view)])[field.python_name])[0],
        )
        for view, field in (parameter.values for parameter in PLAIN)
    }

    assert dict.fromkeys(WIDER, (True, False)) == {name: shown[name] for name in WIDER}
