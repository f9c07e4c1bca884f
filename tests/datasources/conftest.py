"""A real Valkey, started once for the run."""

from collections.abc import Iterator

import pytest

from tests.valkey import Valkey


@pytest.fixture(scope="session")
def valkey_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path_factory.mktemp("valkey"))
    yield valkey
    valkey.stop()


@pytest.fixture
def valkey(valkey_process: Valkey) -> Valkey:
    """Valkey, running and empty."""
    valkey_process.start()
    valkey_process.ask("FLUSHALL")
    return valkey_process
