"""Lines that are written many at a time."""

import asyncio
import logging
import threading
from io import StringIO
from typing import Any

import pytest

from app.telemetry.lines import MOST_WAITING, WRITTEN_WITHIN_S, Lines


class Timers(asyncio.SelectorEventLoop):
    """A loop that notes what is to be called later, and calls it only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.later: list[tuple[float, Any]] = []

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        self.later.append((delay, lambda: callback(*args)))
        return None


class Broken(StringIO):
    """A stream whose reader has gone away."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError("nobody reads")


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("kanava.test", logging.INFO, "here", 1, text, None, None)


def test_without_a_loop_it_is_written_at_once() -> None:
    """Nothing would write it later."""
    out = StringIO()
    Lines(out).note("a")

    assert "a\n" == out.getvalue()


def test_many_at_a_time() -> None:
    """Lines wait for others, and one timer writes them all."""
    out = StringIO()
    lines, loop = Lines(out), Timers()

    async def note() -> None:
        for line in ("a", "b", "\N{SNOWMAN}"):
            lines.note(line)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(note())
        before = out.getvalue()
        (delay_s, write), *others = loop.later
        write()

    assert "" == before
    assert (WRITTEN_WITHIN_S, []) == (delay_s, others)
    assert "a\nb\n\N{SNOWMAN}\n" == out.getvalue()


def test_so_many_do_not_wait() -> None:
    """When many wait they are written without waiting for the timer."""
    out = StringIO()
    lines, loop = Lines(out), Timers()

    async def note(count: int) -> None:
        for number in range(count):
            lines.note(str(number))

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(note(MOST_WAITING - 1))
        before = out.getvalue()
        runner.run(note(1))

    assert "" == before
    assert MOST_WAITING == out.getvalue().count("\n")


def test_the_order() -> None:
    """A line of a request stands before whatever was logged after it."""
    out = StringIO()
    lines, loop = Lines(out), Timers()

    async def log() -> None:
        lines.note("first")
        lines.handle(record("second"))
        lines.note("third")
        lines.flush()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(log())

    assert "first\nsecond\nthird\n" == out.getvalue()


def test_a_stream_that_nobody_reads(capfd: pytest.CaptureFixture[str]) -> None:
    """Who is logged for does not suffer; what was lost is said on stderr, and not tried again."""
    out = Broken()
    lines = Lines(out)
    lines.note("a")
    lines.handle(record("b"))

    assert [] == list(lines._waiting)
    assert 2 == capfd.readouterr().err.count("BrokenPipeError: nobody reads")


def test_other_threads() -> None:
    """Lines of requests and what other threads log are all written, each once."""
    out = StringIO()
    lines, loop, count = Lines(out), Timers(), 3_000

    def log() -> None:
        for number in range(count):
            lines.handle(record(f"thread {number}"))

    async def note() -> None:
        for number in range(count):
            lines.note(f"request {number}")

    others = [threading.Thread(target=log) for _ in range(2)]
    for one in others:
        one.start()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(note())
    for one in others:
        one.join()
    lines.flush()
    written = out.getvalue().splitlines()

    assert 3 * count == len(written)
    assert [f"request {number}" for number in range(count)] == [one for one in written if one.startswith("request")]
