"""The door: whatever way an operation comes in, what it must pass before it is executed, and its execution."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import OperationType
from strawberry.types.execution import PreExecutionError

from app import shares
from app.documents import Document, Documents, Invalid, Operation, Wish, wish_of
from app.errors import Shown, shown, shown_in
from app.execution.executor import Answer, Execution, Executor, answer_of
from app.limits.check import check
from app.limits.measure import Measure
from app.limits.rate import RateLimiter
from app.limits.turns import Turns
from app.persisted import PersistedDocuments
from app.protocol.reading import Sent
from app.responses.responses import Asked, Found
from app.trusted import TrustedDocuments
from app.wiring import Services
from datasources.sources.ask import Ask, Trace
from resolvers.access import check_account
from resolvers.context import Caller, Ordering, RequestContext
from resolvers.errors import RateLimited
from schema.prepared import PREPARED
from schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    Who sends operations, and how: `caller` None, an anonymous visitor; `expires_at` of their token, since 1970.

    `address` is where they come from, for counting; `wish` what holds for all that they send. `key` is who is counted
    for what they ask: a person, or else an address. `chose_account`: whether they ask for an account of their choice.
    """

    caller: Caller | None
    expires_at: float | None
    locales: Sequence[str]
    address: str
    wish: Wish
    traced: bool = False
    key: str = field(init=False, repr=False, compare=False)
    chose_account: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Tell what a visitor is asked for at each request."""
        caller = self.caller
        object.__setattr__(self, "key", f"person {caller.person}" if caller else f"address {self.address}")
        object.__setattr__(self, "chose_account", caller is not None and caller.account_number is not None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that may be executed."""

    sent: Sent
    document: Document
    operation: Operation
    measured: Measure
    context: RequestContext

    @property
    def execution(self) -> Execution:
        """What is to be executed of it."""
        return Execution(self.document, self.operation, self.sent.variables, self.context)

    @property
    def kind(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.operation.kind


class Door:
    """Prepares and executes operations."""

    def __init__(
        self,
        schema: Schema,
        services: Services,
        *,
        limiter: RateLimiter,
        trusted: TrustedDocuments | None,
    ) -> None:
        self.services = services
        self._schema = schema
        self.executor = Executor(schema, shown_in=self.shown_in)
        self._limits = limits = services.settings.limit.limits()
        self._limiter = limiter
        # whose turn comes has half of the time left for what is asked of the systems
        self._turns = Turns(limits, within_s=services.settings.deadline_s / 2)
        self._trusted = trusted
        self._deadline_s = services.settings.deadline_s
        self._ordering = Ordering(services.journal, services.forwarder, services.watch)
        self._anonymous_prices = services.settings.anonymous_prices == "list"
        self._in_development = services.settings.profile == "development"
        self._documents = Documents(
            schema,
            limits,
            introspection=self._in_development,
            share=services.memory.share(shares.DOCUMENTS),
            for_plans=services.memory.share(shares.PLANS),
        )
        self._persisted = PersistedDocuments(store=services.store)

    def ask(self, visitor: Visitor) -> Ask:
        """Return what an operation that comes now asks of the sources: its time runs from here."""
        services = self.services
        ask = Ask(
            deadline=services.clock.monotonic() + self._deadline_s,
            started_at=services.clock.timestamp(),
            trace=Trace() if visitor.traced else None,
        )
        return tightened(ask, visitor.wish)

    async def prepare(self, sent: Sent, visitor: Visitor, ask: Ask) -> Prepared:
        """
        Return the operation that was sent, ready to be executed.

        Raises:
            Invalid: it is no valid document. ClientError: it may not be executed as it stands.
        """
        document = await self._document(sent)
        operation = document.meant(sent.operation_name)
        variables = sent.variables or {}
        measured = operation.outline.measure(variables)
        check(measured, self._limits)
        await self._count(visitor, measured)
        context = self.context(visitor, tightened(ask, wish_of(operation, variables)))
        await check_account(context)
        return Prepared(sent, document, operation, measured, context)

    def lookup(self, execution: Execution) -> Found | Asked | None:
        """Return the remembered answer to a query, or what to `keep` one by once it is executed; None for neither."""
        if execution.operation.kind is not OperationType.QUERY:
            return None
        text, name, now = execution.document.text, execution.operation.name, self.services.clock.timestamp()
        return self.services.responses.lookup(text, name, execution.variables, execution.context, now)

    def keep(self, asked: Asked | None, context: RequestContext, answer: Answer, content: bytes) -> None:
        """Remember an answer that was executed, where that may be; `content` is its JSON."""
        if asked is not None and not answer.errors:
            self.services.responses.keep(asked, context, content, now=self.services.clock.timestamp())

    async def answer(self, prepared: Prepared) -> Answer:
        """
        Return the answer to a query or mutation.

        Raises:
            RateLimited: it is a dear one, and too many of those are being executed.
        """
        async with self._turns.turn(prepared.measured):
            return await self.executor.execute(prepared.execution)

    async def subscribe(self, prepared: Prepared, visitor: Visitor) -> AsyncGenerator[Shown, None]:
        """
        Yield the events of a subscription; each asks the sources anew, in its own time.

        Raises:
            Invalid: it could not begin.
        """
        wish = wish_of(prepared.operation, prepared.sent.variables)
        prepared.context.next_ask = lambda: tightened(self.ask(visitor), wish)
        results = await self._schema.subscribe(
            prepared.document.text,
            variable_values=prepared.sent.variables,
            operation_name=prepared.operation.name,
            context_value=prepared.context,
            operation_extensions={PREPARED: prepared.document.node},
        )
        async with aclosing(results):
            async for result in results:
                if isinstance(result, PreExecutionError):
                    raise Invalid(result.errors or [])
                yield body_of(answer_of(result, self.shown_in))

    async def results(self, prepared: Prepared, visitor: Visitor) -> AsyncGenerator[Shown, None]:
        """Yield all results of an operation of any kind; why there is none is a result, too."""
        try:
            if prepared.kind is OperationType.SUBSCRIPTION:
                async with aclosing(self.subscribe(prepared, visitor)) as events:
                    async for body in events:
                        yield body
            else:
                yield body_of(await self.answer(prepared))
        except Exception as error:
            yield {"errors": self.refusal(error)}

    def shown_in(self, error: Any) -> Shown:
        """Return an error of a document or its execution as the response shows it."""
        return shown_in(error, suggestions=self._in_development)

    def refusal(self, error: Exception) -> list[Shown]:
        """Return why an operation is not executed, as the response shows it."""
        if isinstance(error, Invalid):
            return [self.shown_in(one) for one in error.errors]
        return [shown(error)]

    async def _document(self, sent: Sent) -> Document:
        if self._trusted is not None:
            ids = (sent.document_id, sent.id, sent.doc_id)
            return self._documents.get(self._trusted.text_of(sent.extensions, sent.query, *ids))
        text = await self._persisted.text_of(sent.extensions, sent.query)
        document = self._documents.get(text)
        await self._persisted.remember(sent.extensions, text)
        return document

    async def _count(self, visitor: Visitor, measured: Measure) -> None:
        wait_s = await self._limiter.take(visitor.key, measured.cost, anonymous=visitor.caller is None)
        if wait_s is not None:
            raise RateLimited(wait_s)

    def may_begin(self, visitor: Visitor, measured: Measure) -> bool:
        """
        Return whether an operation that was measured and checked may be executed now, and count it then.

        False: `prepare` and `answer` may let it in, or say why not.
        """
        return self._limiter.take_at_once(visitor.key, measured.cost, anonymous=visitor.caller is None)

    def waits_for_none(self, measured: Measure) -> bool:
        """Return whether an operation is executed at once, whatever else is."""
        return self._turns.waits_for_none(measured)

    def context(self, visitor: Visitor, ask: Ask) -> RequestContext:
        """Return what goes down to the resolvers."""
        services = self.services
        return RequestContext(
            sources=services.sources,
            clock=services.clock,
            caller=visitor.caller,
            locales=visitor.locales,
            ask=ask,
            anonymous_prices=self._anonymous_prices,
            orders=self._ordering,
        )


def body_of(answer: Answer) -> Shown:
    """Return an answer as the response shows it; its data stands there as JSON already."""
    body: Shown = {"errors": answer.errors} if answer.errors else {}
    if answer.data is not None:
        body["data"] = orjson.Fragment(answer.data)
    return body


def tightened(ask: Ask, wish: Wish) -> Ask:
    """Have the request ask for values as young as is wished, too."""
    if wish.max_age_s is not None:
        ask.not_before = max(ask.not_before, ask.started_at - wish.max_age_s)
    ask.serve_stale = ask.serve_stale and wish.serve_stale
    return ask
