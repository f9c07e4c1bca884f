"""What is said of times and amounts."""

from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from app.status import words
from datasources.model.common import StaleReason

MORNING = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("why", StaleReason)
def test_every_reason_has_words(why: StaleReason) -> None:
    """Whatever goes wrong, the page can say it."""
    assert words.reason(why)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.duration(0.9), "0 s"),
        (words.duration(-1), "0 s"),
        (words.duration(59.9), "59 s"),
        (words.duration(60), "1 min"),
        (words.duration(3599), "59 min"),
        (words.duration(3600), "1 h"),
        (words.duration(12_120), "3 h 22 min"),
        (words.duration(86_400), "1 d"),
        (words.duration(86_400 * 12 + 7200), "12 d 2 h"),
        (words.at_most(15), "at most 15 s"),
        (words.at_most(86_400), "at most 1 d"),
        (words.at_most(inf), "over 1 d"),
        (words.latency(None), "–"),
        (words.latency(0), "0.0 ms"),
        (words.latency(0.00994), "9.9 ms"),
        (words.latency(0.00996), "10 ms"),
        (words.latency(0.9994), "999 ms"),
        (words.latency(0.9996), "1.00 s"),
        (words.latency(12.345), "12.35 s"),
        (words.share(None), "–"),
        (words.share(0.9999), "99 %"),
        (words.share(0.29), "29 %"),
        (words.share(1), "100 %"),
        (words.average(None), "–"),
        (words.average(24), "24"),
        (words.average(1234.56), "1,234.6"),
        (words.amount(1_234_567), "1,234,567"),
        (words.megabytes(0), "0.0 MB"),
        (words.megabytes(268_435_456), "256.0 MB"),
        (words.megabytes(1_572_864_000), "1,500.0 MB"),
        (words.moment(MORNING, MORNING + timedelta(hours=20)), "03:00:00 UTC"),
        (words.moment(MORNING, MORNING + timedelta(hours=21)), "22 Nov 03:00:00 UTC"),
        (words.since(MORNING, MORNING + timedelta(minutes=5)), "5 min"),
        (words.until(MORNING + timedelta(seconds=0.2), MORNING), "1 s"),
        (words.until(MORNING + timedelta(seconds=65), MORNING), "1 min"),
        (words.phrase("LIVE_PRICES"), "Live prices"),
    ],
)
def test_words(said: str, expected: str) -> None:
    """Times and amounts are said in the units that matter, and never rounded up to more than there is."""
    assert expected == said
