"""What the journal keeps as JSON: drafts, simulations, objections, differences, and the lines of carts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

import msgspec

from datasources.journal.journal import JournalUnavailable
from datasources.model.captures import CartDelivery, CartLine, Difference
from datasources.model.orders import Objection, OrderDraft, Simulation

T = TypeVar("T")

VERSION: Literal[1] = 1


class Kept(msgspec.Struct, Generic[T]):
    """A value as it is kept, and the version of the form it has."""

    version: Literal[1]
    value: T


class Form(Generic[T]):
    """Values of one type as JSON: decimals as strings with all their digits, dates and moments as ISO 8601."""

    def __init__(self, of: Any) -> None:
        self._decoder = msgspec.json.Decoder(Kept[of])

    def encode(self, value: T) -> str:
        """Return the JSON."""
        return msgspec.json.encode(Kept(VERSION, value)).decode()

    def decode(self, text: str) -> T:
        """Return the value. Raises JournalUnavailable: another version of Kanava wrote it."""
        try:
            kept: Kept[T] = self._decoder.decode(text)
        except msgspec.MsgspecError as error:
            raise JournalUnavailable("an entry of the journal is of another version of Kanava") from error
        return kept.value


DRAFT = Form[OrderDraft](OrderDraft)
SIMULATION = Form[Simulation](Simulation)
OBJECTIONS = Form[Sequence[Objection]](list[Objection])
DIFFERENCES = Form[Sequence[Difference]](list[Difference])
CART_LINES = Form[Sequence[CartLine]](list[CartLine])
CART_DELIVERIES = Form[Sequence[CartDelivery]](list[CartDelivery])


def encode_decimal(value: Decimal) -> str:
    """Return all digits of a number, without an exponent."""
    return format(value, "f")
