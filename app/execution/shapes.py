"""
Completing: from what resolvers returned to JSON, a whole column of values at once (GraphQL, section 6.4.3).

Where an error or a null may stand, it becomes null, and an error is noted at its place; where none may, all of it is
left to the reference executor, which knows how nulls spread.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson

from app.execution.foreseen import FORESEEN, Unforeseen
from app.execution.frame import Entries, Failure, Frame, Places, Some
from app.execution.leaves import Leaf
from app.execution.together import together
from datasources.cache.kept import of_all

if TYPE_CHECKING:
    from app.execution.selection import Selection

NULL = b"null"
Column = list[bytes]


class Shape(ABC):
    """
    What a field's values are completed as. `locations` are those of the field, for its errors.

    `still`: nothing below has to be waited for, ever.
    """

    def __init__(self, *, nullable: bool, locations: Sequence[dict[str, Any]], still: bool) -> None:
        self.nullable = nullable
        self.still = still
        self._locations = locations

    @abstractmethod
    def complete_now(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        """Return each value as JSON, of a shape that is still; raises Unforeseen."""

    async def complete(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        """Return each value as JSON; raises Unforeseen."""
        return self.complete_now(values, frame, places)

    def absent(self, value: object, frame: Frame, places: Places, index: int) -> bytes:
        """Return null for a value that is none, and note the error that it may be."""
        if not self.nullable or not (value is None or isinstance(value, FORESEEN)):
            raise Unforeseen
        if value is not None:
            frame.failures.append(Failure(value, places(index), self._locations))
        return NULL


class LeafShape(Shape):
    """Scalars and enums."""

    def __init__(self, leaf: Leaf, *, nullable: bool, locations: Sequence[dict[str, Any]]) -> None:
        super().__init__(nullable=nullable, locations=locations, still=True)
        self._leaf = leaf

    def complete_now(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        return [
            self.absent(value, frame, places, index)
            if value is None or isinstance(value, Exception)
            else self.json(value)
            for index, value in enumerate(values)
        ]

    def json(self, value: object) -> bytes:
        """Return a value that there is as JSON; raises Unforeseen."""
        try:
            return orjson.dumps(self._leaf(value))
        except Exception as error:
            raise Unforeseen from error


class ObjectShape(Shape):
    """
    Objects, each by the one of the `selections` for its type's name, which `name_of` tells.

    `by_class` has those that were found by the class of the object.
    """

    def __init__(
        self,
        selections: "Mapping[str, Selection]",
        name_of: Callable[[object], str],
        *,
        nullable: bool,
        locations: Sequence[dict[str, Any]],
    ) -> None:
        still = all(selection.still for selection in selections.values())
        super().__init__(nullable=nullable, locations=locations, still=still)
        self.selections = selections
        self._name_of = name_of
        self.by_class: dict[type, Selection] = {}

    def complete_now(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        selection = self._of_all(values)
        if selection is not None:
            return selection.fill_now(values, frame, places)
        column, parted = self._parted(values, frame, places)
        for selection, indexes in parted.items():
            chosen = [values[index] for index in indexes]
            _place(column, indexes, selection.fill_now(chosen, frame, Some(places, indexes)))
        return column

    async def complete(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        selection = self._of_all(values)
        if selection is not None:
            return await selection.fill(values, frame, places)
        column, parted = self._parted(values, frame, places)
        filled = await together(
            [
                selection.fill([values[index] for index in indexes], frame, Some(places, indexes))
                for selection, indexes in parted.items()
            ]
        )
        for indexes, objects in zip(parted.values(), filled, strict=True):
            _place(column, indexes, objects)
        return column

    def _of_all(self, values: Sequence[Any]) -> "Selection | None":
        """Return the selection for all values, if they are of one type that was seen before."""
        kind = of_all(_kind_of_all, values)
        return None if kind is None else self.by_class.get(kind)

    def _parted(
        self, values: Sequence[Any], frame: Frame, places: Places
    ) -> "tuple[Column, dict[Selection, list[int]]]":
        """Return a column with nulls where there is no object, and where those are that each selection is for."""
        column: Column = [NULL] * len(values)
        parted: dict[Selection, list[int]] = {}
        for index, value in enumerate(values):
            if value is None or isinstance(value, Exception):
                column[index] = self.absent(value, frame, places, index)
            else:
                parted.setdefault(self.selection(value), []).append(index)
        return column, parted

    def selection(self, value: object) -> "Selection":
        """Return the selection for an object by its class; raises Unforeseen."""
        selection = self.by_class.get(type(value))
        if selection is None:
            selection = self.by_class[type(value)] = self.selections[self._name_of(value)]
        return selection


def _kind_of_all(values: Sequence[Any]) -> type | None:
    kinds = set(map(type, values))
    return kinds.pop() if len(kinds) == 1 else None


def _place(column: Column, indexes: Sequence[int], objects: Column) -> None:
    for index, content in zip(indexes, objects, strict=True):
        column[index] = content


class ListShape(Shape):
    """Lists; the entries of all of them are completed as one column."""

    def __init__(self, entry: Shape, *, nullable: bool, locations: Sequence[dict[str, Any]]) -> None:
        super().__init__(nullable=nullable, locations=locations, still=entry.still)
        self.entry = entry

    def complete_now(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        lists, flat = self._flat(values)
        entries = self.entry.complete_now(flat, frame, Entries(places, lists))
        return self._joined(values, lists, entries, frame, places)

    async def complete(self, values: Sequence[Any], frame: Frame, places: Places) -> Column:
        lists, flat = self._flat(values)
        entries = await self.entry.complete(flat, frame, Entries(places, lists))
        return self._joined(values, lists, entries, frame, places)

    def _flat(self, values: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """Return the lists (None where there is none), and the entries of all of them."""
        if len(values) == 1 and isinstance(values[0], list | tuple):
            return values, values[0]
        lists = [value if self._is_list(value) else None for value in values]
        return lists, list(chain.from_iterable(one for one in lists if one is not None))

    def _joined(
        self, values: Sequence[Any], lists: Sequence[Any], entries: Column, frame: Frame, places: Places
    ) -> Column:
        if lists is values:
            return [b"[" + b",".join(entries) + b"]"]
        left = iter(entries)
        return [
            self.absent(value, frame, places, index)
            if one is None
            else b"[" + b",".join([next(left) for _ in one]) + b"]"
            for index, (value, one) in enumerate(zip(values, lists, strict=True))
        ]

    @staticmethod
    def _is_list(value: object) -> bool:
        if isinstance(value, list | tuple):
            return True
        if value is None or isinstance(value, Exception):
            return False
        raise Unforeseen
