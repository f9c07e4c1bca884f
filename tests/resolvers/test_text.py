"""Text in the language that suits a request."""

from collections.abc import Sequence

import pytest

from datasources.model.common import text_in
from resolvers.context import RequestContext
from tests.datasources.fakes import FakeClock, ask

ALL = {"fi": "putki", "en": "pipe", "zh-Hans": "管", "fr": "tuyau", "pt-BR": "cano"}


@pytest.mark.parametrize(
    ("text", "locales", "expected"),
    [
        (ALL, ["fi", "en"], "putki"),
        (ALL, ["en", "fi"], "pipe"),
        (ALL, ["fr-CA", "en"], "tuyau"),
        (ALL, ["zh-Hans-CN", "en"], "管"),
        (ALL, ["zh-Hant-TW", "en"], "pipe"),
        (ALL, ["pt-BR"], "cano"),
        (ALL, ["pt", "en"], "pipe"),
        (ALL, ["sv", "nb"], "putki"),
        (ALL, [], "putki"),
        ({"fr": "tuyau", "en": "pipe"}, ["fr-CA", "fr", "en"], "tuyau"),
        ({"fr": "tuyau", "fr-CA": "conduit"}, ["fr-CA"], "conduit"),
        ({"und": "X-15"}, ["fi", "en"], "X-15"),
        ({"en": "pipe", "und": "X-15"}, ["fi"], "X-15"),
        ({"en": "pipe", "und": "X-15"}, ["en"], "pipe"),
        ({"sv": "rör"}, ["fi", "en"], "rör"),
        ({"en": "pipe"}, ["", "-", "en"], "pipe"),
        ({}, ["fi", "en"], None),
        ({}, [], None),
    ],
)
def test_the_first_language_it_has(text: dict[str, str], locales: Sequence[str], expected: str | None) -> None:
    """The first language that it has, less specific forms included; else the one for all; else any; else none."""
    assert expected == text_in(text, locales)


def test_a_request_has_its_languages() -> None:
    """A required text without any language is empty, an optional one is none."""
    context = RequestContext(
        sources=None,  # type: ignore[arg-type]
        clock=FakeClock(),
        caller=None,
        locales=("en",),
        ask=ask(FakeClock()),
        anonymous_prices=False,
        orders=None,  # type: ignore[arg-type]
    )

    assert ("pipe", "") == (context.text(ALL), context.text({}))
    assert ("pipe", None, None) == (context.optional_text(ALL), context.optional_text({}), context.optional_text(None))
