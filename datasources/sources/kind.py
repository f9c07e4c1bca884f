"""Kinds of values: what a source must know of them beside how to fetch them."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from datasources.cache.entry import Policy
from datasources.model.common import Sourced

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sourced)

ANY_CHANGE = "*"
"""The tag of what any change of its subject concerns: a page of search results, a tree."""


def only_the_key(key: object, _value: object) -> tuple[str, ...]:
    """Tag a value whose key is a code of what it is about."""
    return (str(key),)


def nobodys(_key: object) -> None:
    """Say that a value is the same for everybody."""
    return


def any_change(_key: object, _value: object) -> tuple[str, ...]:
    """Tag a value that any change of its subject concerns."""
    return (ANY_CHANGE,)


def only_itself(value: object) -> tuple[object, ...]:
    """Have things kept with the value as a whole."""
    return (value,)


@dataclass(frozen=True, slots=True)
class Kind(Generic[K, V]):
    """
    One kind of value.

    `name` is what people call the values; `subject` is what a system names when some have changed (`price`, `content`).
    `tags` say what a value is about (None: of a key without a value), `scope` whose it is. `private`: not for
    everybody, so that no shared cache on the way may keep an answer that shows it. `parts` are what of a value things
    are kept with (`datasources.cache.kept`).
    """

    name: str
    value_type: type[V]
    policy: Policy
    subject: str
    tags: Callable[[K, V | None], tuple[str, ...]] = only_the_key
    scope: Callable[[K], str | None] = nobodys
    private: bool = field(default=False, kw_only=True)
    parts: Callable[[V], Iterable[object]] = field(default=only_itself, kw_only=True)
