"""Memory is laid in large pages: what is this process's alone, a little at a time. The memory is real here."""

import ctypes
import mmap
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import app.pages
from app.pages import LARGE, LOOK_AGAIN_S, REST, LargePages, is_own, large_pages, lay_all, usable, wholes

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60
SMAPS = Path("/proc/self/smaps")
in_real_memory = pytest.mark.skipif(not usable(), reason="needs Linux 6.1 with large pages of 2 MB")

FORKED = """
import os

from app.pages import LargePages
from tests.app.test_pages import LARGE, Block

block = Block()
block.write(LARGE)
child = os.fork()
if child == 0:
    is_own_before = block.address in set(LargePages().new())
    block.write(LARGE)
    os._exit(10 * is_own_before + (block.address in set(LargePages().new())))
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
NOBODYS, OWN, SHARED = bytes(8), bytes([*[0] * 7, 0x81]), bytes([*[0] * 7, 0x80])


class Block:
    """Memory for one large page, and a little around it."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, 2 * LARGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._view = ctypes.c_char.from_buffer(self.memory)
        begin = ctypes.addressof(self._view)
        self.address = -(-begin // LARGE) * LARGE
        self.offset = self.address - begin

    def write(self, size_bytes: int) -> bytes:
        """Write so much of it, and return what is there now."""
        self.memory[self.offset : self.offset + size_bytes] = written = os.urandom(size_bytes)
        return written

    def read(self) -> bytes:
        """Return all that is there."""
        return self.memory[self.offset : self.offset + LARGE]

    def is_large(self) -> bool:
        """Return whether it is in a large page, as the system tells of what is mapped there."""
        bounds = re.compile(r"([0-9a-f]+)-([0-9a-f]+) ")
        there = False
        for line in SMAPS.read_text().splitlines():
            if found := bounds.match(line):
                there = int(found[1], 16) <= self.address < int(found[2], 16)
            elif there and line.startswith("AnonHugePages:"):
                return int(line.split()[1]) * 1024 >= LARGE
        return False

    def close(self) -> None:
        """Give it back."""
        del self._view
        self.memory.close()


@pytest.fixture
def block() -> Iterator[Block]:
    """Return memory that nobody has written to."""
    block = Block()
    yield block
    block.close()


@in_real_memory
def test_what_is_written_is_laid_in_a_large_page_once(block: Block) -> None:
    """It says the same as before, and is not looked at again."""
    written, pages = block.write(LARGE), LargePages()

    assert block.address in set(pages.new())
    assert not block.is_large()
    assert pages.lay(block.address)
    assert (True, True) == (block.is_large(), written == block.read())
    assert block.address not in set(pages.new())


@in_real_memory
@pytest.mark.parametrize(("part", "is_new"), [(0.0, False), (0.5, False), (0.89, False), (0.95, True)])
def test_what_is_hardly_used_is_left(block: Block, part: float, is_new: bool) -> None:
    """It would take memory that nobody has asked for, like all of a thread's stack."""
    block.write(int(part * LARGE))

    assert is_new is (block.address in set(LargePages().new()))


@in_real_memory
def test_what_is_shared_with_a_parent_stays_shared() -> None:
    """Workers leave in place what they have from their parent; what they write to becomes their own."""
    forked = subprocess.run([sys.executable, "-c", FORKED], cwd=ROOT, check=False, timeout=WITHIN_S)

    assert 1 == forked.returncode


@in_real_memory
def test_memory_that_is_given_back_is_forgotten(block: Block) -> None:
    """What is mapped at the same place later is new."""
    pages = LargePages()
    block.write(LARGE)
    pages.lay(block.address)
    block.memory.madvise(mmap.MADV_DONTNEED)
    block.write(LARGE)
    assert block.address not in set(pages.new())  # it is as before, as far as its address tells

    pages.forget({block.address + LARGE})
    assert block.address in set(pages.new())


@pytest.mark.parametrize(
    ("size", "enabled"),
    [("2097152", "always madvise [never]"), ("33554432", "always [madvise] never"), ("2097152", None)],
)
def test_nothing_is_done_where_there_are_none(
    size: str, enabled: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator has turned them off, they have another size, or the system knows nothing of them."""
    (tmp_path / "hpage_pmd_size").write_text(size)
    if enabled is not None:
        (tmp_path / "enabled").write_text(enabled)
    monkeypatch.setattr(app.pages, "SETTINGS", tmp_path)

    with large_pages():
        assert "large-pages" not in {thread.name for thread in threading.enumerate()}


def test_no_file_and_no_stack() -> None:
    """Only memory that is the process's own and writable, in whole large pages."""
    maps = [
        "00400000-00800000 rw-p 00000000 00:00 0 \n",
        "00a00001-00dfffff rw-p 00000000 00:00 0                          [heap]\n",
        "01000001-01600000 rw-p 00000000 00:00 0                          [heap]\n",
        "02000000-02400000 rw-p 00000000 00:00 0                          [stack]\n",
        "03000000-03400000 r--p 00000000 00:00 0 \n",
        "04000000-04400000 rw-s 00000000 00:01 12                         /dev/zero (deleted)\n",
        "05000000-05400000 rw-p 00100000 fe:00 7                          /usr/lib/library.so\n",
        "06000000-06200000 rw-p 00000000 00:00 0                          [anon:arena]\n",
    ]

    assert [0x400000, 0x600000, 0x1200000, 0x1400000, 0x6000000] == list(wholes(maps))


@pytest.mark.parametrize(
    ("pages", "own"),
    [
        (OWN * 512, True),
        (OWN * 461 + NOBODYS * 51, True),
        (OWN * 460 + NOBODYS * 52, False),
        (OWN * 400 + SHARED * 112, False),
    ],
)
def test_nine_parts_of_ten_have_to_be_its_own(pages: bytes, own: bool) -> None:
    """Nobody's, and what others have as well, do not count."""
    assert own is is_own(pages)


class Counted(LargePages):
    """Takes a second for each page, and has room for two."""

    def __init__(self) -> None:
        super().__init__()
        self.clock_s = 0.0
        self.laid: list[int] = []

    def new(self) -> Iterator[int]:
        """Yield four."""
        return iter(range(4))

    def lay(self, address: int) -> bool:
        """Note it."""
        self.clock_s += 1.0
        self.laid.append(address)
        return len(self.laid) % 3 != 0


def test_it_rests_nine_times_as_long_as_it_works() -> None:
    """Where there is no room left it begins again later; told to stop, it does so after the page at hand."""
    pages, waits = Counted(), list[float]()

    def stopped(wait_s: float) -> bool:
        waits.append(wait_s)
        return len(waits) > 6

    lay_all(stopped, pages, lambda: pages.clock_s)

    assert [LOOK_AGAIN_S, REST, REST, REST, LOOK_AGAIN_S, REST, REST] == waits
    assert [0, 1, 2, 0, 1] == pages.laid
