"""
Selections: what is asked of the objects of one type, as parts that are filled for all objects at once.

A part is a run of fields that can be read off an object, kept as bytes with the object where it is remembered; or one
field that is resolved, in one call for all objects where its resolver is `@batched`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from app.execution.frame import Frame, Places
from app.execution.resolved import Resolved
from app.execution.runs import Run
from app.execution.shapes import Column
from app.execution.together import together

Assemble = Callable[[Sequence[Column]], Column]
Part = Run | Resolved


class Selection:
    """
    What is asked of the objects of one type. `still`: nothing of it has to be waited for, ever.

    `whole` is the run that is all of it, None when there is more; `waiting` and `now` are the parts that are waited
    for, and those that are not, each with its index.
    """

    def __init__(self, type_name: str, parts: Sequence[Part], assemble: Assemble) -> None:
        self.type_name = type_name
        self.parts = parts
        self._assemble = assemble
        only = parts[0] if len(parts) == 1 else None
        self.whole = only if isinstance(only, Run) else None
        self.waiting = [
            (index, part) for index, part in enumerate(parts) if isinstance(part, Resolved) and not part.still
        ]
        self.now = [(index, part) for index, part in enumerate(parts) if not isinstance(part, Resolved) or part.still]
        self.still = not self.waiting

    def fill_now(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        """Return each object as JSON, of a selection that is still; raises Unforeseen."""
        if not (parents and self.parts):
            return [b"{}"] * len(parents)
        if self.whole is not None:
            return self.whole.fill(parents, frame)
        columns: list[Any] = [None] * len(self.parts)
        self._fill_still(parents, frame, places, columns)
        return self._assemble(columns)

    async def fill(self, parents: Sequence[Any], frame: Frame, places: Places) -> Column:
        """Return each object as JSON; raises Unforeseen."""
        if self.still or not parents:
            return self.fill_now(parents, frame, places)
        columns: list[Any] = [None] * len(self.parts)
        if len(self.waiting) == 1:
            index, part = self.waiting[0]
            columns[index] = await part.fill(parents, frame, places)
        else:
            filled = await together([part.fill(parents, frame, places) for _, part in self.waiting])
            for (index, _), column in zip(self.waiting, filled, strict=True):
                columns[index] = column
        self._fill_still(parents, frame, places, columns)
        return self._assemble(columns)

    def _fill_still(self, parents: Sequence[Any], frame: Frame, places: Places, columns: list[Any]) -> None:
        for index, part in self.now:
            if isinstance(part, Run):
                columns[index] = part.fill(parents, frame)
            else:
                columns[index] = part.fill_now(parents, frame, places)
