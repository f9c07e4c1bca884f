"""One attempt to bring a captured order to the ERP: what is asked in which order, and what follows from the answers."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from datasources.clock import Clock
from datasources.errors import NeverSent, RequestRefused, SourceError
from datasources.journal.differences import from_order, from_simulation
from datasources.journal.journal import Claim, Outcome
from datasources.model.captures import Capture, CaptureState
from datasources.model.orders import Accepted, ErpOrder, OrderToPlace, Placement, PriceChanged, Refused
from datasources.ports import ErpConnector

MOST_ERROR_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Failed:
    """
    The ERP did not say what became of the order.

    `sent`: it may have the order all the same. `fault`: it answers others, so the reason may lie in this order.
    """

    error: str
    sent: bool
    fault: bool


class Attempts:
    """
    Brings captures to the ERP, one at a time each.

    `gate` bounds the calls under way; `call_within_s` is how long one may take. `accepted` hears of each order that the
    ERP took.
    """

    def __init__(
        self,
        erp: ErpConnector,
        *,
        gate: Callable[[], AbstractAsyncContextManager[None]],
        call_within_s: float,
        clock: Clock,
        accepted: Callable[[ErpOrder], None],
    ) -> None:
        self._erp = erp
        self._gate = gate
        self._call_within = timedelta(seconds=call_within_s)
        self._clock = clock
        self._accepted = accepted

    async def make(self, claim: Claim) -> Outcome | Failed:
        """
        Have the ERP take the order, unless it has it already.

        Nothing is sent that could still be under way when the claim has ended: who claims it then would look it up too
        early.
        """
        capture, sent = claim.capture, claim.is_sent
        try:
            if sent and (found := await self._look_up(capture)) is not None:
                return self._taken(capture, found)
            if any(line.unit_price is None for line in capture.draft.lines):
                return await self._priced(capture)
            if self._clock.now() + self._call_within >= claim.until:
                return Failed("there was no time left to send it", sent=sent, fault=False)
            return self._outcome(capture, await self._place(capture))
        except RequestRefused as failure:
            return Failed(_said(failure), sent=sent, fault=failure.is_answer)
        except NeverSent as failure:
            # what an earlier attempt sent may still arrive
            return Failed(_said(failure), sent=sent, fault=False)
        except SourceError as failure:
            return Failed(_said(failure), sent=True, fault=await self._answers())

    async def _look_up(self, capture: Capture) -> ErpOrder | None:
        async with self._gate():
            return (await self._erp.placed([capture.id])).get(capture.id)

    async def _place(self, capture: Capture) -> Placement:
        async with self._gate():
            return await self._erp.place(OrderToPlace(capture.id, capture.draft, capture.tolerance_percent))

    async def _priced(self, capture: Capture) -> Outcome | Failed:
        """Ask what an order costs for which no price was known: the buyer decides when they know it."""
        async with self._gate():
            simulation = (await self._erp.simulate([capture.draft])).get(capture.draft)
        if simulation is None:
            return Failed("the ERP does not know the customer", sent=False, fault=True)
        if simulation.objections:
            return Outcome(CaptureState.REJECTED, objections=simulation.objections)
        return self._outcome(capture, PriceChanged(simulation))

    def _outcome(self, capture: Capture, said: Placement) -> Outcome:
        match said:
            case Accepted(order):
                return self._taken(capture, order)
            case PriceChanged(simulation):
                differences = from_simulation(capture.draft, capture.simulation, simulation)
                return Outcome(CaptureState.NEEDS_CONFIRMATION, differences=differences, simulation=simulation)
            case Refused(objections):
                return Outcome(CaptureState.REJECTED, objections=objections)

    def _taken(self, capture: Capture, order: ErpOrder) -> Outcome:
        self._accepted(order)
        differences = from_order(capture.draft, capture.simulation, order)
        return Outcome(CaptureState.ACCEPTED, order_number=order.number, differences=differences)

    async def _answers(self) -> bool:
        """Return whether the ERP works for others."""
        try:
            await self._erp.ping()
        except SourceError:
            return False
        return True


def _said(failure: SourceError) -> str:
    return str(failure)[:MOST_ERROR_CHARACTERS]


def retry_at(now: datetime, *, attempts: int, faults: int, share: float) -> datetime:
    """
    Return when to try again: later and later, above all when the fault may be the order's own.

    After an outage it is soon, since the circuit says when the ERP is asked at all. `share`, from 0 to 1, spreads it.
    """
    longest_s = min(300.0, 2.0 ** (faults + 1)) if faults else min(10.0, 0.5 * 2.0 ** min(attempts, 8))
    return now + timedelta(seconds=longest_s * (0.5 + share / 2))
