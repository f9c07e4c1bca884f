"""Answers made smaller on the way."""

import gzip

import brotli
import pytest

from app.protocol.compression import FLOOR_BYTES, coding_for, packed


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("zstd", None),
    ],
)
def test_the_client_decides(accept_encoding: str | None, coding: str | None) -> None:
    """By weight, Brotli first where both are as welcome; none for who names none."""
    assert coding == coding_for(accept_encoding, FLOOR_BYTES)


def test_small_answers_stay_as_they_are() -> None:
    """Below the floor nothing is packed."""
    assert (None, "br") == (coding_for("br", FLOOR_BYTES - 1), coding_for("br", FLOOR_BYTES))


def test_there_and_back() -> None:
    """What is packed is the same when it is unpacked."""
    content = b'{"data": {}}' * 500

    assert content == brotli.decompress(packed(content, "br")) == gzip.decompress(packed(content, "gzip"))
    assert len(packed(content, "br")) < len(content) / 10
