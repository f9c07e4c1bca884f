"""
The forwarder: brings captured orders to the ERP as soon as it takes them, each exactly once.

Any number of processes forward from one journal: a claim makes a capture one's own for a while. Nothing is asked of an
ERP whose circuit is open; when a probe is due and nobody else asks, a ping is it, never an order.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field

from datasources.clock import Clock
from datasources.errors import SourceError
from datasources.journal.attempt import Attempts, Failed, retry_at
from datasources.journal.journal import Claim, Journal, JournalUnavailable, Outcome
from datasources.model.captures import CaptureState
from datasources.ports import ErpConnector
from datasources.sources.kit import CircuitView

log = logging.getLogger("kanava.orders")

AT_ONCE = 4
"""How many orders one process sends at a time; the ERP has others to answer."""
LOOK_AGAIN_S = 1.0
"""How often the journal is looked into: other processes write there, too."""
PAUSE_S = 5.0
"""How long to wait after the journal failed."""
SETTLE_WITHIN_S = 5.0


@dataclass(slots=True)
class ForwarderTally:
    """How orders that this process forwarded ended, and how many attempts failed."""

    ended: dict[CaptureState, int] = field(default_factory=dict)
    failed: int = 0


class Forwarder:
    """`owner` names this process in claims; a claim lasts `lease_s`, which must be more than two calls can take."""

    def __init__(
        self,
        journal: Journal,
        erp: ErpConnector,
        attempts: Attempts,
        *,
        circuit: CircuitView,
        clock: Clock,
        owner: str,
        lease_s: float,
        random: Callable[[], float],
    ) -> None:
        self.tally = ForwarderTally()
        self._journal = journal
        self._erp = erp
        self._attempts = attempts
        self._circuit = circuit
        self._clock = clock
        self._owner = owner
        self._lease_s = lease_s
        self._random = random
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._stopped = False

    def nudge(self) -> None:
        """Have the journal looked into now."""
        self._wake.set()

    async def forward(self, capture_id: str, *, within_s: float) -> None:
        """
        Bring this order to the ERP now, unless others of its account come first; wait for that as long as is said.

        Whoever stops waiting stops nothing.
        """
        if self._stopped or not self._circuit.closed:
            return
        task = self._start(self._forward_one(capture_id))
        await asyncio.wait({task}, timeout=max(0.0, within_s))

    async def run(self) -> None:
        """Forward until cancelled; then end what is under way."""
        try:
            while True:
                self._wake.clear()
                wait_s = await self._turn()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._wake.wait()
        finally:
            await self._settle()

    async def step(self) -> int:
        """
        Take what is due, as far as there is room, and begin to forward it; return how much.

        Raises:
            JournalUnavailable: it could not be looked into.
        """
        if not self._circuit.closed and not await self._probe():
            return 0
        async with self._claiming:
            room = AT_ONCE - len(self._under_way)
            if room <= 0:
                return 0
            now = self._clock.now()
            claims = await self._journal.claim(self._owner, now, lease_s=self._lease_s, most=room)
            for claim in claims:
                self._start(self._bring(claim))
        return len(claims)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _turn(self) -> float:
        """Do what is due, and return how long to wait for what comes next, in seconds."""
        try:
            if await self.step():
                return 0.0 if len(self._under_way) < AT_ONCE else LOOK_AGAIN_S
            return LOOK_AGAIN_S
        except JournalUnavailable as failure:
            log.warning("captured orders cannot be forwarded: %s", failure.message)
        except Exception:
            log.exception("a bug held up the forwarding of captured orders")
        return PAUSE_S

    async def _probe(self) -> bool:
        """Find out whether the ERP is back, if a probe is due and orders wait; return whether its circuit is closed."""
        if self._circuit.probe_due and await self._journal.pending():
            with suppress(SourceError):
                await self._erp.ping()
        return self._circuit.closed

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        # a fresh context: neither the deadline nor the identity of a request may reach what outlives it
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()  # the next order of that account may come now
        if not task.cancelled() and (bug := task.exception()) is not None:
            log.error("a bug held up a captured order", exc_info=bug)

    async def _forward_one(self, capture_id: str) -> None:
        try:
            claim = await self._journal.claim_one(capture_id, self._owner, self._clock.now(), lease_s=self._lease_s)
        except JournalUnavailable as failure:
            log.warning("captured order %s is not forwarded yet: %s", capture_id, failure.message)
            return
        if claim is not None:
            await self._bring(claim)

    async def _bring(self, claim: Claim) -> None:
        try:
            result = await self._attempts.make(claim)
            await self._write_down(claim, result)
        except JournalUnavailable as failure:
            # the claim lapses, and whoever takes it up next looks the order up first
            log.warning("what became of captured order %s is not written down: %s", claim.capture.id, failure.message)

    async def _write_down(self, claim: Claim, result: Outcome | Failed) -> None:
        now, capture = self._clock.now(), claim.capture
        if isinstance(result, Failed):
            self.tally.failed += 1
            faults = capture.faults + 1 if result.fault else 0
            again = retry_at(now, attempts=capture.attempts, faults=faults, share=self._random())
            log.info("captured order %s is still to be forwarded: %s", capture.id, result.error)
            await self._journal.release(
                claim, now, error=result.error, sent=result.sent, fault=result.fault, next_attempt_at=again
            )
        elif await self._journal.finish(claim, result, now):
            self.tally.ended[result.state] = self.tally.ended.get(result.state, 0) + 1
            log.info("captured order %s is %s", capture.id, result.state.value)

    async def _settle(self) -> None:
        """Let what is under way end, for a while; what does not is looked up by whoever claims it next."""
        self._stopped = True
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=SETTLE_WITHIN_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
