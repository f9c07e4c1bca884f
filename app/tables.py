"""Plain tables for the command line."""

from collections.abc import Sequence
from datetime import UTC, datetime

NOTHING = "-"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return a line for each row (there is at least one), its columns as wide as what stands in them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def moment(at: datetime | None) -> str:
    """Return a moment to the second, in UTC."""
    return at.astimezone(UTC).isoformat(" ", "seconds").replace("+00:00", "Z") if at else NOTHING
