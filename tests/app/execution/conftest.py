"""One schema for all: to build it takes a while."""

import logging

import pytest

from schema.schema import Schema, build_schema


@pytest.fixture(scope="session")
def schema() -> Schema:
    return build_schema()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Log nothing: systems fail and values are wrong because they are meant to be."""
    caplog.set_level(logging.CRITICAL, "kanava")
