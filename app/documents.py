"""Documents that clients send: how long they may be, and which of their operations is meant."""

from collections.abc import Sequence
from functools import lru_cache

from graphql import OperationDefinitionNode, parse

from resolvers.errors import BadInput, LimitExceeded
from resolvers.ids import shown
from schema.schema import REMEMBERED_DOCUMENTS

MOST_DOCUMENT_CHARACTERS = 50_000


def check_operation(document: str, name: str | None) -> None:
    """
    Check that one operation is meant (GraphQL, section 6.1); an empty name is none.

    Raises:
        LimitExceeded: the document is too long.
        GraphQLError: it does not follow the grammar.
        BadInput: it has no operation of that name, or several and none is named.
    """
    if len(document) > MOST_DOCUMENT_CHARACTERS:
        raise LimitExceeded(
            f"A document may have at most {MOST_DOCUMENT_CHARACTERS} characters; it has {len(document)}."
        )
    try:
        names = _operation_names(document)
    except RecursionError:
        raise BadInput("The document is nested too deeply.") from None
    if not names:
        raise BadInput("The document has no operation.")
    if name and name not in names:
        raise BadInput(f"The document has no operation {shown(name)}.")
    if not name and len(names) > 1:
        raise BadInput("The document has several operations: operationName must say which.")


@lru_cache(REMEMBERED_DOCUMENTS)
def _operation_names(document: str) -> Sequence[str | None]:
    definitions = [d for d in parse(document).definitions if isinstance(d, OperationDefinitionNode)]
    return [definition.name.value if definition.name else None for definition in definitions]
