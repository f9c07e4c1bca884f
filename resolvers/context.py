"""What a request carries down to the resolvers: who asks, in which languages, and what they want of the sources."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiodataloader import DataLoader

from datasources.clock import Clock
from datasources.errors import SourceError
from datasources.model.common import Text, text_in
from datasources.sources import Sources
from datasources.sources.ask import Ask


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person as the identity provider names them, and the account number they chose (None: their own)."""

    person: str
    account_number: str | None


@dataclass(slots=True)
class RequestContext:
    """
    One request. `ask` goes along with every look into a source; `caller` None: an anonymous visitor.

    `loaders` holds this request's dataloaders under the reference executor; they are never shared. `unknown_standing`
    is why the CRM could not be asked who this is: a request waits for that once.
    """

    sources: Sources
    clock: Clock
    caller: Caller | None
    locales: Sequence[str]
    ask: Ask
    anonymous_prices: bool
    loaders: dict[object, DataLoader[object, object]] = field(default_factory=dict)
    unknown_standing: SourceError | None = None

    def text(self, text: Text) -> str:
        """Return the text in the language that suits the request best; empty when there is none in any."""
        return text_in(text, self.locales) or ""

    def optional_text(self, text: Text | None) -> str | None:
        """Return the text in the language that suits the request best, None when there is none."""
        return None if text is None else text_in(text, self.locales)
