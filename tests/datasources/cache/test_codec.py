"""Entries as bytes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum

import pytest

from datasources.cache.codec import Codec, shape
from datasources.cache.entry import Entry, Policy
from datasources.model.common import Money, Provenance, Quantity, System, Unit
from datasources.model.pricing import Price, PriceBreak, PriceKey, PriceOrigin, Quote, QuoteStatus

POLICY = Policy(60, 0, 3600)
NOW = datetime(2026, 11, 22, 8, 30, 0, 123456, tzinfo=UTC)
ORIGIN = Provenance(System.ERP, NOW, NOW)
KEY = PriceKey("S1", "KV-1", Decimal("1"), None, None, None, "EUR")
QUOTE = Quote(
    QuoteStatus.PRICED,
    Price(
        Money(Decimal("12.50"), "EUR"),
        Quantity(Decimal(100), Unit("PCE", {"fi": "kpl"}, 0)),
        None,
        True,
        None,
        PriceOrigin.CONTRACT,
        None,
        [PriceBreak(Decimal(10), Money(Decimal("11.00"), "EUR"))],
        None,
        NOW,
        ORIGIN,
    ),
    ORIGIN,
)


def codec(value_type: type = Quote, origin: str = "rest http://erp") -> Codec[PriceKey, Quote]:
    return Codec("prices", value_type, POLICY, origin=origin)


def entry() -> Entry[Quote]:
    return Entry(QUOTE, as_of=NOW.timestamp(), received_at=NOW.timestamp(), policy=POLICY)


def test_there_and_back() -> None:
    """An entry comes back as it was, decimals with their digits and times to the microsecond."""
    back = codec().decode(KEY, codec().encode(KEY, entry()))

    assert back is not None
    assert QUOTE == back.value
    assert "12.50" == str(back.value.price.unit_price.amount)  # type: ignore[union-attr]
    assert (NOW.timestamp(), NOW.timestamp(), POLICY) == (back.as_of, back.received_at, back.policy)


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x93\x01\x02\x03", codec().encode(KEY, entry())[:-9]])
def test_broken_bytes_are_nothing(content: bytes) -> None:
    """Bytes that are not an entry are no entry, and no error."""
    assert codec().decode(KEY, content) is None


def test_another_keys_bytes_are_nothing() -> None:
    """A price found under the name of another customer's is not served, whatever led there."""
    other = PriceKey("S2", "KV-1", Decimal("1"), None, None, None, "EUR")

    assert codec().decode(other, codec().encode(KEY, entry())) is None


class Colour(Enum):
    RED = "RED"


class Shade(Enum):
    RED = "RED"
    BLUE = "BLUE"


@dataclass(frozen=True, slots=True)
class Paint:
    colour: Colour


@dataclass(frozen=True, slots=True)
class Lacquer:
    colour: Shade


def test_names_differ_by_all_that_bytes_depend_on() -> None:
    """Another shape of the value, address of the system or key: another name."""
    other = PriceKey("S2", "KV-1", Decimal("1"), None, None, None, "EUR")
    names = {codec().key(KEY), codec().key(other), codec(Price).key(KEY), codec(origin="rest http://other").key(KEY)}

    assert 4 == len(names)
    assert codec().key(KEY) == codec().key(KEY)


def test_a_choice_more_is_another_shape() -> None:
    """A shape tells types that differ in a choice alone, however deep inside."""
    assert shape(tuple[Colour, ...]) != shape(tuple[Shade, ...])
    assert shape(list[Paint]) != shape(list[Lacquer])
