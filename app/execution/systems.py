"""
Which systems a resolver may ask: read off its code, and off the code of what it calls on its own floor and above.

Resolvers ask by `context.sources.<group>`, and the journal by `context.orders`: so nothing has to be declared, which
could be untrue. What a resolver asks only now and then (the category, when nothing is found in it) is read as well.
"""

import dis
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from datasources.model.common import System
from resolvers.batching import Batched

JOURNAL = "journal"
ASKED_BY = {
    ("sources", "catalog"): System.PIM.value,
    ("sources", "pricing"): System.ERP.value,
    ("sources", "stock"): System.WMS.value,
    ("sources", "customers"): System.CRM.value,
    ("sources", "orders"): System.ERP.value,
    ("orders", "journal"): JOURNAL,
    ("orders", "watch"): JOURNAL,
}
"""By an attribute and one of its own: what is asked by them."""
FLOORS = ("resolvers", "schema")
GLOBAL = "LOAD_GLOBAL"
ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")


def systems_asked(resolver: Callable[..., Any]) -> list[str]:
    """Return what a resolver or batch function may ask, in the order of the alphabet; the journal comes last."""
    asked: set[str] = set()
    seen: set[FunctionType] = set()
    left = list(_functions([resolver]))
    while left:
        function = left.pop()
        if function not in seen:
            seen.add(function)
            itself, called = _read(function)
            asked |= itself
            left += called
    return sorted(asked)


@lru_cache(maxsize=1000)
def _read(function: FunctionType) -> tuple[frozenset[str], tuple[FunctionType, ...]]:
    """Return what a function asks itself, and which functions of the two floors it names."""
    asked: set[str] = set()
    named: list[Any] = [cell.cell_contents for cell in function.__closure__ or ()]
    for code in _codes(function.__code__):
        before, value = "", None
        for step in dis.get_instructions(code):
            if step.opname in ATTRIBUTES:
                asked |= {ASKED_BY[pair]} if (pair := (before, step.argval)) in ASKED_BY else set()
                value = getattr(value, step.argval, None) if isinstance(value, ModuleType) else None
            else:
                value = function.__globals__.get(step.argval) if step.opname == GLOBAL else None
            named.append(value)
            before = step.argval
    return frozenset(asked), tuple(_functions(named))


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of all that is written in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _functions(values: Iterable[Any]) -> Iterator[FunctionType]:
    """Yield the functions of the two floors among values: of a class all its methods, of a table those it holds."""
    for value in values:
        if isinstance(value, Batched):
            yield from _functions([value.batch])
        elif isinstance(value, dict):
            yield from _functions(value.values())
        elif isinstance(value, FunctionType | type) and value.__module__.partition(".")[0] in FLOORS:
            yield from [value] if isinstance(value, FunctionType) else _methods(value)


def _methods(of: type) -> Iterator[FunctionType]:
    for member in vars(of).values():
        inner = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if isinstance(inner, FunctionType):
            yield inner
