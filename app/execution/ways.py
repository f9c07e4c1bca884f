"""How a field comes by its value: strawberry's definition of it, in the words of a plan."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, is_abstract_type

from app.execution.asked import Unsupported
from app.execution.foreseen import Unforeseen
from resolvers.batching import Batched
from resolvers.locales import is_by_language


class Kind(Enum):
    """How a field comes by its value."""

    ATTRIBUTE = "attribute"
    COMPUTED = "resolver"
    AWAITED = "resolver that waits"
    BATCHED = "batched resolver"


@dataclass(frozen=True, slots=True)
class Way:
    """
    `call` is the resolver or the batch function (None: `attribute` is read), `root` and `info` what it calls these
    arguments, if it takes them. `pure`: it looks at nothing but object, arguments and, `by_language`, the languages.
    """

    kind: Kind
    attribute: str
    call: Callable[..., Any] | None = None
    root: str | None = None
    info: str | None = None
    pure: bool = False
    by_language: bool = False


def way_of(field: GraphQLField) -> Way:
    """
    Return how a field of a strawberry schema comes by its value.

    Raises:
        Unsupported: in a way that no plan knows.
    """
    definition = field.extensions["strawberry-definition"]
    if definition.extensions or definition.permission_classes:
        raise Unsupported(f"{definition.name} has extensions")
    resolver = definition.base_resolver
    if resolver is None:
        return Way(Kind.ATTRIBUTE, definition.python_name, pure=True)
    called = resolver.wrapped_func
    if isinstance(called, Batched):
        return Way(Kind.BATCHED, definition.python_name, called.batch)
    if resolver.self_parameter or not inspect.isfunction(called):
        raise Unsupported(f"{definition.python_name} is resolved by a method")
    parent = resolver.parent_parameter or resolver.root_parameter
    root = parent.name if parent else None
    info = resolver.info_parameter.name if resolver.info_parameter else None
    if inspect.iscoroutinefunction(called):
        return Way(Kind.AWAITED, definition.python_name, called, root, info)
    by_language = is_by_language(called)
    pure = by_language or info is None
    return Way(Kind.COMPUTED, definition.python_name, called, root, info, pure, by_language)


def type_name_of(value: object, type_: Any, schema: GraphQLSchema) -> str:
    """
    Return the name of the object type that a value of this type is shown by.

    Raises:
        Unforeseen: it is none of it, or this depends on more than the value.
    """
    if value is None or isinstance(value, Exception):
        raise Unforeseen
    shown_by: Any = type_
    try:
        if is_abstract_type(type_):
            resolve_type: Any = type_.resolve_type
            shown_by = schema.get_type(resolve_type(value, None, type_))
            if not (isinstance(shown_by, GraphQLObjectType) and schema.is_sub_type(type_, shown_by)):
                raise Unforeseen
        if shown_by.is_type_of is not None and shown_by.is_type_of(value, None) is not True:
            raise Unforeseen
    except Exception as error:
        raise Unforeseen from error
    name: str = shown_by.name
    return name
