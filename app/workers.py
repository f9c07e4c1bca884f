"""
`kanava serve --workers N`: a parent that takes connections and hands them to workers in turn. It starts the workers,
starts those anew that end, and has them stop in order. It reads nothing of what clients send.

Workers that accept from one socket by themselves do not share the work: whoever is awake takes all. See
`docs/decisions/28-workers.md`.
"""

import logging
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from types import FrameType

from app.worker import STOPS, Place, Worker, told
from datasources.clock import Clock

log = logging.getLogger("kanava.workers")

AT_ONCE = 64
"""How many connections are handed out before the workers are listened to."""
AGAIN_S = 0.02
"""How long to wait when no worker has room for a connection, or no descriptor is left for one."""
BACKLOG = 1024
"""How many connections wait for the parent; the rest of them wait for the client to try again."""


class WorkersFailed(Exception):
    """Workers could not start, or did not stop in order; none is left."""


class Workers:
    """
    So many processes that `serve` the connections that come in at `listening`.

    `serve` is called in each of them. It has to say when it takes connections, to take them from its place, to begin to
    stop in order when the process gets SIGTERM, or when the parent is gone, and to return the exit status then, within
    `stop_within_s`.
    """

    def __init__(
        self,
        count: int,
        serve: Callable[[Place], int],
        listening: socket.socket,
        *,
        clock: Clock,
        stop_within_s: float,
    ) -> None:
        self._workers = [Worker(number, clock) for number in range(1, count + 1)]
        self._serve = serve
        self._listening = listening
        self._clock = clock
        self._stop_within_s = stop_within_s
        self._stopping = False
        self._turn = 0
        self._held: socket.socket | None = None
        self._woken, self._wake = socket.socketpair()

    def run(self, *, ready: Callable[[], None]) -> None:
        """
        Stay until told to stop by SIGTERM or SIGINT; told twice, end all at once. `ready` is called when all serve.

        Raises:
            WorkersFailed: the first ones could not start, or not all stopped in order; none is left.
        """
        self._take_signals()
        self._listening.setblocking(False)
        try:
            if self._begin():
                ready()
            while not self._stopping:
                self._wait()
                self._start_again()
        finally:
            self._stopping = True
            amiss = self._stop()
        if amiss:
            raise WorkersFailed(f"not all workers stopped in order: {'; '.join(sorted(amiss))}")

    def _take_signals(self) -> None:
        self._woken.setblocking(False)
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        for number in STOPS:
            signal.signal(number, self._told)

    def _told(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._signal_all(signal.SIGKILL)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._stopping = True

    def _begin(self) -> bool:
        """Start the first, so that what keeps all from starting is said once, then the others; False: told to stop."""
        first, *others = self._workers
        return self._all_serve([first]) and self._all_serve(others)

    def _all_serve(self, workers: Sequence[Worker]) -> bool:
        for worker in workers:
            try:
                self._start(worker)
            except OSError as error:
                raise WorkersFailed(f"worker {worker.number} could not start: {error.strerror}") from None
        while not self._stopping and not all(worker.served for worker in workers):
            for worker, code in self._heard(None):
                if not self._stopping:
                    raise WorkersFailed(f"worker {worker.number} could not start ({told(code)}); its log says why")
        return not self._stopping

    def _start(self, worker: Worker) -> None:
        channels = [one.channel for one in self._workers]
        worker.start(self._serve, leave=(self._listening, self._held, self._woken, self._wake, *channels))

    def _wait(self) -> None:
        """Wait until something happens; hand out connections, and say which workers have ended."""
        taking, held = any(worker.takes for worker in self._workers), self._held is not None
        within_s = AGAIN_S if held else self._until_next()
        for worker, code in self._heard(within_s, also=[self._listening] if taking and not held else []):
            again_s = worker.again_at - self._clock.monotonic()
            when = f"in {again_s:.1f} s" if again_s > 0 else "at once"
            log.warning("worker %d has ended (%s) and starts again %s", worker.number, told(code), when)
        if taking:
            self._hand_out(AT_ONCE)

    def _until_next(self) -> float | None:
        """Return in how many seconds a worker is to be started again, None when all are there."""
        times = [worker.again_at for worker in self._workers if worker.channel is None]
        return max(0.0, min(times) - self._clock.monotonic()) if times else None

    def _start_again(self) -> None:
        for worker in self._workers:
            if self._stopping or worker.channel is not None or worker.again_at > self._clock.monotonic():
                continue
            try:
                self._start(worker)
            except OSError as error:
                log.error("worker %d could not start: %s", worker.number, error.strerror)

    def _heard(self, within_s: float | None, *, also: Sequence[socket.socket] = ()) -> Sequence[tuple[Worker, int]]:
        """Wait until a worker, a signal or `also` is heard; return who has ended, with its exit code."""
        living = {worker.channel: worker for worker in self._workers if worker.channel is not None}
        readable, _, _ = select.select([self._woken, *also, *living], [], [], within_s)
        if self._woken in readable:
            self._woken.recv(100)
        heard = [(living[one], living[one].hear()) for one in readable if one in living]
        return [(worker, code) for worker, code in heard if code is not None]

    def _hand_out(self, most: int) -> None:
        """Hand out the connections that wait, the one first that nobody had room for."""
        for _ in range(most):
            connection = self._held or self._accepted()
            if connection is None:
                return
            self._held = None if self._given(connection) else connection
            if self._held is not None:
                return
            connection.close()

    def _accepted(self) -> socket.socket | None:
        try:
            return self._listening.accept()[0]
        except (BlockingIOError, ConnectionError):  # none, or one that was given up
            return None
        except OSError as error:
            log.warning("no connection can be taken: %s", error.strerror)
            time.sleep(AGAIN_S)
            return None

    def _given(self, connection: socket.socket) -> bool:
        """Give a connection to the next worker that has room for it; False: none has."""
        for _ in self._workers:
            worker = self._workers[self._turn]
            self._turn = (self._turn + 1) % len(self._workers)
            if worker.takes and worker.send(connection):
                return True
        return False

    def _stop(self) -> Sequence[str]:
        """Have all stop that are left, by force after the time they have; return what was amiss."""
        self._hand_out(BACKLOG)
        self._listening.close()
        deadline = self._clock.monotonic() + self._stop_within_s
        self._signal_all(signal.SIGTERM)
        amiss: list[str] = []
        while any(worker.channel for worker in self._workers):
            left_s = max(0.0, deadline - self._clock.monotonic())
            if not left_s:
                self._signal_all(signal.SIGKILL)
            ended = self._heard(left_s or None)
            amiss += [f"worker {worker.number}: {told(code)}" for worker, code in ended if worker.served and code]
        return amiss

    def _signal_all(self, number: signal.Signals) -> None:
        for worker in self._workers:
            worker.signal(number)
