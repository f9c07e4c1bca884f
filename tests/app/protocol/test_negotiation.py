"""Which form of answer suits a client."""

import pytest

from app.protocol.negotiation import (
    EVENTS,
    GRAPHQL_JSON,
    JSON,
    accepted,
    answer_type,
    is_json,
    prefers_events,
    wants_events,
    wants_page,
)

URQL = f"{GRAPHQL_JSON}, application/graphql+json, {JSON}, {EVENTS}, multipart/mixed"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.9", JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON};q=0.6", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, */*", JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        (f"{JSON.upper()}", JSON),
        (f"{GRAPHQL_JSON};q=0.1, */*;q=0.5", JSON),
        (URQL, GRAPHQL_JSON),
        (BROWSER, JSON),
        (EVENTS, None),
        ("text/html", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=2", None),
        (f"{JSON};q=x", None),
    ],
)
def test_plain_answers(accept: str | None, expected: str | None) -> None:
    """The weightiest type that there is; the newer one only for who names it; none for who takes neither."""
    assert expected == answer_type(accepted(accept))


@pytest.mark.parametrize(
    ("accept", "wanted", "preferred"),
    [
        (EVENTS, True, True),
        (URQL, True, False),
        (f"{EVENTS}, {JSON};q=0.9", True, True),
        (f"{EVENTS};q=0.5, {JSON}", True, False),
        (f"{EVENTS};q=0, {JSON}", False, False),
        ("*/*", False, False),
        ("text/*", False, True),
    ],
)
def test_events(accept: str, wanted: bool, preferred: bool) -> None:
    """Events are for who names them; a query is answered so only if they are wanted more than anything plain."""
    ranges = accepted(accept)

    assert (wanted, preferred) == (wants_events(ranges), prefers_events(ranges))


@pytest.mark.parametrize(
    ("accept", "page"),
    [(BROWSER, True), ("text/html", True), ("*/*", False), (f"text/html;q=0.5, {JSON}", False), (JSON, False)],
)
def test_pages(accept: str, page: bool) -> None:
    """A page is for browsers: who names HTML, and not after JSON."""
    assert page is wants_page(accepted(accept))


def test_a_long_header_is_bounded() -> None:
    """Of a header with thousands of ranges only the first are looked at."""
    assert 50 == len(accepted(",".join(["a/b"] * 100_000)))


@pytest.mark.parametrize(
    ("content_type", "json"),
    [
        ("application/json", True),
        ("Application/JSON;charset=UTF-8", True),
        ('application/json; charset="utf-8"', True),
        ("application/json; charset=iso-8859-1", False),
        ("application/graphql", False),
        ("text/plain", False),
        ("multipart/form-data; boundary=x", False),
        ("", False),
    ],
)
def test_json_bodies(content_type: str, json: bool) -> None:
    """A body is JSON in UTF-8, and says so; what a form of another site can send is not."""
    assert json is is_json(content_type)
