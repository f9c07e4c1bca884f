"""How texts are cut into words for searching: without regard to case, accents or the decimal sign."""

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+(?:[.\-/][^\W_]+)*")
_ACCENTS = re.compile("[\u0300-\u036f]")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


def folded(text: str) -> str:
    """Return the text without case and accents: "Kytkentä" and "kytkenta" are one."""
    plain = text.casefold()
    return plain if plain.isascii() else _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))


def tokens(text: str) -> list[str]:
    """Return the words of a query."""
    return _WORD.findall(_DECIMAL_COMMA.sub(".", folded(text)))


def words(text: str) -> Iterator[str]:
    """Yield the words of a text, compound ones also in parts, so that "male/female" is found by "female"."""
    for token in tokens(text):
        yield token
        if "-" in token or "/" in token:
            yield from token.replace("/", "-").split("-")
