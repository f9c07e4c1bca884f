"""The schema in its own language, as it is committed."""

from pathlib import Path

from graphql import parse

from schema.schema import build_schema

FILE = Path(__file__).resolve().parent.parent / "schema.graphql"


def printed() -> str:
    """Return the schema in SDL, checked to be parseable."""
    sdl = build_schema().as_str().rstrip() + "\n"
    parse(sdl)
    return sdl


def is_in_step() -> bool:
    """Return whether `schema.graphql` says what the code does."""
    return FILE.exists() and FILE.read_text("utf-8") == printed()
