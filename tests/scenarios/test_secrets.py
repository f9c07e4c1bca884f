"""What a running Kanava lets out beside its answers: neither tokens and passwords nor who asks, nor what they send."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from jwt.utils import base64url_encode

from app.settings import read_settings
from datasources.model.common import System
from tests.conftest import Sandbox
from tests.forking import environment_with, fork
from tests.ports import free_base_port
from tests.scenarios.processes import WITHIN_S

CANARY = "KV-canary-17"
"""Whatever a client sends in variables, texts and headers."""
PASSWORDS = {
    "ERP_TOKEN": "erp-t0ken-0123456789",
    "CRM_TOKEN": "crm.t0ken.0123456789",
    "PIM_TOKEN": "pim-t0ken-0123456789",
    "PIM_HOOK_SECRET": "hook-s3cret-0123456789",
}
REDIS_PASSWORD = "r3dis-passw0rd"
SECRETS = {*PASSWORDS.values(), REDIS_PASSWORD}
ERP_TO_WMS = ("ERP", "CRM", "PIM", "WMS")
ME = "query Me { viewer { user { name email } account { name number } } }"
FIND = """
query Find($sku: String, $first: Int) {
  product(sku: $sku) { sku price { net } }
  products(first: $first) { nodes { sku price { net } availability { status } } }
}
"""
FOUND = {"sku": "KV-000001", "first": 2}


def settings_of(sandbox: Sandbox, profile: str, port: int) -> dict[str, str]:
    """Return settings, without their `KANAVA_`, with secrets wherever there are some; their Redis does not answer."""
    systems = {f"{name}_URL": f"http://127.0.0.1:{sandbox.base_port + at}" for at, name in enumerate(ERP_TO_WMS, 1)}
    return {
        **PASSWORDS,
        **systems,
        "REDIS_URL": f"redis://kanava:{REDIS_PASSWORD}@127.0.0.1:{port + 1}/0",
        "OIDC_ISSUER": f"http://127.0.0.1:{sandbox.base_port + 5}",
        "PROFILE": profile,
        "PORT": str(port),
        # every call is made, so that every failure is told
        "CIRCUIT_CONSECUTIVE_FAILURES": "1000",
        "CIRCUIT_MIN_CALLS": "1000",
    }


@contextmanager
def serving(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[Path, Path]]:
    """Have `kanava serve` run; return the files of what it says on stdout and on stderr."""
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        environment = environment_with(**settings)
        process = fork(["app", "serve"], folder=folder, environment=environment, out=stdout, err=stderr)
        try:
            yield out, err
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(WITHIN_S)


class Visitor:
    """Asks in every way that could leave a trace, and notes what must leave none."""

    def __init__(self, client: httpx.AsyncClient, sandbox: Sandbox) -> None:
        self.private = {CANARY}
        self.asked = 0
        self._client = client
        self._sandbox = sandbox

    async def post(self, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> Any:
        self.asked += 1
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self._client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return answer.json()

    async def page(self, path: str) -> str:
        return (await self._client.get(path)).raise_for_status().text

    def token(self, person: str, **options: Any) -> str:
        token = self._sandbox.token(person, **options)
        self.private |= {token, *token.split(".")[1:]}
        return token

    async def come_in(self) -> str:
        """Say who they are, and note how they are called there."""
        token = f"Bearer {self.token('anna')}"
        viewer = (await self.post(ME, authorization=token))["data"]["viewer"]
        self.private |= {"anna", *viewer["user"].values(), *viewer["user"]["name"].split(), *viewer["account"].values()}
        return token

    async def send_what_is_wrong(self, token: str) -> None:
        """Send values, documents, addresses and headers that are refused or not found."""
        for variables in ({"sku": CANARY}, {"first": CANARY}, {"sku": [CANARY], "first": 10**6}, {CANARY: CANARY}):
            await self.post(FIND, variables, authorization=token)
        for query in (
            f'{{ product(sku: "{CANARY}") {{ none }} }}',
            f"{{ {CANARY}",
            f'{{ node(id: "{CANARY}") {{ id }} }}',
        ):
            await self.post(query, authorization=token)
        await self.post(ME, authorization=token, kanava_account=CANARY)
        await self.post(ME, authorization=token, kanava_max_age=CANARY, kanava_request_id=f"{CANARY}@example.fi")
        for params in ({"query": FIND, "variables": json.dumps({"sku": CANARY})}, {"query": CANARY}, {"id": CANARY}):
            self.asked += 1
            await self._client.get("/graphql", params=params, headers={"authorization": token})
        for signature in (CANARY, "sha256=" + "0" * 64):
            await self._client.post("/hooks/pim", content=CANARY, headers={"kanava-signature": signature})
        await self._client.get(f"/{CANARY}", params={"token": CANARY})

    async def be_refused(self) -> None:
        """Show tokens that are not good."""
        good = self.token("mikko")
        begun = good.rpartition(".")[0]
        late, foreign = self.token("sari", expires_in=-60), self.token("elena", audience=CANARY)
        self.private |= {"mikko", "sari", "elena"}
        for token in (late, foreign, f"{begun}.{CANARY}", f"{good}x", self._renamed(good), CANARY):
            said = await self.post(ME, authorization=f"Bearer {token}")

            assert "UNAUTHENTICATED" == said["errors"][0]["extensions"]["code"]
        await self.post(ME, authorization=f"Basic {CANARY}")

    def _renamed(self, token: str) -> str:
        """Return the token as if it were signed with a key that nobody knows."""
        header = base64url_encode(json.dumps({"alg": "RS256", "kid": CANARY}).encode()).decode()
        self.private |= {header}
        return f"{header}.{token.partition('.')[2]}"

    async def meet_outages(self, token: str) -> None:
        """Ask while systems fail in every way, for what is not remembered."""
        others = [f"Bearer {self.token('omar', expires_in=3000 + number)}" for number in range(4)]
        self.private |= {"omar"}
        for number, mode in enumerate(("error", "garbage", "down", "throttle")):
            for system in ("erp", "wms", "pim", "crm", "iam"):
                self._sandbox.fault(system, mode)
                await self.post(FIND, FOUND, authorization=token, kanava_max_age="0")
            await self.post(FIND, FOUND, authorization=token, kanava_account=CANARY)
            for one in (others[number], f"Bearer {self._renamed(others[number])}"):
                await self.post(ME, authorization=one)
            self._sandbox.reset()
            await self.post(FIND, FOUND, authorization=token, kanava_max_age="0")

    async def listen(self, url: str, token: str) -> None:
        """Subscribe over a WebSocket, and say what is no message there."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{url}/graphql", protocols=["graphql-transport-ws"]) as socket,
        ):
            await socket.send_json({"type": "connection_init", "payload": {"authorization": token, CANARY: CANARY}})
            await socket.receive_json()
            asked = {"query": FIND, "variables": {"sku": CANARY, "first": 1}}
            await socket.send_json({"type": "subscribe", "id": CANARY, "payload": asked})
            await socket.receive_json()
            await socket.send_str(CANARY)
            while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass


@asynccontextmanager
async def visitor_of(url: str, sandbox: Sandbox) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=WITHIN_S) as client:
        await until_it_listens(client, url)
        yield Visitor(client, sandbox)


async def until_it_listens(client: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx.ConnectError:
                pass
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("profile", ["production", "development"])
async def test_what_is_let_out(tmp_path: Path, sandbox: Sandbox, profile: str) -> None:
    """After questions, mistakes, refused tokens and outages of everything neither logs nor `/status` nor `/metrics` tell."""
    port = free_base_port()
    url = f"http://127.0.0.1:{port}"
    with serving(tmp_path, settings_of(sandbox, profile, port)) as (out, err):
        async with visitor_of(url, sandbox) as visitor:
            token = await visitor.come_in()
            await visitor.post(FIND, FOUND, authorization=token, kanava_request_id="request-of-the-test")
            await visitor.send_what_is_wrong(token)
            await visitor.listen(url, token)
            await visitor.be_refused()
            await visitor.meet_outages(token)
            pages = [await visitor.page(path) for path in ("/status", "/metrics")]
    lines = out.read_text("utf-8").splitlines()
    told = {"stdout": "\n".join(lines), "stderr": err.read_text("utf-8"), "/status": pages[0], "/metrics": pages[1]}

    assert visitor.asked == len([line for line in lines if "kanava.access" in line])
    assert 1 == len([line for line in lines if "request-of-the-test" in line])
    assert [] == [name for name in ERP_TO_WMS if f"{name} does not answer" not in told["stderr"]]
    assert [] == [
        (where, word) for where, text in told.items() for word in visitor.private | SECRETS if is_in(word, text)
    ]
    if profile == "production":
        assert [] == [
            line for line in (*lines[1:], *told["stderr"].splitlines()) if not isinstance(json.loads(line), dict)
        ]


def is_in(word: str, text: str) -> bool:
    """Return whether a word stands in a text, in whatever case, and not as a part of another word."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def test_settings_show_no_secrets(sandbox: Sandbox) -> None:
    """However the settings are printed, a token, password or secret is not among it."""
    given = settings_of(sandbox, "production", 8000)
    settings = read_settings({f"KANAVA_{name}": value for name, value in given.items()})
    told = f"{settings!r} {settings} {settings.erp!r} {settings.model_dump()} {settings.model_dump_json()}"

    assert PASSWORDS["ERP_TOKEN"] == settings.connector(System.ERP).token
    assert [] == [secret for secret in SECRETS if secret in told]
