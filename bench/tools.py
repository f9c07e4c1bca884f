"""What the benchmark runs beside this project: the peers' packages, and the C library that Tailcall's binary wants."""

import os
import platform
import subprocess
from pathlib import Path

from bench.places import FOLDER, PEERS
from bench.say import say

NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
LIBC = FOLDER / "trixie"
NEEDED = (2, 39)
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
PACKAGES = ("libc6", "libgcc-s1")


def install() -> None:
    """Install what is missing, by npm and apt-get, into folders of this project."""
    for package in sorted(PEERS.glob("*/package.json")):
        modules = package.parent / "node_modules"
        if not modules.exists():
            subprocess.run(NPM, cwd=package.parent, check=True)
    if _libc_version() < NEEDED and not LIBC.exists() and SOURCES.exists():
        try:
            _fetch_libc()
        except (OSError, subprocess.CalledProcessError) as problem:
            say(f"the C library of Debian trixie cannot be had: {problem}")


def loader() -> list[str]:
    """Return what a command begins with that needs a newer C library than there is here; nothing where it is new."""
    if _libc_version() >= NEEDED:
        return []
    libraries = LIBC / "usr/lib/x86_64-linux-gnu"
    return [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries)]


def _libc_version() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.libc_ver()[1].split("."))


def _fetch_libc() -> None:
    """Unpack the C library of the next Debian, found through the addresses that this one is set up with."""
    folder = FOLDER / "apt"
    for part in ("lists/partial", "cache/archives/partial", "etc"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    sources = SOURCES.read_text().replace("bookworm", "trixie")
    (folder / "etc/trixie.sources").write_text(sources)
    apt = ["apt-get", "-qq", *_private(folder)]
    subprocess.run([*apt, "update"], check=True)
    subprocess.run([*apt, "download", *PACKAGES], cwd=folder, check=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(LIBC)], check=True)


def _private(folder: Path) -> list[str]:
    """Return the options by which apt-get leaves the machine's own lists and cache alone."""
    options = {
        "Dir::Etc::sourcelist": os.devnull,
        "Dir::Etc::sourceparts": folder / "etc",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": 1,
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
