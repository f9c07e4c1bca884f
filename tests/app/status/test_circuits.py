"""What the page says when systems fail: since when, what is tried when, what goes on and what does not."""

from collections.abc import Callable

from datasources.circuit.breaker import Outcome, State
from datasources.errors import PerhapsSent
from datasources.model.common import StaleReason, System
from tests.app.status.conftest import NO_CONNECTION, Behind

GOES_ON = "are shown meanwhile, those that are not fresh any more marked as stale."


async def test_since_when(behind: Callable[..., Behind]) -> None:
    """A system is down since its first failure in a row, however often it was asked since, and well since it is back."""
    at = behind()
    for system in (System.ERP, System.CRM, System.PIM):
        await at.call(system)
    at.clock.advance(600)
    await at.fail(System.CRM)
    at.clock.advance(60)
    await at.call(System.CRM, PerhapsSent(System.CRM, "no answer within 2 s", reason=StaleReason.TIMEOUT))
    at.clock.advance(30)
    await at.fail(System.PIM)
    down = at.seen(4000)
    await at.call(System.CRM)
    await at.call(System.PIM)
    well = at.seen(90_000)

    assert "DEGRADED" == down.mode
    assert (
        "The CRM has not answered since 03:10:00 UTC, for 1 h 8 min. "
        "Now it is left alone. The next request that needs it tries it again. "
        "The PIM has not answered since 03:11:30 UTC, for 1 h 6 min. "
        "Now it is left alone. The next request that needs it tries it again." == down.sentence
    )
    assert f"The last known values of the CRM, the PIM {GOES_ON}" in down.top
    assert ["CRM", "PIM", "ERP", "WMS"] == [card.split()[0] for card in down.cards()]
    assert (
        "CRM customers left alone No answer since 03:10:00 UTC, for 1 h 8 min. Last asked 1 h 7 min ago. "
        "Circuit open since 03:11:00 UTC, for 1 h 7 min. The next request that needs it tries it again. "
        "It has opened once. "
        "Last error 1 h 7 min ago, at 03:11:00 UTC: it took too long no answer within 2 s." in down.card("CRM")
    )
    assert "NORMAL" == well.mode
    assert "Every system asked so far answers. No failure since 22 Nov 04:18:10 UTC, for 1 d 1 h." == well.sentence
    assert "are shown meanwhile" not in well.top


async def test_how_an_open_circuit_is_told(behind: Callable[..., Behind]) -> None:
    """It is said when a system is tried next, while that is to come, and that a probe is under way; a failed one is told."""
    at = behind()
    await at.fail(System.ERP)
    opened = at.seen(2)
    at.clock.advance(3)
    probe = await at.circuit(System.ERP).admit()
    tried = at.seen(1)
    probe.end(Outcome.FAILURE)
    failed = at.seen()

    assert ["CAPTURE_ONLY"] * 3 == [status.mode for status in (opened, tried, failed)]
    assert (
        "The ERP has not answered since 03:00:00 UTC, for 2 s. Now it is left alone. "
        "The first request that needs it after 03:00:05 UTC, in 3 s, tries it again." == opened.sentence
    )
    assert (
        "The ERP has not answered since 03:00:00 UTC, for 6 s. One call is finding out now whether it works again."
        == tried.sentence
    )
    assert (
        "The ERP has not answered since 03:00:00 UTC, for 6 s. Now it is left alone. "
        "The first request that needs it after 03:00:16 UTC, in 10 s, tries it again." == failed.sentence
    )
    assert (
        "left alone No answer since 03:00:00 UTC, for 2 s. Last asked 2 s ago. Circuit open since " in opened.cards()[0]
    )
    assert (
        "Circuit half open since 03:00:05 UTC, for 1 s: one call is finding out whether it works." in tried.cards()[0]
    )
    for status in (opened, tried, failed):
        assert f"The last known values of the ERP {GOES_ON}" in status.top
        assert "What the other systems supply is as usual." in status.top
        assert [
            "Live prices last known",
            "Live stock not tried yet",
            "Place order kept, sent later",
            "Order history last known",
            "Credit check unavailable",
        ] == status.capabilities()


async def test_calls_are_let_back_in(behind: Callable[..., Behind]) -> None:
    """After a probe that succeeds all is well, and the card tells what was, and how many calls go at once by now."""
    at = behind()
    await at.fail(System.ERP)
    at.clock.advance(60)
    await at.call(System.ERP, took_s=0)
    status = at.seen(1)

    assert "NORMAL" == status.mode
    assert "Every system asked so far answers. No failure since 03:01:00 UTC, for 1 s." == status.sentence
    assert (
        "ERP prices, credit, orders answers Answers since 03:01:00 UTC, for 1 s. Last asked 1 s ago. "
        "Circuit closed since 03:01:00 UTC. Calls are let back in, 1 at once. It has opened once. "
        "Last error 1 min ago, at 03:00:00 UTC: the connection failed no connection." in status.card("ERP")
    )


async def test_too_slow_is_not_silent(behind: Callable[..., Behind]) -> None:
    """Of a system that answers, but too slowly, it is not said that it does not."""
    at = behind()
    permits = [await at.circuit(System.WMS).admit() for _ in range(20)]
    at.clock.advance(2)
    for permit in permits:
        permit.end(Outcome.SUCCESS)
    status = at.seen(1)

    assert "DEGRADED" == status.mode
    assert status.sentence.startswith(
        "The WMS has been left alone since 03:00:02 UTC, for 1 s: its circuit is open. The "
    )
    assert "not answer" not in status.text


async def test_a_failure_that_opens_nothing_yet(behind: Callable[..., Behind]) -> None:
    """After a failure or two a system is still asked: the mode stays, but nobody is told that all works."""
    at = behind()
    await at.call(System.ERP, NO_CONNECTION, took_s=0)
    await at.call(System.WMS)
    status = at.seen(5)

    assert "NORMAL" == status.mode
    assert '<section class="channel failing"' in status.html
    assert "The ERP has not answered since 03:00:00 UTC, for 5 s. It is still asked." == status.sentence
    assert [
        "Live prices failed last",
        "Live stock works",
        "Place order failed last",
        "Order history failed last",
        "Credit check failed last",
    ] == status.capabilities()
    assert "ERP prices, credit, orders does not answer No answer since 03:00:00 UTC, for 5 s." in status.cards()[0]


async def test_a_circuit_held_open(behind: Callable[..., Behind]) -> None:
    """What an operator holds open is said to be so, and nothing of when it is tried."""
    at = behind()
    await at.call(System.PIM)
    at.circuit(System.PIM).force(State.OPEN)
    status = at.seen(3660)

    assert "DEGRADED" == status.mode
    assert (
        "The PIM is not asked: an operator holds its circuit open. "
        "It has been open since 03:00:00 UTC, for 1 h 1 min." == status.sentence
    )
    assert f"The last known values of the PIM {GOES_ON}" in status.top
    assert (
        "PIM content, search held off No call has failed. Last asked 1 h 1 min ago. Circuit open since 03:00:00 UTC, "
        "for 1 h 1 min: an operator holds it so, and nothing tries it. It has opened once." in status.cards()[0]
    )
    assert "tries it again" not in status.text


async def test_a_circuit_held_closed(behind: Callable[..., Behind]) -> None:
    """What an operator holds closed is told while all is well, and when the system fails."""
    at = behind()
    at.circuit(System.ERP).force(State.CLOSED)
    await at.call(System.ERP, took_s=0)
    well = at.seen(1)
    await at.fail(System.ERP)
    failing = at.seen(1)

    assert "Every system asked so far answers. No failure since 03:00:00 UTC, for 1 s." == well.sentence
    assert "An operator holds the circuit of the ERP closed: it is asked whatever comes of it." in well.top
    assert "Circuit closed since 03:00:00 UTC: an operator holds it so." in well.card("ERP")
    assert (
        "The ERP has not answered since 03:00:01 UTC, for 1 s. "
        "It is still asked: an operator holds its circuit closed." == failing.sentence
    )


async def test_all_fail(behind: Callable[..., Behind]) -> None:
    """When no system works, nothing is said of others that do."""
    at = behind()
    for system in (System.ERP, System.CRM, System.PIM, System.WMS):
        await at.fail(system)
    status = at.seen()

    assert "CAPTURE_ONLY" == status.mode
    assert f"The last known values of the ERP, the CRM, the PIM, the WMS {GOES_ON}" in status.top
    assert "other systems" not in status.top
