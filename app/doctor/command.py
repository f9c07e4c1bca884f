"""The command: examines, prints, and says which systems fail."""

import asyncio
import logging
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from app.doctor.checkup import State, check, where
from app.doctor.folder import NO_FOLDER, Folder, NoData, read_folder
from app.doctor.inquiry import Inquiry
from app.doctor.report import EXAMPLES, comparison_lines, problem_line, problem_lines, row_lines, table, terminal_width
from app.settings import Settings
from app.wiring import Systems, open_systems
from datasources.clock import SystemClock
from datasources.model.common import System

UNNAMED = "Accounts and people: not compared, for no system lists them; an export names them (--data DIR)"


class OptionalFolder(TyperCommand):
    """Takes `--data`, `--data DIR` and `--data=DIR`: typer has no option whose value may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        pairs = (word.partition("=") for word in args)
        words = [[name, value] if name == "--data" and sign else [name + sign + value] for name, sign, value in pairs]
        return super().parse_args(ctx, [part for word in words for part in word])


def folder_of(path: Path | None, *, compare: bool) -> Folder:
    """
    Return what the folder's files name, nothing without a folder.

    Raises:
        typer.BadParameter: there is no such data.
    """
    if path is None:
        return NO_FOLDER
    if not compare:
        raise typer.BadParameter(f"a folder goes with --data: --data {path}")
    try:
        return read_folder(path)
    except NoData as error:
        raise typer.BadParameter(str(error), param_hint="'--data'") from None


def examine(settings: Settings, folder: Folder, *, compare: bool, whole: bool) -> list[str]:
    """Print the table, and with `compare` what the systems know, `whole` or by examples; return who failed."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # keys come in any script, terminals in any encoding
    logging.getLogger("kanava").setLevel(logging.CRITICAL)  # what it would warn of is in the report
    return asyncio.run(_examine(settings, folder, compare=compare, examples=None if whole else EXAMPLES))


async def _examine(settings: Settings, folder: Folder, *, compare: bool, examples: int | None) -> list[str]:
    clock = SystemClock()
    async with open_systems(settings, clock) as systems:
        checkups = await check(settings, systems, clock)
        print(table(checkups, [where(settings, checkup.system) for checkup in checkups], terminal_width()))
        _print_section(problem_lines(checkups))
        failed = {checkup.system for checkup in checkups if checkup.state is State.FAILED}
        if compare:
            failed |= await _compare(systems, folder, examples)
    return [system.value for system in System if system in failed]


async def _compare(systems: Systems, folder: Folder, examples: int | None) -> set[System]:
    inquiry = Inquiry(systems, folder)
    comparisons = await inquiry.compare()
    _print_section(row_lines(folder.unreadable, examples))
    _print_section(comparison_lines(comparisons, examples))
    if folder is NO_FOLDER:
        _print_section([UNNAMED])
    _print_section(f"Left out: {problem_line(problem)}" for problem in inquiry.problems.values())
    return set(inquiry.problems)


def _print_section(lines: Iterable[str]) -> None:
    """Print lines below an empty one; nothing when there are none."""
    for number, line in enumerate(lines):
        print(line if number else f"\n{line}", flush=True)
