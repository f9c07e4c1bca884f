"""Who is measured, and how each is started. What is told of each in `README.md` is decided here and in `peers/`."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import tools
from bench.places import PEERS, ROOT
from bench.servers import Start
from bench.upstream.ready import MARK

UPSTREAM_PORT = 18400
UPSTREAM = f"http://127.0.0.1:{UPSTREAM_PORT}"
ISSUER = f"{UPSTREAM}/iam"
ANSWER = "answer.json"
"""In the folder of a run: what the floors answer."""

WARM, COLD, RESPONSES = "warm", "cold", "responses"
"""What a server remembers: entities; nothing; whole responses, too."""
TAILCALL, BINARY = PEERS / "tailcall", "node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall"
MOST_RATE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server runs: its port, a folder of its own for what it writes, and what it should remember."""

    port: int
    folder: Path
    mode: str


@dataclass(frozen=True, slots=True)
class Peer:
    """
    One who is measured.

    `modes` are what it can do; `needs` must exist for it to be measured. `far_behind`: it costs so many times what the
    others do that the shorter benchmark has it in a few rows only.
    """

    name: str
    title: str
    start: Callable[[Place], Start]
    modes: frozenset[str]
    path: str = "/graphql"
    verifies_tokens: bool = False
    floor: bool = False
    far_behind: bool = False
    needs: Sequence[Path] = ()


def _kanava(place: Place) -> Start:
    env = {
        "PYTHONPATH": str(ROOT),
        "KANAVA_PROFILE": "production",
        "KANAVA_PORT": str(place.port),
        "KANAVA_OIDC_ISSUER": ISSUER,
        # one person and one address ask for all of it, thousands of times a second
        "KANAVA_RATE_PERSON": str(MOST_RATE),
        "KANAVA_RATE_ADDRESS": str(MOST_RATE),
        **{f"KANAVA_{system}_URL": f"{UPSTREAM}/{system.lower()}" for system in ("ERP", "CRM", "PIM", "WMS")},
    }
    if place.mode != RESPONSES:
        env["KANAVA_RESPONSES_MB"] = "0"
    command = [sys.executable, "-m", "app", "serve"]
    return Start(command, env, place.folder, f"http://127.0.0.1:{place.port}/healthz")


def _node(folder: str, script: str = "server.js") -> Callable[[Place], Start]:
    def start(place: Place) -> Start:
        return Start(["node", script], _peer_env(place), PEERS / folder, f"http://127.0.0.1:{place.port}/graphql")

    return start


def _tailcall(place: Place) -> Start:
    """Tailcall, with its own field cache (`@cache`) unless it should be cold, and a worker for its one core."""
    schema = (TAILCALL / "schema.graphql").read_text()
    if place.mode == COLD:
        schema = re.sub(r" +@cache\(.*\)\n", "", schema)
    (place.folder / "schema.graphql").write_text(schema)
    config = (TAILCALL / "config.yml").read_text().replace("$PORT", str(place.port)).replace("$UPSTREAM", UPSTREAM)
    (place.folder / "config.yml").write_text(config)
    command = [*tools.loader(), str(TAILCALL / BINARY), "start", "config.yml"]
    env = {"TAILCALL_LOG_LEVEL": "error"}
    return Start(command, env, place.folder, f"http://127.0.0.1:{place.port}/status")


def _python(module: str) -> Callable[[Place], Start]:
    def start(place: Place) -> Start:
        env = {**_peer_env(place), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", module]
        return Start(command, env, place.folder, f"http://127.0.0.1:{place.port}/graphql")

    return start


def _peer_env(place: Place) -> Mapping[str, str]:
    return {
        "NODE_ENV": "production",
        "PORT": str(place.port),
        "BENCH_MODE": place.mode,
        "BENCH_UPSTREAM": UPSTREAM,
        "BENCH_CURSOR_MARK": MARK,
        "BENCH_ANSWER": str(place.folder.parent / ANSWER),
    }


ALL = frozenset({WARM, COLD, RESPONSES})
ENTITIES = frozenset({WARM, COLD})

KANAVA = Peer("kanava", "Kanava", _kanava, ALL, verifies_tokens=True)
LINEUP = (
    KANAVA,
    Peer("mercurius", "Mercurius + jit", _node("mercurius"), ENTITIES, needs=(PEERS / "mercurius/node_modules",)),
    Peer("apollo", "Apollo Server", _node("apollo"), ALL, needs=(PEERS / "apollo/node_modules",)),
    Peer("yoga", "GraphQL Yoga + jit", _node("yoga"), ALL, needs=(PEERS / "yoga/node_modules",)),
    Peer("hive", "Hive Gateway + jit", _node("hive"), ALL, far_behind=True, needs=(PEERS / "hive/node_modules",)),
    Peer("tailcall", "Tailcall", _tailcall, ENTITIES, needs=(TAILCALL / BINARY, *map(Path, tools.loader()[:1]))),
    Peer("strawberry", "strawberry as documented", _python("bench.peers.strawberry.server"), ENTITIES, far_behind=True),
    Peer("raw", "floor: uvicorn, bytes", _python("bench.floors.raw"), frozenset({WARM}), floor=True),
    Peer("starlette", "floor: Starlette, bytes", _python("bench.floors.framework"), frozenset({WARM}), floor=True),
)
