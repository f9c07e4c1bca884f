"""
A worker, as its parent knows it and as it knows its parent: two ends of one channel.

The parent sends connections, the worker says when it takes them and when it takes no more, and each sees when the other
is gone. It is forked from a parent that has imported everything and opened nothing but what it hands out.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from datasources.clock import Clock

log = logging.getLogger("kanava.workers")

STEADY_S = 60.0
"""Who has served for so long did not end early."""
AGAIN_FIRST_S = 0.5
AGAIN_MOST_S = 30.0
STOPS = (signal.SIGTERM, signal.SIGINT)
TAKES = b"+"
TAKES_NO_MORE = b"-"
CONNECTION = b"c"


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place: its number, from 1 on, and its end of the channel, which does not block."""

    number: int
    channel: socket.socket

    def say(self, word: bytes) -> None:
        """Tell the parent, if there is still one, whether this worker takes connections."""
        with suppress(OSError):
            self.channel.send(word)

    def next(self) -> socket.socket | None:
        """
        Return a connection, None when none is waiting.

        Raises:
            EOFError: the parent is gone.
        """
        try:
            said, descriptors, _, _ = socket.recv_fds(self.channel, 1, 1)
        except BlockingIOError:
            return None
        if not said:
            raise EOFError
        return socket.socket(fileno=descriptors[0])


@dataclass(slots=True)
class Restarts:
    """
    When what ends again and again is to be started again; times are of the monotonic clock.

    The first time at once, then later and later, until it has once served for `STEADY_S`.
    """

    started_at: float = 0.0
    early: int = 0

    def ended(self, now: float) -> float:
        """Note that it has ended, and return when to start it."""
        self.early = self.early + 1 if now - self.started_at < STEADY_S else 1
        return now if self.early == 1 else now + min(AGAIN_MOST_S, AGAIN_FIRST_S * 2.0 ** (min(self.early, 20) - 2))


class Worker:
    """
    A worker as its parent knows it.

    `takes`: it takes connections. `served`: it did since it was started. `again_at`: when it is to be started again, by
    the monotonic clock.
    """

    def __init__(self, number: int, clock: Clock) -> None:
        self.number = number
        self.takes = self.served = False
        self.again_at = 0.0
        self.channel: socket.socket | None = None
        self._clock = clock
        self._restarts = Restarts()
        self._pid = 0

    def start(self, serve: Callable[[Place], int], *, leave: Iterable[socket.socket | None]) -> None:
        """
        Fork; the child is not to hold what it should `leave` to its parent.

        Raises:
            OSError: there cannot be one more process; it is to be tried again at `again_at`.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        sys.stdout.flush()
        sys.stderr.flush()
        self._restarts.started_at = self._clock.monotonic()
        with theirs, _undisturbed():
            try:
                self._pid = os.fork()
            except OSError:
                ours.close()
                self.again_at = self._restarts.ended(self._clock.monotonic())
                raise
            if self._pid == 0:
                _become(Place(self.number, theirs), serve, (ours, *leave))
            self.channel, self.takes, self.served = ours, False, False

    def hear(self) -> int | None:
        """Take in what the worker says; return its exit code (below 0: the signal that it died of), if it has ended."""
        assert self.channel is not None, "it does not run"
        try:
            said = self.channel.recv(100)
        except ConnectionError:  # it left connections in its channel
            said = b""
        if not said:
            return self._bury()
        self.takes = said[-1:] == TAKES
        self.served |= TAKES in said
        return None

    def send(self, connection: socket.socket) -> bool:
        """Hand a connection over; return whether there was room for it."""
        assert self.channel is not None, "it does not run"
        try:
            return socket.send_fds(self.channel, [CONNECTION], [connection.fileno()]) == len(CONNECTION)
        except OSError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if there is a process."""
        if self.channel is not None:
            os.kill(self._pid, number)

    def _bury(self) -> int:
        assert self.channel is not None
        self.channel.close()
        self.channel, self.takes = None, False
        _, status = os.waitpid(self._pid, 0)
        self.again_at = self._restarts.ended(self._clock.monotonic())
        return os.waitstatus_to_exitcode(status)


def told(code: int) -> str:
    """Return an exit code in words."""
    return f"exit status {code}" if code >= 0 else signal.Signals(-code).name


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Have signals wait meanwhile: until it is clear, after a fork, whose they are."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def _become(place: Place, serve: Callable[[Place], int], leave: Iterable[socket.socket | None]) -> NoReturn:
    """Serve, in the child, and end with it: into what the parent was doing there is no way back."""
    status = 1
    try:
        os.setsid()  # Ctrl-C reaches the parent alone, which then has the others stop in order
        signal.set_wakeup_fd(-1)
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        for one in leave:
            if one is not None:
                one.close()
        status = serve(place)
    except BaseException:
        log.exception("worker %d broke", place.number)
    finally:
        logging.shutdown()  # lines of requests may wait to be written (`app.telemetry.lines`)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
