"""What of a viewer an answer can depend on, known without asking anybody."""

from collections.abc import Hashable
from math import inf
from typing import NamedTuple

from datasources.cache.entry import Entry
from datasources.model.customers import Standing, StandingKey
from datasources.sources.ask import Looked
from datasources.sources.source import Source
from resolvers.access import PriceScope, own_assortments, own_prices, placed, public_prices
from resolvers.context import ASSORTMENTS, PERSON, PRICES, Caller
from resolvers.errors import Forbidden, NotFound

WIDEST_FIRST = (0, ASSORTMENTS, PRICES, ASSORTMENTS | PRICES, PERSON)
"""What answers can depend on; who depends on the person depends on nothing else, for it follows from the person."""


class Viewer(NamedTuple):
    """
    A viewer as access has it now: `standing` is the entry that tells it (None: an anonymous visitor).

    `as_of` and `fresh_until` are the entry's ages, in seconds since 1970; infinite for a visitor. A tuple, for one is
    made at every look.
    """

    caller: Caller | None
    standing: Entry[Standing] | None
    assortments: frozenset[str]
    prices: PriceScope
    as_of: float
    fresh_until: float

    def part(self, depends_on: int) -> Hashable:
        """
        Return what tells this viewer from others, to whom an answer of this dependence must not be shown.

        Of who depends on the person: whom the token names, the account they chose, the roles that the token leaves.
        """
        if depends_on & PERSON:
            return self.caller
        if depends_on == ASSORTMENTS:
            return self.assortments
        if depends_on == PRICES:
            return self.prices
        return (self.assortments, self.prices) if depends_on else None


class Viewers:
    """Knows viewers by their standings; `list_prices`: visitors who do not sign in see the public list."""

    def __init__(self, standings: Source[StandingKey, Standing], *, list_prices: bool) -> None:
        self._standings = standings
        self._visitor = Viewer(None, None, frozenset(), public_prices(shown=list_prices), inf, inf)

    def look(self, caller: Caller | None, now: float, last: Viewer | None = None) -> Viewer | None:
        """
        Return the viewer, None when that needs a closer look: whoever is not fresh in memory, or is to be refused.

        A person whom the CRM does not know is shown what is for everybody, unless they chose an account. `last` is
        whom a look gave before: the same caller is the same viewer for as long as their standing is.
        """
        if caller is None:
            return self._visitor
        entry = self._standings.at_hand(StandingKey(caller.person, caller.account_number), now)
        if entry is None:
            return None
        if last is not None and last.standing is entry and last.caller is caller:
            return last
        return self._viewer(caller, entry)

    @staticmethod
    def _viewer(caller: Caller, entry: Entry[Standing]) -> Viewer | None:
        try:
            found = placed(entry.value, caller)
        except NotFound:
            return None
        except Forbidden:
            found = None
        if found is None and caller.account_number is not None:
            return None
        return Viewer(caller, entry, own_assortments(found), own_prices(found), entry.as_of, entry.fresh_until)

    def looked(self, viewer: Viewer) -> list[Looked]:
        """Return the look that told who the viewer is; none for a visitor."""
        if viewer.caller is None or viewer.standing is None:
            return []
        key = StandingKey(viewer.caller.person, viewer.caller.account_number)
        return [Looked(self._standings, [key], [viewer.standing.value])]
