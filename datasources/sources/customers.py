"""Customer sources, over the CRM."""

from collections.abc import Mapping, Sequence

from datasources.model.customers import AccountsKey, AccountsPage, Standing, StandingKey
from datasources.ports import CrmConnector
from datasources.sources.source import Source, SourceKit


class CustomerSources:
    """
    Standings (person, account and what the one may do with the other) and pages of accounts.

    Everything is keyed by the person who asks: an account is never remembered apart from who may know of it.
    """

    def __init__(self, connector: CrmConnector, kit: SourceKit, *, fresh_for_s: float) -> None:
        self._connector = connector
        self.standings: Source[StandingKey, Standing] = kit.source(self._standings, fresh_for_s=fresh_for_s)
        self.pages: Source[AccountsKey, AccountsPage] = kit.source(self._pages, fresh_for_s=fresh_for_s)

    async def _standings(self, keys: Sequence[StandingKey]) -> Mapping[StandingKey, Standing]:
        answer = await self._connector.standings(keys)
        self.standings.remember(answer.standings)
        return answer.standings

    async def _pages(self, keys: Sequence[AccountsKey]) -> Mapping[AccountsKey, AccountsPage]:
        answer = await self._connector.accounts(keys)
        self.standings.remember(answer.standings)
        return answer.pages
