"""Where the journal is, as the settings say it."""

from pathlib import Path

import pytest

from datasources.journal.address import PostgresAddress, SqliteAddress, parse_address


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/kanava.db", "var/kanava.db"),
        ("sqlite:////srv/kanava/journal", "/srv/kanava/journal"),
        ("sqlite:///ä 100%.db", "ä 100%.db"),
    ],
)
def test_files(url: str, path: str) -> None:
    """A relative and an absolute path."""

    assert parse_address(url) == SqliteAddress(Path(path))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kanava:secret@db.example/orders",
        "postgres://kanava@[::1]:5433/orders?sslmode=require",
        "postgresql://kanava@/orders?host=/run/postgresql",
    ],
)
def test_servers(url: str) -> None:
    """What libpq takes, and no word of it shows."""
    address = parse_address(url)

    assert address == PostgresAddress(url)
    assert "kanava" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:////",
        "sqlite:///kanava.db?mode=ro",
        "sqlite+aiosqlite:///kanava.db",
        "var/kanava.db",
        "postgresql://",
        "postgresql://db.example",
        "postgresql:///orders",
        "postgresql://kanava:secret@db.example:many/orders",
        "postgresql+asyncpg://kanava:secret@db.example/orders",
        "mysql://kanava:secret@db.example/orders",
    ],
)
def test_others(url: str) -> None:
    """Anything else is refused, without a word of what it was."""
    with pytest.raises(ValueError, match=r"^expected sqlite:///var/kanava.db or postgresql://user:password@host/name$"):
        parse_address(url)
