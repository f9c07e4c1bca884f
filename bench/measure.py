"""What a server uses: time of the processor and memory of its process and all that it started, from `/proc`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Used:
    """`cpu_s` is user and system time since it began, with what ended since; `rss_mb` what it holds in memory now."""

    cpu_s: float
    rss_mb: float


def used_by(pid: int) -> Used:
    """Return what a process and its descendants use."""
    fields = [_fields(one) for one in _tree(pid)]
    ticks = sum(sum(int(field) for field in of[11:15]) for of in fields)
    pages = sum(int(of[21]) for of in fields)
    return Used(ticks / TICKS_PER_S, pages * PAGE_BYTES / 1e6)


def _tree(root: int) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (of := _fields(int(path.name))):
            children.setdefault(int(of[1]), []).append(int(path.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _fields(pid: int) -> list[str]:
    """Return what `/proc/PID/stat` says from the third field (state) on; nothing of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
