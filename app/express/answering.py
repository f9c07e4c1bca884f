"""
Answering at once: a query that is known, from somebody whose token is, over values that are fresh in memory.

It passes everything that it would pass on the ordinary way, in the same order, by the same code; only that nothing is
waited for. Whatever would have to wait, or is not plain, goes the ordinary way from its beginning, but for execution:
that is begun here, and taken on there.
"""

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from app import shares
from app.answers import Whole, caching_again, made, sized
from app.door import Door, Prepared, Visitor, tightened
from app.execution.executor import Answer
from app.express.heads import Head
from app.express.known import Known, KnownRequests
from app.express.stepping import Waiting, stepped
from app.express.visitors import KnownVisitors
from app.responses.responses import Asked, Found
from app.telemetry.access import AccessLog
from app.telemetry.logs import REQUEST_ID_HEADER, begin_request, end_request, new_request_id
from resolvers.access import check_account
from resolvers.context import RequestContext

log = logging.getLogger("kanava.express")

BEGUN: Final = "kanava.begun"
"""By this name the scope of a request has what was begun of it (`Begun`)."""


class Reply(NamedTuple):
    """An answer: its headers but for those that every answer has, as they are sent, and its content."""

    headers: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """
    An execution that waits for something: `awaited` by `execution`, which goes on when it is there.

    One that was not begun yet awaits None. The rest is what its answer is made with, and when the request `began`, on
    the clock's monotonic scale.
    """

    prepared: Prepared
    asked: Asked | None
    execution: Coroutine[Any, Any, Answer]
    awaited: Any
    request_id: str
    head: Head
    began: float


class Express:
    """Answers at once what can be."""

    def __init__(self, door: Door) -> None:
        self.known = KnownRequests(door, door.services.memory.share(shares.KNOWN_REQUESTS))
        self._door = door
        self._clock = door.services.clock
        self._responses = door.services.responses
        self._executor = door.executor
        self._visitors = KnownVisitors(door.services)
        self._log = AccessLog()

    def answer(self, head: Head, body: bytes) -> Reply | Begun | None:
        """Return the answer to a POST, or what was begun of it; None when it must go the ordinary way."""
        known = self.known.get(body)
        if known is None or not self._log.is_plain:
            return None
        began = self._clock.monotonic()
        visitor = self._visitors.get(head)
        if visitor is None:
            return None
        # who chose an account is looked at for that; others need a context only where something is executed
        context = self._context(known, visitor) if visitor.chose_account else None
        if not (self._may_act(context) and self._door.may_begin(visitor, known.measured)):
            return None
        request_id = head.request_id or new_request_id()
        now = self._clock.timestamp()
        found = self._look(known, head, visitor, now)
        if not isinstance(found, Found):
            context = context or self._context(known, visitor)
            return self._executed(known, head, context, found, request_id, began)
        whole = sized(
            found.answer.body, head.media_type, caching_again(found, now), head.accept_encoding, found.answer.packed
        )
        return self._sent(known, head, whole, (), request_id, began)

    def _look(self, known: Known, head: Head, visitor: Visitor, now: float) -> Found | Asked | None:
        """Return the remembered answer, or what one is kept by once it is executed; None for neither."""
        question = known.question(visitor.locales) if head.max_age_s is None and self._responses.remembers else None
        if question is None:
            return None
        head.viewer = self._responses.viewer(visitor.caller, now, head.viewer)
        return self._responses.get(question, head.viewer, now)

    def _executed(
        self, known: Known, head: Head, context: RequestContext, asked: Asked | None, request_id: str, began: float
    ) -> Reply | Begun:
        """Return the answer by execution, or what was begun of it."""
        if asked is not None:
            self._responses.begin(asked, context.ask, self._clock.timestamp())
        answer = self._stepped(known, context, request_id)
        if isinstance(answer, Waiting):
            waits = answer.coroutine, answer.awaited
            return Begun(known.prepared(context), asked, *waits, request_id, head, began)
        content, caching = made(self._door, asked, context, answer, 0)
        whole = sized(content, head.media_type, caching, head.accept_encoding)
        return self._sent(known, head, whole, _codes(answer), request_id, began)

    def _stepped(self, known: Known, context: RequestContext, request_id: str) -> Answer | Waiting:
        """Return the answer, or where it waits. It was counted already: what breaks here is begun again there."""
        execution, token = known.execution(context), begin_request(request_id)
        try:
            answer = stepped(self._executor.execute_bound(known.binding, execution))
            if isinstance(answer, Waiting) or answer.data is not None:
                return answer
        except Exception:
            log.exception("an execution broke on the express way: it begins again on the ordinary one")
        finally:
            end_request(token)
        return Waiting(self._executor.execute_bound(known.binding, execution), None)

    def _sent(
        self, known: Known, head: Head, whole: Whole, codes: Sequence[str], request_id: str, began: float
    ) -> Reply:
        """Return an answer as it is sent, noted in the log."""
        sent_bytes = len(whole.content)
        took_s = self._clock.monotonic() - began
        self._log.note_plain(known.fixed, codes, took_s, sent_bytes, head.address, request_id)
        ends = f"{REQUEST_ID_HEADER}: {request_id}\r\ncontent-length: {sent_bytes}\r\n".encode("latin-1")
        return Reply(whole.form.lines + whole.caching.lines + ends, whole.content)

    def _context(self, known: Known, visitor: Visitor) -> RequestContext:
        return self._door.context(visitor, tightened(self._door.ask(visitor), known.wish))

    @staticmethod
    def _may_act(context: RequestContext | None) -> bool:
        """Return whether the account is the caller's, as far as memory tells; None: who chose none."""
        if context is None:
            return True
        try:
            checked = stepped(check_account(context))
        except Exception:
            return False  # the ordinary way says why
        if isinstance(checked, Waiting):
            checked.coroutine.close()
            return False
        return True


def _codes(answer: Answer) -> Sequence[str]:
    return list(dict.fromkeys(error["extensions"]["code"] for error in answer.errors)) if answer.errors else ()


Answering = Callable[[Head, bytes], Reply | Begun | None]
