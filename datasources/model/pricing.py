"""Prices, contracts, credit and terms: what the ERP knows of money."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, overload

from datasources.cache.kept import Remembered
from datasources.model.common import Money, Provenance, Quantity, Text
from datasources.said import Said


class PriceOrigin(Enum):
    """Which of the ERP's rules made a price."""

    CONTRACT = "CONTRACT"
    CUSTOMER_GROUP = "CUSTOMER_GROUP"
    PROMOTION = "PROMOTION"
    QUOTE = "QUOTE"
    LIST = "LIST"


class PriceStatus(Enum):
    """Why there is a price, or why there is none."""

    PRICED = "PRICED"
    ON_REQUEST = "ON_REQUEST"
    LOGIN_REQUIRED = "LOGIN_REQUIRED"
    ACCOUNT_REQUIRED = "ACCOUNT_REQUIRED"
    NOT_PERMITTED = "NOT_PERMITTED"
    UNAVAILABLE = "UNAVAILABLE"


class QuoteStatus(Enum):
    """What the ERP answers to the question for a price."""

    PRICED = "PRICED"
    ON_REQUEST = "ON_REQUEST"
    NOT_SOLD = "NOT_SOLD"


class PriceKey(NamedTuple):
    """
    All that a price depends on. `scope` is the account's price scope; None is the public list, never a customer.

    None elsewhere leaves the choice to the ERP: the sales unit, today, any contract, the customer's currency. A listing
    makes and hashes one for each article, hence a tuple.
    """

    scope: str | None
    sku: str
    quantity: Decimal
    unit: str | None
    delivery_date: date | None
    contract: str | None
    currency: str | None


class PriceKeys(Sequence[PriceKey]):
    """The keys of several articles' prices, which differ in nothing else; made when they are looked at."""

    __slots__ = ("_keys", "_of")

    def __init__(
        self,
        scope: str | None,
        skus: tuple[str, ...],
        quantity: Decimal,
        unit: str | None = None,
        delivery_date: date | None = None,
        contract: str | None = None,
        currency: str | None = None,
    ) -> None:
        self._of = (scope, skus, quantity, unit, delivery_date, contract, currency)
        self._keys: Sequence[PriceKey] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PriceKeys) and self._of == other._of

    def __hash__(self) -> int:
        return hash(self._of)

    def __len__(self) -> int:
        return len(self._of[1])

    @overload
    def __getitem__(self, index: int) -> PriceKey: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[PriceKey]: ...
    def __getitem__(self, index: int | slice) -> PriceKey | Sequence[PriceKey]:
        return self._all()[index]

    def __iter__(self) -> Iterator[PriceKey]:
        return iter(self._all())

    def _all(self) -> Sequence[PriceKey]:
        if self._keys is None:
            scope, skus, quantity, unit, delivery_date, contract, currency = self._of
            make = tuple.__new__  # in half the time that calling the class takes
            self._keys = [
                make(PriceKey, (scope, sku, quantity, unit, delivery_date, contract, currency)) for sku in skus
            ]
        return self._keys


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """From this quantity on (in the unit asked for) another unit price holds."""

    minimum_quantity: Decimal
    unit_price: Money


@dataclass(frozen=True, slots=True)
class Contract:
    """An agreement that prices come from; `scope` is the price scope it was seen in."""

    number: str
    name: str | None
    valid_to: date | None
    committed: Quantity | None
    consumed: Quantity | None
    scope: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ContractKey:
    """A contract as one price scope sees it."""

    scope: str
    number: str


@dataclass(frozen=True, slots=True)
class Price(Remembered):
    """What `per` costs; `net` True: before tax. `breaks` do not depend on the quantity asked for."""

    unit_price: Money
    per: Quantity
    list_price: Money | None
    net: bool
    tax_rate: Decimal | None
    origin: PriceOrigin
    contract: Contract | None
    breaks: Sequence[PriceBreak]
    valid_from: datetime | None
    valid_to: datetime | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Quote(Said):
    """The ERP's answer for one price key; `price` only when PRICED."""

    status: QuoteStatus
    price: Price | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PartNumberKey:
    """A customer (by ERP number) and an article."""

    customer: str
    sku: str


@dataclass(frozen=True, slots=True)
class PartNumber:
    """What a customer calls an article."""

    number: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PartNumberCode:
    """A code that a customer (by ERP number) may call an article by."""

    customer: str
    code: str


@dataclass(frozen=True, slots=True)
class PartNumberMeaning:
    """The articles that a customer calls by a code; several when it is ambiguous."""

    skus: Sequence[str]
    provenance: Provenance


class CreditStatus(Enum):
    """Whether a customer can buy on account."""

    OK = "OK"
    NEAR_LIMIT = "NEAR_LIMIT"
    EXCEEDED = "EXCEEDED"
    ON_HOLD = "ON_HOLD"
    NOT_APPLICABLE = "NOT_APPLICABLE"


@dataclass(frozen=True, slots=True)
class Credit:
    """A customer's credit as the ERP keeps it."""

    status: CreditStatus
    limit: Money | None
    used: Money | None
    available: Money | None
    overdue: Money | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class DeliveryMethod:
    """A way goods can come; `cost` None: not known before the order."""

    code: str
    name: Text
    cost: Money | None


@dataclass(frozen=True, slots=True)
class DeliveryService:
    """Something done beside the delivery; `price` None: by agreement."""

    code: str
    name: Text
    price: Money | None


@dataclass(frozen=True, slots=True)
class CommercialTerms:
    """On what terms a customer buys."""

    payment_term: str
    incoterm: str | None
    allows_split_delivery: bool
    po_number_required: bool
    delivery_methods: Sequence[DeliveryMethod]
    services: Sequence[DeliveryService]
    provenance: Provenance
