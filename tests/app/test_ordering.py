"""Before Kanava serves it finds out whether there is a journal; what is only for now is no reason not to start."""

import sqlite3
from pathlib import Path

import httpx

from tests.conftest import Sandbox
from tests.ports import free_base_port
from tests.postgres import Postgres
from tests.scenarios.processes import Replica, kanava, serving

STATUS = "{ channelStatus { mode capabilities { capability state system } capturedOrdersPending } }"


def serve(folder: Path, database_url: str) -> tuple[int, str, str]:
    """Run `kanava serve`, which must not start; return its status, stdout and stderr."""
    return kanava(folder, "serve", PORT=str(free_base_port()), DATABASE_URL=database_url)


def test_a_database_that_was_not_migrated(postgres: Postgres, tmp_path: Path) -> None:
    """It says that it must be migrated, in a line, and does not serve."""
    said = "kanava: the journal's database is to be migrated first: run `kanava migrate`\n"

    assert (1, "", said) == serve(tmp_path, postgres.url(postgres.new_database()))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """A file that cannot be opened, or is something else, is told in a line; nothing is served without a journal."""
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "text.db").write_text("This is no database, but quite a long text.\n" * 100)

    assert (1, "", "kanava: the journal cannot be used: unable to open database file\n") == serve(
        tmp_path, "sqlite:///folder.db"
    )
    assert (1, "", "kanava: the journal cannot be used: file is not a database\n") == serve(
        tmp_path, "sqlite:///text.db"
    )


def test_a_file_of_a_newer_version(tmp_path: Path) -> None:
    """What a newer Kanava has migrated is left alone, and said to be newer."""
    url = f"sqlite:///{tmp_path}/kanava.db"
    assert (0, "Brought to version 0001.\n", "") == kanava(tmp_path, "migrate", DATABASE_URL=url)
    with sqlite3.connect(tmp_path / "kanava.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()

    assert (1, "", "kanava: the journal's database is of a newer version of Kanava\n") == serve(tmp_path, url)


def ask(replica: Replica) -> object:
    answer = httpx.post(f"{replica.url}/graphql", json={"query": STATUS}, timeout=30, trust_env=False).json()
    return answer["data"]["channelStatus"]["mode"]


def test_a_server_that_does_not_answer_yet(sandbox: Sandbox, tmp_path: Path) -> None:
    """Kanava starts without it, for browsing, and warns of that in its log, once."""
    url = f"postgresql://kanava:s3cret@127.0.0.1:{free_base_port()}/kanava"
    replica = Replica(sandbox.base_port, tmp_path, port=free_base_port(), DATABASE_URL=url)
    with serving(replica):
        mode = ask(replica)
        log = replica.log

    assert "READ_ONLY" == mode
    assert 1 == log.count("orders are not taken: the journal cannot be used: the database does not answer")
    assert "s3cret" not in log
