"""
Scalars and enums: how a plan makes JSON values of them.

A value of the type that is expected is taken as it is; any other one is `Unforeseen`, for the reference executor has
rules of its own for it.
"""

from collections.abc import Callable
from enum import Enum
from math import isfinite
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)

from app.execution.foreseen import Unforeseen

Leaf = Callable[[Any], Any]
LEAST_INT, MOST_INT = -(2**31), 2**31 - 1


def text(value: Any) -> str:
    """Return a text as it is."""
    if value.__class__ is str:
        return value
    raise Unforeseen


def integer(value: Any) -> int:
    """Return a whole number of 32 bits as it is."""
    if value.__class__ is int and LEAST_INT <= value <= MOST_INT:
        return value
    raise Unforeseen


def number(value: Any) -> float:
    """Return a finite number as it is."""
    if value.__class__ is float and isfinite(value):
        return value
    raise Unforeseen


def truth(value: Any) -> bool:
    """Return True or False as it is."""
    if value is True or value is False:
        return value
    raise Unforeseen


def leaf_of(type_: GraphQLLeafType) -> Leaf:
    """Return what makes JSON values of this type's values."""
    if isinstance(type_, GraphQLEnumType):
        return _name_in(type_)
    return BUILT_IN.get(type_.name) or _serialized_by(type_)


BUILT_IN: dict[str, Leaf] = {
    GraphQLString.name: text,
    GraphQLID.name: text,
    GraphQLInt.name: integer,
    GraphQLFloat.name: number,
    GraphQLBoolean.name: truth,
}


def _name_in(type_: GraphQLEnumType) -> Leaf:
    wrapped = getattr(type_, "wrapped_cls", None)
    if not (isinstance(wrapped, type) and issubclass(wrapped, Enum)):
        return _serialized_by(type_)
    names = {member: type_.coerce_output_value(member) for member in wrapped}
    return names.__getitem__


def _serialized_by(type_: GraphQLLeafType) -> Leaf:
    serialize = type_.coerce_output_value

    def serialized(value: Any) -> Any:
        if value is None or isinstance(value, Exception):
            raise Unforeseen
        result = serialize(value)
        if result.__class__ in (str, int, float, bool):
            return result
        raise Unforeseen

    return serialized
