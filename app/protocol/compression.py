"""Answers made smaller on the way: Brotli or gzip, as the client takes them (RFC 9110, 12.5.3)."""

import zlib
from functools import lru_cache

import brotli

from app.protocol.negotiation import Range, accepted

FLOOR_BYTES = 1400
"""Less than this fits into one packet anyway."""
BROTLI_QUALITY = 4
GZIP_LEVEL = 5
CODINGS = ("br", "gzip")
MOST_REMEMBERED_CHARACTERS = 500
"""Of an `Accept-Encoding` whose meaning is remembered; browsers send some thirty."""


def coding_for(accept_encoding: str | None, size_bytes: int) -> str | None:
    """Return the coding that suits the client best, None for none: `br` before `gzip` where both are as welcome."""
    if not accept_encoding or size_bytes < FLOOR_BYTES:
        return None
    best = _known_best if len(accept_encoding) <= MOST_REMEMBERED_CHARACTERS else _best
    return best(accept_encoding)


def _best(accept_encoding: str) -> str | None:
    weights = {coding: _weight(coding, accepted(accept_encoding)) for coding in CODINGS}
    best = max(CODINGS, key=lambda coding: weights[coding])
    return best if weights[best] > 0 else None


_known_best = lru_cache(1_000)(_best)


def packed(content: bytes, coding: str) -> bytes:
    """Return the content in this coding."""
    if coding == "br":
        made: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)
        return made
    packing = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packing.compress(content) + packing.flush()


def _weight(coding: str, ranges: list[Range]) -> float:
    named = [one.weight for one in ranges if one.kind == coding]
    if named:
        return max(named)
    return max((one.weight for one in ranges if one.kind == "*"), default=0.0)
