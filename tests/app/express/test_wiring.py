"""When the application that is served answers at once."""

from pathlib import Path

from app.main import create_app
from app.settings import read_settings
from tests.conftest import kept_in


async def test_while_it_is_open(tmp_path: Path) -> None:
    """As soon as it has opened, not before, and not once it has begun to close."""
    app = create_app(read_settings(kept_in(tmp_path)))
    before = app.state.lane.answering
    async with app.router.lifespan_context(app):
        within = app.state.lane.answering
        express = app.state.endpoint.express

    assert before is None
    assert app.state.lane.answering is None
    assert within == express.answer
