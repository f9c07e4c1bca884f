"""The viewer, and the account hierarchy as far as they may know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import strawberry

from datasources.errors import SourceError
from datasources.model.customers import (
    Access,
    Account,
    AccountsKey,
    Address,
    AddressUse,
    Contact,
    Permission,
    Standing,
    StandingKey,
    User,
)
from datasources.model.making import maker
from resolvers.access import may_act_for, standing
from resolvers.batching import batched
from resolvers.context import PERSON, RequestContext
from resolvers.errors import NotFound
from resolvers.paging import After, Cursor, Cursors, Page, bounded_first, page_of

MOST_ACCOUNTS = 100

Info = strawberry.Info[RequestContext]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking, and for which account."""

    user: User
    account: Account | None


_make_viewer = maker(Viewer)


async def viewer(context: RequestContext) -> Viewer | None:
    """Return who is asking, None for an anonymous visitor; raises as `access.standing` does."""
    found = await standing(context)
    return None if found is None else _make_viewer(found.user, found.account)


def can(
    root: strawberry.Parent[Viewer],
    permission: Annotated[Permission, strawberry.argument(description="What they would do.")],
) -> bool:
    """Return whether the viewer's roles allow it."""
    return root.user.can(permission)


async def accounts(
    root: strawberry.Parent[Viewer],
    info: Info,
    first: Annotated[int | None, strawberry.argument(description="Page size, up to 100; null: 20.")] = 20,
    after: After = None,
) -> Page[Account]:
    """Return the accounts that the viewer may act for."""
    return await _page(info.context, None, bounded_first(first, MOST_ACCOUNTS), after)


async def children(
    root: strawberry.Parent[Account],
    info: Info,
    first: Annotated[int | None, strawberry.argument(description="Page size, up to 100; null: 50.")] = 50,
    after: After = None,
) -> Page[Account]:
    """Return the accounts below this one that the viewer may know of."""
    return await _page(info.context, root.number, bounded_first(first, MOST_ACCOUNTS, default=50), after)


async def _page(context: RequestContext, parent: str | None, first: int, after: Cursor | None) -> Page[Account]:
    person = _person(context)
    cursors = Cursors("accounts", person, parent)
    key = AccountsKey(person, parent, first, cursors.unwrap(after))
    page = await context.sources.customers.pages.get(key, context.ask)
    if page is None:
        return page_of((), (), total=0, after=after, has_next=False)
    there = []
    for account in await known(page.numbers, context):
        if isinstance(account, SourceError):
            raise account
        if account is not None:
            there.append(account)
    marks = cursors.wrap_all([account.number for account in there])
    return page_of(there, marks, total=page.total, after=after, has_next=page.has_next)


async def known(numbers: Sequence[str], context: RequestContext) -> list[Account | SourceError | None]:
    """Return the accounts that the viewer may know of, None for the others."""
    context.depends_on |= PERSON
    if context.caller is None:
        return [None] * len(numbers)
    keys = [StandingKey(context.caller.person, number) for number in numbers]
    found = await context.sources.customers.standings.get_many(keys, context.ask)
    return [_visible(one) for one in found]


def _visible(found: Standing | SourceError | None) -> Account | SourceError | None:
    if found is None or isinstance(found, SourceError):
        return found
    return None if found.access is Access.NONE else found.account


def _person(context: RequestContext) -> str:
    context.depends_on |= PERSON
    if context.caller is None:
        raise NotFound("An anonymous visitor has no accounts.")
    return context.caller.person


@batched
async def parent(accounts: Sequence[Account], context: RequestContext) -> Sequence[Account | SourceError | None]:
    """Return the account above each, None above the top and where the viewer may not know of it."""
    if len(accounts) == 1:  # as where somebody looks at their own
        number = accounts[0].parent_number
        return await known([number], context) if number else [None]
    above = list(dict.fromkeys(account.parent_number for account in accounts if account.parent_number))
    found = dict(zip(above, await known(above, context), strict=True))
    return [found.get(account.parent_number or "") for account in accounts]


@batched
async def addresses(
    accounts: Sequence[Account],
    context: RequestContext,
    use: Annotated[AddressUse | None, strawberry.argument(description="Only those for this use; null: all.")] = None,
) -> Sequence[Sequence[Address] | SourceError]:
    """Return the addresses of the accounts that the viewer may act for, none of the others."""
    allowed = await may_act_for(context, [account.number for account in accounts])
    return [
        may if isinstance(may, SourceError) else [a for a in account.addresses if may and use in (None, a.use)]
        for account, may in zip(accounts, allowed, strict=True)
    ]


@batched
async def sales_rep(accounts: Sequence[Account], context: RequestContext) -> Sequence[Contact | SourceError | None]:
    """Return the sales representatives of the accounts that the viewer may act for."""
    allowed = await may_act_for(context, [account.number for account in accounts])
    return [
        may if isinstance(may, SourceError) else account.sales_rep if may else None
        for account, may in zip(accounts, allowed, strict=True)
    ]
