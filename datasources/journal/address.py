"""Where the journal is kept, as `KANAVA_DATABASE_URL` says it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class SqliteAddress:
    """A file; a relative path counts from the current folder."""

    path: Path


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database of a server; `url` is what libpq calls a connection URI, with the password in it."""

    url: str = field(repr=False)


def parse_address(url: str) -> SqliteAddress | PostgresAddress:
    """
    Return what a URL means: `sqlite:///var/kanava.db`, `sqlite:////srv/kanava.db`, `postgresql://user:pw@host/name`.

    Raises:
        ValueError: it is none of these; the text says what was expected and nothing of the URL.
    """
    if url.startswith(SQLITE) and _is_file(url.removeprefix(SQLITE)):
        return SqliteAddress(Path(url.removeprefix(SQLITE)))
    if _is_postgres(url):
        return PostgresAddress(url)
    raise ValueError("expected sqlite:///var/kanava.db or postgresql://user:password@host/name")


def _is_file(path: str) -> bool:
    return Path(path).name != "" and not path.startswith(":") and {"?", "#", "\0"}.isdisjoint(path)


def _is_postgres(url: str) -> bool:
    """A host may be left out where the query names a folder with the server's socket (`?host=/run/postgresql`)."""
    try:
        parts = urlsplit(url)
        named = parts.hostname is not None or "host=" in parts.query
        return parts.scheme in POSTGRESQL and named and parts.path.strip("/") != "" and parts.port != 0
    except ValueError:
        return False
