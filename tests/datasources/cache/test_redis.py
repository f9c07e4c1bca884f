"""The client that everything over Redis has in common."""

import asyncio
from collections.abc import Iterator

import pytest

from datasources.cache.redis import open_redis
from tests.datasources.fakes import turns
from tests.valkey import Valkey

MOST_TURNS = 30
PATIENT_S = 10


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


async def test_a_call_that_is_cancelled_ends(valkey: Valkey) -> None:
    """Whenever a call is cancelled, its task ends there, and the next call gets its own answer."""
    client = open_redis(valkey.url, timeout_s=PATIENT_S, connections=1)
    went_on, answers = [], []

    async def call(number: int) -> None:
        await client.set("key", number)
        went_on.append(number)

    for number in range(MOST_TURNS):
        task = asyncio.ensure_future(call(number))
        await turns(number)
        if not task.done():
            went_on.clear()
            task.cancel()
            await asyncio.wait({task})
            answers.append((task.cancelled(), list(went_on), await client.echo("answer")))
    await client.aclose()

    assert len(answers) > 3
    assert [(True, [], b"answer")] * len(answers) == answers
