"""A sandbox that wants a token, and the count of mutants at the end."""

import socket
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import Sandbox
from tests.ports import free_base_port

TOKEN = "the-right-token"
MUTANTS = pytest.StashKey[Counter[str]]()


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Systems that answer only those who show TOKEN."""
    sandbox = Sandbox(free_base_port(), tmp_path_factory.mktemp("guarded"), SANDBOX_TOKEN=TOKEN)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def nobody_listens() -> Iterator[str]:
    """An address that is taken, and refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def mutants(request: pytest.FixtureRequest) -> Counter[str]:
    """The count of mutants by operation, printed at the end."""
    return request.config.stash.setdefault(MUTANTS, Counter())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counts = config.stash.get(MUTANTS, Counter[str]())
    if counts:
        terminalreporter.section("mutants of connector answers")
        for operation, count in sorted(counts.items()):
            terminalreporter.line(f"{count:7,}  {operation}")
        terminalreporter.line(f"{counts.total():7,}  in all")
