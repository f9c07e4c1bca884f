"""
Memory in large pages, where the operating system has them.

A processor keeps at hand where some thousand pages of memory are. In pages of 4 KB that is a few MB, while a request
reads here and there in all that this process remembers, and where that is has to be looked up again and again. In pages
of 2 MB that is seldom. Python asks for memory in pieces that are too small for Linux to do this by itself, so a thread
tells it what is full by now, one large page after the other, and rests in between.

Only what this process has written to almost everywhere is moved together: neither the stacks of threads, which would
take their whole length then, nor what workers share with their parent, which each would have for itself.
"""

import ctypes
import errno
import mmap
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LARGE = 2 << 20
"""Bytes of a large page."""
OWN_AT_LEAST = 0.9
"""How much of one has to be this process's already."""
LOOK_AGAIN_S = 2.0
REST = 9.0
"""How much longer than it worked the thread rests."""

SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")
MAPS = Path("/proc/self/maps")
PAGEMAP = Path("/proc/self/pagemap")

_COLLAPSE = 25  # MADV_COLLAPSE, since Linux 6.1
_WRITABLE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw-p 00000000 00:00 0 *(\[heap\]|\[anon:.*)?\n")
_OWN = bytes(byte & 0x81 == 0x81 for byte in range(256))  # of a page's last byte: it is there, and no one else's


def usable() -> bool:
    """Whether this system has large pages of 2 MB for who asks, and tells a process about its memory."""
    try:
        size, enabled = (SETTINGS / "hpage_pmd_size").read_text(), (SETTINGS / "enabled").read_text()
    except OSError:
        return False
    of_use = int(size) == LARGE and "[never]" not in enabled and os.access(PAGEMAP, os.R_OK)
    return of_use and _madvise()(0, 0, _COLLAPSE) == 0  # of nothing at all: it tells whether Linux knows how


@contextmanager
def large_pages() -> Iterator[None]:
    """Lay what this process remembers in large pages meanwhile; where that cannot be had, do nothing."""
    if not usable():
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=lay_all, args=(stop.wait, LargePages()), name="large-pages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class LargePages:
    """The memory of this process that could be in large pages."""

    def __init__(self) -> None:
        self._tried = set[int]()
        self._madvise = _madvise()

    def new(self) -> Iterator[int]:
        """The addresses of what is full by now, and has not been laid in one yet."""
        with MAPS.open() as maps:
            there = set(wholes(maps))
        self.forget(there)
        with PAGEMAP.open("rb", buffering=0) as pages:
            for address in sorted(there - self._tried):
                pages.seek(address // mmap.PAGESIZE * 8)
                if is_own(pages.read(LARGE // mmap.PAGESIZE * 8)):
                    yield address

    def forget(self, there: set[int]) -> None:
        """Forget what is not there any more: what comes to the same addresses later is new."""
        self._tried &= there

    def lay(self, address: int) -> bool:
        """Lay what is there in one; return whether there was room for it."""
        had_room = self._madvise(address, LARGE, _COLLAPSE) == 0 or ctypes.get_errno() == errno.EINVAL
        if had_room:  # or this memory cannot be in one
            self._tried.add(address)
        return had_room


def wholes(maps: Iterable[str]) -> Iterator[int]:
    """The addresses at which large pages fit into what is mapped, as `/proc/self/maps` has it, and of no file."""
    for line in maps:
        if mapped := _WRITABLE.fullmatch(line):
            begin, end = int(mapped[1], 16), int(mapped[2], 16)
            yield from range(-(-begin // LARGE) * LARGE, end - LARGE + 1, LARGE)


def is_own(pages: bytes) -> bool:
    """Whether almost all of these pages, as `/proc/self/pagemap` has them, are there, and this process's alone."""
    return sum(pages[7::8].translate(_OWN)) >= OWN_AT_LEAST * len(pages) / 8


def lay_all(stopped: Callable[[float], bool], pages: LargePages, now: Callable[[], float] = time.monotonic) -> None:
    """Lay what is new in large pages until told to stop; `stopped` waits for that so many seconds."""
    while not stopped(LOOK_AGAIN_S):
        for address in pages.new():
            began, had_room = now(), pages.lay(address)
            if stopped(REST * (now() - began)):
                return
            if not had_room:
                break


def _madvise() -> Callable[[int, int, int], int]:
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    return madvise
