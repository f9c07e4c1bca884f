"""Customer sources, over the CRM."""

from collections.abc import Mapping, Sequence

from datasources.cache.entry import Policy
from datasources.model.customers import AccountsKey, AccountsPage, Standing, StandingKey
from datasources.ports import CrmConnector
from datasources.sources.kind import ANY_CHANGE, Kind, any_change
from datasources.sources.kit import SourceKit
from datasources.sources.source import Source

SUBJECT = "customer"


class CustomerSources:
    """
    Standings (person, account and what the one may do with the other) and pages of accounts.

    Everything is keyed by the person who asks: an account is never remembered apart from who may know of it.
    """

    def __init__(self, connector: CrmConnector, kit: SourceKit, policy: Policy) -> None:
        self._connector = connector
        self.standings: Source[StandingKey, Standing] = Source(
            self._standings,
            kit=kit,
            kind=Kind("customers", Standing, policy, SUBJECT, whom_it_is_about, private=True, parts=_people),
        )
        self.pages: Source[AccountsKey, AccountsPage] = Source(
            self._pages,
            kit=kit,
            kind=Kind("lists of accounts", AccountsPage, policy, SUBJECT, any_change, private=True),
        )

    async def _standings(self, keys: Sequence[StandingKey]) -> Mapping[StandingKey, Standing]:
        mark = self.standings.mark()
        answer = await self._connector.standings(keys)
        asked = frozenset(keys)
        along = {key: standing for key, standing in answer.standings.items() if key not in asked}
        self.standings.remember(along, mark)
        return answer.standings

    async def _pages(self, keys: Sequence[AccountsKey]) -> Mapping[AccountsKey, AccountsPage]:
        mark = self.standings.mark()
        answer = await self._connector.accounts(keys)
        self.standings.remember(answer.standings, mark)
        return answer.pages


def _people(standing: Standing) -> tuple[object, ...]:
    return (standing, standing.user, standing.account)


def whom_it_is_about(key: StandingKey, standing: Standing | None) -> tuple[str, ...]:
    """Tag a standing with its person and its account; while the account is not known, any change may be about it."""
    if standing is None and key.number is None:
        return (key.person, ANY_CHANGE)
    number = standing.account.number if standing is not None and standing.account is not None else key.number
    return (key.person,) if number is None else (key.person, number)
