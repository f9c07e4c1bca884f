"""Which requests ask the same question."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.responses.question import question_of

TEXT = "query ($of: Int) { __typename }"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}, True),
        (None, {}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": None}, {}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": "é"}, {"a": "e\u0301"}, False),
    ],
)
def test_variables(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None, same: bool) -> None:
    """The order of names says nothing; the type of a value does, and whether it is there."""
    asked, asked_otherwise = (question_of(TEXT, None, variables, ("fi",)) for variables in (one, other))

    assert same is (asked == asked_otherwise)


def test_the_rest() -> None:
    """Another text, operation or order of languages is another question."""
    questions = {
        question_of(text, operation, None, locales)
        for text in (TEXT, TEXT + " ")
        for operation in (None, "a")
        for locales in (("fi", "en"), ("en", "fi"))
    }

    assert 8 == len(questions)


@pytest.mark.parametrize("value", [2**70, "\ud800"])
def test_what_has_no_spelling(value: object) -> None:
    """Variables that cannot be spelt as JSON is written here make a question that nothing is remembered of."""
    assert question_of(TEXT, None, {"a": [value]}, ("fi",)) is None
