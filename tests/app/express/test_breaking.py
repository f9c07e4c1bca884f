"""What breaks on the express way goes the ordinary one; nobody is refused for it, and nobody counted twice."""

import asyncio
import logging
from copy import copy
from typing import Any

import pytest

from app.execution.executor import Answer, Execution
from app.execution.plans import Binding
from app.express.answering import Express
from app.express.heads import Head
from tests.app.express.conftest import OpenServer, Served
from tests.app.express.wire import post

QUERY = '{ product(sku: "KV-1") { sku name } }'
DATA = {"product": {"sku": "KV-1", "name": "putki"}}


class Executing:
    """An executor that breaks where there is no task, or everywhere."""

    def __init__(self, executor: Any, *, always: bool) -> None:
        self._executor = executor
        self._always = always

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    async def execute_bound(self, binding: Binding, asked: Execution) -> Answer:
        if self._always or asyncio.current_task() is None:
            raise RuntimeError("no task")
        answer: Answer = await self._executor.execute_bound(binding, asked)
        return answer


def breaking(served: Served, *, always: bool) -> None:
    """Have what is executed at once break."""
    door = copy(served.endpoint._door)
    door.executor = Executing(door.executor, always=always)  # type: ignore[assignment]
    express = Express(door)
    express.known._known.update(served.express.known._known)
    served.noting.express = express


@pytest.mark.parametrize(("always", "status"), [(False, 200), (True, 500)])
async def test_an_execution(open_server: OpenServer, caplog: Any, always: bool, status: int) -> None:
    """It begins again in a task, counted once; if it breaks there, too, that is a bug and masked as one."""
    async with open_server(KANAVA_RATE_ADDRESS="5", KANAVA_RESPONSES_MB="0") as served:
        body = await served.known(QUERY)  # three of five
        breaking(served, always=always)
        with caplog.at_level(logging.CRITICAL):
            first, second, third = [await served.ask(post(body)) for _ in range(3)]

    assert [status, status, 429] == [first.status, second.status, third.status]
    assert ["begun", "begun", "ordinary"] == served.ways
    if not always:
        assert DATA == first.data
    else:
        assert ["INTERNAL"] == first.codes


async def test_something_else(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it is, it is logged, and the connection goes on."""

    def broken(_head: Head, _body: bytes) -> None:
        raise LookupError("a bug")

    body = await served.known(QUERY)
    served.lane.answering = broken
    wire = await served.connect()
    await wire.send(post(body))
    first = await wire.answer()
    served.lane.answering = served.noting
    await wire.send(post(body))
    second = await wire.answer()

    assert [DATA, DATA] == [first.data, second.data]
    assert ["ordinary", "express"] == served.ways
    assert ["the express way broke: the request goes the ordinary one"] == [
        record.message for record in caplog.records if record.name == "kanava.express"
    ]


async def test_before_anything_is_open(served: Served) -> None:
    """A server whose application has not opened yet, or has closed, sends all to the application."""
    body = await served.known(QUERY)
    with served.ordinarily():
        answer = await served.ask(post(body))

    assert DATA == answer.data
    assert ["ordinary"] == served.ways
