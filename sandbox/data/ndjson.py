"""Reading files of one JSON object a line, naming every bad line and loading the rest."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from sandbox.say import complain

Row = TypeVar("Row", bound=msgspec.Struct)


class BadRow(ValueError):
    """What is wrong with a row, for whoever keeps the file."""


@dataclass(slots=True)
class Table(Generic[Row]):
    """The good rows of a file with their line numbers, and what is wrong with the others."""

    file: str
    rows: list[tuple[int, Row]] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    missing: str | None = None

    def __iter__(self) -> Iterator[Row]:
        return (row for _, row in self.rows)

    def refuse(self, line: int, problem: str) -> None:
        self.problems[line] = problem
        self.rows = [(number, row) for number, row in self.rows if number != line]

    def refuse_all(self, problems: dict[int, str]) -> None:
        self.problems |= problems
        self.rows = [(number, row) for number, row in self.rows if number not in problems]

    def report(self) -> None:
        """Say on stderr what is wrong, line by line, and how much was loaded."""
        if self.missing is not None:
            complain(f"{self.file}: {self.missing}; there is no such data")
            return
        for line, problem in sorted(self.problems.items()):
            complain(f"{self.file}:{line}: {problem}")
        complain(f"{self.file}: {len(self.rows)} rows loaded, {len(self.problems)} refused")


def read_table(path: Path, kind: type[Row], key: Callable[[Row], Hashable], check: Callable[[Row], None]) -> Table[Row]:
    """
    Read a file. Of rows with the same key the first counts.

    A file that cannot be read gives an empty table that says so.
    """
    table: Table[Row] = Table(path.name)
    seen: dict[Hashable, int] = {}
    decoder = msgspec.json.Decoder(kind)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if text:
                    _take(table, number, text, decoder, key, check, seen)
    except OSError as problem:
        table.missing = (problem.strerror or "unreadable").lower()
    return table


def _take(
    table: Table[Row],
    number: int,
    text: bytes,
    decoder: msgspec.json.Decoder[Row],
    key: Callable[[Row], Hashable],
    check: Callable[[Row], None],
    seen: dict[Hashable, int],
) -> None:
    try:
        row = decoder.decode(text)
        check(row)
        first = seen.setdefault(key(row), number)
        if first != number:
            raise BadRow(f"duplicate of line {first}")
    except (msgspec.MsgspecError, BadRow, UnicodeDecodeError, RecursionError) as problem:
        table.problems[number] = str(problem)
    else:
        table.rows.append((number, row))
