"""Logs that are written to memory, and nowhere any more when the test is over."""

import logging
from collections.abc import Callable, Iterator
from io import StringIO

import pytest

from app.telemetry import logs

OpenLogs = Callable[..., tuple[StringIO, StringIO]]
KANAVA = logging.getLogger("kanava")


@pytest.fixture
def open_logs() -> Iterator[OpenLogs]:
    """Configure logs as a serving process does; return what is written to stdout and to stderr."""
    root = logging.getLogger()
    handlers, levels = list(root.handlers), (root.level, KANAVA.level)

    def opened(*, production: bool = True) -> tuple[StringIO, StringIO]:
        out, err = StringIO(), StringIO()
        logs.configure(production=production, out=out, err=err)
        return out, err

    yield opened
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    KANAVA.setLevel(levels[1])
