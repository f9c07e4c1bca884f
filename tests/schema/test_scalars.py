"""How values look on the wire, and which input is one."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.paging import Cursor
from schema.scalars import SCALARS, URL, CurrencyCode, parse_decimal

DECIMAL, TIME, DAY = SCALARS[Decimal], SCALARS[datetime], SCALARS[date]
COUNTABLE = st.decimals(
    min_value=-(10**15) + 1, max_value=10**15 - 1, allow_nan=False, allow_infinity=False, places=6
) | st.integers(-(10**15) + 1, 10**15 - 1).map(Decimal)


def serialized(scalar: Any, value: object) -> Any:
    return scalar.serialize(value)


@given(number=COUNTABLE)
@settings(deadline=None)
def test_a_decimal_survives_the_way_out_and_in(number: Decimal) -> None:
    """What is written is read back as the same number, and written again the same."""
    read = parse_decimal(serialized(DECIMAL, number))
    written = serialized(DECIMAL, read)

    assert number == read
    assert read == parse_decimal(written)
    assert written == serialized(DECIMAL, parse_decimal(written))
    assert "E" not in written


@given(number=COUNTABLE)
@settings(deadline=None)
def test_equal_decimals_are_read_alike(number: Decimal) -> None:
    """Trailing zeros make no other number: one quantity is one key."""
    padded = format(number, "f") + ("0" if "." in format(number, "f") else ".0")

    assert str(parse_decimal(str(number))) == str(parse_decimal(padded))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("12.50", "12.5"),
        ("1E+3", "1000"),
        ("1e-6", "0.000001"),
        ("1.0000000", "1"),
        ("-0.5", "-0.5"),
        ("999999999999999.999999", "999999999999999.999999"),
        (7, "7"),
        (0.1, "0.1"),
        (2.0, "2"),
        ("0.000", "0"),
    ],
)
def test_a_decimal_is_read(given: object, expected: str) -> None:
    """Strings and numbers are taken, written in the one plain way."""
    assert expected == str(parse_decimal(given))


@pytest.mark.parametrize(
    "given",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "",
        " ",
        "one",
        "1,5",
        "0x10",
        "1_000",
        " 12 ",
        "12\n",
        "\u0661\u0662",
        "+5",
        ".5",
        "5.",
        "1000000000000000",
        "1E+15",
        "9" * 41,
        "0.0000001",
        "1e-7",
        "1e-999999",
        "12345678901234.000000000000000000000001",
        True,
        False,
        None,
        [],
        {},
        float("nan"),
        float("inf"),
        10**15,
        10**400,
        b"1",
    ],
)
def test_what_is_no_decimal_is_refused(given: object) -> None:
    """What does not count something, is out of range or too fine is refused."""
    with pytest.raises(GraphQLError, match=r"^Decimal "):
        parse_decimal(given)


@pytest.mark.parametrize(("literal", "expected"), [('"1.50"', "1.5"), ("1.50", "1.5"), ("3", "3"), ("1e3", "1000")])
def test_a_decimal_may_be_a_literal(literal: str, expected: str) -> None:
    """Strings, integers and floats of a document are decimals, read digit by digit."""
    assert DECIMAL.parse_literal is not None
    assert expected == str(DECIMAL.parse_literal(parse_value(literal), None))


@pytest.mark.parametrize("literal", ["true", "null", "[1]", "{a: 1}", "ONE", '"NaN"'])
def test_another_literal_is_refused(literal: str) -> None:
    """Nothing else of a document is a decimal."""
    assert DECIMAL.parse_literal is not None
    with pytest.raises(GraphQLError, match=r"^Decimal cannot represent"):
        DECIMAL.parse_literal(parse_value(literal), None)


def test_a_decimal_is_written_as_its_system_gave_it() -> None:
    """Trailing zeros of a price stay, and no exponent is shown."""
    written = [serialized(DECIMAL, Decimal(text)) for text in ("12.50", "1E+3", "0E-2", "1E-7")]

    assert ["12.50", "1000", "0.00", "0.0000001"] == written


@given(
    time=st.datetimes(
        datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis takes the bounds without a zone
        datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    )
)
@settings(deadline=None)
def test_a_time_survives_the_way_out_and_in(time: datetime) -> None:
    """What is written is in UTC, to the millisecond, and read back as the same moment."""
    written = serialized(TIME, time)
    read = TIME.parse_value(written)

    assert time.astimezone(UTC).replace(microsecond=time.microsecond // 1000 * 1000) == read
    assert written == serialized(TIME, read)
    assert (24, "Z") == (len(written), written[-1])


@pytest.mark.parametrize("given", ["2026-11-22T08:30:00", "2026-11-22", "now", "", 1, None])
def test_what_is_no_moment_is_refused(given: object) -> None:
    """A time without an offset is no moment."""
    with pytest.raises(GraphQLError, match=r"^DateTime "):
        TIME.parse_value(given)


@given(day=st.dates())
@settings(deadline=None)
def test_a_day_survives_the_way_out_and_in(day: date) -> None:
    """What is written is read back as the same day."""
    assert day == DAY.parse_value(serialized(DAY, day))


@pytest.mark.parametrize(
    "given", ["2026-02-30", "22.11.2026", "2026-11-22T08:30:00Z", "", "20261122", "2026-W47-7", 20261122, None, True]
)
def test_what_is_no_day_is_refused(given: object) -> None:
    """A day is a string of the form it is written in, and one of the calendar."""
    with pytest.raises(GraphQLError, match=r"^Date cannot represent"):
        DAY.parse_value(given)


@pytest.mark.parametrize("of", [URL, CurrencyCode, Cursor])
def test_text_scalars_take_text(of: object) -> None:
    """Scalars that are strings take nothing else."""
    assert "abc" == SCALARS[of].parse_value("abc")
    with pytest.raises(GraphQLError, match=r"^A string was expected, not 1\.$"):
        SCALARS[of].parse_value(1)
