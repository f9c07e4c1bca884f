"""Lines that are written many at a time, in their order among all others."""

import asyncio
import logging
from typing import TextIO

WRITTEN_WITHIN_S = 0.1
"""How long a line waits for others at most; one that was cut off with its process is lost."""
MOST_WAITING = 1_000
LOST = logging.makeLogRecord({"name": "kanava.access", "msg": "lines of requests could not be written"})


class Lines(logging.StreamHandler[TextIO]):
    """
    Writes what is logged to a stream, and, before anything that came later, the lines of requests.

    To take a line raises nothing, as with any handler: if it cannot be written it is lost, and stderr says so.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[bytes] = []

    def note(self, line: bytes) -> None:
        """Take a line, in UTF-8: it is written soon, at once where no event loop runs."""
        self.acquire()  # other threads log, too
        try:
            self._waiting.append(line)
            waiting = len(self._waiting)
        finally:
            self.release()
        if waiting == 1:
            self._plan_to_write()
        elif waiting >= MOST_WAITING:
            self._write()

    def emit(self, record: logging.LogRecord) -> None:
        self._write()
        super().emit(record)

    def flush(self) -> None:
        self._write()
        super().flush()

    def _write(self) -> None:
        """Write the lines of requests that wait."""
        self.acquire()
        try:
            waiting, self._waiting = self._waiting, []
            if waiting:
                self.stream.write(b"\n".join([*waiting, b""]).decode())
                self.stream.flush()
        except Exception:
            self.handleError(LOST)
        finally:
            self.release()

    def _plan_to_write(self) -> None:
        try:
            asyncio.get_running_loop().call_later(WRITTEN_WITHIN_S, self._write)
        except RuntimeError:
            self._write()
