"""What the doctor prints: plain text that is never cut, and fits a terminal where there is one."""

import shutil
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.doctor.advice import WITHOUT, advice
from app.doctor.checkup import Checkup, Outcome
from app.doctor.comparison import Comparison, Gap
from datasources.errors import SourceError

HEADINGS = ("System", "Answer", "Slowest", "Missing", "Asked", "Without it")
EXAMPLES = 5
UNBOUNDED = 10_000


def terminal_width() -> int:
    """Return how wide a line may be: a file or pipe takes any."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else UNBOUNDED


def table(checkups: Sequence[Checkup], asked: Sequence[str], width: int) -> str:
    """Return a row for each system: what answered, how fast, what is missing, and what goes on without it."""
    grid = Table(*HEADINGS, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for checkup, where in zip(checkups, asked, strict=True):
        state, slowest = checkup.state.value, _slowest(checkup.slowest)
        row = (checkup.system.value, state, slowest, _missing(checkup), where, WITHOUT[checkup.system])
        grid.add_row(*(Text(printable(cell), overflow="fold") for cell in row))
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(grid)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _slowest(outcome: Outcome | None) -> str:
    return f"{outcome.operation} {outcome.taken_s * 1000:.0f} ms" if outcome else "-"


def _missing(checkup: Checkup) -> str:
    if len(checkup.failed) == len(checkup.outcomes):
        return "all"
    return ", ".join(outcome.operation for outcome in checkup.failed) or "-"


def problem_lines(checkups: Sequence[Checkup]) -> Iterator[str]:
    """Yield each problem once with what to do about it, however many operations have it."""
    for checkup in checkups:
        problems = {outcome.problem.message: outcome.problem for outcome in checkup.failed if outcome.problem}
        yield from (problem_line(problem) for problem in problems.values())


def problem_line(problem: SourceError) -> str:
    """Return what a system's problem is, and what to do about it."""
    return printable(f"{problem.system.value}: {problem.message.removesuffix('.')}. {advice(problem)}")


def comparison_lines(comparisons: Sequence[Comparison], examples: int | None = EXAMPLES) -> Iterator[str]:
    """Yield for each subject who knows how many, and what each lacks, with so many examples (None: all)."""
    for comparison in comparisons:
        if any(knower.keys for knower in comparison.knowers):
            counts = (f"{knower.name} {len(knower.keys)}" for knower in comparison.knowers)
            yield f"{comparison.subject}: {', '.join(counts)}"
            said = [_gap(gap, examples) for gap in comparison.gaps()] or ["no difference"]
            said += [comparison.remark] if comparison.remark else []
            yield from (f"  {line}" for line in said)


def _gap(gap: Gap, examples: int | None) -> str:
    others = ", ".join(f"{name} {count}" for name, count in gap.known_to.items())
    more = ", ..." if examples is not None and len(gap.keys) > examples else ""
    return f"{gap.knower} lacks {len(gap.keys)} ({others}): {printable(', '.join(gap.keys[:examples]))}{more}"


def row_lines(unreadable: Sequence[str], examples: int | None = EXAMPLES) -> Iterator[str]:
    """Yield which rows of the files could not be read."""
    if unreadable:
        yield f"Rows that cannot be read: {len(unreadable)}"
        yield from (f"  {printable(line)}" for line in unreadable[:examples])
        yield from () if examples is None or len(unreadable) <= examples else ("  ...",)


def printable(text: str) -> str:
    """Return the text on one line, without what a terminal would obey: it may come from anywhere."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
