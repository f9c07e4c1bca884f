"""The forwarder over a real journal: each captured order reaches the ERP once, whatever goes wrong in between."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from datasources.errors import NeverSent, PerhapsSent, RequestRefused, SourceError, SourceUnavailable
from datasources.journal.attempt import Attempts
from datasources.journal.forwarder import Forwarder
from datasources.journal.journal import Journal
from datasources.model.captures import Capture, CaptureState
from datasources.model.common import Money, Provenance, Quantity, System, Unit
from datasources.model.orders import (
    Accepted,
    ErpOrder,
    Objection,
    OrderDraft,
    OrderLine,
    OrderOrigin,
    OrderStatus,
    OrderToPlace,
    Placement,
    PriceChanged,
    Refused,
    Simulation,
)
from tests.datasources.fakes import FakeClock
from tests.datasources.journal.orders import captured, draft, draft_line, later, simulation

ERP = System.ERP


@dataclass
class FakeErp:
    """An ERP that keeps keys. `script` has what happens at the next writes: an answer, or an error after or before."""

    taken: dict[str, OrderToPlace] = field(default_factory=dict)
    order_of_arrival: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    script: list[Placement | SourceError | tuple[str, SourceError]] = field(default_factory=list)
    price: str = "10.10"
    down: SourceError | None = None

    async def place(self, order: OrderToPlace) -> Placement:
        self.asked.append("place")
        self._check()
        step = self.script.pop(0) if self.script else None
        if isinstance(step, SourceError):
            raise step
        if isinstance(step, Accepted | PriceChanged | Refused):
            return step
        if order.idempotency_key not in self.taken:
            self.taken[order.idempotency_key] = order
            self.order_of_arrival.append(order.idempotency_key)
        if step is not None:
            raise step[1]
        return Accepted(self._order(order))

    async def placed(self, keys: Sequence[str]) -> Mapping[str, ErpOrder]:
        self.asked.append("placed")
        self._check()
        return {key: self._order(self.taken[key]) for key in keys if key in self.taken}

    async def simulate(self, drafts: Sequence[OrderDraft]) -> Mapping[OrderDraft, Simulation]:
        self.asked.append("simulate")
        self._check()
        return {one: replace(simulation(self.price), objections=()) for one in drafts}

    async def ping(self) -> None:
        self.asked.append("ping")
        self._check()

    def _check(self) -> None:
        if self.down is not None:
            raise self.down

    def _order(self, order: OrderToPlace) -> ErpOrder:
        lines = [
            OrderLine(
                line.key, line.sku, None, Quantity(line.quantity, Unit("BOX", {}, 0)), None, None, None,
                Money(Decimal(self.price), "EUR"), Decimal(1), None, None, None,
            )
            for line in order.draft.lines
        ]  # fmt: skip
        now = later(0)
        number = f"SO-{self.order_of_arrival.index(order.idempotency_key) + 1}"
        return ErpOrder(
            number, order.draft.customer, OrderOrigin.ONLINE, OrderStatus.CONFIRMED, now, None, None, lines, (),
            None, None, None, None, order.idempotency_key, order.draft.person, Provenance(ERP, now, now),
        )  # fmt: skip


@dataclass
class FakeCircuit:
    closed: bool = True
    probe_due: bool = False


@dataclass
class Bench:
    """A forwarder with all that it needs, on a clock of its own."""

    journal: Journal
    erp: FakeErp = field(default_factory=FakeErp)
    clock: FakeClock = field(default_factory=FakeClock)
    circuit: FakeCircuit = field(default_factory=FakeCircuit)
    accepted: list[str] = field(default_factory=list)

    def forwarder(self, owner: str = "one") -> Forwarder:
        attempts = Attempts(
            self.erp,  # type: ignore[arg-type]  # only what a forwarder needs
            gate=gate,
            call_within_s=2,
            clock=self.clock,
            accepted=lambda order: self.accepted.append(order.number),
        )
        return Forwarder(
            self.journal,
            self.erp,  # type: ignore[arg-type]  # likewise
            attempts,
            circuit=self.circuit,
            clock=self.clock,
            owner=owner,
            lease_s=10,
            random=lambda: 1.0,
        )

    async def turn(self, forwarder: Forwarder) -> int:
        """Have it take what is due, and wait until that is done."""
        taken = await forwarder.step()
        await forwarder.settled()
        return taken

    async def state(self, capture: Capture) -> Capture:
        return (await self.journal.captures([capture.id]))[capture.id]


@asynccontextmanager
async def gate() -> AsyncIterator[None]:
    yield


@pytest.fixture
def bench(journal: Journal) -> Bench:
    return Bench(journal)


async def test_an_order_is_forwarded(bench: Bench) -> None:
    """One call, and the capture has the ERP's number."""
    capture = await captured(bench.journal)
    forwarder = bench.forwarder()

    assert 1 == await bench.turn(forwarder)
    now = await bench.state(capture)
    assert (CaptureState.ACCEPTED, "SO-1", 1, ()) == (now.state, now.order_number, now.attempts, tuple(now.differences))
    assert (["place"], ["SO-1"]) == (bench.erp.asked, bench.accepted)
    assert {CaptureState.ACCEPTED: 1} == forwarder.tally.ended
    assert 0 == await bench.turn(forwarder)


async def test_at_once_for_whoever_waits(bench: Bench) -> None:
    """`forward` brings one order there and returns when that is done."""
    capture = await captured(bench.journal)
    await bench.forwarder().forward(capture.id, within_s=60)

    assert CaptureState.ACCEPTED is (await bench.state(capture)).state


async def test_orders_of_an_account_in_order(bench: Bench) -> None:
    """Each waits for the one before; those of others do not."""
    made = [await captured(bench.journal, account, at_s=n) for n, account in enumerate(["A", "A", "B", "A"])]
    bench.clock.advance(10)
    forwarder = bench.forwarder()
    turns = [await bench.turn(forwarder) for _ in range(4)]

    assert [2, 1, 1, 0] == turns
    assert [made[n].id for n in (0, 1, 3)] == [id for id in bench.erp.order_of_arrival if id != made[2].id]


@pytest.mark.parametrize("failure", [PerhapsSent(ERP, "cut off"), SourceUnavailable(ERP, "failed with status 500")])
async def test_an_answer_that_is_lost(bench: Bench, failure: SourceError) -> None:
    """The ERP took it and did not say so: it is looked up by its key, and not sent again."""
    capture = await captured(bench.journal)
    bench.erp.script = [("take it", failure)]
    forwarder = bench.forwarder()
    await bench.turn(forwarder)
    between = await bench.state(capture)
    bench.clock.advance(60)
    await bench.turn(forwarder)
    now = await bench.state(capture)

    assert (CaptureState.FORWARDING, 1, str(failure)) == (between.state, between.faults, between.last_error)
    assert (CaptureState.ACCEPTED, "SO-1") == (now.state, now.order_number)
    assert ["place", "ping", "placed"] == bench.erp.asked


async def test_what_did_not_arrive_is_sent_again(bench: Bench) -> None:
    """Cut off before the ERP took it: looked up, not found, sent again with the same key."""
    capture = await captured(bench.journal)
    bench.erp.script = [PerhapsSent(ERP, "cut off")]
    forwarder = bench.forwarder()
    await bench.turn(forwarder)
    bench.clock.advance(60)
    await bench.turn(forwarder)

    assert ["place", "ping", "placed", "place"] == bench.erp.asked
    assert [capture.id] == bench.erp.order_of_arrival


async def test_what_never_left(bench: Bench) -> None:
    """Without a connection it is JOURNALED again, may be cancelled, and no fault of the order."""
    capture = await captured(bench.journal)
    bench.erp.script = [NeverSent(ERP, "no connection")]
    await bench.turn(bench.forwarder())
    now = await bench.state(capture)

    assert (CaptureState.JOURNALED, 0, 1) == (now.state, now.faults, now.attempts)
    assert (
        CaptureState.CANCELLED is (await bench.journal.cancel(capture.id, bench.clock.now(), "changed my mind")).state
    )


async def test_a_kill_between_sending_and_writing_down(bench: Bench) -> None:
    """A process claims, sends and dies: another finds the order in the ERP when the claim has ended, not before."""
    capture = await captured(bench.journal)
    (claim,) = await bench.journal.claim("dead", bench.clock.now(), lease_s=10, most=1)
    await bench.erp.place(OrderToPlace(capture.id, capture.draft, capture.tolerance_percent))
    other = bench.forwarder("two")
    early = await bench.turn(other)
    bench.clock.advance(11)
    late = await bench.turn(other)

    assert (0, 1) == (early, late)
    assert ["place", "placed"] == bench.erp.asked
    assert CaptureState.ACCEPTED is (await bench.state(capture)).state
    assert claim.capture.id == capture.id


async def test_prices_above_the_tolerance(bench: Bench) -> None:
    """The ERP says what it costs now: the buyer is asked, with each difference; confirmed, it is sent at those prices."""
    capture = await captured(bench.journal)
    bench.erp.script = [PriceChanged(simulation("12.00"))]
    forwarder = bench.forwarder()
    await bench.turn(forwarder)
    asked = await bench.state(capture)

    assert CaptureState.NEEDS_CONFIRMATION is asked.state
    assert [("1", "unitPrice", "10.10 EUR", "12.00 EUR")] == [
        (d.line_key, d.field, d.captured, d.erp) for d in asked.differences
    ]
    assert 0 == await bench.turn(forwarder)


async def test_a_refusal(bench: Bench) -> None:
    """What the ERP will not take is REJECTED, with its reasons, and holds up nothing."""
    first, second = await captured(bench.journal), await captured(bench.journal, at_s=1)
    bench.clock.advance(2)
    bench.erp.script = [Refused([Objection("CREDIT_HOLD", "The account is on hold.", None)])]
    forwarder = bench.forwarder()
    await bench.turn(forwarder)
    await bench.turn(forwarder)
    refused = await bench.state(first)

    assert (CaptureState.REJECTED, "CREDIT_HOLD") == (refused.state, refused.objections[0].code)
    assert [second.id] == bench.erp.order_of_arrival


async def test_without_a_known_price_the_buyer_is_asked(bench: Bench) -> None:
    """An order with a line of unknown price is priced, and not sent before its buyer has seen that."""
    priceless = draft(draft_line(unit_price=None, per=None))
    capture = await captured(bench.journal, draft=priceless)
    await bench.turn(bench.forwarder())
    now = await bench.state(capture)

    assert (CaptureState.NEEDS_CONFIRMATION, ["simulate"]) == (now.state, bench.erp.asked)
    assert [("unitPrice", "", "10.10 EUR")] == [(d.field, d.captured, d.erp) for d in now.differences]


async def test_an_open_circuit_is_left_alone(bench: Bench) -> None:
    """Nothing is asked while the circuit is open; a due probe is a ping, and only when orders wait."""
    forwarder = bench.forwarder()
    bench.circuit.closed, bench.circuit.probe_due = False, True
    await bench.turn(forwarder)
    nothing_waits = list(bench.erp.asked)
    capture = await captured(bench.journal)
    await bench.turn(forwarder)
    await forwarder.forward(capture.id, within_s=60)
    bench.circuit.probe_due = False
    await bench.turn(forwarder)

    assert ([], ["ping"]) == (nothing_waits, bench.erp.asked)
    assert CaptureState.JOURNALED is (await bench.state(capture)).state


async def test_a_poisoned_order_steps_out_of_line(bench: Bench) -> None:
    """An order that fails again and again while the ERP answers others is tried later and later, others go on."""
    poison, good = await captured(bench.journal), await captured(bench.journal, at_s=1)
    bench.erp.script = [SourceUnavailable(ERP, "failed with status 500") for _ in range(5)]
    forwarder = bench.forwarder()
    waits = []
    for _ in range(5):
        bench.clock.advance(1000)
        await bench.turn(forwarder)
        state = await bench.state(poison)
        waits.append((state.next_attempt_at - bench.clock.now()).total_seconds())
    await bench.turn(forwarder)

    assert [4.0, 8.0, 16.0, 32.0, 64.0] == waits
    assert [good.id] == bench.erp.order_of_arrival


async def test_an_outage_is_no_fault_of_the_order(bench: Bench) -> None:
    """While the ERP answers nobody, failed attempts do not put the order out of line."""
    capture = await captured(bench.journal)
    bench.erp.down = PerhapsSent(ERP, "cut off")
    forwarder = bench.forwarder()
    for _ in range(10):
        bench.clock.advance(100)
        await bench.turn(forwarder)
    failing = await bench.state(capture)
    bench.erp.down = None
    bench.clock.advance(100)
    await bench.turn(forwarder)

    assert (CaptureState.FORWARDING, 0, 10) == (failing.state, failing.faults, failing.attempts)
    assert CaptureState.ACCEPTED is (await bench.state(capture)).state


async def test_kanava_itself_refused(bench: Bench) -> None:
    """A bad token (401) is no refusal of the order: it stays JOURNALED and is tried again."""
    capture = await captured(bench.journal)
    bench.erp.script = [RequestRefused(ERP, "refused with status 401", status=401, code=None)]
    await bench.turn(bench.forwarder())
    now = await bench.state(capture)

    assert (CaptureState.JOURNALED, 0) == (now.state, now.faults)


async def test_two_processes_share_the_work(bench: Bench) -> None:
    """Two forwarders over one journal take each order once."""
    made = [await captured(bench.journal, f"account {n}") for n in range(12)]
    one, two = bench.forwarder("one"), bench.forwarder("two")
    for _ in range(3):
        await one.step()
        await two.step()
        await one.settled()
        await two.settled()

    assert sorted(capture.id for capture in made) == sorted(bench.erp.order_of_arrival)
    assert 12 == bench.erp.asked.count("place")
