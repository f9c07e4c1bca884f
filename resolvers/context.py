"""What a request carries down to the resolvers: who asks, in which languages, and what they want of the sources."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from aiodataloader import DataLoader

from datasources.clock import Clock
from datasources.errors import SourceError
from datasources.journal.journal import Journal
from datasources.journal.watch import JournalState
from datasources.model.common import Text, text_in
from datasources.model.customers import Standing
from datasources.sources import Sources
from datasources.sources.ask import Ask

ASSORTMENTS, PRICES, PERSON, MOMENT = 1, 2, 4, 8
"""
What an answer depends on beside what the systems say, to be added up: the viewer's assortments; their price scope and
currency, or why they are shown no prices; who they are, and for which account they act; the moment it is given at.
"""


class Forwarding(Protocol):
    """What brings captured orders to the ERP."""

    async def forward(self, capture_id: str, *, within_s: float) -> None:
        """Bring one there now, if it can be; return when that is done, or the time is over."""

    def nudge(self) -> None:
        """Have it look into the journal soon."""


class Watching(Protocol):
    """What knows how the journal is."""

    async def state(self) -> JournalState:
        """Return how it is now."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """What orders are taken with."""

    journal: Journal
    forwarder: Forwarding
    watch: Watching


class Caller(NamedTuple):
    """
    Who asks: a person as the identity provider names them, and the account number they chose (None: their own).

    `roles` None: all that the CRM gives them count; else, of those, the ones by these codes. A tuple, for answers are
    looked up by it.
    """

    person: str
    account_number: str | None
    roles: frozenset[str] | None = None


@dataclass(slots=True)
class RequestContext:
    """
    One request. `ask` goes along with every look into a source; `caller` None: an anonymous visitor.

    `loaders` holds this request's dataloaders under the reference executor; they are never shared. `known_standing` is
    who asks, once that was asked for, and `unknown_standing` why the CRM could not be asked: a request waits for that
    once. `next_ask` makes what the next event of a subscription asks of the sources. `depends_on` says what the answer
    was found to depend on (PRICES and others).
    """

    sources: Sources
    clock: Clock
    caller: Caller | None
    locales: Sequence[str]
    ask: Ask
    anonymous_prices: bool
    orders: Ordering
    loaders: dict[object, DataLoader[object, object]] = field(default_factory=dict)
    unknown_standing: SourceError | None = None
    known_standing: Standing | None = None
    next_ask: Callable[[], Ask] | None = None
    depends_on: int = 0

    def renew(self) -> None:
        """Begin anew, for an event of a subscription that comes now."""
        if self.next_ask is not None:
            self.ask = self.next_ask()
        self.loaders.clear()
        self.unknown_standing = self.known_standing = None
        self.depends_on = 0

    def text(self, text: Text) -> str:
        """Return the text in the language that suits the request best; empty when there is none in any."""
        return text_in(text, self.locales) or ""

    def optional_text(self, text: Text | None) -> str | None:
        """Return the text in the language that suits the request best, None when there is none."""
        return None if text is None else text_in(text, self.locales)
