"""What the `rest` connectors share: the JSON forms of `docs/connect/`, and how they become domain values."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Generic, TypeVar

import msgspec

from datasources.model.common import ANY_LANGUAGE, Money, Quantity, Text, Unit
from datasources.model.customers import Address, AddressUse
from datasources.model.making import maker

T = TypeVar("T")

WireText = dict[str, str] | str
WireDecimal = str
"""A decimal as the contract writes it: `decimal` checks it, at less than a pattern costs that msgspec looks at."""
WireTime = Annotated[datetime, msgspec.Meta(tz=True)]

MOST_NUMBERS = 65_536
MOST_PARTS = 8_192
MOST_PART_BYTES = 512

_is_decimal = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?").fullmatch
_money = maker(Money)
_quantity = maker(Quantity)


class Answer(msgspec.Struct, kw_only=True):
    """Any answer: it may say when its values were true."""

    as_of: WireTime | None = None


class WireUnit(msgspec.Struct):
    code: str
    name: WireText
    decimals: int = 0


class WireQuantity(msgspec.Struct):
    value: WireDecimal
    unit: msgspec.Raw


class WireAddress(msgspec.Struct):
    id: str
    lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str
    name: str | None = None
    delivery_note: str | None = None
    use: AddressUse | None = None


class Part(Generic[T]):
    """
    A part that many values have alike, such as a unit: it is decoded once, and shared by all that have the same bytes.

    What is longer than `MOST_PART_BYTES` is decoded every time.
    """

    def __init__(self, decode: Callable[[bytes], T]) -> None:
        self._decode = decode
        self._shared = lru_cache(MOST_PARTS)(decode)

    def __call__(self, said: msgspec.Raw) -> T:
        """
        Return what the bytes stand for.

        Raises:
            MsgspecError, ValueError: they are not what was agreed.
        """
        content = bytes(said)
        return self._shared(content) if len(content) <= MOST_PART_BYTES else self._decode(content)


def text(said: WireText) -> Text:
    """Return text by language; a plain string stands for every language."""
    return {ANY_LANGUAGE: said} if isinstance(said, str) else said


def optional_text(said: WireText | None) -> Text | None:
    """Return text by language, None for no text in any."""
    return text(said) if said else None


@lru_cache(MOST_NUMBERS)
def decimal(said: WireDecimal) -> Decimal:
    """
    Return the number; the same one for the same digits.

    msgspec's own `Decimal` is not used: it takes JSON numbers, NaN and exponents too.

    Raises:
        ValueError: the contract writes no decimal so.
    """
    if _is_decimal(said) is None:
        raise ValueError(f"{said[:40]!r} is not a decimal")
    return Decimal(said)


def optional_decimal(said: WireDecimal | None) -> Decimal | None:
    """Return the number, None for none."""
    return None if said is None else decimal(said)


def money(amount: WireDecimal | None, currency: str) -> Money | None:
    """Return the amount as money, None for none."""
    return None if amount is None else _money(decimal(amount), currency)


def _read_unit(content: bytes) -> Unit:
    said = _units.decode(content)
    return Unit(said.code, text(said.name), said.decimals)


_units = msgspec.json.Decoder(WireUnit)
unit = Part(_read_unit)
"""Returns the unit."""


def quantity(said: WireQuantity) -> Quantity:
    """Return the quantity."""
    return _quantity(decimal(said.value), unit(said.unit))


def address(said: WireAddress) -> Address:
    """Return the address."""
    return Address(
        said.id, said.name, said.lines, said.postal_code, said.city, said.country, said.delivery_note, said.use
    )
