"""
Who may see what. Everything that shows money or an account asks here.

What is asked of the viewer is noted in the context (`depends_on`), for an answer may be shown to those alone for whom
it would be the same. So nothing here answers of itself what another function here would note.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from datasources.cache.kept import derived_of
from datasources.errors import SourceError
from datasources.model.catalog import Product
from datasources.model.customers import Access, Account, Permission, Standing, StandingKey
from datasources.model.pricing import PriceStatus
from resolvers.context import ASSORTMENTS, PERSON, PRICES, Caller, RequestContext
from resolvers.errors import Forbidden, NotFound
from resolvers.ids import MOST_KEY_CHARACTERS, shown

PriceScope = tuple[str | None, str | None] | PriceStatus
"""Price scope and currency of someone's prices (None, None: the public list), or why they get none."""


async def standing(context: RequestContext) -> Standing | None:
    """
    Return who is asking and for which account; None for an anonymous visitor.

    Raises:
        NotFound: the account chosen is not one they may act for, or does not exist.
        Forbidden: the CRM does not know the person.
        SourceError: the CRM could not be asked.
    """
    context.depends_on |= PERSON
    return context.known_standing if _is_at_hand(context) else await _asked(context)


async def check_account(context: RequestContext) -> None:
    """
    Refuse a request for an account that is not the caller's; an outage is for the fields to tell.

    Raises:
        NotFound, Forbidden: as `standing`.
    """
    if context.caller is None or context.caller.account_number is None:
        return
    try:
        if not _is_at_hand(context):
            await _asked(context)
    except SourceError:
        return


def _is_at_hand(context: RequestContext) -> bool:
    """Return whether `known_standing` says who asks, the CRM need not be asked; raises NotFound and Forbidden."""
    caller = context.caller
    if caller is None or context.known_standing is not None:
        return True
    if context.unknown_standing is not None:
        return False
    entry = context.sources.customers.standings.served(own_key(caller), context.ask)
    if entry is None:
        return False
    context.known_standing = placed(entry.value, caller)
    return True


async def _asked(context: RequestContext) -> Standing:
    """Return who asks where that is not at hand; raises as `standing`."""
    caller = context.caller
    assert caller is not None  # who is nobody is at hand
    context.known_standing = placed(await _own_standing(context, own_key(caller)), caller)
    return context.known_standing


def own_key(caller: Caller) -> StandingKey:
    """
    Return by what it is known who a caller is.

    Raises:
        NotFound: no account is called as the one they chose.
    """
    number = caller.account_number
    if number is not None and len(number) > MOST_KEY_CHARACTERS:
        raise _no_account(number)
    return StandingKey(caller.person, number)


def placed(known: Standing | None, caller: Caller) -> Standing:
    """
    Return who a caller is and for which account, from what the CRM says of them and the account they chose.

    Raises:
        NotFound, Forbidden: as `standing`.
    """
    found = _narrowed(known, caller)
    if found is None:
        raise Forbidden("The CRM does not know the person of this token, or they are not active.")
    if caller.account_number is not None and found.access is not Access.ACT:
        raise _no_account(caller.account_number)
    return found if found.access is Access.ACT else replace(found, account=None)


def _narrowed(found: Standing | None, caller: Caller) -> Standing | None:
    """Return the standing with the roles that count: a token may name fewer than the CRM gives."""
    if found is None or caller.roles is None:
        return found
    roles = [role for role in found.user.roles if role.code in caller.roles]
    return replace(found, user=replace(found.user, roles=roles))


def _no_account(number: str) -> NotFound:
    return NotFound(f"There is no account {shown(number)} that you may act for.")


async def _own_standing(context: RequestContext, key: StandingKey) -> Standing | None:
    if context.unknown_standing is not None:
        raise context.unknown_standing.with_traceback(None)
    try:
        return await context.sources.customers.standings.get(key, context.ask)
    except SourceError as failure:
        context.unknown_standing = failure
        raise


async def acting_account(context: RequestContext) -> Account | None:
    """Return the account acted for, None for none; raises as `standing` does."""
    found = await standing(context)
    return found.account if found else None


async def assortments(context: RequestContext) -> frozenset[str]:
    """
    Return the assortments whose products exist for this viewer, beside those that exist for everybody.

    While the CRM does not answer nobody has any: the public catalogue goes on, and what is not for all stays unseen.
    """
    own = assortments_at_hand(context)
    if own is not None:
        return own
    try:
        return own_assortments(await _asked(context))
    except (SourceError, Forbidden):
        return frozenset()


def assortments_at_hand(context: RequestContext) -> frozenset[str] | None:
    """Return the same if the CRM need not be asked, else None."""
    context.depends_on |= ASSORTMENTS
    try:
        return own_assortments(context.known_standing) if _is_at_hand(context) else None
    except Forbidden:
        return frozenset()


def expected_assortments(context: RequestContext) -> frozenset[str] | None:
    """
    Return the assortments that the viewer had the last time; None where that need not be guessed, or cannot be.

    While the CRM is asked who they are now, what is likely to be asked next can be on its way. It is never shown:
    whether the guess was right is for `assortments` to say.
    """
    caller = context.caller
    try:
        if caller is None or _is_at_hand(context):
            return None
        last = context.sources.customers.standings.entry(own_key(caller))
        return None if last is None else own_assortments(placed(last.value, caller))
    except (NotFound, Forbidden):
        return None


def own_assortments(found: Standing | None) -> frozenset[str]:
    """Return the assortments of someone who stands so; none for an anonymous visitor."""
    return found.account.assortments if found is not None and found.account is not None else frozenset()


def exists_for(product: Product, own: frozenset[str]) -> bool:
    """Return whether a product exists for someone of these assortments."""
    return product.assortments is None or not product.assortments.isdisjoint(own)


async def price_scope(context: RequestContext) -> PriceScope:
    """
    Return price scope and currency of the viewer's prices (None, None: the public list), or why they get none.

    Raises:
        NotFound: as `standing`.
        SourceError: the CRM could not be asked; a price for nobody in particular must not stand in.
    """
    context.depends_on |= PRICES
    if context.caller is None:
        return public_prices(shown=context.anonymous_prices)
    try:
        return own_prices(context.known_standing if _is_at_hand(context) else await _asked(context))
    except Forbidden:
        return PriceStatus.ACCOUNT_REQUIRED


def public_prices(*, shown: bool) -> PriceScope:
    """Return the price scope of visitors who do not sign in."""
    return (None, None) if shown else PriceStatus.LOGIN_REQUIRED


def own_prices(found: Standing | None) -> PriceScope:
    """Return the price scope of someone who stands so and is signed in."""
    return PriceStatus.ACCOUNT_REQUIRED if found is None else derived_of(found, "prices", _prices_of)


def _prices_of(found: Standing) -> PriceScope:
    if found.account is None or found.account.price_scope is None:
        return PriceStatus.ACCOUNT_REQUIRED
    if not found.user.can(Permission.VIEW_PRICES):
        return PriceStatus.NOT_PERMITTED
    return found.account.price_scope, found.account.currency


async def may_act_for(context: RequestContext, numbers: Sequence[str]) -> list[bool | SourceError]:
    """Return for each account whether the viewer may act for it: only then they see its people and addresses."""
    return await _may(context, numbers, lambda found: found.access is Access.ACT)


async def may_see_money_of(context: RequestContext, numbers: Sequence[str]) -> list[bool | SourceError]:
    """Return for each account whether the viewer may act for it and see prices: only then they see its money."""
    return await _may(
        context, numbers, lambda found: found.access is Access.ACT and found.user.can(Permission.VIEW_PRICES)
    )


async def standings(context: RequestContext, numbers: Sequence[str]) -> list[Standing | SourceError | None]:
    """Return what the viewer is to each account, None for an anonymous visitor or a person that the CRM knows not."""
    context.depends_on |= PERSON
    caller = context.caller
    if caller is None:
        return [None] * len(numbers)
    keys = [StandingKey(caller.person, number) for number in numbers]
    found = await context.sources.customers.standings.get_many(keys, context.ask)
    return [one if isinstance(one, SourceError) else _narrowed(one, caller) for one in found]


async def _may(
    context: RequestContext, numbers: Sequence[str], allowed: Callable[[Standing], bool]
) -> list[bool | SourceError]:
    found = await standings(context, numbers)
    return [one if isinstance(one, SourceError) else one is not None and allowed(one) for one in found]
