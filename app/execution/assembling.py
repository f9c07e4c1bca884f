"""Putting together: from the columns of a selection's parts to each object's JSON."""

from collections.abc import Sequence

from app.execution.resolved import Resolved
from app.execution.selection import Assemble, Part


def assembling(parts: Sequence[Part]) -> Assemble:
    """
    Return what puts together the columns of these parts.

    It is written as Python text for their number: a loop over a loop would take longer than all the rest.
    """
    if not parts:
        return lambda _columns: []  # objects without fields are made by who knows how many there are
    names = [f"c{index}" for index in range(len(parts))]
    # of one column as it is; of none there is nothing to put together, which is Python all the same
    columns = "columns[0]" if len(names) == 1 else "zip(*columns)"
    text = f"[b''.join(({', '.join(pieces_of(parts, names))})) for ({', '.join(names)}) in {columns}]"
    assemble: Assemble = eval(f"lambda columns: {text}")
    return assemble


def pieces_of(parts: Sequence[Part], columns: Sequence[str]) -> list[str]:
    """Return expressions for the pieces of an object's JSON; `columns` are those for the JSON of each part."""
    pieces: list[str] = []
    before = "{"
    for column, part in zip(columns, parts, strict=True):
        start = before + (f'"{part.key}":' if isinstance(part, Resolved) else "")
        pieces += [repr(start.encode()), column]
        before = ","
    return [*pieces, repr(b"}")]
