"""Errors as clients see them."""

import logging
import re

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, Source, parse

from app.errors import in_document_order, shown, shown_in
from datasources.errors import InvalidResponse, NeverSent, PerhapsSent, RequestRefused, SourceError, SourceUnavailable
from datasources.model.common import StaleReason, System
from resolvers.errors import BadInput, ClientError, Forbidden, LimitExceeded, NotFound, Unauthenticated


def busy(retry_after_s: float) -> SourceUnavailable:
    error = SourceUnavailable(System.ERP, "asks to slow down (429)", reason=StaleReason.RATE_LIMITED)
    error.retry_after_s = retry_after_s
    return error


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (BadInput, "BAD_USER_INPUT"),
        (LimitExceeded, "LIMIT_EXCEEDED"),
        (NotFound, "NOT_FOUND"),
        (Unauthenticated, "UNAUTHENTICATED"),
        (Forbidden, "FORBIDDEN"),
    ],
)
def test_what_a_client_did_wrong(kind: type[ClientError], code: str) -> None:
    """Its message as it is, and its code."""
    assert {"message": "No.", "extensions": {"code": code}} == shown(kind("No."))


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (NeverSent(System.ERP, "m"), "CONNECTION_FAILED", "no connection"),
        (PerhapsSent(System.ERP, "m"), "CONNECTION_FAILED", "no connection"),
        (PerhapsSent(System.ERP, "m", reason=StaleReason.TIMEOUT), "TIMEOUT", "no answer in time"),
        (SourceUnavailable(System.ERP, "m"), "UPSTREAM_ERROR", "it failed"),
        (InvalidResponse(System.ERP, "m"), "INVALID_RESPONSE", "its answer was not what was agreed"),
        (RequestRefused(System.ERP, "m", status=404, code="X"), "UPSTREAM_ERROR", "it failed"),
    ],
)
def test_an_outage(error: SourceError, reason: str, message: str) -> None:
    """Which system, and why; never in the system's own words, for they may be about another viewer's part of the call."""
    assert {
        "message": f"ERP: {message}",
        "extensions": {"code": "SOURCE_UNAVAILABLE", "system": "ERP", "reason": reason},
    } == shown(error)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 0), (7.4, 7), (90.0, 90)])
def test_when_to_come_back(seconds: float, expected: int) -> None:
    """What the system says of when to ask again, in whole seconds."""
    assert {
        "code": "SOURCE_UNAVAILABLE",
        "system": "ERP",
        "reason": "RATE_LIMITED",
        "retryAfterSeconds": expected,
    } == shown(busy(seconds))["extensions"]


def test_a_bug_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    """A client sees an id and nothing of the bug; the log has the id, the bug and where it happened."""
    with caplog.at_level(logging.ERROR, "kanava.errors"):
        try:
            raise KeyError("secret of the house")
        except KeyError as bug:
            answer = shown(bug)
    identifier = answer["extensions"]["id"]

    assert {"code": "INTERNAL", "id": identifier} == answer["extensions"]
    assert f"Something went wrong in Kanava; its log has it as {identifier}." == answer["message"]
    assert re.fullmatch("[0-9a-f]{12}", identifier)
    assert [f"internal error {identifier}"] == [record.getMessage() for record in caplog.records]
    assert "secret of the house" in caplog.text
    assert "test_a_bug_is_masked" in caplog.text


def test_every_bug_has_its_own_id(caplog: pytest.LogCaptureFixture) -> None:
    """Two incidents are two ids."""
    bug = KeyError("x")
    ids = {shown(bug)["extensions"]["id"] for _ in range(2)}

    assert 2 == len(ids) == len(caplog.records)


def test_an_error_of_a_field_has_its_place() -> None:
    """Where in the document, and where in the answer."""
    node = parse("{\n  product { sku }\n}").definitions[0].selection_set.selections[0]  # type: ignore[attr-defined]
    error = GraphQLError("x", [node], path=["product", 0, "sku"], original_error=NotFound("None."))

    assert {
        "message": "None.",
        "extensions": {"code": "NOT_FOUND"},
        "locations": [{"line": 2, "column": 3}],
        "path": ["product", 0, "sku"],
    } == shown_in(error)


def test_a_bug_in_a_field_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    """The message of an execution's error does not show what was raised."""
    answer = shown_in(GraphQLError("secret", path=["a"], original_error=RuntimeError("secret")))

    assert ("INTERNAL", ["a"]) == (answer["extensions"]["code"], answer["path"])
    assert "secret" not in answer["message"]
    assert 1 == len(caplog.records)


@pytest.mark.parametrize(
    "error",
    [
        GraphQLError("x"),
        GraphQLError("x", original_error=GraphQLError("y")),
        GraphQLSyntaxError(Source("{"), 1, "x"),
    ],
)
def test_what_graphql_refuses_is_bad_input(error: GraphQLError) -> None:
    """Documents and values that GraphQL refuses keep its message."""
    answer = shown_in(error)

    assert (error.message, {"code": "BAD_USER_INPUT"}) == (answer["message"], answer["extensions"])


def test_errors_stand_in_document_order() -> None:
    """Errors are sorted as their fields stand in the answer, lists by index, whatever the order they came in."""
    data = {"b": [{"y": None, "x": None}, None, {"y": None, "x": 1}], "a": None, "c": {"d": None}}
    paths: list[list[str | int]] = [["b", 0, "y"], ["b", 0, "x"], ["b", 1, "x"], ["b", 2, "y"], ["a"], ["c", "d"]]
    errors = [GraphQLError(str(n), path=path) for n, path in enumerate(paths)]
    mixed = [errors[n] for n in (4, 3, 5, 1, 2, 0)]

    assert errors == in_document_order(mixed, data)


def test_ten_comes_after_nine() -> None:
    """Places in lists are compared as numbers."""
    errors = [GraphQLError("x", path=["a", n]) for n in range(12)]

    assert errors == in_document_order(errors[::-1], {"a": [None] * 12})


def test_without_data_the_document_decides() -> None:
    """Where nothing of the answer is left, errors stand as their fields do in the document."""
    fields = parse("{ one two three }").definitions[0].selection_set.selections  # type: ignore[attr-defined]
    errors = [GraphQLError("x", [node], path=[node.name.value]) for node in fields]

    assert errors == in_document_order([errors[1], errors[2], errors[0]], None)
