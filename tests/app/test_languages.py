"""Which languages a request wants."""

import sys

import pytest

from app.languages import wanted_locales


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ("fi", "en")),
        ("en", ("en", "fi")),
        ("sv, en;q=0.8, fi;q=0.9", ("sv", "fi", "en")),
        ("en;q=0.5,sv;q=0.5,de", ("de", "en", "sv", "fi")),
        ("de;q=0, sv", ("sv", "fi", "en")),
        ("de;q=0.000, sv;q=0.001", ("sv", "fi", "en")),
        ("*", ("fi", "en")),
        ("*, sv;q=0.5", ("sv", "fi", "en")),
        ("EN-gb", ("en-GB", "fi", "en")),
        ("zh-hans-cn", ("zh-Hans-CN", "fi", "en")),
        ("de-1996", ("de-1996", "fi", "en")),
        ("es-419;q=1.0", ("es-419", "fi", "en")),
        ("  sv ;  q = 0.3 ,en ; q=0.7", ("en", "sv", "fi")),
        ("en;Q=0.5, sv;q=0.6", ("sv", "en", "fi")),
        ("sv;q=high, en", ("en", "fi")),
        ("sv;q=-1, en", ("en", "fi")),
        ("sv;q=2, en", ("en", "fi")),
        ("s\u00e4, <script>, e n, en-, ,,,", ("fi", "en")),
        ("sv, sv, sv-SE, sv", ("sv", "sv-SE", "fi", "en")),
        (",".join(f"x{c}" for c in "abcdefghijklmnop"), (*(f"x{c}" for c in "abcdefghij"), "fi", "en")),
        ("a" * 100_000, ("fi", "en")),
    ],
)
def test_best_first_and_the_defaults_last(header: str, expected: tuple[str, ...]) -> None:
    """By weight, then as written, in the usual case; what is of another form is passed over; then fi and en."""
    assert expected == wanted_locales(header)


def test_a_long_header_is_not_kept() -> None:
    """What is remembered is the part that is read, not the whole header, which nobody bounds."""
    header = "sv," + "x" * 1_000_000
    holders = sys.getrefcount(header)
    found = wanted_locales(header)

    assert ("sv", "fi", "en") == found
    assert holders == sys.getrefcount(header)
