"""Whether a system answers, as its calls showed."""

from datetime import datetime

from datasources.clock import Clock


class Health:
    """The outcome of the last call to one system, and since when the outcomes have been so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.answering = True
        self.since: datetime = clock.now()

    def succeeded(self) -> None:
        """Note an answer; a business refusal is one too."""
        self._note(True)

    def failed(self) -> None:
        """Note that there was no usable answer."""
        self._note(False)

    def _note(self, answering: bool) -> None:
        if answering != self.answering:
            self.answering, self.since = answering, self._clock.now()
