"""Which languages a request wants, from its `Accept-Language`."""

import re
from functools import lru_cache

from resolvers.locales import DEFAULT_LOCALES, canonical_tag

MOST_LANGUAGES = 10
MOST_CHARACTERS = 1000
_RANGE = re.compile(r"\s*([a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*|\*)\s*(?:;\s*[qQ]\s*=\s*([01](?:\.\d{0,3})?))?\s*")


def wanted_locales(accept_language: str) -> tuple[str, ...]:
    """
    Return language tags, the best first, Kanava's own defaults last (RFC 9110, section 12.5.4).

    What is not of that form is passed over: a browser's header is not worth an error.
    """
    return _wanted(accept_language[:MOST_CHARACTERS])


@lru_cache(maxsize=1024)
def _wanted(accept_language: str) -> tuple[str, ...]:
    weighted = []
    for part in accept_language.split(",")[:MOST_LANGUAGES]:
        match = _RANGE.fullmatch(part)
        if match and match[1] != "*" and float(match[2] or 1) > 0:
            weighted.append((-float(match[2] or 1), canonical_tag(match[1])))
    weighted.sort(key=lambda pair: pair[0])
    return tuple(dict.fromkeys([tag for _, tag in weighted] + list(DEFAULT_LOCALES)))
