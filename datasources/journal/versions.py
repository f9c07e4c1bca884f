"""The versions of the journal's tables: which one a database has, and how it comes to the latest."""

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, text

FOLDER = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x6B616E617661
"""The number of the lock of PostgreSQL's that whoever migrates holds."""


class WrongVersion(Exception):
    """The database is not as this version of Kanava needs it; the text says what to do."""


def pending_versions(db: Connection) -> Sequence[str]:
    """Return the versions that the database is to be brought to one by one, none when it has the latest."""
    heads = MigrationContext.configure(db).get_current_heads()
    script = ScriptDirectory.from_config(_config())
    try:
        missing = [found.revision for found in script.iterate_revisions("head", heads or "base")]
    except (ResolutionError, CommandError):
        raise WrongVersion("the journal's database is of a newer version of Kanava") from None
    return missing[::-1]


def bring_up(db: Connection) -> Sequence[str]:
    """Bring the database to the latest version in this transaction; return the versions that it went through."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
    missing = pending_versions(db)
    if missing:
        config = _config()
        config.attributes["connection"] = db
        command.upgrade(config, "head")
    return missing


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
