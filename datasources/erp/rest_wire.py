"""The ERP's answers in the open connector contract (`docs/connect/erp.yaml`), all but those about orders."""

from datetime import date

import msgspec

from datasources.model.pricing import CreditStatus, PriceOrigin, QuoteStatus
from datasources.wire import Answer, WireDecimal, WireQuantity, WireText, WireTime


class WireContract(msgspec.Struct):
    number: str
    name: str | None = None
    valid_to: date | None = None
    committed: WireQuantity | None = None
    consumed: WireQuantity | None = None


class WireBreak(msgspec.Struct):
    minimum_quantity: WireDecimal
    unit_price: WireDecimal


class WirePriceLine(msgspec.Struct, gc=False):
    scope: str | None
    sku: str
    quantity: WireDecimal
    unit: str | None
    date: date | None
    contract: str | None
    currency: str | None


class WirePrice(msgspec.Struct):
    asked: WirePriceLine
    status: QuoteStatus
    currency: str | None = None
    unit_price: WireDecimal | None = None
    per: WireQuantity | None = None
    list_price: WireDecimal | None = None
    net: bool = True
    tax_rate: WireDecimal | None = None
    origin: PriceOrigin = PriceOrigin.LIST
    contract: WireContract | None = None
    breaks: list[WireBreak] = []
    valid_from: WireTime | None = None
    valid_to: WireTime | None = None


class PriceList(Answer, kw_only=True):
    prices: list[msgspec.Raw]  # of WirePrice


class WirePartNumber(msgspec.Struct):
    customer: str
    sku: str
    part_number: str


class PartNumberList(Answer, kw_only=True):
    part_numbers: list[WirePartNumber]


class WireResolved(msgspec.Struct):
    customer: str
    code: str
    sku: str


class ResolvedList(Answer, kw_only=True):
    matches: list[WireResolved]


class WireCredit(msgspec.Struct):
    customer: str
    status: CreditStatus
    currency: str
    limit: WireDecimal | None = None
    used: WireDecimal | None = None
    available: WireDecimal | None = None
    overdue: WireDecimal | None = None


class CreditList(Answer, kw_only=True):
    credit: list[WireCredit]


class WireMethod(msgspec.Struct):
    code: str
    name: WireText
    cost: WireDecimal | None = None


class WireService(msgspec.Struct):
    code: str
    name: WireText
    price: WireDecimal | None = None


class WireTerms(msgspec.Struct):
    customer: str
    payment_term: str
    allows_split_delivery: bool
    po_number_required: bool
    currency: str
    incoterm: str | None = None
    delivery_methods: list[WireMethod] = []
    services: list[WireService] = []


class TermsList(Answer, kw_only=True):
    terms: list[WireTerms]


class WireScopedContract(WireContract, kw_only=True):
    scope: str


class ContractList(Answer, kw_only=True):
    contracts: list[WireScopedContract]
