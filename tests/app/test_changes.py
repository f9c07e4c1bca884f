"""What the schema breaks since the last release, in real repositories."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.changes import Incomparable, Unrecorded, breaking, compared, last_release, recorded
from app.sdl import FILE

PROJECT = FILE.parent
CASES = json.loads((PROJECT / "tests/audit/schema/breaking.json").read_text("utf-8"))
RELEASED = "type Query { price: Int stock: Int }"
WITHOUT_PRICE = "type Query { stock: Int }"
IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in {"NAME": "Tester", "EMAIL": "tester@kanava.example"}.items()
}


def git(root: Path, *arguments: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1", **IDENTITY}
    subprocess.run(["git", "-C", str(root), *arguments], env=environment, check=True, capture_output=True)


def commit(root: Path, sdl: str, changelog: str = "") -> None:
    (root / "schema.graphql").write_text(sdl, "utf-8")
    (root / "CHANGELOG.md").write_text(changelog, "utf-8")
    git(root, "add", "schema.graphql", "CHANGELOG.md")
    git(root, "commit", "-m", "work")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose release v0.1.0 had a price and stock."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init")
    commit(root, RELEASED, "## 0.1.0\n")
    git(root, "tag", "v0.1.0")
    return root


def test_a_removed_field_fails(project: Path) -> None:
    """What broke is named, since when, and where to say so."""
    commit(project, WITHOUT_PRICE, "## Unreleased\n\n## 0.1.0\n")

    with pytest.raises(Unrecorded) as failure:
        compared(project)

    assert (
        "schema.graphql breaks clients of v0.1.0: Field Query.price was removed. Take it back, or tell them in "
        "CHANGELOG.md: under '## Unreleased', '### Breaking', name `Query.price`"
    ) == str(failure.value)


def test_what_is_not_committed_counts(project: Path) -> None:
    """The schema in the folder is compared, before it is committed."""
    (project / "schema.graphql").write_text(WITHOUT_PRICE, "utf-8")

    with pytest.raises(Unrecorded, match=r"`Query\.price`$"):
        compared(project)


def test_a_recorded_break_passes(project: Path) -> None:
    """A change log that names what broke is enough, and the line repeats it."""
    commit(project, WITHOUT_PRICE, "## Unreleased\n\n### Breaking\n\n- `Query.price` is gone.\n\n## 0.1.0\n")

    assert "since v0.1.0, schema.graphql breaks only what CHANGELOG.md says: `Query.price`" == compared(project)


def test_each_break_is_recorded_by_itself(project: Path) -> None:
    """One that is named does not excuse another."""
    commit(project, "type Query { other: Int }", "## Unreleased\n\n### Breaking\n\n- `Query.price`\n\n## 0.1.0\n")

    with pytest.raises(Unrecorded, match=r"v0\.1\.0: Field Query\.stock was removed\. .* name `Query\.stock`$"):
        compared(project)


def test_additions_pass(project: Path) -> None:
    """What is new breaks nobody."""
    commit(project, "type Query { price(unit: Int): Int! stock: Int more: More } type More { id: ID }")

    assert "since v0.1.0, schema.graphql breaks nothing" == compared(project)


def test_the_nearest_release_counts(project: Path) -> None:
    """Older releases, other tags and later branches are not compared with."""
    commit(project, WITHOUT_PRICE, "## 0.2.0\n\n## 0.1.0\n")
    git(project, "tag", "v0.2.0")
    commit(project, "type Query { stock: Int next: Int }")
    git(project, "tag", "nightly")

    assert "since v0.2.0, schema.graphql breaks nothing" == compared(project)


def test_no_release_passes_and_says_so(tmp_path: Path) -> None:
    """Before the first tag there is nothing to compare with."""
    git(tmp_path, "init")
    commit(tmp_path, RELEASED)

    assert "schema.graphql is compared with no release: no commit has a tag v*" == compared(tmp_path)


def test_a_shallow_clone_says_what_is_missing(project: Path, tmp_path: Path) -> None:
    """A clone without the release's commit passes, and says how to get it."""
    commit(project, WITHOUT_PRICE)
    git(tmp_path, "clone", "--depth", "1", project.as_uri(), "shallow")

    with pytest.raises(Incomparable, match="this shallow clone knows: `git fetch --unshallow --tags` brings them"):
        last_release(tmp_path / "shallow")


def test_no_repository_passes_and_says_so(tmp_path: Path) -> None:
    """An unpacked archive has no history; git's own words say why."""
    assert compared(tmp_path).startswith("schema.graphql is compared with no release: git says: ")


def test_a_release_without_a_schema_says_so(project: Path) -> None:
    """A tag from before there was a schema is nothing to compare with."""
    git(project, "rm", "schema.graphql")
    git(project, "commit", "-m", "no schema")
    git(project, "tag", "v0.2.0")

    said = compared(project)

    assert said.startswith("schema.graphql is compared with no release: git says: ")
    assert "v0.2.0" in said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["change"])
def test_what_breaks_is_named_by_its_coordinate(case: dict[str, Any]) -> None:
    """The coordinates are those that graphql-inspector finds in `make audit`."""
    assert case["breaks"] == sorted({change.coordinate for change in breaking(case["old"], case["new"])})


def test_only_what_is_said_since_the_release_counts() -> None:
    """Records stand under "Breaking", above the release's own section, whether or not the next one has its number."""
    changelog = """# Changelog
Names `Query.preface`.
## Unreleased
### Breaking
- `Query.one`, and `Query.two(unit:)`.
### Added
- `Query.added`
## [0.2.0] - 2026-12-01
### Breaking
- `Query.three`
## [0.1.0] - 2026-11-01
### Breaking
- `Query.old`
"""

    assert {"Query.one", "Query.two(unit:)", "Query.three"} == recorded(changelog, "v0.1.0")
    assert {"Query.one", "Query.two(unit:)"} == recorded(changelog, "v0.2.0")


def check(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "sdl", "--check"]
    return subprocess.run(command, cwd=root, env={**os.environ, **environment}, capture_output=True, encoding="utf-8")


def test_no_git_passes_and_says_so() -> None:
    """Where git is not installed, nothing can be compared."""
    done = check(PROJECT, PATH="")

    assert (0, "schema.graphql is compared with no release: git is not installed\n") == (done.returncode, done.stdout)


def test_the_command_fails(tmp_path: Path) -> None:
    """`kanava sdl --check`, which `make check` runs, says it in a line and exits with 1."""
    for package in ("app", "schema", "resolvers", "datasources"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("static", "node_modules"))
    sdl = FILE.read_text("utf-8")
    git(tmp_path, "init")
    commit(tmp_path, sdl.replace("type Product implements", "type Gone {\n  id: ID!\n}\n\ntype Product implements"))
    git(tmp_path, "tag", "v0.1.0")
    commit(tmp_path, sdl)

    done = check(tmp_path)

    assert (1, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert done.stderr.startswith("kanava: schema.graphql breaks clients of v0.1.0: Gone was removed. ")
