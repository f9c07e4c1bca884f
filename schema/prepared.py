"""Documents that were parsed and validated before they are executed: strawberry need not do it again."""

from collections.abc import Iterator

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

PREPARED = "prepared"
"""By this name execution is handed the document, as one of its `operation_extensions`."""


class Prepared(SchemaExtension):
    """Takes the document that it is handed for parsed, and for valid."""

    def on_parse(self) -> Iterator[None]:
        """Take the document; without one, strawberry parses the text itself."""
        document = self._document()
        if document is not None:
            self.execution_context.graphql_document = document
        yield

    def on_validate(self) -> Iterator[None]:
        """Take it for valid."""
        if self._document() is not None:
            self.execution_context.pre_execution_errors = []
        yield

    def _document(self) -> DocumentNode | None:
        document = (self.execution_context.operation_extensions or {}).get(PREPARED)
        return document if isinstance(document, DocumentNode) else None
