"""What all subjects share: where a value comes from, text in several languages, money and quantities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol

Text = Mapping[str, str]
"""Text by BCP 47 language tag; under `und` where a system keeps one text for every language."""

ANY_LANGUAGE = "und"


class System(Enum):
    """A system that Kanava federates."""

    ERP = "ERP"
    CRM = "CRM"
    PIM = "PIM"
    WMS = "WMS"
    IAM = "IAM"
    CHANNEL = "CHANNEL"


class FreshnessStatus(Enum):
    """How a value served now relates to its system."""

    LIVE = "LIVE"
    CACHED = "CACHED"
    STALE = "STALE"


class StaleReason(Enum):
    """Why a system gave no usable answer."""

    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    TIMEOUT = "TIMEOUT"
    CONNECTION_FAILED = "CONNECTION_FAILED"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    INVALID_RESPONSE = "INVALID_RESPONSE"
    RATE_LIMITED = "RATE_LIMITED"
    OVERLOADED = "OVERLOADED"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which system a value came from, when it was true there, and when it arrived here. One object per answer."""

    system: System
    as_of: datetime
    received_at: datetime


class Sourced(Protocol):
    """A value that knows where it comes from."""

    @property
    def provenance(self) -> Provenance:
        """Its origin."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a client is told of a value's age, worked out when the value is served; `stale_reason` only when STALE."""

    system: System
    status: FreshnessStatus
    as_of: datetime
    age_seconds: int
    stale_reason: StaleReason | None
    binding: bool


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217)."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure as the systems name it; `decimals` is how finely it can be ordered."""

    code: str
    name: Text
    decimals: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much, of what unit."""

    value: Decimal
    unit: Unit


def text_in(text: Text, locales: Iterable[str]) -> str | None:
    """
    Return the text in the first of the languages that it has, else in any; None when it has none.

    A tag also finds its less specific forms (`fr-CA` finds `fr`): RFC 4647, section 3.4.
    """
    for locale in locales:
        tag = locale
        while tag:
            if tag in text:
                return text[tag]
            tag = tag.rpartition("-")[0]
    return text.get(ANY_LANGUAGE) or next(iter(text.values()), None)
