"""What the page tells of orders: whether they can be kept, how many wait, and what became of those that were sent."""

from dataclasses import dataclass

from app.wiring import Services
from datasources.journal.address import SqliteAddress, parse_address
from datasources.model.captures import CaptureState


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """
    The journal, and captured orders. `store` is what the journal is in: a file or PostgreSQL.

    `pending` counts all that wait; the others are what this process's attempts came to since it started.
    """

    store: str
    writable: bool
    pending: int
    accepted: int
    to_confirm: int
    rejected: int
    failed: int


def orders(services: Services) -> OrderFacts:
    """Return how the journal was when it was last tried, and what was counted."""
    known, tally = services.watch.known, services.forwarder.tally
    address = parse_address(services.settings.database_url.get_secret_value())
    return OrderFacts(
        store="file" if isinstance(address, SqliteAddress) else "PostgreSQL",
        writable=known.writable,
        pending=known.pending,
        accepted=tally.ended.get(CaptureState.ACCEPTED, 0),
        to_confirm=tally.ended.get(CaptureState.NEEDS_CONFIRMATION, 0),
        rejected=tally.ended.get(CaptureState.REJECTED, 0),
        failed=tally.failed,
    )
