"""Prices as the ERP gives them, part numbers, credit and terms; each only to whom it belongs."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

import strawberry

from datasources.cache.kept import of_all
from datasources.errors import SourceError
from datasources.model.catalog import Product
from datasources.model.common import Sourced
from datasources.model.customers import Account
from datasources.model.pricing import (
    CommercialTerms,
    Contract,
    ContractKey,
    Credit,
    PartNumber,
    PartNumberKey,
    Price,
    PriceKey,
    PriceKeys,
    PriceStatus,
    Quote,
    QuoteStatus,
)
from datasources.sources.source import Source
from resolvers.access import acting_account, may_see_money_of, price_scope
from resolvers.batching import batched
from resolvers.catalog import skus_of
from resolvers.context import RequestContext
from resolvers.errors import BadInput, Forbidden, NotFound
from resolvers.ids import key_of, shown
from resolvers.quantities import ONE, in_sales_units, positive

T = TypeVar("T", bound=Sourced)

Answer = Quote | PriceStatus | SourceError | BadInput | None

STATUS_OF = {
    QuoteStatus.PRICED: PriceStatus.PRICED,
    QuoteStatus.ON_REQUEST: PriceStatus.ON_REQUEST,
    QuoteStatus.NOT_SOLD: PriceStatus.UNAVAILABLE,
}


@batched
async def price(
    products: Sequence[Product],
    context: RequestContext,
    quantity: Annotated[
        Decimal | None, strawberry.argument(description="For how many of `unit`, above 0; null: for one.")
    ] = None,
    unit: Annotated[
        str | None,
        strawberry.argument(description="Code of the sales unit or a packaging's unit; null: the sales unit."),
    ] = None,
    delivery_date: Annotated[
        date | None, strawberry.argument(description="For delivery on that day; null: today.")
    ] = None,
    contract_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Under this contract; null: the best the ERP applies.")
    ] = None,
) -> Sequence[Price | Exception | None]:
    """Return the ERP's price of each product for the account acted for, None where there is none to show."""
    amount = positive(quantity)
    contract = None if contract_id is None else key_of(contract_id, "Contract")

    def keys(scope: str | None, currency: str | None) -> Sequence[PriceKey | BadInput]:
        made = PriceKeys(scope, skus_of(products), amount, unit, delivery_date, contract, currency)
        if unit is None:
            return made
        return [_not_in(product, unit) or key for product, key in zip(products, made, strict=True)]

    answers = await quotes(products, context, keys)
    prices = of_all(_prices, answers)
    if contract_id is None:
        return prices
    unknown = NotFound(f"There is no Contract {shown(contract_id)}.")
    return [unknown if answer is None else price for answer, price in zip(answers, prices, strict=True)]


def _not_in(product: Product, unit: str) -> BadInput | None:
    try:
        in_sales_units(product, unit)
    except BadInput as error:
        return error
    return None


def _prices(answers: Sequence[Answer]) -> list[Price | Exception | None]:
    return [
        answer.price if isinstance(answer, Quote) else answer if isinstance(answer, Exception) else None
        for answer in answers
    ]


@batched
async def price_status(products: Sequence[Product], context: RequestContext) -> Sequence[PriceStatus | Exception]:
    """Return why each product has a price, or none; an ERP or CRM that does not answer is UNAVAILABLE here."""

    def keys(scope: str | None, currency: str | None) -> Sequence[PriceKey]:
        return PriceKeys(scope, skus_of(products), ONE, currency=currency)

    return of_all(_statuses, await quotes(products, context, keys))


async def quotes(
    parents: Sequence[object],
    context: RequestContext,
    keys_for: Callable[[str | None, str | None], Sequence[PriceKey | BadInput]],
) -> Sequence[Answer]:
    """
    Return the ERP's answer for each parent, or why the viewer is shown none.

    `keys_for` makes the parents' keys with the viewer's price scope and currency; a BadInput among them is the answer.
    """
    try:
        scope = await price_scope(context)
    except SourceError as failure:
        return [failure] * len(parents)
    if isinstance(scope, PriceStatus):
        return [scope] * len(parents)
    keys = keys_for(*scope)
    source = context.sources.pricing.quotes
    if isinstance(keys, PriceKeys):
        return await source.get_many(keys, context.ask)
    left = iter(await source.get_many([key for key in keys if isinstance(key, PriceKey)], context.ask))
    return [next(left) if isinstance(key, PriceKey) else key for key in keys]


def _statuses(answers: Sequence[Answer]) -> list[PriceStatus | Exception]:
    return [_status(answer) for answer in answers]


def _status(answer: Answer) -> PriceStatus:
    if isinstance(answer, PriceStatus):
        return answer
    return STATUS_OF[answer.status] if isinstance(answer, Quote) else PriceStatus.UNAVAILABLE


@batched
async def customer_part_number(
    products: Sequence[Product], context: RequestContext
) -> Sequence[str | SourceError | None]:
    """Return what the account acted for calls each product, None where it has no name for it."""
    try:
        account = await acting_account(context)
    except Forbidden:
        account = None
    if account is None or account.erp_number is None:
        return [None] * len(products)
    keys = [PartNumberKey(account.erp_number, product.sku) for product in products]
    found = await context.sources.pricing.part_numbers.get_many(keys, context.ask)
    return [one.number if isinstance(one, PartNumber) else one for one in found]


@batched
async def credit(accounts: Sequence[Account], context: RequestContext) -> Sequence[Credit | SourceError | None]:
    """Return the credit of the accounts whose money the viewer may see."""
    return await _of_own(accounts, context, context.sources.pricing.credit)


@batched
async def terms(accounts: Sequence[Account], context: RequestContext) -> Sequence[CommercialTerms | SourceError | None]:
    """Return the terms of the accounts whose money the viewer may see."""
    return await _of_own(accounts, context, context.sources.pricing.terms)


async def _of_own(
    accounts: Sequence[Account], context: RequestContext, source: Source[str, T]
) -> Sequence[T | SourceError | None]:
    allowed = await may_see_money_of(context, [account.number for account in accounts])
    own = [account.erp_number for account, may in zip(accounts, allowed, strict=True) if may is True]
    customers = list(dict.fromkeys(number for number in own if number is not None))
    found = dict(zip(customers, await source.get_many(customers, context.ask), strict=True))
    return [
        may if isinstance(may, SourceError) else found.get(account.erp_number or "") if may else None
        for account, may in zip(accounts, allowed, strict=True)
    ]


async def contract(number: str, context: RequestContext) -> Contract | None:
    """Return a contract by its number, None when the viewer's prices have none such."""
    scope = await price_scope(context)
    if isinstance(scope, PriceStatus) or scope[0] is None:
        return None
    return await context.sources.pricing.contracts.get(ContractKey(scope[0], number), context.ask)
