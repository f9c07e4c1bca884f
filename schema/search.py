"""How a client asks for a page of products: arguments, filters, and what of the page it wants."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from datasources.model.catalog import AttributeChoice
from resolvers.errors import BadInput, LimitExceeded
from resolvers.ids import key_of, shown
from schema.views import Info, field

MOST_FILTERS = 50
MOST_CHARACTERS = 200

First = Annotated[int | None, strawberry.argument(description="Page size, up to 1,000; null: 20.")]


@strawberry.input(description="Products whose attribute has any of these values.")
class AttributeFilter:
    code: Annotated[str, field(description="The attribute, as in `Attribute.code` and `Facet.code`.")]
    values: Annotated[list[str], field(description="Values as in `FacetValue.value`, at most 50.")]


@strawberry.input(description="Which products to list: those that meet all of it.")
class ProductFilter:
    category_id: Annotated[
        strawberry.ID | None, field(description="Of this category or any below it. Null: of all.")
    ] = None
    attributes: Annotated[
        list[AttributeFilter] | None, field(description="With all of these properties, at most 50. Null: any.")
    ] = None

    @cached_property
    def narrowing(self) -> "Narrowing":
        """The filter in the words of the domain; raises as `converted`. A plan has the same filter again and again."""
        return _narrowing_of(self)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A filter in the words of the domain."""

    category_code: str | None
    attributes: tuple[AttributeChoice, ...]


def converted(filter: ProductFilter | None, *, inside_category: bool = False) -> Narrowing:
    """
    Return the filter in the words of the domain.

    Raises:
        BadInput: the category is not one, or is named where a category is given already.
        LimitExceeded: too many attributes or values, or one that is too long.
    """
    if filter is None:
        return Narrowing(None, ())
    if inside_category and filter.category_id is not None:
        raise BadInput("categoryId is not taken here: the category is given. Use Query.products.")
    return filter.narrowing


def _narrowing_of(filter: ProductFilter) -> Narrowing:
    category = None if filter.category_id is None else key_of(filter.category_id, "Category")
    attributes = filter.attributes or []
    for given in (len(attributes), *(len(attribute.values) for attribute in attributes)):
        if given > MOST_FILTERS:
            raise LimitExceeded(f"A filter takes at most {MOST_FILTERS} attributes and values each; there are {given}.")
    for word in (word for attribute in attributes for word in (attribute.code, *attribute.values)):
        if len(word) > MOST_CHARACTERS:
            raise LimitExceeded(
                f"A filter's code or value may have at most {MOST_CHARACTERS} characters: {shown(word)}."
            )
    # sorted, so that the same filter in another order is the same search
    choices = {AttributeChoice(a.code, tuple(sorted(set(a.values)))) for a in attributes}
    return Narrowing(category, tuple(sorted(choices, key=lambda choice: (choice.code, choice.values))))


def selects(info: Info, name: str) -> bool:
    """Return whether the client asks for this field of the one being resolved, itself or by a fragment."""
    raw = info._raw_info
    known = getattr(raw, "selected", None)  # a plan has the same field again and again
    if known is None:
        return _selects(raw, name)
    if name not in known:
        known[name] = _selects(raw, name)
    return bool(known[name])


def _selects(raw: Any, name: str) -> bool:
    pending: list[SelectionSetNode] = [node.selection_set for node in raw.field_nodes if node.selection_set]
    entered: set[str] = set()
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode) and selection.name.value == name:
                return True
            if isinstance(selection, InlineFragmentNode):
                pending.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in entered:
                entered.add(selection.name.value)
                pending.append(raw.fragments[selection.name.value].selection_set)
    return False
