"""Lines that are written many at a time, in their order among all others."""

import asyncio
import logging
from collections import deque
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
        self._waiting: deque[str] = deque()
        self._planned = False

    def note(self, line: str) -> None:
        """
        Take a line: it is written soon, at once where no event loop runs.

        Without a lock, though other threads log, too: who writes says so (`_planned`) before they take what waits. A
        line that came before is taken by them, and for one that comes later it is planned anew.
        """
        self._waiting.append(line)
        if not self._planned:
            self._planned = True
            self._plan_to_write()
        elif len(self._waiting) >= MOST_WAITING:
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
            self._planned = False
            lines = self._taken()
            if lines:
                self.stream.write("\n".join([*lines, ""]))
                self.stream.flush()
        except Exception:
            self.handleError(LOST)
        finally:
            self.release()

    def _taken(self) -> list[str]:
        """Take the lines that wait; one that comes meanwhile is among them, or waits for the next time."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _plan_to_write(self) -> None:
        try:
            asyncio.get_running_loop().call_later(WRITTEN_WITHIN_S, self._write)
        except RuntimeError:
            self._write()
