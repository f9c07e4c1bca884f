"""The whole thing for tests: sandbox systems in processes of their own, and Kanava's application over them."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.main import create_app
from app.settings import read_settings
from datasources.journal.database import migrate
from tests.forking import environment_with, fork
from tests.ports import free_base_port
from tests.postgres import Postgres

ADVENTUREWORKS = Path(__file__).resolve().parents[2] / "shared/data/adventureworks"
SYSTEMS = ("erp", "crm", "pim", "wms", "iam")
WITHIN_S = 60
LONGEST = {f"test_{name}" for name in ("a_day_of_orders", "orders_killed", "run", "erp_killed", "workers", "fuzz")}
"""Files that take half a minute or more."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that in the end no process waits for another that has one left."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


class Sandbox:
    """Five systems in their own processes, and their controls."""

    def __init__(self, base_port: int, state: Path, *options: str, **settings: str) -> None:
        self.base_port = base_port
        self._tokens: dict[str, str] = {}
        self._control = httpx.Client(timeout=WITHIN_S, trust_env=False)
        words, environment = [f"--base-port={base_port}", f"--state={state}", *options], environment_with(**settings)
        self._processes = {
            system: fork(["sandbox", system, *words], folder=state.parent, environment=environment)
            for system in SYSTEMS
        }
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + WITHIN_S
        for system, process in self._processes.items():
            while True:
                try:
                    self._control.get(self.url(system, "health"))
                    break
                except httpx.HTTPError:
                    assert process.poll() is None, f"{system} ended"
                    assert time.monotonic() < deadline, f"{system} did not start"
                    time.sleep(0.02)

    def url(self, system: str, control: str) -> str:
        return f"http://127.0.0.1:{self.base_port + 1 + SYSTEMS.index(system)}/_sandbox/{control}"

    def reset(self) -> None:
        for system in SYSTEMS:
            self._control.post(self.url(system, "reset")).raise_for_status()

    def forget_calls(self) -> None:
        for system in SYSTEMS:
            self._control.delete(self.url(system, "calls")).raise_for_status()

    def calls(self, *systems: str) -> dict[str, dict[str, int]]:
        """Return the calls of each system by operation; systems that were not called are left out."""
        counts = {s: self._control.get(self.url(s, "calls")).json()["by_operation"] for s in systems or SYSTEMS[:4]}
        return {system: calls for system, calls in counts.items() if calls}

    def keys(self, system: str) -> int:
        keys: int = self._control.get(self.url(system, "calls")).json()["keys"]
        return keys

    def fault(self, system: str, mode: str, **more: Any) -> None:
        self._control.put(self.url(system, "fault"), json={"mode": mode, **more}).raise_for_status()

    def set_price(self, account: str, sku: str, unit_price: str) -> None:
        said = {"account": account, "sku": sku, "unit_price": unit_price}
        self._control.put(self.url("erp", "price"), json=said).raise_for_status()

    def token(self, person: str, **options: Any) -> str:
        """Return an access token; plain ones are kept for the run."""
        if options or person not in self._tokens:
            address = f"http://127.0.0.1:{self.base_port + 5}/token"
            token: str = self._control.get(address, params={"user": person, **options}).json()["access_token"]
            if options:
                return token
            self._tokens[person] = token
        return self._tokens[person]

    def stop(self) -> None:
        self._control.close()
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            process.wait(WITHIN_S)


class Api:
    """Kanava over a sandbox, freshly started, with nothing remembered."""

    def __init__(self, client: httpx.AsyncClient, sandbox: Sandbox) -> None:
        self.client = client
        self.sandbox = sandbox

    async def post(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        person: str | None = None,
        account: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = dict(headers or {})
        if person:
            sent["authorization"] = f"Bearer {self.sandbox.token(person)}"
        if account:
            sent["kanava-account"] = account
        return await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)

    async def ask(self, query: str, variables: dict[str, Any] | None = None, **who: Any) -> dict[str, Any]:
        """Return the whole answer."""
        answer: dict[str, Any] = (await self.post(query, variables, **who)).json()
        return answer

    async def data(self, query: str, variables: dict[str, Any] | None = None, **who: Any) -> Any:
        """Return the data of an answer that must have no errors."""
        answer = await self.ask(query, variables, **who)

        assert answer.get("errors") is None
        return answer["data"]

    async def errors(
        self, query: str, variables: dict[str, Any] | None = None, **who: Any
    ) -> list[tuple[Any, str, str]]:
        """Return path, code and message of each error."""
        answer = await self.ask(query, variables, **who)
        return [(e.get("path"), e["extensions"]["code"], e["message"]) for e in answer.get("errors", [])]


@pytest.fixture(scope="session")
def sandbox_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(free_base_port(), tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(sandbox_processes: Sandbox) -> Sandbox:
    """The generated data, as it is at the start."""
    sandbox_processes.reset()
    return sandbox_processes


@pytest.fixture(scope="session")
def adventureworks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A real wholesaler's data."""
    if not ADVENTUREWORKS.exists():
        pytest.skip("../shared/data/adventureworks is not here")
    sandbox = Sandbox(free_base_port(), tmp_path_factory.mktemp("adventureworks"), "--data", str(ADVENTUREWORKS))
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def postgres_process() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.remove()


@pytest.fixture
def postgres(postgres_process: Postgres) -> Postgres:
    """PostgreSQL, running; a test takes a database of its own: `new_database`."""
    postgres_process.start()
    return postgres_process


def kept_in(folder: Path | str) -> dict[str, str]:
    """Return the settings by which all that Kanava keeps is in this folder."""
    return {"KANAVA_CACHE_FILE": f"{folder}/cache.db", "KANAVA_DATABASE_URL": f"sqlite:///{folder}/kanava.db"}


@cache
def _empty_journal() -> bytes:
    """Return the file of a journal that has its tables, and nothing in them."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor() as beside:
        beside.submit(asyncio.run, migrate(kept_in(folder)["KANAVA_DATABASE_URL"])).result()
        return Path(folder, "kanava.db").read_bytes()


@contextmanager
def _new_folder() -> Iterator[str]:
    """A folder for Kanava, with an empty journal: one that makes the tables itself takes its time for that."""
    with TemporaryDirectory() as folder:
        Path(folder, "kanava.db").write_bytes(_empty_journal())
        yield folder


async def open_api(sandbox: Sandbox, **settings: str) -> AsyncIterator[Api]:
    with _new_folder() as folder:
        own = {"KANAVA_SANDBOX_BASE_PORT": str(sandbox.base_port), **kept_in(folder)}
        app = create_app(read_settings({**own, **settings}))
        async for api in serve(app, sandbox):
            yield api


async def serve(app: Starlette, sandbox: Sandbox) -> AsyncIterator[Api]:
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://kanava") as client:
            yield Api(client, sandbox)


@pytest.fixture
def settings() -> dict[str, str]:
    """Settings that a test module may override."""
    return {}


@pytest.fixture
async def api(sandbox: Sandbox, settings: dict[str, str]) -> AsyncIterator[Api]:
    async for api in open_api(sandbox, **settings):
        yield api


@pytest.fixture
async def wholesaler(adventureworks: Sandbox) -> AsyncIterator[Api]:
    adventureworks.reset()
    async for api in open_api(adventureworks):
        yield api
