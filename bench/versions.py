"""What was measured, on what."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from bench.places import PEERS

PYTHON_PACKAGES = (
    "strawberry-graphql",
    "graphql-core",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "orjson",
    "msgspec",
)
COMMANDS = ("node", "wrk")


def machine() -> str:
    """Return what it ran on: processor, cores, system."""
    names = [
        line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "name" in line
    ]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def versions() -> Iterator[tuple[str, str]]:
    """Yield the name and version of everything that took part."""
    whose = "the system's" if sys.base_prefix == "/usr" else "not the system's"
    yield "Python", f"{platform.python_version()}, {whose}"
    for command in COMMANDS:
        yield command, _said([command, "--version"])
    for package in PYTHON_PACKAGES:
        yield package, metadata.version(package)
    for path in sorted(PEERS.glob("*/package.json")):
        for package, version in json.loads(path.read_text()).get("dependencies", {}).items():
            yield f"{package} ({path.parent.name})", version


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "none"
    return (done.stdout or done.stderr).partition("\n")[0].partition(" [")[0].removeprefix(f"{command[0]} ")
