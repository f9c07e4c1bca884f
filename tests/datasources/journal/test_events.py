"""Events: who follows them misses none."""

import asyncio

from datasources.journal.journal import Journal
from datasources.model.captures import Capture, Event
from tests.datasources.journal.orders import captured


async def test_a_follower_misses_nothing(journal: Journal) -> None:
    """However many write at once, an event never shows up behind one that was read already."""
    writers = [asyncio.create_task(captured(journal, f"A-{number}")) for number in range(40)]
    seen: list[Event] = []

    while not all(writer.done() for writer in writers):
        seen += await journal.events(after=seen[-1].id if seen else 0)
    seen += await journal.events(after=seen[-1].id if seen else 0)
    # on a busy machine some may be told that the journal did not answer in time
    placed = {one.id for one in await asyncio.gather(*writers, return_exceptions=True) if isinstance(one, Capture)}

    assert placed
    assert placed <= {event.capture_id for event in seen}
    assert seen == await journal.events()
