"""Requests that were sent before, by the bytes of their bodies: read, checked, measured and planned once."""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graphql import OperationType

from app.documents import Document, Operation, Wish, wish_of
from app.door import Door, Prepared
from app.execution.executor import Execution
from app.execution.foreseen import Unforeseen
from app.execution.plans import Binding, weight_of
from app.limits.measure import Measure
from app.protocol.reading import Sent
from app.responses.question import Question, question_of
from app.telemetry.access import Fixed, fixed_of
from datasources.cache.memory import Share
from resolvers.context import RequestContext

MOST_BODY_BYTES = 60_000
OWN_BYTES = 4_000
"""What a request takes beside its body, its variables as they were read, and the arguments of its document's fields."""
MOST_QUESTIONS = 4
"""In so many sets of languages a request is known as a question, at some 200 bytes each."""


@dataclass(frozen=True, slots=True)
class Known:
    """
    A query that was sent, and nothing of who sent it; `fixed` is what the log tells of it every time.

    `asked` is its question in no languages, None where no answer to it is remembered; `questions` are those by
    languages that came lately.
    """

    sent: Sent
    document: Document
    operation: Operation
    measured: Measure
    wish: Wish
    binding: Binding
    fixed: Fixed
    body_bytes: int
    asked: Question | None
    questions: dict[tuple[str, ...], Question] = field(default_factory=dict)

    def question(self, locales: Sequence[str]) -> Question | None:
        """Return what it asks in these languages, None where no answer to it is remembered."""
        languages = tuple(locales)
        question = self.questions.get(languages)
        if question is None and self.asked is not None:
            if len(self.questions) >= MOST_QUESTIONS:
                self.questions.clear()
            question = self.questions[languages] = self.asked._replace(locales=languages)
        return question

    def execution(self, context: RequestContext) -> Execution:
        """Return what is to be executed of it."""
        return Execution(self.document, self.operation, self.sent.variables, context)

    def prepared(self, context: RequestContext) -> Prepared:
        """Return it as the door prepares it."""
        return Prepared(self.sent, self.document, self.operation, self.measured, context)

    @property
    def own_bytes(self) -> int:
        """What it takes of memory that no other request has in common with it."""
        characters = len(self.document.text)
        return OWN_BYTES + self.body_bytes + 20 * max(0, self.body_bytes - characters) + 10 * characters

    def shared(self) -> Iterator[tuple[int, int]]:
        """
        Yield what it may have in common with others: what tells it apart, and how many bytes it takes.

        It may be that nobody else remembers these any more.
        """
        yield id(self.document), self.document.weight_bytes
        yield id(self.binding.plan), weight_of(self.binding.plan)


class KnownRequests:
    """
    Queries by the bodies that they came in, with all that they keep in memory; at most what their `share` allows, those
    longest unused go first.

    Only such are known as have a plan, and as would be executed at once, whatever else is.
    """

    def __init__(self, door: Door, share: Share) -> None:
        self.bytes = 0
        self._door = door
        self._share = share
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._sharing: Counter[int] = Counter()

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._known)

    def get(self, body: bytes) -> Known | None:
        """Return the query that came in this body, None when none is known."""
        known = self._known.get(body)
        if known is not None:
            self._known.move_to_end(body)
        return known

    def remember(self, body: bytes, prepared: Prepared) -> None:
        """Remember a query that passed the door and is about to be executed, unless it must go the ordinary way."""
        if body in self._known or not self._may_come_again(body, prepared):
            return
        binding = self._binding(prepared)
        if binding is None:
            return
        document, operation, measured = prepared.document, prepared.operation, prepared.measured
        wish = wish_of(operation, prepared.sent.variables)
        fixed = fixed_of(operation.name, document.short_hash, measured.cost)
        variables = prepared.sent.variables
        asked = question_of(document.text, operation.name, variables, ()) if wish.is_none else None
        self._add(body, Known(prepared.sent, document, operation, measured, wish, binding, fixed, len(body), asked))

    def _may_come_again(self, body: bytes, prepared: Prepared) -> bool:
        sent = prepared.sent
        if prepared.kind is not OperationType.QUERY or len(body) > MOST_BODY_BYTES:
            return False
        if sent.query and sent.extensions:
            return False  # the text is stored under its hash each time
        return self._door.waits_for_none(prepared.measured)

    def _binding(self, prepared: Prepared) -> Binding | None:
        """Return the plan; a first use leaves it to the execution that follows to be one."""
        if prepared.operation.plans.uses == 0:
            return None
        try:
            return self._door.executor.binding(prepared.document, prepared.operation, prepared.sent.variables)
        except Unforeseen:
            return None

    def _add(self, body: bytes, known: Known) -> None:
        self._known[body] = known
        self.bytes += known.own_bytes
        for one, size in known.shared():
            self.bytes += size if self._sharing[one] == 0 else 0
            self._sharing[one] += 1
        while self.bytes > self._share.most_bytes:
            self._forget(self._known.popitem(last=False)[1])
        self._share.takes(self.bytes)

    def _forget(self, known: Known) -> None:
        self.bytes -= known.own_bytes
        for one, size in known.shared():
            self._sharing[one] -= 1
            if self._sharing[one] == 0:
                del self._sharing[one]
                self.bytes -= size
