"""Trusted documents: where a manifest is set, only the documents in it run, asked for by id or by text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import msgspec
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Lexer,
    OperationDefinitionNode,
    Source,
    TokenKind,
    parse,
    validate,
)

from app.persisted import EXTENSION
from resolvers.errors import Forbidden

HASH = "sha256:"
"""How ids begin that are the SHA-256 of a text (GraphQL over HTTP, appendix A); some send them without."""
REFUSAL = (
    "Only trusted documents run here: send the id of one, as documentId, id, doc_id "
    f"or extensions.{EXTENSION}.sha256Hash, or its text."
)
MOST_SPACED_CHARACTERS = 50_000
"""How long a text may be that is spaced unlike the one in the manifest: it is read only to be compared."""
SPELLINGS_CHARACTERS = 2_000_000

LimitsProblem = Callable[[DocumentNode], str | None]


class ManifestError(Exception):
    """A manifest that cannot be used; a line for each problem."""


class ApolloManifest(msgspec.Struct):
    """A manifest as Apollo's generate-persisted-query-manifest writes it; its operations have an `id` and a `body`."""

    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """A document of the manifest; `name` has the names of its operations, and is empty when none has one."""

    id: str
    name: str
    text: str


class TrustedDocuments:
    """The documents of a manifest."""

    def __init__(self, documents: Sequence[TrustedDocument]) -> None:
        self._documents = documents
        self._by_id = {_bare(document.id): document.text for document in documents}
        self._texts = {document.text for document in documents}
        self._by_tokens = {"\n".join(_tokens(document.text)): document.text for document in documents}
        self._most_tokens = max((tokens.count("\n") + 1 for tokens in self._by_tokens), default=0)
        self._spellings: LRUCache[str, str] = LRUCache(SPELLINGS_CHARACTERS, getsizeof=len)

    def __iter__(self) -> Iterator[TrustedDocument]:
        """Return the documents as the manifest has them."""
        return iter(self._documents)

    def __len__(self) -> int:
        """Return how many documents there are."""
        return len(self._documents)

    def text_of(self, extensions: Mapping[str, Any] | None, query: str | None, *ids: str | None) -> str:
        """
        Return the text of the document that is meant, as the manifest has it, however it was spaced by the client.

        An id that is known decides, whatever text comes with it: tools sort what they write into a manifest.

        Raises:
            Forbidden: neither id nor text is that of a trusted document.
        """
        found = self._with_id(_persisted_id(extensions), *ids)
        if found is None and query is not None:
            found = query if query in self._texts else self._spaced(query)
        if found is None:
            raise Forbidden(REFUSAL)
        return found

    def _with_id(self, *ids: str | None) -> str | None:
        known = (self._by_id.get(_bare(one)) for one in ids if one is not None)
        return next((text for text in known if text is not None), None)

    def _spaced(self, query: str) -> str | None:
        """Return the text that is this one but for its spaces; only what is trusted is remembered."""
        found = self._spellings.get(query)
        if found is None and len(query) <= MOST_SPACED_CHARACTERS:
            found = self._with_tokens(query)
            if found is not None:
                self._spellings[query] = found
        return found

    def _with_tokens(self, query: str) -> str | None:
        try:
            # one token more than any document has is enough to know that it is none of them
            tokens = list(islice(_tokens(query), self._most_tokens + 1))
        except GraphQLError:
            return None
        return self._by_tokens.get("\n".join(tokens))


def load_manifest(path: Path) -> TrustedDocuments:
    """
    Return the documents of a manifest as GraphQL Code Generator, the Relay compiler or Apollo write it.

    Raises:
        ManifestError: it cannot be read, or is none of these, or has an entry that is no document with an operation.
    """
    documents: dict[str, TrustedDocument] = {}
    problems = []
    for given, text in _entries(path):
        try:
            document = _document(given, text)
            if documents.setdefault(_bare(document.id), document).text != document.text:
                problems.append(_line(document.id, document.name, "another document has the same id"))
        except ValueError as error:
            problems.append(_line(str(given), "", str(error)))
    if problems:
        raise ManifestError("\n".join(problems))
    return TrustedDocuments(list(documents.values()))


def check_manifest(trusted: TrustedDocuments, schema: GraphQLSchema, limits_problem: LimitsProblem) -> list[str]:
    """
    Return what is wrong with the documents, a line `id name: message` for each problem.

    `limits_problem` says which limit a valid document is over, None when it is over none.
    """
    return [
        _line(document.id, document.name, message)
        for document in trusted
        for message in _problems(parse(document.text), schema, limits_problem)
    ]


def manifest_problems(path: Path, schema: GraphQLSchema, limits_problem: LimitsProblem) -> list[str]:
    """Return what is wrong with a manifest and its documents, a line for each problem."""
    try:
        return check_manifest(load_manifest(path), schema, limits_problem)
    except ManifestError as error:
        return str(error).splitlines()


def _entries(path: Path) -> Iterable[tuple[object, object]]:
    """Return the entries as id and text, unchecked."""
    try:
        content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        if "format" not in content:
            return content.items()
        operations = msgspec.convert(content, ApolloManifest).operations
    except OSError as error:
        raise ManifestError(f"cannot be read: {error.strerror or error}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ManifestError(f"is not a manifest: {error}") from None
    return [(operation.get("id"), operation.get("body")) for operation in operations]


def _document(given: object, text: object) -> TrustedDocument:
    if not (isinstance(given, str) and isinstance(text, str)):
        raise ValueError("expected an id and the text of a document")
    try:
        definitions = parse(text).definitions
    except GraphQLError as error:
        raise ValueError(error.message) from None
    operations = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
    if not operations:
        raise ValueError("the document has no operation")
    return TrustedDocument(given, ",".join(one.name.value for one in operations if one.name), text)


def _problems(document: DocumentNode, schema: GraphQLSchema, limits_problem: LimitsProblem) -> list[str]:
    errors = validate(schema, document)
    if errors:
        return [error.message for error in errors]
    problem = limits_problem(document)
    return [] if problem is None else [problem]


def _line(given: str, name: str, message: str) -> str:
    """Return a problem as one line, whatever its parts hold."""
    return " ".join(f"{given} {name}".split()) + ": " + " ".join(message.split())


def _persisted_id(extensions: Mapping[str, Any] | None) -> str | None:
    persisted = (extensions or {}).get(EXTENSION)
    given = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return given if isinstance(given, str) else None


def _bare(given: str) -> str:
    return given.removeprefix(HASH)


def _tokens(text: str) -> Iterator[str]:
    """Return the tokens of a text, each as one line; what is ignored between them is left out (GraphQL, 2.1.7)."""
    lexer = Lexer(Source(text))
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        yield f"{token.kind.value}{token.value!r}"
