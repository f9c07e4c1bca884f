"""What the schema breaks since the last release, and whether `CHANGELOG.md` says so."""

import re
import subprocess
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from graphql import build_schema, specified_scalar_types
from graphql.utilities import BreakingChange, find_schema_changes

# Where a sentence of graphql-core has its schema coordinate; the first that is found counts.
COORDINATES = (
    re.compile(r"(@\w+(?:\(\w+:\))?|\b\w+\.\w+(?:\(\w+:\))?)"),  # @fresh(age:), Product.price(unit:), Product.price
    re.compile(r"from union type (\w+)\.$"),
    re.compile(r"^(?:Standard scalar )?(\w+)"),
)
RECORDED = re.compile(r"`([^`\n]+)`")


class Incomparable(Exception):
    """There is no release to compare with; says why."""


class Unrecorded(Exception):
    """The schema breaks clients in ways that the change log does not name; says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """What was released: its tag, and its schema in SDL."""

    tag: str
    sdl: str


@dataclass(frozen=True, slots=True)
class Change:
    """What breaks clients: the schema coordinate of what changed, and a sentence about it."""

    coordinate: str
    sentence: str


def compared(root: Path) -> str:
    """
    Return in a line how the project's schema differs from the last release's.

    Raises:
        Unrecorded: it breaks clients, and the change log does not say so.
    """
    try:
        release = last_release(root)
    except Incomparable as reason:
        return f"schema.graphql is compared with no release: {reason}"
    changes = breaking(release.sdl, (root / "schema.graphql").read_text("utf-8"))
    changelog = root / "CHANGELOG.md"
    named = recorded(changelog.read_text("utf-8") if changelog.exists() else "", release.tag)
    if unrecorded := [change for change in changes if change.coordinate not in named]:
        raise Unrecorded(what_to_do(release.tag, unrecorded))
    found = f"only what CHANGELOG.md says: {names_of(changes)}" if changes else "nothing"
    return f"since {release.tag}, schema.graphql breaks {found}"


def last_release(root: Path) -> Release:
    """
    Return the nearest release behind the commit that is checked out.

    Raises:
        Incomparable: none is known here, or git cannot be asked.
    """
    shallow = git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
    try:
        tag = git(root, "describe", "--tags", "--abbrev=0", "--match", "v*").strip()
    except Incomparable:
        missing = " that this shallow clone knows: `git fetch --unshallow --tags` brings them" if shallow else ""
        raise Incomparable(f"no commit has a tag v*{missing}") from None
    return Release(tag, git(root, "show", f"{tag}:./schema.graphql"))


def git(root: Path, *arguments: str) -> str:
    """
    Return what git says of the project.

    Raises:
        Incomparable: there is no git, no repository, or not what was asked for.
    """
    # whoever runs the project's code may read its history, also where a CI's clone belongs to another user
    command = ["git", "-C", str(root), "-c", "safe.directory=*", *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    except FileNotFoundError:
        raise Incomparable("git is not installed") from None
    except subprocess.CalledProcessError as error:
        raise Incomparable(f"git says: {error.stderr.strip().splitlines()[0]}") from None


def breaking(old: str, new: str) -> list[Change]:
    """Return what breaks clients of the old SDL in the new one."""
    changes = [
        Change(coordinate(change.description), change.description)
        for change in find_schema_changes(build_schema(old), build_schema(new))
        if isinstance(change, BreakingChange)
    ]
    # a standard scalar goes with its last use, which is a change of its own
    return [change for change in changes if change.coordinate not in specified_scalar_types]


def coordinate(sentence: str) -> str:
    """Return the schema coordinate that a sentence about a change is about."""
    return next(match[1] for pattern in COORDINATES if (match := pattern.search(sentence)))


def recorded(changelog: str, tag: str) -> frozenset[str]:
    """Return the coordinates under every "### Breaking" that is above the release's own section."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    since = takewhile(lambda section: not is_of(section, tag.removeprefix("v")), sections)
    lists = [part for section in since for part in re.split(r"^### ", section, flags=re.MULTILINE)]
    return frozenset(name for part in lists if re.match(r"Breaking\s", part) for name in RECORDED.findall(part))


def is_of(section: str, version: str) -> bool:
    """Return whether it is this version's section: `0.1.0`, `[0.1.0] - 2026-11-22`."""
    return version in re.split(r"[\s\[\]]+", section.partition("\n")[0])


def what_to_do(tag: str, changes: list[Change]) -> str:
    """Return in a line what was not recorded, and where it is to be."""
    sentences = " ".join(change.sentence for change in changes)
    return (
        f"schema.graphql breaks clients of {tag}: {sentences} Take it back, or tell them in CHANGELOG.md: "
        f"under '## Unreleased', '### Breaking', name {names_of(changes)}"
    )


def names_of(changes: list[Change]) -> str:
    """Return their coordinates as the change log has them, each once."""
    return ", ".join(dict.fromkeys(f"`{change.coordinate}`" for change in changes))
