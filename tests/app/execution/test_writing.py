"""The functions that a plan writes: what they make is kept, a thousand times."""

import tracemalloc
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import FieldNode, NameNode

from app.execution.asked import Asked
from app.execution.writing import Writer
from schema.schema import Schema

TIMES = 1_000
MOST_BYTES = 100


@dataclass(frozen=True, slots=True)
class Money:
    currency: str = "EUR"


@pytest.mark.parametrize(("whole", "written"), [(True, b'{"currency":"EUR"}'), (False, b'"currency":"EUR"')])
def test_bytes_take_their_own_length(schema: Schema, whole: bool, written: bytes) -> None:
    """What is written is of its own size, and not as large as what it was written into."""
    type_: Any = schema._schema.type_map["Money"]
    node = FieldNode(name=NameNode(value="currency"))
    fields = [Asked("currency", 0, "currency", type_.fields["currency"], [node], None)]
    build = Writer(schema._schema, {}).run("Money", fields, whole=whole)
    frame: Any = None
    build(Money(), frame)
    tracemalloc.start()
    try:
        built = [build(Money(), frame) for _ in range(TIMES)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [written] * TIMES == built
    assert taken < MOST_BYTES * TIMES
