"""The kinds of things that may be wrong with a cart."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from datasources.model.catalog import Product
from datasources.model.common import Freshness, Money, Quantity
from datasources.model.pricing import Credit


class Severity(Enum):
    """How bad it is, the least first."""

    INFO = "INFO"
    WARNING = "WARNING"
    BLOCKING = "BLOCKING"


@dataclass(frozen=True, slots=True)
class OtherIssue:
    """Something that its code and message say all of. `line_key` None: it is about the whole cart."""

    severity: Severity
    code: str
    message: str
    line_key: str | None = None


@dataclass(frozen=True, slots=True)
class PriceChangedIssue:
    """A price is not the one that the account was told of: both for as much as the price of now is for."""

    severity: Severity
    code: str
    message: str
    line_key: str | None
    previous: Money
    current: Money


@dataclass(frozen=True, slots=True)
class PriceStaleIssue:
    """A price is the last known one."""

    severity: Severity
    code: str
    message: str
    line_key: str | None
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class QuantityIssue:
    """A quantity cannot be ordered; `suggested` can."""

    severity: Severity
    code: str
    message: str
    line_key: str | None
    suggested: Quantity


@dataclass(frozen=True, slots=True)
class StockIssue:
    """
    Not all of it is there, or nobody knows. `available` None: not known; `restock_at` None: no day is known.

    `product` is what is short, None: its content could not be had.
    """

    severity: Severity
    code: str
    message: str
    line_key: str | None
    available: Quantity | None
    restock_at: date | None
    product: Product | None


@dataclass(frozen=True, slots=True)
class CreditIssue:
    """The account's credit stands in the way, or is not known. `credit` None: not known, or not for this viewer."""

    severity: Severity
    code: str
    message: str
    line_key: str | None
    credit: Credit | None


CartIssue = OtherIssue | PriceChangedIssue | PriceStaleIssue | QuantityIssue | StockIssue | CreditIssue
