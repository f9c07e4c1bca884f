"""How the journal is: whether orders can be taken, and how many wait for the ERP."""

import asyncio
from dataclasses import dataclass, replace

from datasources.journal.journal import Journal, JournalUnavailable

CHECK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class JournalState:
    """`writable`: whether it could be written to when that was last tried; `pending`: how many captured orders wait."""

    writable: bool
    pending: int


class JournalWatch:
    """Tries now and then whether the journal can be written to, so that what works is known before the click."""

    def __init__(self, journal: Journal) -> None:
        self.known = JournalState(writable=True, pending=0)
        self._journal = journal

    async def state(self) -> JournalState:
        """Return how it is now, as far as reading tells."""
        try:
            self.known = replace(self.known, pending=await self._journal.pending())
        except JournalUnavailable:
            self.known = replace(self.known, writable=False)
        return self.known

    async def check(self) -> JournalState:
        """Try to write, and return how it is."""
        try:
            await self._journal.check()
            self.known = JournalState(writable=True, pending=await self._journal.pending())
        except JournalUnavailable:
            self.known = replace(self.known, writable=False)
        return self.known

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_EVERY_S)
