"""The schema as it is committed."""

from graphql import GraphQLSchema, build_schema

from app.sdl import FILE, is_in_step, printed
from schema import schema


def test_the_committed_schema_is_in_step() -> None:
    """`schema.graphql` at the root is what the code says, byte by byte."""
    assert "schema.graphql" == FILE.name
    assert (FILE.parent / "pyproject.toml").exists()
    assert FILE.read_text("utf-8") == printed()
    assert is_in_step()


def fields_of(whole: GraphQLSchema) -> dict[str, dict[str, str]]:
    return {
        name: {field: str(of.type) for field, of in getattr(kind, "fields", {}).items()}
        for name, kind in whole.type_map.items()
        if not name.startswith("__")
    }


def test_what_is_printed_is_the_schema() -> None:
    """Another implementation reads the same types and fields from it."""
    ours, read = fields_of(schema.build_schema()._schema), fields_of(build_schema(printed()))

    assert "Product" in ours["ProductEdge"]["node"]
    assert ours == read
