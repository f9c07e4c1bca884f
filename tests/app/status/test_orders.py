"""What the page says of orders: whether they can be kept, how many wait, and what that means for who orders."""

import re
from collections.abc import Callable

from datasources.journal.watch import JournalState
from datasources.model.captures import CaptureState
from datasources.model.common import System
from tests.app.status.conftest import Behind
from tests.app.status.reading import Status

FIGURES = "Waiting {} Accepted {} To confirm {} Refused {} Attempts failed {} “Waiting” counts all, "


def tone(status: Status) -> str:
    """Return the class of the part at the top, from which it has its colour."""
    return re.findall('<section class="channel ([a-z_]*)"', status.html)[0]


async def test_nothing_waits(behind: Callable[..., Behind]) -> None:
    """Nothing waits and nothing was sent: noughts, and nothing at the top."""
    status = behind().seen()

    assert status.orders().startswith(f"Journal file works No order waits for the ERP. {FIGURES.format(0, 0, 0, 0, 0)}")
    assert "rders" not in status.top


async def test_what_became_of_orders(behind: Callable[..., Behind]) -> None:
    """All that wait are counted, and how those ended that this process sent."""
    at = behind()
    at.services.watch.known = JournalState(writable=True, pending=1234)
    at.services.forwarder.tally.ended |= {
        CaptureState.ACCEPTED: 40,
        CaptureState.NEEDS_CONFIRMATION: 3,
        CaptureState.REJECTED: 2,
    }
    at.services.forwarder.tally.failed = 17
    card = at.seen().orders()

    assert card.startswith(f"Journal file works 1,234 orders wait for the ERP. {FIGURES.format('1,234', 40, 3, 2, 17)}")


async def test_the_erp_is_left_alone(behind: Callable[..., Behind]) -> None:
    """While the ERP's circuit is open orders are kept with a receipt, and that is said with how many wait."""
    at = behind()
    await at.fail(System.ERP)
    none, one, several = [said_of_pending(at, pending) for pending in (0, 1, 2)]

    assert "Orders are taken, each with a receipt, and sent when the ERP is back: 0 wait." in none.top
    assert "sent when the ERP is back: 1 waits." in one.top
    assert "sent when the ERP is back: 2 wait." in several.top
    assert "works 1 order waits for the ERP." in one.orders()
    assert ("CAPTURE_ONLY", "capture_only") == (one.mode, tone(one))
    assert "Place order kept, sent later" in one.capabilities()


def said_of_pending(at: Behind, pending: int) -> Status:
    at.services.watch.known = JournalState(writable=True, pending=pending)
    return at.seen()


async def test_the_journal_cannot_be_written_to(behind: Callable[..., Behind]) -> None:
    """No order is taken then, whether the ERP works or not; of those before it is said that they are there."""
    at = behind()
    at.services.watch.known = JournalState(writable=False, pending=5)
    well = at.seen()
    await at.fail(System.ERP)
    failing = at.seen()

    for status in (well, failing):
        assert ("READ_ONLY", "read_only") == (status.mode, tone(status))
        assert "No orders are taken: the journal cannot be written to, so they could not be kept safe." in status.top
        assert "sent when the ERP is back" not in status.text
        assert "Place order unavailable" in status.capabilities()
        assert status.orders().startswith(
            "Journal file cannot be written to No order is taken, for it could not be kept safe. "
            f"Those taken before are in it. {FIGURES.format(5, 0, 0, 0, 0)}"
        )


async def test_a_server_is_named_not_told(behind: Callable[..., Behind]) -> None:
    """Of a PostgreSQL it is said that it is one; neither where it is nor how one gets in."""
    status = behind(KANAVA_DATABASE_URL="postgresql://kanava:s3cret@db.example/orders7").seen()

    assert status.orders().startswith("Journal PostgreSQL works ")
    assert [] == [word for word in ("s3cret", "db.example", "orders7") if word in status.html]
