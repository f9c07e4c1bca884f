"""The requests of the connector contract, checked member by member as they are decoded."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from sandbox.protocol import BulkRequest

# Decimals travel as strings, so that no float ever touches an amount.
DecimalText = Annotated[str, Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$")]
PageSize = Annotated[int, Meta(ge=0, le=1000)]
Sort = Literal["RELEVANCE", "NAME", "SKU", "NEWEST"]


class Line(Struct, frozen=True):
    """One key of a request that asks by lines."""


class PriceLine(Line, frozen=True):
    sku: str
    quantity: DecimalText
    scope: str | None = None
    unit: str | None = None
    date: dt.date | None = None
    contract: str | None = None
    currency: str | None = None


class PartLine(Line, frozen=True):
    customer: str
    sku: str


class CodeLine(Line, frozen=True):
    customer: str
    code: str


class ContractLine(Line, frozen=True):
    scope: str
    number: str


class ContextLine(Line, frozen=True):
    person: str
    account: str | None = None


class ChildrenLine(Line, frozen=True):
    person: str
    parent: str
    first: PageSize
    after: str | None = None


class PersonLine(Line, frozen=True):
    person: str
    first: PageSize
    after: str | None = None


class AttributeFilter(Struct, frozen=True):
    code: str
    values: list[str]


class SearchLine(Line, frozen=True):
    first: PageSize
    query: str | None = None
    category_code: str | None = None
    attributes: list[AttributeFilter] = field(default_factory=list)
    assortments: list[str] = field(default_factory=list)
    sort: Sort = "RELEVANCE"
    locale: str | None = None
    after: str | None = None
    facets: bool = False


class LinesRequest(BulkRequest, frozen=True):
    """What every request with `lines` shares."""

    def keys(self) -> Sequence[Any]:
        lines: Sequence[Any] = self.lines  # type: ignore[attr-defined]  # each subclass names its own lines
        return lines


class PricesRequest(LinesRequest, frozen=True):
    lines: list[PriceLine]


class PartNumbersRequest(LinesRequest, frozen=True):
    lines: list[PartLine]


class ResolveRequest(LinesRequest, frozen=True):
    lines: list[CodeLine]


class ContractsRequest(LinesRequest, frozen=True):
    lines: list[ContractLine]


class ContextsRequest(LinesRequest, frozen=True):
    lines: list[ContextLine]


class ChildrenRequest(LinesRequest, frozen=True):
    lines: list[ChildrenLine]


class PersonAccountsRequest(LinesRequest, frozen=True):
    lines: list[PersonLine]


class CustomersRequest(BulkRequest, frozen=True):
    customers: list[str]

    def keys(self) -> Sequence[str]:
        return self.customers


class SkusRequest(BulkRequest, frozen=True):
    skus: list[str]

    def keys(self) -> Sequence[str]:
        return self.skus


class CodesRequest(BulkRequest, frozen=True):
    codes: list[str]

    def keys(self) -> Sequence[str]:
        return self.codes


class CategoriesRequest(BulkRequest, frozen=True):
    codes: list[str] | None = None

    def keys(self) -> Sequence[str]:
        return self.codes or ()


class SearchRequest(BulkRequest, frozen=True):
    searches: list[SearchLine]

    def keys(self) -> Sequence[SearchLine]:
        return self.searches
