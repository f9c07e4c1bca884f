"""Remembering whole answers: when one is looked for, when it is worth remembering, and when it may be."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.responses.answer import Answer
from app.responses.parts import parts_of
from app.responses.question import Question, question_of
from app.responses.shelf import AnswerShelf
from app.responses.sightings import Sightings
from app.responses.viewers import Viewer, Viewers
from app.responses.whose import Whose
from datasources.cache.memory import Share
from datasources.sources import Sources
from datasources.sources.ask import Ask
from datasources.sources.orders import SUBJECT as ORDERS
from resolvers.context import MOMENT, Caller, RequestContext


class Asked(NamedTuple):
    """A question that is being answered, and who asks it; `viewer` None: whoever is not known at hand."""

    question: Question
    viewer: Viewer | None


class Found(NamedTuple):
    """An answer for a viewer."""

    answer: Answer
    viewer: Viewer

    @property
    def private(self) -> bool:
        """Whether no cache on the way may keep it: with a part that is not for everybody, or for who signed in."""
        return self.viewer.caller is not None or self.answer.parts.private


class Responses:
    """
    The answers that this process remembers, up to what their `share` allows; none when that is nought.

    `list_prices`: visitors who do not sign in see the public list. `misses` counts what had to be executed.
    """

    def __init__(self, sources: Sources, *, share: Share, list_prices: bool) -> None:
        self.shelf = AnswerShelf(share)
        self.misses = 0
        self._viewers = Viewers(sources.customers.standings, list_prices=list_prices)
        self._whose = Whose(sources)
        self._sightings = Sightings()

    @property
    def remembers(self) -> bool:
        """Whether any answers are remembered."""
        return self.shelf.max_bytes > 0

    def serves(self, ask: Ask) -> bool:
        """Return whether a query that asks so may be answered from here, and remembered."""
        return self.remembers and ask.serve_stale and not ask.is_tight and ask.trace is None

    def lookup(
        self, text: str, operation: str | None, variables: Mapping[str, Any] | None, context: RequestContext, now: float
    ) -> Found | Asked | None:
        """
        Return the answer to a query, or what to `keep` one by that is about to be made.

        None: none is remembered, nor will be. A subscription or a mutation must not come here.
        """
        question = question_of(text, operation, variables, context.locales) if self.serves(context.ask) else None
        if question is None:
            return None
        found = self.get(question, self.viewer(context.caller, now), now)
        if isinstance(found, Asked):
            self.begin(found, context.ask, now)
        return found

    def viewer(self, caller: Caller | None, now: float, last: Viewer | None = None) -> Viewer | None:
        """Return who asks, None when that is not at hand: then the request is to be executed; see `Viewers.look`."""
        return self._viewers.look(caller, now, last)

    def get(self, question: Question, viewer: Viewer | None, now: float) -> Found | Asked:
        """
        Return the answer to a query that is served from here (`serves`), or what to `begin` when it is to be executed.

        Neither suspends nor asks anybody. `now` is in seconds since 1970. That the token is good, and that the caller
        has not asked for too much, is for who asks to have seen to, as before an execution.
        """
        answer = None if viewer is None else self.shelf.get(question, viewer, now)
        return Asked(question, viewer) if viewer is None or answer is None else Found(answer, viewer)

    def begin(self, asked: Asked, ask: Ask, now: float) -> None:
        """
        Begin to answer by execution, before anything is asked of the sources for it.

        What they serve is noted in the ask if the answer was wanted lately; the first time costs next to nothing.
        """
        self.misses += 1
        if asked.viewer is not None and self._sightings.has(asked.question, asked.viewer, now):
            ask.looks = []

    def keep(self, asked: Asked, context: RequestContext, body: bytes, *, now: float) -> None:
        """
        Remember the answer that was made, one without errors, if it may be and is worth it.

        It must be made of what is remembered still: what a system said has changed while it was being made, in any
        replica, is not in an answer that is shown later.
        """
        if context.ask.fresh_until <= now or not lasts(context):
            return
        viewer = asked.viewer or self.viewer(context.caller, now)
        if viewer is None:
            return
        depends_on = self._whose.depends_on(context)
        self._sightings.note(asked.question, viewer, depends_on, now)
        if context.ask.looks is None or not told_the_same(viewer, context):
            return
        looks = [*context.ask.looks, *self._viewers.looked(viewer)]
        parts = parts_of(looks, counts=lambda look: self._whose.counts(look, context, depends_on))
        if parts is not None and parts.since <= now < parts.until:
            self.shelf.put(Answer(body, asked.question, depends_on, viewer.part(depends_on), parts, self.shelf))


def told_the_same(viewer: Viewer, context: RequestContext) -> bool:
    """Return whether resolvers were told of this viewer by the same answer of the CRM, if they were told."""
    told = context.known_standing
    if told is None:
        return True
    known = viewer.standing.value if viewer.standing is not None else None
    return known is not None and told.provenance is known.provenance


def lasts(context: RequestContext) -> bool:
    """
    Return whether an answer may be the same in a while.

    Not one with a part that is stale, missing or true only now, nor one of orders; nor one that tells how old values
    are: that is otherwise a second later, and LIVE for one request alone.
    """
    ask = context.ask
    if ask.any_stale or ask.failed or ask.momentary or context.depends_on & MOMENT:
        return False
    return all(look.source.kind.subject != ORDERS for look in ask.looks or ())
