"""Trusted documents, in manifests as the tools of clients wrote them."""

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLSchema, parse, print_ast

from app.persisted import hash_of
from app.trusted import (
    MOST_SPACED_CHARACTERS,
    REFUSAL,
    ManifestError,
    TrustedDocument,
    check_manifest,
    load_manifest,
    manifest_problems,
)
from resolvers.errors import Forbidden
from schema.schema import build_schema

MANIFESTS = Path(__file__).parent / "manifests"
STATUS_ID = "bfd0520d810e9dbdf49894422b72a6d39fcadf551d4d4465432eebc1d3c3c60b"
STATUS = (
    "query ChannelStatus { channelStatus { capabilities { capability state } mode systems { circuit since system } } }"
)
IDS = {
    "codegen.json": (f"sha256:{STATUS_ID}", "sha256:92130fab675cf0f105afbfe9e80a0b96268a1836efa415d5903005f6124f1a98"),
    "codegen-sha1.json": ("d3a96a90549e977049de653c757406043e80c0a9", "ddaf76a3264f7bb141e945194c0849884aa757fd"),
    "relay.json": ("0149932f4ceab3e7a3240b659f0b33c7", "07d52b8fa596e6bd924fefb0d01740aa"),
    "apollo.json": (
        "41f06cf807969ac41d1d7f396a98ac7a4d412d934ed5f0bf09f9ffb2adf1dd27",
        "d21b28f9b639e10fc4e8a2f83860632176e0bfd85c2c88b507479f1bb9d99dd6",
    ),
}
NAMES = {
    "codegen.json": ["ChannelStatus", "Accounts"],
    "codegen-sha1.json": ["ChannelStatus", "Accounts"],
    "relay.json": ["StorefrontAccountsQuery", "StorefrontProductQuery"],
    "apollo.json": ["Accounts", "ProductPage"],
}


@pytest.fixture(scope="session")
def graphql_schema() -> GraphQLSchema:
    return build_schema()._schema


def no_limit(document: DocumentNode) -> str | None:
    return None


def written(folder: Path, content: object) -> Path:
    path = folder / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def problem(path: Path) -> str:
    with pytest.raises(ManifestError) as failure:
        load_manifest(path)
    return str(failure.value)


@pytest.mark.parametrize("name", IDS)
def test_manifests_of_every_tool_are_read(name: str) -> None:
    """Code Generator by its default and with SHA-1, the Relay compiler, Apollo: ids, names of operations, and texts."""
    trusted = load_manifest(MANIFESTS / name)

    assert list(IDS[name]) == [document.id for document in trusted]
    assert NAMES[name] == [document.name for document in trusted]
    assert 2 == len(trusted)


def test_a_document_is_as_it_was_written() -> None:
    """The text is the tool's, byte by byte."""
    first = next(iter(load_manifest(MANIFESTS / "codegen.json")))

    assert TrustedDocument(f"sha256:{STATUS_ID}", "ChannelStatus", STATUS) == first
    assert STATUS_ID == hash_of(STATUS)


@pytest.mark.parametrize("name", IDS)
def test_by_id(name: str) -> None:
    """An id is found wherever clients send it: as Apollo and urql do, or beside the variables as Relay does."""
    trusted = load_manifest(MANIFESTS / name)
    for document in trusted:
        persisted = {"persistedQuery": {"version": 1, "sha256Hash": document.id}}

        assert document.text == trusted.text_of(persisted, None)
        assert document.text == trusted.text_of(None, None, document.id)
        assert document.text == trusted.text_of({}, None, None, None, document.id)


@pytest.mark.parametrize("written_as", [STATUS_ID, f"sha256:{STATUS_ID}"])
@pytest.mark.parametrize("sent_as", [STATUS_ID, f"sha256:{STATUS_ID}"])
def test_a_hash_may_say_which_it_is(tmp_path: Path, written_as: str, sent_as: str) -> None:
    """GraphQL over HTTP puts `sha256:` before it, Apollo does not; both are the same id."""
    trusted = load_manifest(written(tmp_path, {written_as: STATUS}))

    assert STATUS == trusted.text_of(None, None, sent_as)


def test_an_id_decides_whatever_text_comes_with_it() -> None:
    """Code Generator sorts what it writes; what its clients send with the id is in their own order."""
    trusted = load_manifest(MANIFESTS / "codegen.json")

    assert STATUS == trusted.text_of(None, "query ChannelStatus { channelStatus { mode } }", STATUS_ID)


def test_an_unknown_id_leaves_it_to_the_text() -> None:
    """A client of automatic persisted queries sends a hash of its own with the text."""
    trusted = load_manifest(MANIFESTS / "codegen.json")
    text = print_ast(parse(STATUS))

    assert STATUS == trusted.text_of({"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}, text)


@pytest.mark.parametrize("name", IDS)
def test_by_text(name: str) -> None:
    """A text is trusted as it is written, printed anew, and on one line; what runs is what was written."""
    trusted = load_manifest(MANIFESTS / name)
    for document in trusted:
        printed = print_ast(parse(document.text))
        for text in (document.text, printed, " ".join(printed.split()), printed.replace("\n", "\r\n\t,")):
            assert document.text == trusted.text_of(None, text)
            assert document.text == trusted.text_of(None, text), "the second time it is remembered"


def test_comments_and_the_layout_of_block_strings_are_spacing(tmp_path: Path) -> None:
    """What GraphQL ignores may differ (section 2.1), and the common indentation of a block string."""
    text = 'query Q { products(query: """\n  pipe\n    15 mm\n  """) { totalCount } }'
    trusted = load_manifest(written(tmp_path, {"q": text}))

    sent = '\ufeff# by hand\nquery Q{products(query:"""\n\tpipe\n\t  15 mm"""),{totalCount}}# end'

    assert text == trusted.text_of(None, sent)


@pytest.mark.parametrize(
    "query",
    [
        "{ channelStatus { mode } }",
        "query Q { products(first: 12) { totalCount } viewer { account { id } } }",
        "query Q { products(first: 1, query: 2) { totalCount } }",
        'query Q { products(first: 1, query: "2 ") { totalCount } }',
        'query Q { products(first: "1", query: "2") { totalCount } }',
        'query Q { products(first: 1 query: "2") { totalCount } } query R { __typename }',
        'query Q { products(first: 1, query: "2") { total Count } }',
        'query Q { products(first: 1, query: "2") { totalCount }',
        'query Q { products(first: 1, query: "2',
        "query { __schema { types { name } } }",
        "{__typename}",
        "?",
        "",
        None,
    ],
)
def test_anything_else_is_refused(tmp_path: Path, query: str | None) -> None:
    """One token more, less or other is another document. The refusal says how to ask, and nothing of what there is."""
    trusted = load_manifest(written(tmp_path, {"q": 'query Q { products(first: 1, query: "2") { totalCount } }'}))

    with pytest.raises(Forbidden) as refusal:
        trusted.text_of(None, query)

    assert REFUSAL == str(refusal.value)
    assert (
        "Only trusted documents run here: send the id of one, as documentId, id, doc_id or "
        "extensions.persistedQuery.sha256Hash, or its text."
    ) == REFUSAL


@pytest.mark.parametrize(
    "extensions",
    [
        {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}},
        {"persistedQuery": {"version": 1, "sha256Hash": [STATUS_ID]}},
        {"persistedQuery": {"version": 1, "sha256Hash": f"sha256:sha256:{STATUS_ID}"}},
        {"persistedQuery": [STATUS_ID]},
        {"persistedQuery": None},
    ],
    ids=str,
)
def test_an_id_that_is_none_is_refused(extensions: dict[str, Any]) -> None:
    """Whether it is unknown or no id at all looks alike."""
    trusted = load_manifest(MANIFESTS / "codegen.json")

    with pytest.raises(Forbidden):
        trusted.text_of(extensions, None, "unknown", "")


class Counted(str):
    """A text that counts the characters that are looked at."""

    looked_at = 0

    def __getitem__(self, place: Any) -> str:
        self.looked_at += 1
        return super().__getitem__(place)


def test_a_text_is_read_no_further_than_a_trusted_one_goes(tmp_path: Path) -> None:
    """Refusing what cannot be a trusted document takes no more work the longer it is."""
    trusted = load_manifest(written(tmp_path, {"a": "{a}", "ab": "{a b}"}))
    flood = Counted("{" * MOST_SPACED_CHARACTERS)

    with pytest.raises(Forbidden):
        trusted.text_of(None, flood)

    assert 0 < flood.looked_at < 20


def test_a_text_with_more_spaces_than_are_read_is_refused(tmp_path: Path) -> None:
    """So many characters are compared, and one more is not; as it is written a text may have any length."""
    long = "{a" + " " * MOST_SPACED_CHARACTERS + "b}"
    trusted = load_manifest(written(tmp_path, {"ab": "{a b}", "long": long.replace("b", "c")}))

    assert "{a b}" == trusted.text_of(None, "{a" + " " * (MOST_SPACED_CHARACTERS - 4) + "b}")
    assert long.replace("b", "c") == trusted.text_of(None, long.replace("b", "c"))
    with pytest.raises(Forbidden):
        trusted.text_of(None, "{a" + " " * (MOST_SPACED_CHARACTERS - 3) + "b}")


def test_a_document_may_have_several_operations(tmp_path: Path, graphql_schema: GraphQLSchema) -> None:
    """operationName chooses among them; a problem's line has all their names."""
    text = "query One { __typename } query Two { channelStatus { mod } }"
    trusted = load_manifest(written(tmp_path, {"both": text}))

    assert text == trusted.text_of(None, None, "both")
    assert ["both One,Two: Cannot query field 'mod' on type 'ChannelStatus'. Did you mean 'mode'?"] == check_manifest(
        trusted, graphql_schema, no_limit
    )


def test_an_empty_manifest_trusts_nothing(tmp_path: Path) -> None:
    """As the Relay compiler begins it."""
    trusted = load_manifest(written(tmp_path, {}))

    assert 0 == len(trusted)
    with pytest.raises(Forbidden):
        trusted.text_of(None, "")


@pytest.mark.parametrize(
    "content",
    ["", "no", "[]", "null", '"x"', "{", '{"a": "\\ud800"}', "[" * 100_000, '{"a":' * 100_000],
    ids=lambda content: content[:10] or "nothing",
)
def test_what_is_no_json_object_is_a_problem(tmp_path: Path, content: str) -> None:
    """It is told in one line."""
    told = problem(written(tmp_path, content))

    assert told.startswith("is not a manifest: ")
    assert 1 == len(told.splitlines())


def test_what_is_not_in_utf_8_is_a_problem(tmp_path: Path) -> None:
    """So is a file in another coding."""
    path = tmp_path / "manifest.json"
    path.write_bytes(b'{"a": "\xe4"}')

    assert problem(path).startswith("is not a manifest: ")


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """That it is not there, or a folder, is told as the system tells it."""
    assert "cannot be read: No such file or directory" == problem(tmp_path / "none.json")
    assert "cannot be read: Is a directory" == problem(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"format": "other"},
            "is not a manifest: Invalid enum value 'other' - at `$.format`",
        ),
        ({"version": 2}, "is not a manifest: Invalid enum value 2 - at `$.version`"),
        ({"operations": {}}, "is not a manifest: Expected `array`, got `object` - at `$.operations`"),
        ({"operations": [1]}, "is not a manifest: Expected `object`, got `int` - at `$.operations[0]`"),
        ({"operations": [{"id": "a"}]}, "a: expected an id and the text of a document"),
        ({"operations": [{"body": "{a}"}]}, "None: expected an id and the text of a document"),
    ],
    ids=str,
)
def test_another_form_of_apollos_manifest_is_a_problem(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    """A later version may mean something else by the same names."""
    whole = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": []}

    assert 0 == len(load_manifest(written(tmp_path, whole)))
    assert told == problem(written(tmp_path, whole | change))


def test_every_entry_that_is_no_document_is_told(tmp_path: Path) -> None:
    """Each has a line of its own that begins with its id; what is good among them does not help."""
    entries = {
        "good": "{ __typename }",
        "number": 1,
        "broken": "query Q { ",
        "deep": "{a" * 5000 + "}" * 5000,
        "fragment": "fragment F on Query { __typename }",
        "two\nlines": "?",
    }

    assert [
        "number: expected an id and the text of a document",
        "broken: Syntax Error: Expected Name, found <EOF>.",
        "deep: Syntax Error: Document is nested too deeply. Parsing aborted.",
        "fragment: the document has no operation",
        "two lines: Syntax Error: Unexpected character: '?'.",
    ] == problem(written(tmp_path, entries)).splitlines()


def test_two_documents_of_one_id_are_a_problem(tmp_path: Path) -> None:
    """Which of them is meant nobody could say; the same one twice is one."""
    hashed = {f"sha256:{STATUS_ID}": STATUS, STATUS_ID: "query Other { __typename }"}

    assert f"{STATUS_ID} Other: another document has the same id" == problem(written(tmp_path, hashed))
    assert 1 == len(load_manifest(written(tmp_path, dict.fromkeys(hashed, STATUS))))


@pytest.mark.parametrize("name", IDS)
def test_manifests_of_our_own_clients_have_no_problem(name: str, graphql_schema: GraphQLSchema) -> None:
    """The tools made them of documents that the schema answers."""
    assert [] == manifest_problems(MANIFESTS / name, graphql_schema, no_limit)


def test_each_problem_of_a_document_is_a_line(tmp_path: Path, graphql_schema: GraphQLSchema) -> None:
    """It has the entry's id, the names of its operations where there are any, and what validation says."""
    documents = {
        "good": "{ __typename }",
        "bad": "query Bad { nothing channelStatus }",
        "unnamed": '{ products(query: """a\nb""", first: "c\\nd") { totalCount } }',
    }

    assert [
        "bad Bad: Cannot query field 'nothing' on type 'Query'.",
        "bad Bad: Field 'channelStatus' of type 'ChannelStatus!' must have a selection of subfields. "
        "Did you mean 'channelStatus { ... }'?",
        'unnamed: Int cannot represent non-integer value: "c\\nd"',
    ] == manifest_problems(written(tmp_path, documents), graphql_schema, no_limit)


def test_documents_over_a_limit_are_told(tmp_path: Path, graphql_schema: GraphQLSchema) -> None:
    """Of a valid document it is told which limit it is over; of one that is not, only why not."""
    documents = {"over": "query Over { __typename }", "bad": "query Bad { x }", "under": "{ channelStatus { mode } }"}

    def limits_problem(document: DocumentNode) -> str | None:
        return "depth 1 is over the limit of 0" if "__typename" in print_ast(document) else None

    assert [
        "over Over: depth 1 is over the limit of 0",
        "bad Bad: Cannot query field 'x' on type 'Query'.",
    ] == manifest_problems(written(tmp_path, documents), graphql_schema, limits_problem)


def test_problems_of_the_file_itself_are_told_alike(tmp_path: Path, graphql_schema: GraphQLSchema) -> None:
    """Nothing is raised: the lines are all there is to print."""
    assert [
        "a: Syntax Error: Unexpected <EOF>.",
        "b: expected an id and the text of a document",
    ] == manifest_problems(written(tmp_path, {"a": "", "b": None}), graphql_schema, no_limit)
