"""Documents written out, over the real schema: each is answered alike in both ways, whatever happens meanwhile."""

from pathlib import Path

import pytest

from schema.schema import Schema
from tests.app.execution.comparison import both, by_plan
from tests.app.execution.documents import DOCUMENTS, visits
from tests.app.execution.worlds import random_world


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("what", DOCUMENTS)
async def test_documents(what: str, broken: bool, schema: Schema, tmp_path: Path) -> None:
    """When nothing is remembered, when all is, for others, when it has become stale, and when systems fail."""
    world = random_world(5, schema, tmp_path, broken=broken)
    for stop in visits(world, what):
        expected, found = await both(world, by_plan(world), stop.sent, stop.visitor)

        assert (stop.state, expected.data, expected.errors) == (stop.state, found.data, found.errors)
