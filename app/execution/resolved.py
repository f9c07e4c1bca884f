"""Fields that are resolved for each answer: an attribute, a resolver that answers at once, one that waits, a batch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from app.execution.foreseen import FORESEEN, Unforeseen
from app.execution.frame import Frame, Info, Places, RawInfo, Trail
from app.execution.shapes import Column, Shape
from app.execution.together import together


class Resolved(ABC):
    """
    A field that is resolved for each run, `key` its key in the answer at `position`; `shape` completes its values.

    `arguments`: by slot of the frame where variables stand in them. `still`: it is never waited for, nor is what is
    below it; then `fill_now` fills it.
    """

    still = False

    def __init__(
        self, name: str, key: str, position: int, shape: Shape, *, arguments: dict[str, Any] | int, raw: RawInfo
    ) -> None:
        self.name = name
        self.key = key
        self.position = position
        self.shape = shape
        self.arguments = arguments
        self.raw = raw

    @abstractmethod
    async def fill(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        """Return the field's JSON for each object; raises Unforeseen."""

    def fill_now(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        """Return the same of a field that is still."""
        raise NotImplementedError

    def given(self, frame: Frame) -> dict[str, Any]:
        """Return the arguments."""
        return self.arguments if isinstance(self.arguments, dict) else frame.arguments[self.arguments]


class Immediate(Resolved):
    """A field whose values are there at once."""

    def __init__(self, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.still = self.shape.still

    async def fill(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        values = self.values_now(parents, frame)
        return await self.shape.complete(values, frame, Trail(places, self.key, self.position))

    def fill_now(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        values = self.values_now(parents, frame)
        return self.shape.complete_now(values, frame, Trail(places, self.key, self.position))

    @abstractmethod
    def values_now(self, parents: Sequence[Any], frame: Frame) -> Sequence[Any]:
        """Return the field's value for each object, an error in the place of one."""


class Attribute(Immediate):
    """An attribute of the object."""

    def __init__(self, attribute: str, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.attribute = attribute
        self._get = attrgetter(attribute)

    def values_now(self, parents: Sequence[Any], frame: Frame) -> Sequence[Any]:
        try:
            return list(map(self._get, parents))
        except Exception as error:
            raise Unforeseen from error


class Call:
    """How a resolver for a single object is called: `root` and `info` are what it calls these, if it takes them."""

    def __init__(self, resolver: Callable[..., Any], root: str | None, info: str | None) -> None:
        self.resolver = resolver
        self.root = root
        self.info = info

    def __call__(self, parent: Any, given: dict[str, Any], frame: Frame, raw: RawInfo) -> Any:
        """Call it."""
        given = {**given}
        if self.root is not None:
            given[self.root] = parent
        if self.info is not None:
            given[self.info] = Info(frame.context, raw)
        return self.resolver(**given)


class Computed(Immediate):
    """A resolver that answers at once."""

    def __init__(self, call: Call, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.call = call

    def values_now(self, parents: Sequence[Any], frame: Frame) -> Sequence[Any]:
        given = self.given(frame)
        return [self._value(parent, given, frame) for parent in parents]

    def _value(self, parent: Any, given: dict[str, Any], frame: Frame) -> Any:
        try:
            return self.call(parent, given, frame, self.raw)
        except FORESEEN as error:
            return error
        except Exception as error:
            raise Unforeseen from error


class Awaited(Resolved):
    """A resolver that waits, called for each object, at the same time."""

    def __init__(self, call: Call, *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.resolver = call.resolver
        self.call = call

    async def fill(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        given = self.given(frame)
        values = await together([self._value(parent, given, frame) for parent in parents])
        return await self.shape.complete(values, frame, Trail(places, self.key, self.position))

    async def _value(self, parent: Any, given: dict[str, Any], frame: Frame) -> Any:
        try:
            return await self.call(parent, given, frame, self.raw)
        except FORESEEN as error:
            return error
        except Exception as error:
            raise Unforeseen from error


class Batch(Resolved):
    """A resolver that is `@batched`: one call for all objects."""

    def __init__(self, batch: Callable[..., Any], *of: Any, **more: Any) -> None:
        super().__init__(*of, **more)
        self.resolver = batch

    async def fill(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        trail = Trail(places, self.key, self.position)
        values = await self._values(parents, frame)
        if self.shape.still:
            return self.shape.complete_now(values, frame, trail)
        return await self.shape.complete(values, frame, trail)

    async def _values(self, parents: Sequence[Any], frame: Frame) -> Sequence[Any]:
        """Return the field's value for each object, an error in the place of one."""
        try:
            found: Sequence[Any] = await self.resolver(parents, frame.context, **self.given(frame))
        except FORESEEN as error:
            return [error] * len(parents)
        except Exception as error:
            raise Unforeseen from error
        if len(found) != len(parents):
            raise Unforeseen
        return found
