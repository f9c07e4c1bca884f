"""Whose orders a viewer sees."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasources.errors import SourceError
from datasources.model.captures import Capture
from datasources.model.customers import Access, Account, Permission
from resolvers.access import standings
from resolvers.context import RequestContext

CAPTURE_KEY = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Sight:
    """
    What a viewer sees of an account's orders: `all_orders` False: only their own, and such as nobody in particular
    placed. `money`: prices and totals, too.
    """

    account: Account
    person: str
    all_orders: bool
    money: bool

    @property
    def only_person(self) -> str | None:
        """Whose orders alone are seen, None when everybody's are."""
        return None if self.all_orders else self.person

    def shows(self, person: str | None) -> bool:
        """Return whether an order that this person placed is seen."""
        return self.all_orders or person in (None, self.person)


async def sights(context: RequestContext, numbers: Sequence[str]) -> list[Sight | SourceError | None]:
    """Return what the viewer sees of each account's orders, None where they may not act for it."""
    found = await standings(context, numbers)
    return [
        one
        if one is None or isinstance(one, SourceError)
        else None
        if one.access is not Access.ACT or one.account is None
        else Sight(
            one.account,
            one.user.id,
            one.user.can(Permission.VIEW_ALL_ORDERS),
            one.user.can(Permission.VIEW_PRICES),
        )
        for one in found
    ]


async def sight(context: RequestContext, number: str) -> Sight | None:
    """Return what the viewer sees of one account's orders; raises SourceError when the CRM could not be asked."""
    found = (await sights(context, [number]))[0]
    if isinstance(found, SourceError):
        raise found.with_traceback(None)
    return found


async def captures_of_keys(context: RequestContext, keys: Sequence[str]) -> Mapping[str, Capture]:
    """Return what was captured, by the keys of ids: what cannot be one is not looked for."""
    possible = [key for key in dict.fromkeys(keys) if CAPTURE_KEY.fullmatch(key)]
    return await context.orders.journal.captures(possible) if possible else {}


async def seen_captures(
    context: RequestContext, captures: Sequence[Capture | None]
) -> list[tuple[Capture, Sight] | SourceError | None]:
    """Return each capture that the viewer may know of, with what they see of its account's orders."""
    context.ask.momentary = True  # what the journal says may be otherwise in a moment
    accounts = list(dict.fromkeys(capture.account for capture in captures if capture is not None))
    known = dict(zip(accounts, await sights(context, accounts), strict=True))
    return [None if capture is None else _seen(capture, known[capture.account]) for capture in captures]


def _seen(capture: Capture, of: Sight | SourceError | None) -> tuple[Capture, Sight] | SourceError | None:
    if isinstance(of, SourceError):
        return of
    return (capture, of) if of is not None and of.shows(capture.person) else None
