"""What the `rest` connectors share: the JSON forms of `docs/connect/`, and how they become domain values."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from datasources.model.common import ANY_LANGUAGE, Money, Quantity, Text, Unit
from datasources.model.customers import Address, AddressUse

WireText = dict[str, str] | str
WireDecimal = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$")]
"""A decimal as the contract writes it: msgspec's own `Decimal` takes JSON numbers, NaN and exponents too."""
WireTime = Annotated[datetime, msgspec.Meta(tz=True)]


class Answer(msgspec.Struct, kw_only=True):
    """Any answer: it may say when its values were true."""

    as_of: WireTime | None = None


class WireUnit(msgspec.Struct):
    code: str
    name: WireText
    decimals: int = 0


class WireQuantity(msgspec.Struct):
    value: WireDecimal
    unit: WireUnit


class WireAddress(msgspec.Struct):
    id: str
    lines: tuple[str, ...]
    postal_code: str
    city: str
    country: str
    name: str | None = None
    delivery_note: str | None = None
    use: AddressUse | None = None


def text(said: WireText) -> Text:
    """Return text by language; a plain string stands for every language."""
    return {ANY_LANGUAGE: said} if isinstance(said, str) else said


def optional_text(said: WireText | None) -> Text | None:
    """Return text by language, None for no text in any."""
    return text(said) if said else None


def optional_decimal(said: WireDecimal | None) -> Decimal | None:
    """Return the number, None for none."""
    return None if said is None else Decimal(said)


def money(amount: WireDecimal | None, currency: str) -> Money | None:
    """Return the amount as money, None for none."""
    return None if amount is None else Money(Decimal(amount), currency)


def unit(said: WireUnit) -> Unit:
    """Return the unit."""
    return Unit(said.code, text(said.name), said.decimals)


def quantity(said: WireQuantity) -> Quantity:
    """Return the quantity."""
    return Quantity(Decimal(said.value), unit(said.unit))


def address(said: WireAddress) -> Address:
    """Return the address."""
    return Address(
        said.id, said.name, said.lines, said.postal_code, said.city, said.country, said.delivery_note, said.use
    )
