"""Whose an answer is: what of the viewer it depends on, from what was asked about them and what was looked up."""

from datasources.model.customers import StandingKey
from datasources.sources import Sources
from datasources.sources.ask import Looked
from resolvers.context import ASSORTMENTS, PERSON, PRICES, RequestContext


class Whose:
    """Tells it of answers made of these sources."""

    def __init__(self, sources: Sources) -> None:
        self._of_price_scopes = (sources.pricing.quotes, sources.pricing.contracts)
        self._standings = sources.customers.standings

    def depends_on(self, context: RequestContext) -> int:
        """
        Return what the answer depends on, as of `resolvers.context`: PERSON, or any of ASSORTMENTS and PRICES.

        What was asked of `resolvers.access` says it. Beside that, whoever looked up what is not for everybody, and in
        a way that this does not explain, makes the answer the person's alone: a resolver that goes past access by
        mistake shows nothing to others. The rest follows from the person.
        """
        asked = context.depends_on
        looks = [look for look in context.ask.looks or () if look.source.kind.private]
        if asked & PERSON or not all(self._explained(look, context) for look in looks):
            return PERSON
        return asked & (ASSORTMENTS | PRICES)

    def counts(self, look: Looked, context: RequestContext, depends_on: int) -> bool:
        """
        Return whether what was looked up is part of the answer.

        Who the viewer is told only whose assortments and prices they are; each who is shown the answer later is looked
        at anew. It is a part of what depends on the person.
        """
        return depends_on == PERSON or not self._is_of_viewer(look, context)

    def _explained(self, look: Looked, context: RequestContext) -> bool:
        if look.source in self._of_price_scopes:
            return bool(context.depends_on & PRICES)
        return bool(context.depends_on & (ASSORTMENTS | PRICES)) and self._is_of_viewer(look, context)

    def _is_of_viewer(self, look: Looked, context: RequestContext) -> bool:
        caller = context.caller
        if caller is None or look.source is not self._standings:
            return False
        own = StandingKey(caller.person, caller.account_number)
        return all(key == own for key in look.keys)
