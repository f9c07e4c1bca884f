"""Where and how the lines of a cart should come."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from datasources.errors import SourceError
from datasources.model import captures as kept_as
from datasources.model.common import ANY_LANGUAGE
from datasources.model.customers import Address, AddressUse
from datasources.model.orders import SplitPolicy
from datasources.model.pricing import CommercialTerms, DeliveryMethod, DeliveryService
from resolvers.context import RequestContext
from resolvers.errors import BadInput
from resolvers.ids import MOST_KEY_CHARACTERS, key_of, shown
from resolvers.orders.carts import Cart, CartPayload, Edited, Which, change
from resolvers.user_errors import ErrorCode, Refusal, UserError, refusal

MOST_DELIVERIES = 100
MOST_SERVICES = 20


@dataclass(frozen=True, slots=True)
class DeliveryGroup:
    """Where and how some lines should come; `line_keys` empty: all that no other names."""

    id_key: str
    address: Address | None
    requested_date: date | None
    split_policy: SplitPolicy
    method: DeliveryMethod | None
    services: Sequence[DeliveryService]
    line_keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery as a buyer wants it."""

    address_id: str
    requested_date: date | None
    split_policy: SplitPolicy
    method: str | None
    services: Sequence[str]
    line_keys: Sequence[str]


async def terms_of(cart: Cart, context: RequestContext) -> CommercialTerms | SourceError | None:
    """Return on what terms the cart's account buys, None when the ERP knows none."""
    customer = cart.account.erp_number
    if customer is None:
        return None
    return (await context.sources.pricing.terms.get_many([customer], context.ask))[0]


async def deliveries(cart: Cart, context: RequestContext) -> list[DeliveryGroup]:
    """Return where and how the lines should come; what the terms do not name (any more) goes by its code alone."""
    if not cart.kept.deliveries:
        return []
    terms = await terms_of(cart, context)
    known = terms if isinstance(terms, CommercialTerms) else None
    return [_shown(delivery, cart, known) for delivery in cart.kept.deliveries]


def _shown(delivery: kept_as.CartDelivery, cart: Cart, terms: CommercialTerms | None) -> DeliveryGroup:
    methods = {one.code: one for one in terms.delivery_methods} if terms else {}
    services = {one.code: one for one in terms.services} if terms else {}
    method = delivery.method
    return DeliveryGroup(
        id_key=f"{cart.id_key}/{delivery.id}",
        address=next((one for one in cart.account.addresses if one.id == delivery.address_id), None),
        requested_date=delivery.requested_date,
        split_policy=delivery.split_policy,
        method=None if method is None else _method(method, methods, money=cart.money),
        services=[_service(code, services, money=cart.money) for code in delivery.services],
        line_keys=delivery.line_keys,
    )


def _method(code: str, known: Mapping[str, DeliveryMethod], *, money: bool) -> DeliveryMethod:
    found = known.get(code) or DeliveryMethod(code, {ANY_LANGUAGE: code}, None)
    return found if money else replace(found, cost=None)


def _service(code: str, known: Mapping[str, DeliveryService], *, money: bool) -> DeliveryService:
    found = known.get(code) or DeliveryService(code, {ANY_LANGUAGE: code}, None)
    return found if money else replace(found, price=None)


async def set_deliveries(context: RequestContext, which: Which, wanted: Sequence[NewDelivery]) -> CartPayload:
    """Say where and how the lines should come, in the place of what was said before: all of it, or nothing."""
    if len(wanted) > MOST_DELIVERIES:
        message = f"At most {MOST_DELIVERIES} deliveries are taken; there are {len(wanted)}."
        return CartPayload(None, (), (UserError(ErrorCode.LIMIT_EXCEEDED, message, ("input", "deliveries")),))

    async def edit(cart: Cart) -> Edited:
        terms = await terms_of(cart, context) if wanted else None
        known = terms if isinstance(terms, CommercialTerms) else None
        errors = list(_errors(wanted, cart, known, context.clock.now().date()))
        if errors:
            return Edited(cart.kept, errors=errors)
        return Edited(replace(cart.kept, deliveries=[_kept(one, cart, at) for at, one in enumerate(wanted)]))

    return await change(context, which, edit)


def _kept(wanted: NewDelivery, cart: Cart, at: int) -> kept_as.CartDelivery:
    return kept_as.CartDelivery(
        id=f"{cart.revision + 1}-{at}",
        address_id=key_of(wanted.address_id, "Address"),
        requested_date=wanted.requested_date,
        split_policy=wanted.split_policy,
        method=wanted.method,
        services=list(wanted.services),
        line_keys=list(wanted.line_keys),
    )


def _errors(
    wanted: Sequence[NewDelivery], cart: Cart, terms: CommercialTerms | None, today: date
) -> Iterator[UserError]:
    named = Counter(key for one in wanted for key in dict.fromkeys(one.line_keys))
    rest = [at for at, one in enumerate(wanted) if not one.line_keys]
    there = {line.key for line in cart.kept.lines}
    for at, one in enumerate(wanted):
        yield from _errors_of(one, at, cart, terms, today)
        for key in one.line_keys:
            if key not in there:
                yield _error(ErrorCode.NOT_FOUND, f"The cart has no line {shown(key)}.", at, "lineKeys")
            elif named[key] > 1:
                yield _error(ErrorCode.INVALID, f"The line {shown(key)} is in several deliveries.", at, "lineKeys")
    for at in rest[1:]:
        yield _error(ErrorCode.INVALID, "Only one delivery may take the lines that no other names.", at, "lineKeys")


def _errors_of(
    one: NewDelivery, at: int, cart: Cart, terms: CommercialTerms | None, today: date
) -> Iterator[UserError]:
    try:
        _check_address(one, at, cart)
    except Refusal as reason:
        yield from reason.errors
    if one.requested_date is not None and one.requested_date < today:
        yield _error(ErrorCode.INVALID, f"{one.requested_date} is past.", at, "requestedDate")
    if len(one.services) > MOST_SERVICES:
        message = f"At most {MOST_SERVICES} services are taken; there are {len(one.services)}."
        yield _error(ErrorCode.LIMIT_EXCEEDED, message, at, "serviceCodes")
    for name, code in (("methodCode", one.method or ""), *(("serviceCodes", code) for code in one.services)):
        if len(code) > MOST_KEY_CHARACTERS:
            yield _error(ErrorCode.LIMIT_EXCEEDED, f"No code has more than {MOST_KEY_CHARACTERS} characters.", at, name)
    if terms is None:
        return
    if one.method is not None and one.method not in {method.code for method in terms.delivery_methods}:
        message = f"{shown(one.method)} is no delivery method of the account."
        yield _error(ErrorCode.INVALID, message, at, "methodCode")
    for code in dict.fromkeys(one.services):
        if code not in {service.code for service in terms.services}:
            message = f"{shown(code)} is no delivery service of the account."
            yield _error(ErrorCode.INVALID, message, at, "serviceCodes")


def _check_address(one: NewDelivery, at: int, cart: Cart) -> None:
    """Raise Refusal for an address that is not one of the account's to deliver to."""
    where = "deliveries", str(at), "addressId"
    try:
        key = key_of(one.address_id, "Address")
    except BadInput as error:
        raise refusal(ErrorCode.INVALID, str(error), *where) from None
    found = next((address for address in cart.account.addresses if address.id == key), None)
    if found is None:
        raise refusal(ErrorCode.NOT_FOUND, f"There is no Address {shown(one.address_id)} of the account.", *where)
    if found.use is AddressUse.BILLING:
        raise refusal(ErrorCode.INVALID, f"{shown(one.address_id)} is where invoices go, not goods.", *where)


def _error(code: ErrorCode, message: str, at: int, name: str) -> UserError:
    return UserError(code, message, ("input", "deliveries", str(at), name))
