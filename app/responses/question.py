"""What is asked, whoever asks."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson


class Question(NamedTuple):
    """
    All that an answer depends on beside the viewer and the systems' values.

    `variables` are as the client sent them, in one spelling: members in order of their names. The clients' ways of
    sending it (media types, codings, headers) are none of it. A tuple, for it is hashed at every look.
    """

    text: str
    operation: str | None
    variables: bytes
    locales: tuple[str, ...]


def question_of(
    text: str, operation: str | None, variables: Mapping[str, Any] | None, locales: Sequence[str]
) -> Question | None:
    """Return the question, None for variables that JSON has no one spelling for: a number too great, a lone half."""
    try:
        spelt = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS) if variables else b""
    except orjson.JSONEncodeError:
        return None
    return Question(text, operation, spelt, tuple(locales))
