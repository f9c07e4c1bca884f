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
    pieces: list[str] = []
    before = "{"
    for name, part in zip(names, parts, strict=True):
        start = before + (f'"{part.key}":' if isinstance(part, Resolved) else "")
        pieces += [repr(start.encode()), name] if start else [name]
        before = ","
    # of one column as it is; of none there is nothing to put together, which is Python all the same
    columns = "columns[0]" if len(names) == 1 else "zip(*columns)"
    text = f"[b''.join(({', '.join([*pieces, repr(b'}')])})) for ({', '.join(names)}) in {columns}]"
    assemble: Assemble = eval(f"lambda columns: {text}")
    return assemble
